"""The commands of seals and signed documents."""

import click

from signing.commands.extend import extend_command
from signing.commands.impressions import impressions_group
from signing.commands.preview import preview_command
from signing.commands.seal import seal_command
from signing.commands.seal_batch import seal_batch_command
from signing.commands.seal_maker import seal_maker_group
from signing.commands.verify import verify_command

COMMANDS: tuple[click.Command, ...] = (
    verify_command,
    preview_command,
    seal_command,
    seal_batch_command,
    extend_command,
    impressions_group,
    seal_maker_group,
)
