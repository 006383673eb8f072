"""The calendar's table: the days of a year on which the week of five days does not hold, and the years that are known.

Seeded from what `chinesecalendar` carries of the State Council's yearly arrangements; a later year comes with a newer
package or as a file, and any day can be changed by hand. A year counts as known only when its whole arrangement was
laid down, so that a single day entered early never passes for a year.

Who changed a day and why is for the caller to record. Counting days belongs to `base.workdays`.
"""

import csv
import enum
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, ClassVar

import chinese_calendar  # type: ignore[import-untyped]
from sqlalchemy import CheckConstraint, Date, String, delete, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from base import audit
from base.acting import actor
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Base
from base.errors import DomainError, Kind
from base.workdays import SATURDAY, Calendar, local_day

# Statutory days off a year since 2025-01-01: 《全国年节及纪念日放假办法》(国令第795号) 2. Fewer are no whole year.
FEWEST_DAYS_OFF = 13
# The arrangement is published in late October or November; from then on a missing next year can be mended.
PUBLISHED_MONTH = 11
# A year has some forty exceptional days; a file longer than this is another file.
MOST_FILE_BYTES = 64 * 1024
LONGEST_NAME = 60
CODE_OFF, CODE_WORK = "off", "work"
NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}


Row = dict[str, Any]


class DayKind(enum.StrEnum):
    """What an exceptional day is."""

    OFF = CODE_OFF
    WORK = CODE_WORK


# How files and clerks write the two kinds.
WRITTEN = {"off": DayKind.OFF, "休": DayKind.OFF, "work": DayKind.WORK, "班": DayKind.WORK}


class CalendarDay(Base):
    """A day that is off though it may be in the week, or worked though it is in the weekend."""

    __tablename__ = "base_calendar_days"
    __table_args__ = (CheckConstraint(f"kind IN ('{CODE_OFF}', '{CODE_WORK}')", name="kind"),)

    day: Mapped[date] = mapped_column("date", Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    source: Mapped[str] = mapped_column(String(200))


class CalendarYear(Base):
    """A year whose arrangement is known as a whole, and where it is from."""

    __tablename__ = "base_calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(String(200))


@dataclass(eq=False)
class UnreadableCalendar(DomainError):
    """A calendar file has a line that cannot be taken over; nothing of the file was."""

    line: int
    expected: str
    code: ClassVar[str] = "unreadable-calendar"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchWorkingDay(DomainError):
    """Only a Saturday or Sunday can be made an extra working day."""

    day: str
    code: ClassVar[str] = "no-such-working-day"
    kind: ClassVar[Kind] = Kind.MALFORMED


def calendar(session: Session) -> Calendar:
    """Read the calendar as a value."""
    days = session.execute(select(CalendarDay.day, CalendarDay.kind)).all()
    return Calendar(
        days_off=frozenset(day for day, kind in days if kind == DayKind.OFF),
        extra_days=frozenset(day for day, kind in days if kind == DayKind.WORK),
        years=frozenset(session.scalars(select(CalendarYear.year))),
    )


def seed(session: Session) -> list[int]:
    """Lay down every year that the package knows and the table does not, and tell which; no known year is touched."""
    known = set(session.scalars(select(CalendarYear.year)))
    source = f"chinesecalendar {version('chinesecalendar')}"
    rows = [
        {"day": day, "kind": kind.value, "name": NAMES.get(name, name), "source": source}
        for kind, days in ((DayKind.OFF, chinese_calendar.holidays), (DayKind.WORK, chinese_calendar.workdays))
        for day, name in days.items()
        if day.year not in known
    ]
    new = sorted({row["day"].year for row in rows})
    _lay_down(session, new, rows, source)
    return new


def lay_down_known(session: Session, by: Caller, at: datetime) -> None:
    """Lay down the years that the package knows, and put on record which were new."""
    years = seed(session)
    if years:
        facts: dict[str, Json] = {"years": list(years)}
        thing = Thing("calendar", "known-years")
        audit.record(session, Entry(at, actor(by), by.organisation, "seeded", thing, facts=facts))


def set_day(session: Session, day: date, kind: DayKind, name: str, source: str) -> None:
    """Make one day off or worked, whatever it was. It does not make its year known. Raises `NoSuchWorkingDay`."""
    if kind is DayKind.WORK and day.weekday() < SATURDAY:
        raise NoSuchWorkingDay(day.isoformat())
    session.merge(CalendarDay(day=day, kind=kind.value, name=name, source=source))


def clear_day(session: Session, day: date) -> bool:
    """Make one day ordinary again; tell whether it was not."""
    return bool(session.execute(delete(CalendarDay).where(CalendarDay.day == day)).rowcount)  # type: ignore[attr-defined]


def import_year(session: Session, year: int, file: bytes, source: str) -> int:
    """Replace a year by a CSV file with the columns date, kind (off, work, 休 or 班) and name; tell its number of days.

    UTF-8 and GB 18030 are read. Raises `UnreadableCalendar`; then nothing has changed.
    """
    rows = list(_rows(year, file, source))
    off = Counter(row["kind"] for row in rows)[DayKind.OFF]
    if off < FEWEST_DAYS_OFF:
        raise UnreadableCalendar(len(rows) + 1, f"{FEWEST_DAYS_OFF} days off or more in {year}, not {off}")
    _lay_down(session, [year], rows, source)
    return len(rows)


def missing_next_year(session: Session, at: datetime) -> int | None:
    """Tell the year that should be known by now and is not: this one, or from November on the next."""
    today = local_day(at)
    wanted = [today.year] + [today.year + 1] * (today.month >= PUBLISHED_MONTH)
    known = set(session.scalars(select(CalendarYear.year).where(CalendarYear.year.in_(wanted))))
    return next((year for year in wanted if year not in known), None)


def _lay_down(session: Session, years: list[int], rows: list[Row], source: str) -> None:
    """Replace whole years; rows without objects, since some hundreds are laid down at once."""
    if not years:
        return
    whole = [CalendarDay.day.between(date(year, 1, 1), date(year, 12, 31)) for year in years]
    session.execute(delete(CalendarDay).where(or_(*whole)))
    session.execute(insert(CalendarDay), rows)
    session.execute(delete(CalendarYear).where(CalendarYear.year.in_(years)))
    session.execute(insert(CalendarYear), [{"year": year, "source": source} for year in years])


def _rows(year: int, file: bytes, source: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(_text(file)), strict=True)
    seen: set[date] = set()
    try:
        if not {"date", "kind", "name"} <= set(reader.fieldnames or ()):
            raise UnreadableCalendar(1, "date,kind,name")
        for cells in reader:
            row = _row(cells, reader.line_num, source)
            day: date = row["day"]
            if day.year != year or day in seen:
                raise UnreadableCalendar(reader.line_num, f"a day of {year}, once")
            seen.add(day)
            yield row
    except csv.Error as error:
        raise UnreadableCalendar(reader.line_num + 1, "CSV") from error


def _row(cells: dict[str, str], line: int, source: str) -> Row:
    try:
        day = date.fromisoformat(cells["date"].strip())
        kind = WRITTEN[cells["kind"].strip()]
        name = (cells["name"] or "").strip()[:LONGEST_NAME]
    except (ValueError, KeyError, AttributeError) as error:
        raise UnreadableCalendar(line, "YYYY-MM-DD, off | work | 休 | 班") from error
    if kind is DayKind.WORK and day.weekday() < SATURDAY:
        raise UnreadableCalendar(line, "a Saturday or Sunday as an extra working day")
    if not name.isprintable():
        raise UnreadableCalendar(line, "a name without control characters")
    return {"day": day, "kind": kind.value, "name": name, "source": source}


def _text(file: bytes) -> str:
    if len(file) > MOST_FILE_BYTES:
        raise UnreadableCalendar(1, f"at most {MOST_FILE_BYTES} bytes")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return file.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableCalendar(1, "UTF-8 or GB 18030")
