"""The authority's commands."""

import click

from keys.authority.commands import certificates, protocols
from keys.authority.commands.authorities import ca_group

for each in (*certificates.COMMANDS, *protocols.COMMANDS):
    ca_group.add_command(each)

COMMANDS: tuple[click.Command, ...] = (ca_group,)
