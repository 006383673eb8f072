"""Reads the figures of a month from their own tables: as many statements as there are tables, whatever was counted.

Cities are ranked among themselves; what was done on the province's own level, or handled elsewhere, stands in a line
of its own, so that the lines are always the total. A city without any figure has its line as well.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from base import audit
from certs.figures import figures, tallies
from certs.figures.errors import MonthNotBegun
from certs.figures.figures import BY_NAME, Line, Told
from certs.figures.models import REGION_LENGTH, FigureCount, FigureKind, FigureReader
from certs.figures.months import Month
from certs.figures.wiring import CITY_DIGITS, Figures
from keys.parties.models import Organisation

# What is no city of the list: on the level above, or handled elsewhere.
ELSEWHERE: Final = ""
COLUMN_OF: Final = {tallies.CERTIFICATE: figures.TYPES, tallies.DIRECTORY: figures.DIRECTORIES}


class By(enum.StrEnum):
    """By what the lines stand apart."""

    CITY = "city"
    COUNTY = "county"
    DEPARTMENT = "department"


@dataclass(frozen=True)
class Standing:
    """How far the counting has come, and how many entries of the ledger wait."""

    counted_at: datetime | None
    waiting: int


@dataclass(frozen=True)
class Table:
    """The figures of a month: each line, and the whole."""

    month: Month
    by: By
    order: str
    standing: Standing
    total: Mapping[str, Told]
    lines: tuple[Line, ...]


Sums = defaultdict[str, Counter[str]]


@dataclass
class _Summed:
    """The counts by line and of the whole: of the month before, and of the month."""

    lines: tuple[Sums, Sums] = field(default_factory=lambda: (Sums(Counter), Sums(Counter)))
    whole: tuple[Counter[str], Counter[str]] = field(default_factory=lambda: (Counter(), Counter()))

    def add(self, place: int, line: str, column: str, count: int) -> None:
        self.lines[place][line][column] += count
        self.whole[place][column] += count


def table(session: Session, parts: Figures, month: Month, by: By, order: str, at: datetime) -> Table:
    """Give the figures of a month. Raises `MonthNotBegun`."""
    if at < month.begins:
        raise MonthNotBegun(str(month))
    cities = (dict(parts.cities) or _known_cities(session)) if by is By.CITY else None
    summed = _summed(session, month, by, cities)
    before, now = summed.lines
    names = _names(session, by, cities, {*now, *before})
    told = {code: figures.of(now[code], before[code]) for code in names}
    ranked = {code: each[order].value for code, each in told.items() if code != ELSEWHERE}
    places = figures.ranks(ranked, BY_NAME[order])
    lines = [Line(code, names[code], places.get(code), told[code]) for code in names]
    lines.sort(key=lambda each: (each.code == ELSEWHERE, each.rank is None, each.rank or 0, each.code))
    return Table(month, by, order, standing(session), figures.of(summed.whole[1], summed.whole[0]), tuple(lines))


def standing(session: Session) -> Standing:
    """Tell how far the counting has come."""
    row = session.scalars(select(FigureReader)).one_or_none()
    size = audit.tree_size(session)
    return Standing(row.counted_at, size - row.position) if row is not None else Standing(None, size)


def _summed(session: Session, month: Month, by: By, cities: Mapping[str, str] | None) -> _Summed:
    """Sum the counts of the month and of the one before; count the kinds that were there at each month's end."""
    summed, count = _Summed(), FigureCount
    is_now = case((count.day >= month.first, 1), else_=0).label("is_now")
    key = _key(by, count.region, count.organisation).label("key")
    query = select(is_now, key, count.measure, func.sum(count.count))
    query = query.where(count.day >= month.after(-1).first, count.day < month.after(1).first)
    for place, line, measure, sum_ in session.execute(query.group_by("is_now", "key", count.measure)):
        summed.add(place, _line(line, cities), measure, int(sum_))
    kind = FigureKind
    key = _key(by, kind.region, kind.organisation).label("key")
    query = select(kind.kind, key, kind.code, func.min(kind.first_day)).where(kind.first_day < month.after(1).first)
    _count_kinds(summed, session.execute(query.group_by(kind.kind, "key", kind.code)), month, cities)
    return summed


def _count_kinds(summed: _Summed, rows: Iterable[Any], month: Month, cities: Mapping[str, str] | None) -> None:
    """Count a kind once in a line and once in the whole, however many have it there."""
    first: dict[tuple[str, str], dict[str, date]] = defaultdict(dict)
    for what, key, code, day in rows:
        lines, line = first[COLUMN_OF[what], code], _line(key, cities)
        lines[line] = min(day, lines.get(line, day))
    for (column, _), lines in first.items():
        for place, ends in enumerate((month.first, month.after(1).first)):
            summed.whole[place][column] += int(min(lines.values()) < ends)
            for line, day in lines.items():
                summed.lines[place][line][column] += int(day < ends)


def _line(key: str, cities: Mapping[str, str] | None) -> str:
    return key if cities is None or key in cities else ELSEWHERE


def _key(by: By, region: Any, organisation: Any) -> Any:
    digits = {By.CITY: CITY_DIGITS, By.COUNTY: REGION_LENGTH}
    return organisation if by is By.DEPARTMENT else func.substr(region, 1, digits[by])


def _names(session: Session, by: By, cities: Mapping[str, str] | None, codes: set[str]) -> dict[str, str]:
    """Name the lines: every city, and whatever else there are figures of."""
    if cities is not None:
        return {**cities, **dict.fromkeys(codes - cities.keys(), "")}
    known: dict[str, str] = {}
    if by is By.DEPARTMENT:
        query = select(Organisation.code, Organisation.name).where(Organisation.code.in_(codes))
        known = {code: name for code, name in session.execute(query)}  # noqa: C416 - rows are no pairs to mypy
    return {code: known.get(code, code) for code in sorted(codes)}


def _known_cities(session: Session) -> dict[str, str]:
    """Give the cities that organisations stand in; nobody has told what they are called."""
    query = select(func.substr(Organisation.region, 1, CITY_DIGITS)).distinct()
    return {code: f"{code}00" for code in sorted(session.scalars(query)) if not code.endswith("00")}
