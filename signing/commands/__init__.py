"""The commands of seals and signed documents."""

import click

from signing.commands.preview import preview_command
from signing.commands.verify import verify_command

COMMANDS: tuple[click.Command, ...] = (verify_command, preview_command)
