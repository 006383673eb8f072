"""`yinxin calendar`: the working days that legal deadlines are counted in."""

from pathlib import Path

import click

from base import audit, calendar, clock
from base.callers import Caller
from base.command_line import pass_running
from base.program import Running


@click.group("calendar")
def calendar_group() -> None:
    """Working days / 工作日历."""


@calendar_group.command("seed")
@pass_running
def calendar_seed(running: Running) -> None:
    """Enter the published years that this version knows / 录入本版本已知的年份."""
    with running.database.transaction() as session:
        calendar.lay_down_known(session, Caller("system", "command"), clock.now())


@calendar_group.command("import")
@click.argument("year", type=click.IntRange(2000, 2100))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", required=True, help="The notice that published it / 公布放假安排的文件")
@pass_running
def calendar_import(running: Running, year: int, file: Path, source: str) -> None:
    """Enter a year's days off and extra working days from CSV / 从 CSV 录入一年的放假与调休."""
    with running.database.transaction() as session:
        calendar.import_year(session, year, file.read_bytes(), source)
        entry = audit.Entry(clock.now(), "command", "", "imported", audit.Thing("calendar", str(year)))
        audit.record(session, entry)
    click.echo(f"{year} ✓")
