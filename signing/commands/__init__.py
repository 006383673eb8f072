"""The commands of seals and signed documents."""

import click

from signing.commands.preview import preview_command
from signing.commands.seal import seal_command
from signing.commands.seal_batch import seal_batch_command
from signing.commands.verify import verify_command

COMMANDS: tuple[click.Command, ...] = (
    verify_command,
    preview_command,
    seal_command,
    seal_batch_command,
)
