"""`yinxin figures`: the figures for leaders counted on, or once more from the beginning."""

import re
import sys
from dataclasses import asdict
from typing import Any, Final

import click

from base import clock
from base.callers import Caller
from base.command_line import EXIT_FAILED, json_option, pass_running, report
from base.program import Running
from certs.figures import counting, recounting
from certs.figures.months import Month
from certs.figures.recounting import Recount
from certs.holders.schemas import MONTH

BY: Final = Caller("system", "command")


def _month(_context: click.Context, _parameter: click.Parameter, told: str | None) -> Month | None:
    if told is None:
        return None
    if not re.match(MONTH, told):
        raise click.BadParameter(f"{told!r}: YYYY-MM")
    return Month.read(told)


@click.group("figures")
def figure_group() -> None:
    """Figures for leaders / 通报指标."""


@figure_group.command("count")
@json_option
@pass_running
def count(running: Running, as_json: bool) -> None:
    """Count what happened since the last time / 计入新发生的数据."""
    entries = uses = 0
    for some, used in counting.count_all(running.database):
        entries, uses = entries + some, uses + used
    if as_json:
        report({"entries": entries, "uses": uses})
    else:
        click.echo(f"entries / 条目: {entries}  uses / 用证用数: {uses}")


@figure_group.command("recount")
@click.option("--month", callback=_month, metavar="YYYY-MM", help="One month instead of all / 只统计一个月")
@click.option("--rebuild", "mends", is_flag=True, help="Mend what differs / 按重新统计的结果修正")
@json_option
@pass_running
def recount(running: Running, month: Month | None, mends: bool, as_json: bool) -> None:
    """Count anew and tell every difference; exit code 1 while any is left / 重新统计并列出差异."""
    if month is None:
        with running.database.reading() as session:
            months = recounting.months(session)
    else:
        months = [month]
    left, told = 0, []
    for each in months:
        found = recounting.recount(running.database, each)
        if mends and found.differences:
            with running.database.transaction() as session:
                recounting.rebuild(session, found, BY, clock.now())
        left += 0 if mends else len(found.differences)
        told.append(_told(found))
        if not as_json:
            _say(found, mended=mends)
    if as_json:
        report({"months": told, "rebuilt": mends})
    if left:
        sys.exit(EXIT_FAILED)


def _told(found: Recount) -> dict[str, Any]:
    differences = [{**asdict(each.place), "kept": each.kept, "counted": each.counted} for each in found.differences]
    return {"month": str(found.month), "differences": differences}


def _say(found: Recount, *, mended: bool) -> None:
    for each in found.differences:
        click.echo(f"  {each.words}")
    words = "rebuilt / 已修正" if mended and found.differences else "differences / 差异"
    click.echo(f"{found.month}: {len(found.differences)} {words}")
