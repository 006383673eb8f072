"""The exchange's commands."""

import click

from exchange.commands.dialects import dialect_group
from exchange.commands.direct import direct_group
from exchange.commands.directories import directory_group
from exchange.commands.receipts import receipt_group

COMMANDS: tuple[click.Command, ...] = (directory_group, receipt_group, dialect_group, direct_group)
