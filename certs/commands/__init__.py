"""The commands of certificates."""

import click

from certs.commands.dialects import certificate_dialect_group
from certs.commands.simulate import simulate_group
from certs.commands.types import types_group

COMMANDS: tuple[click.Command, ...] = (types_group, certificate_dialect_group, simulate_group)
