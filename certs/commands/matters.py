"""`yinxin matters`: matters of the item centre, taken in now instead of at the next hour."""

from dataclasses import asdict

import click

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from certs.filing.cases.errors import NoItemCentre
from certs.filing.cases.item_centre import ItemClient
from certs.filing.cases.wiring import Cases
from certs.wiring import Certs


@click.group("matters")
def matter_group() -> None:
    """Matters / 事项."""


@matter_group.command("pull")
@json_option
@pass_running
def pull(running: Running, as_json: bool) -> None:
    """Take in what the item centre has published since the last time / 从事项中心拉取事项."""
    parts = running.parts[Cases]
    if parts.items is None:
        raise NoItemCentre
    pulled = ItemClient(running.database, parts.keys, running.parts[Certs].types, parts.items).pull(clock.now())
    told = asdict(pulled)
    if as_json:
        report(told)
    else:
        click.echo("  ".join(f"{name}: {count}" for name, count in told.items()))
