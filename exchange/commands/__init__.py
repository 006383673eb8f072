"""The exchange's commands."""

import click

from exchange.commands.directories import directory_group

COMMANDS: tuple[click.Command, ...] = (directory_group,)
