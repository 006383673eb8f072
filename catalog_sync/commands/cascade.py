"""`yinxin cascade partner`: which other sites of this platform may tell us records, and are given what is theirs."""

from typing import Any

import click

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from catalog_sync.cascade import partners
from catalog_sync.cascade.models import CascadePartner
from catalog_sync.cascade.partners import RETURNS, NewPartner
from keys.parties.operator import operator


@click.group("cascade")
def cascade_group() -> None:
    """Other sites of this platform, above and below / 级联."""


@cascade_group.group("partner")
def partner_group() -> None:
    """Sites that may tell us records / 级联站点."""


@partner_group.command("add")
@click.argument("name")
@click.option("--system", required=True, help="The system it proves itself as / 业务系统")
@click.option("--region", required=True, help="Of which region it may tell, and is given / 行政区划")
@click.option("--returns", "kinds", default=",".join(RETURNS), show_default=True, help="Kinds it is given / 回流种类")
@json_option
@pass_running
def add(running: Running, name: str, system: str, region: str, kinds: str, as_json: bool) -> None:
    """Register a site / 登记站点."""
    new = NewPartner(name, system, region, tuple(each for each in kinds.split(",") if each))
    with running.database.transaction() as session:
        row = partners.add(session, new, operator(), clock.now())
    _say([_told(row)], as_json=as_json)


@partner_group.command("close")
@click.argument("name")
@json_option
@pass_running
def close(running: Running, name: str, as_json: bool) -> None:
    """Take nothing from a site any more, and give it nothing / 停用站点."""
    with running.database.transaction() as session:
        row = partners.close(session, name, operator(), clock.now())
    _say([_told(row)], as_json=as_json)


@partner_group.command("list")
@json_option
@pass_running
def list_(running: Running, as_json: bool) -> None:
    """List them, closed ones too / 列出站点."""
    with running.database.reading() as session:
        told = [_told(each) for each in partners.partners(session)]
    _say(told, as_json=as_json)


def _told(row: CascadePartner) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "system", "region", "returns", "state")}


def _say(told: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        report(told)
        return
    for each in told:
        click.echo(f"{each['name']}  {each['system']}  {each['region']}  {each['state']}  {','.join(each['returns'])}")
