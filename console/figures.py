"""The leader's page: the figures of a month with their formulas, one chart, the ranking; made to be printed.

Everything on it is what `certs.figures` gives; here it is only laid out. It works without scripts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import marshmallow as ma
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import api, clock, problems
from base.web import parts, reads
from base.workdays import local_day
from certs.figures import csv_table, reading
from certs.figures.figures import BY_NAME, FIGURES, SHARE, Figure, Line, Value
from certs.figures.months import Month
from certs.figures.reading import By, Table
from certs.figures.schemas import FiguresQuery
from certs.figures.wiring import Figures
from console import working
from console.login import for_people

figure_pages = Blueprint("figure_pages", __name__, template_folder="templates")
BLUEPRINTS = (figure_pages,)

READERS: Final = frozenset({"authority", "auditor", "operator"})
ASKED: Final = ("month", "by", "order")
# The chart, in its own units; a province has some dozen cities, and of departments the first are drawn.
MOST_BARS: Final = 20
BAR, GAP, NAMES, BARS, NUMBERS = 18, 10, 190, 420, 120
LONGEST_NAME: Final = 13


@dataclass(frozen=True)
class Bar:
    """A bar of the chart: where it begins, and how long it is beside that of the month before."""

    name: str
    top: int
    width: int
    former: int
    value: Value


@figure_pages.get("/console/figures")
@for_people(READERS)
@reads
def figures(session: Session) -> Response:
    """Show the figures of a month, by city unless something else is asked for."""
    at = clock.now()
    asked = _asked(Month.of(local_day(at)))
    table = reading.table(session, parts(Figures), asked["month"], asked["by"], asked["order"], at)
    figure = BY_NAME[table.order]
    return working.page(
        "figures.html",
        table=table,
        figure=figure,
        figures=FIGURES,
        ways=list(By),
        named=_named,
        written=_written,
        changed=_changed,
        bars=_bars(table, figure),
        size=(NAMES + BARS + NUMBERS, BAR, NAMES),
        before=table.month.after(-1),
        csv=f"/api/v1/figures/table?month={table.month}&by={table.by.value}&order={table.order}"
        f"&language={problems.language()}",
        at=at,
    )


def _asked(present: Month) -> dict[str, Any]:
    """Read what is asked for. Raises `InvalidInput`."""
    told = {name: request.args[name] for name in ASKED if request.args.get(name)}
    try:
        found: dict[str, Any] = FiguresQuery().load({"month": str(present), **told})
    except ma.ValidationError as error:
        raise api.invalid({"query": error.messages}) from error
    return found


def _named(line: Line) -> str:
    return line.name or csv_table.ELSEWHERE[problems.language()]


def _bars(table: Table, figure: Figure) -> Sequence[Bar]:
    """Draw to the scale of the largest number of the two months, and shares to a hundred."""
    lines = [each for each in table.lines if each.rank is not None][:MOST_BARS]
    told = [each.figures[figure.name] for each in lines]
    largest = max((value for each in told for value in (each.value, each.before) if value), default=0)
    full = 100 if figure.unit == SHARE else largest
    return [
        Bar(
            _short(_named(line)),
            GAP + place * (BAR + GAP),
            _length(each.value, full),
            _length(each.before, full),
            each.value,
        )
        for place, (line, each) in enumerate(zip(lines, told, strict=True))
    ]


def _length(value: Value, full: float) -> int:
    return round(BARS * value / full) if value and full else 0


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _written(value: Value, figure: Figure) -> str:
    if value is None:
        return "–"
    return f"{value:.1f}%" if figure.unit == SHARE else f"{value:,}"


def _changed(change: float | None, figure: Figure) -> str:
    """Write a change with its sign: a share's in percentage points."""
    if change is None:
        return "–"
    return f"{change:+.1f}" if figure.unit == SHARE else f"{change:+.1f}%"
