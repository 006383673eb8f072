"""`yinxin return list | show | arrivals | rejects | run`: what comes back from upper levels, and how far it is."""

import sys
from typing import Any, Final

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.program import Running
from catalog_sync.arrivals.models import Arrival
from catalog_sync.returns import applying, declaring, fetching
from catalog_sync.returns.models import Return, ReturnLoad, ReturnReject
from catalog_sync.returns.states import ACTIVE, HELD, OPEN
from catalog_sync.wiring import Sync
from exchange.feeds.wiring import Pushes

# A list of ten thousand lines is read by nobody; --json has as many as --limit asks for.
LIMIT = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most / 最多行数"
)
OF_RETURN: Final = ("id", "name", "target", "table_name", "directory", "owner", "region", "mode", "state", "reason")
COUNTS: Final = ("rows", "rejects", "overtaken", "inserted", "updated", "deleted", "unchanged")
OF_LOAD: Final = ("id", "arrival", "state", "reason", *COUNTS, "goes", "stood", "decided_by", "begun_at", "ended_at")
OF_ARRIVAL: Final = ("id", "target", "table_name", "described_as", "state", "reason", "rows", "rejects", "size", "sm3")


@click.group("return")
def return_group() -> None:
    """What upper levels return, into tables behind our directories / 数据回流."""


@return_group.command("list")
@LIMIT
@json_option
@pass_running
def list_(running: Running, limit: int, as_json: bool) -> None:
    """List what is declared, with what was brought in / 回流清单."""
    with running.database.reading() as session:
        query = select(Return).order_by(Return.created_at, Return.id).limit(limit)
        told = [{**_of(each, OF_RETURN), **_sums(session, each.id)} for each in session.scalars(query)]
    if as_json:
        report(told)
        return
    for each in told:
        click.echo(f"{each['id']}  {each['name']}  {each['target']}/{each['table_name']} → {each['directory']}")
        why = f" ({each['reason']})" if each["reason"] else ""
        click.echo(f"  {each['region']}  {each['state']}{why}  {_counted(each)}")
    if not told:
        click.echo("没有登记回流" if language() == "zh" else "Nothing is declared to come back.")


@return_group.command("show")
@click.argument("known", metavar="ID")
@LIMIT
@json_option
@pass_running
def show(running: Running, known: str, limit: int, as_json: bool) -> None:
    """Show one with its loads, the newest first / 查看一项回流及其批次."""
    with running.database.reading() as session:
        row = declaring.return_of(session, known)
        mine = select(ReturnLoad).where(ReturnLoad.returned == row.id)
        loads = session.scalars(mine.order_by(ReturnLoad.arrival.desc()).limit(limit))
        told = {**_of(row, OF_RETURN), **_sums(session, row.id), "loads": [_of(each, OF_LOAD) for each in loads]}
    if as_json:
        report(told)
        return
    click.echo(f"{told['name']}  {told['region']}  {told['state']} {told['reason']}".rstrip())
    for each in told["loads"]:
        click.echo(f"  {each['id']}  {each['state']} {each['reason']}".rstrip() + f"  {_counted(each)}")


@return_group.command("rejects")
@click.argument("load")
@LIMIT
@json_option
@pass_running
def rejects(running: Running, load: str, limit: int, as_json: bool) -> None:
    """List the rows of a load that were not taken: number, item, reason / 查看批次中未采用的行."""
    with running.database.reading() as session:
        row = applying.load_of(session, load)
        query = select(ReturnReject).where(ReturnReject.load == row.id).order_by(ReturnReject.id).limit(limit)
        told = [_of(each, ("row", "item", "reason")) for each in session.scalars(query)]
    if as_json:
        report(told)
        return
    for each in told:
        click.echo(f"{each['row']:8}  {each['reason']}  {each['item']}".rstrip())


@return_group.command("arrivals")
@click.option("--target", help="By which channel / 通道")
@click.option("--refused", is_flag=True, help="Only what is kept as evidence / 只看留证的")
@LIMIT
@json_option
@pass_running
def arrivals(running: Running, target: str | None, refused: bool, limit: int, as_json: bool) -> None:
    """List what came down, the newest first / 查看到达的数据."""
    query = select(Arrival).order_by(Arrival.id.desc()).limit(limit)
    query = query.where(Arrival.target == target) if target else query
    query = query.where(Arrival.state == "refused") if refused else query
    with running.database.reading() as session:
        told = [_of(each, OF_ARRIVAL) for each in session.scalars(query)]
    if as_json:
        report(told)
        return
    for each in told:
        counts = f"{each['rows']} − {each['rejects']}"
        click.echo(
            f"{each['id']:6}  {each['target']}  {each['described_as']}  {each['state']}  {counts}  {each['reason']}"
        )


@return_group.command("run")
@click.argument("known", metavar="[ID]", required=False)
@json_option
@pass_running
def run(running: Running, known: str | None, as_json: bool) -> None:
    """Fetch and bring in what waits, of one or of all / 立即收取并入库."""
    sync, pushes = running.parts[Sync], running.parts[Pushes]
    with running.database.reading() as session:
        query = select(Return.id).where(Return.state == ACTIVE).order_by(Return.created_at, Return.id)
        names = [declaring.return_of(session, known).id] if known else list(session.scalars(query))
    told = []
    for name in names:
        fetched = fetching.fetch(running.database, sync, name)
        done = applying.bring(running.database, sync, pushes, name)
        fetching.confirm(running.database, sync, name)
        counts = {"applied": done.applied, "held": done.held, "rows": done.rows, "rejects": done.rejects}
        told.append({"id": name, "fetched": fetched, **counts, "failure": done.failure})
    if as_json:
        report(told)
    for each in () if as_json else told:
        click.echo("  ".join(f"{name} {value}" for name, value in each.items() if value != ""))
    sys.exit(EXIT_FAILED if any(each["failure"] for each in told) else 0)


def _sums(session: Session, returned: str) -> dict[str, Any]:
    """Sum up what the loads of a return did, and count those that wait."""
    mine = ReturnLoad.returned == returned
    sums = session.execute(select(*(func.sum(getattr(ReturnLoad, name)) for name in COUNTS)).where(mine)).one()
    counted = select(ReturnLoad.state, func.count()).where(mine).group_by(ReturnLoad.state)
    states: dict[str, int] = {row[0]: row[1] for row in session.execute(counted)}
    waiting = {"loads": sum(states.values()), HELD: states.get(HELD, 0), OPEN: states.get(OPEN, 0)}
    return {**waiting, **{name: int(value or 0) for name, value in zip(COUNTS, sums, strict=True)}}


def _counted(told: dict[str, Any]) -> str:
    return "  ".join(f"{name} {told[name]}" for name in ("loads", HELD, *COUNTS) if told.get(name))


def _of(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
