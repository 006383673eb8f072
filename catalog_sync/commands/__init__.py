"""The commands of synchronisation."""

import click

from catalog_sync.commands import front_library as _front_library  # noqa: F401 - it joins both groups
from catalog_sync.commands import reconciliation as _reconciliation  # noqa: F401 - its commands join the group
from catalog_sync.commands.cascade import cascade_group
from catalog_sync.commands.returns import return_group
from catalog_sync.commands.simulate import simulate_group
from catalog_sync.commands.sync import sync_group

COMMANDS: tuple[click.Command, ...] = (cascade_group, return_group, simulate_group, sync_group)
