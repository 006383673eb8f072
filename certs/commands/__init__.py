"""The commands of certificates."""

import click

from certs.commands.archives import archive_group
from certs.commands.dialects import certificate_dialect_group
from certs.commands.figures import figure_group
from certs.commands.matters import matter_group
from certs.commands.simulate import simulate_group
from certs.commands.types import types_group

COMMANDS: tuple[click.Command, ...] = (
    types_group,
    certificate_dialect_group,
    archive_group,
    matter_group,
    figure_group,
    simulate_group,
)
