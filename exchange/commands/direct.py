"""`yinxin direct offers | subscriptions | show | run`: what is delivered directly, to whom, and how far it is."""

import sys
from functools import partial
from typing import Any, Final

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import clock
from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.errors import DomainError
from base.program import Running
from exchange.direct import following, regions, subscribing
from exchange.direct.models import DirectOffer, DirectRow, DirectSubscription
from exchange.direct.standing import OFFERED
from exchange.direct.wiring import Directs

LIMIT = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most / 最多行数"
)
OF_OFFER: Final = ("directory", "key_item", "region_item", "levels", "state", "reason")
OF_SUBSCRIPTION: Final = ("id", "directory", "organisation", "region", "state", "reason", "request", "grant")
FAR: Final = ("given", "received", "received_at", "taken", "rejected")


@click.group("direct")
def direct_group() -> None:
    """Rows of one's own region, delivered to counties and towns / 数据直达."""


@direct_group.command("offers")
@LIMIT
@json_option
@pass_running
def offers(running: Running, limit: int, as_json: bool) -> None:
    """List the directories that are delivered, with their last reading / 直达目录."""
    with running.database.reading() as session:
        query = select(DirectOffer).order_by(DirectOffer.directory).limit(limit)
        told = [{**_of(each, OF_OFFER), **_read(each)} for each in session.scalars(query)]
    if as_json:
        report(told)
        return
    for each in told:
        levels = ",".join(each["levels"]) or "-"
        click.echo(f"{each['directory']}  {each['state']} {each['reason']}".rstrip() + f"  {levels}  {each['rows']}")
    _none(told)


@direct_group.command("subscriptions")
@click.option("--directory", help="Of one directory / 目录代码")
@LIMIT
@json_option
@pass_running
def subscriptions(running: Running, directory: str | None, limit: int, as_json: bool) -> None:
    """List who subscribed, for which region, and what has arrived there / 直达订阅."""
    query = select(DirectSubscription).order_by(DirectSubscription.created_at, DirectSubscription.id).limit(limit)
    query = query.where(DirectSubscription.directory == directory) if directory else query
    with running.database.reading() as session:
        told = [_of(each, (*OF_SUBSCRIPTION, *FAR)) for each in session.scalars(query)]
    if as_json:
        report(told)
        return
    for each in told:
        click.echo(_sentence(each))
    _none(told)


@direct_group.command("show")
@click.argument("known", metavar="ID")
@json_option
@pass_running
def show(running: Running, known: str, as_json: bool) -> None:
    """Show one: how many rows are its region's, how many of them have arrived / 查看一项订阅."""
    with running.database.reading() as session:
        row = subscribing.subscription_of(session, known)
        told = {**_of(row, (*OF_SUBSCRIPTION, *FAR)), **_rows(session, row)}
    if as_json:
        report(told)
        return
    click.echo(_sentence(told))
    click.echo(f"  rows / 本区划行数 {told['rows']}  arrived / 已送达 {told['arrived']}")


@direct_group.command("run")
@json_option
@pass_running
def run(running: Running, as_json: bool) -> None:
    """Settle every subscription and read every offer now / 立即处理订阅并读取."""
    at = clock.now()
    told: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with running.database.reading() as session:
        waiting = subscribing.unsettled(session)
        names = sorted(session.scalars(select(DirectOffer.directory).where(DirectOffer.state == OFFERED)))
    for known in waiting:
        try:
            running.database.repeat(partial(subscribing.settle, known=known, at=at))
        except DomainError as error:
            refused.append({"id": known, "failure": error.code})
    for name in names:
        done = following.follow(running.database, running.parts[Directs], name)
        counts = {"rows": done.rows, "told": done.told, "gone": done.gone}
        told.append({"directory": name, **counts, "failure": done.failure})
    if as_json:
        report({"settled": len(waiting) - len(refused), "refused": refused, "read": told})
    for each in () if as_json else (*refused, *told):
        click.echo("  ".join(f"{name} {value}" for name, value in each.items() if value != ""))
    sys.exit(EXIT_FAILED if refused or any(each["failure"] for each in told) else 0)


def _read(row: DirectOffer) -> dict[str, Any]:
    """Give what the last whole reading found."""
    counts = {"rows": row.read_rows, "nowhere": row.read_nowhere, "doubles": row.read_doubles}
    return {**counts, "read_at": row.read_at}


def _rows(session: Session, row: DirectSubscription) -> dict[str, int]:
    """Count the rows that lie in a subscription's region, and those that it confirmed."""
    of_region = DirectRow.region.startswith(regions.within(subscribing.region_of(row)), autoescape=True)
    query = select(func.count()).where(DirectRow.directory == row.directory, of_region, DirectRow.is_gone.is_(False))
    arrived = session.scalar(query.where(DirectRow.serial <= row.received)) or 0
    return {"rows": session.scalar(query) or 0, "arrived": arrived}


def _sentence(told: dict[str, Any]) -> str:
    who = f"{told['id']}  {told['organisation']}  {told['region']}  {told['directory']}"
    state = f"{told['state']} {told['reason']}".rstrip()
    return f"{who}  {state}  taken {told['taken']}  rejected {told['rejected']}"


def _none(told: list[Any]) -> None:
    if not told:
        click.echo("没有直达数据" if language() == "zh" else "Nothing is delivered directly.")


def _of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
