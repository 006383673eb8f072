"""The commands of seals and signed documents."""

import click

from signing.commands.verify import verify_command

COMMANDS: tuple[click.Command, ...] = (verify_command,)
