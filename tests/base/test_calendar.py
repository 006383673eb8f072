"""The calendar's table is seeded with what is known, can be changed, and says which year is missing."""

from datetime import UTC, date, datetime

import chinese_calendar  # type: ignore[import-untyped]
import pytest
from sqlalchemy import func, select

from base.calendar import (
    FEWEST_DAYS_OFF,
    CalendarDay,
    DayKind,
    NoSuchWorkingDay,
    UnreadableCalendar,
    calendar,
    clear_day,
    import_year,
    missing_next_year,
    seed,
    set_day,
)
from base.db import Database
from base.workdays import CalendarYearUnknown, deadline
from tests.base.test_workdays import CASES, OFFICIAL, noon

# An invented arrangement; the real one of that year is published in the autumn before.
INVENTED = "date,kind,name\n" + "".join(
    f"2027-{day},{kind},{name}\n"
    for day, kind, name in [
        *((f"01-0{n}", "休", "元旦") for n in (1, 2, 3)),
        *((f"02-{n:02d}", "off", "春节") for n in range(5, 13)),
        *((f"10-0{n}", "休", "国庆节") for n in range(1, 8)),
        ("02-20", "班", "春节"),
        ("10-09", "work", "国庆节"),
    ]
)


@pytest.fixture
def seeded(database: Database) -> Database:
    with database.transaction() as session:
        seed(session)
    return database


def test_the_seeded_years_are_the_official_ones(seeded: Database):
    with seeded.reading() as session:
        value = calendar(session)
    for year in (2025, 2026):
        assert {day for day in value.days_off if day.year == year} == {d for d in OFFICIAL.days_off if d.year == year}
        assert {day for day in value.extra_days if day.year == year} == {
            d for d in OFFICIAL.extra_days if d.year == year
        }
    assert value.is_workday(date(2026, 10, 10))


def test_terms_counted_by_hand_hold_on_the_seeded_table(seeded: Database):
    with seeded.reading() as session:
        value = calendar(session)
    for start, term, last_day in CASES:
        assert deadline(value, noon(start), int(term)).last_day == date.fromisoformat(last_day)


def test_the_known_years_end_where_the_package_ends(seeded: Database):
    with seeded.reading() as session:
        value = calendar(session)
    last = max(day.year for day in chinese_calendar.holidays)
    assert max(value.years) == last
    with pytest.raises(CalendarYearUnknown):
        value.is_workday(date(last + 1, 1, 4))


def test_every_day_of_every_seeded_year_is_as_the_package_says(seeded: Database):
    with seeded.reading() as session:
        value = calendar(session)
    for year in sorted(value.years):
        for day in (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())):
            assert value.is_workday(day) == chinese_calendar.is_workday(day), day


def test_seeding_again_changes_nothing_and_keeps_what_was_edited(seeded: Database):
    with seeded.transaction() as session:
        set_day(session, date(2026, 12, 24), DayKind.OFF, "台风停工", "县政府通告（演示）")
        assert clear_day(session, date(2026, 10, 10))
    with seeded.transaction() as session:
        before = session.scalar(select(func.count()).select_from(CalendarDay))
        assert seed(session) == []
        assert session.scalar(select(func.count()).select_from(CalendarDay)) == before
        value = calendar(session)
    assert not value.is_workday(date(2026, 12, 24))
    assert not value.is_workday(date(2026, 10, 10))


def test_a_day_can_be_changed_and_changed_back(seeded: Database):
    with seeded.transaction() as session:
        set_day(session, date(2026, 11, 21), DayKind.WORK, "补班", "通知（演示）")
        assert calendar(session).is_workday(date(2026, 11, 21))
        set_day(session, date(2026, 11, 21), DayKind.OFF, "周六", "通知（演示）")
        assert not calendar(session).is_workday(date(2026, 11, 21))
        assert clear_day(session, date(2026, 11, 21))
        assert not clear_day(session, date(2026, 11, 21))


def test_only_weekend_days_become_extra_working_days(seeded: Database):
    with seeded.transaction() as session, pytest.raises(NoSuchWorkingDay):
        set_day(session, date(2026, 11, 20), DayKind.WORK, "补班", "通知（演示）")


def test_a_single_day_entered_early_does_not_pass_for_a_known_year(seeded: Database):
    with seeded.transaction() as session:
        set_day(session, date(2027, 1, 1), DayKind.OFF, "元旦", "预录（演示）")
        assert 2027 not in calendar(session).years


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_year_comes_from_a_file_in_any_usual_encoding(seeded: Database, encoding):
    with seeded.transaction() as session:
        set_day(session, date(2027, 5, 1), DayKind.OFF, "预录", "预录（演示）")
        assert import_year(session, 2027, INVENTED.encode(encoding), "演示") == 20
        value = calendar(session)
    assert value.is_workday(date(2027, 10, 9))
    assert not value.is_workday(date(2027, 2, 8))
    assert date(2027, 5, 1) not in value.days_off
    assert deadline(value, noon("2026-12-31"), 1).last_day == date(2027, 1, 4)


def test_a_known_year_can_be_replaced_by_a_file(seeded: Database):
    with seeded.transaction() as session:
        import_year(session, 2027, INVENTED.encode(), "演示一")
        import_year(session, 2027, INVENTED.replace("2027-10-09,work", "2027-10-10,work").encode(), "演示二")
        value = calendar(session)
    assert not value.is_workday(date(2027, 10, 9))
    assert value.is_workday(date(2027, 10, 10))


@pytest.mark.parametrize(
    ("file", "line"),
    [
        (b"", 1),
        (b"a,b\n1,2\n", 1),
        (b"\xff\xfe\x00", 1),
        (b"x" * 70_000, 1),
        (b"date,kind,name\n2027-02-30,off,x\n", 2),
        (b"date,kind,name\n2027-01-01,maybe,x\n", 2),
        (b"date,kind,name\n2027-01-01\n", 2),
        ("date,kind,name\n2027-01-01,off,元旦\n2027-01-01,off,元旦\n".encode(), 3),
        ("date,kind,name\n2026-01-01,off,元旦\n".encode(), 2),
        ("date,kind,name\n2027-01-04,work,周一\n".encode(), 2),
        (b'date,kind,name\n2027-01-01,off,"open\n', 2),
        (INVENTED[:200].rsplit("\n", 1)[0].encode(), 11),
        (INVENTED.replace("元旦", "元旦\x00").encode(), 2),
    ],
)
def test_a_file_that_cannot_be_taken_over_is_refused_by_its_line_and_changes_nothing(seeded: Database, file, line):
    with seeded.transaction() as session:
        with pytest.raises(UnreadableCalendar) as refusal:
            import_year(session, 2027, file, "演示")
        assert 2027 not in calendar(session).years
        assert not [day for day in calendar(session).days_off if day.year == 2027]
    assert refusal.value.line == line


def test_too_few_days_off_are_no_year(seeded: Database):
    lines = ["date,kind,name", *(f"2027-01-{n:02d},off,x" for n in range(1, FEWEST_DAYS_OFF))]
    with seeded.transaction() as session, pytest.raises(UnreadableCalendar):
        import_year(session, 2027, "\n".join(lines).encode(), "演示")


@pytest.mark.parametrize(
    ("at", "missing"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), None),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), 2027),
        (datetime(2026, 11, 21, tzinfo=UTC), 2027),
        (datetime(2027, 3, 1, tzinfo=UTC), 2027),
    ],
)
def test_the_missing_year_is_told_from_november_on(seeded: Database, at, missing):
    with seeded.reading() as session:
        assert missing_next_year(session, at) == missing


def test_nothing_is_missing_once_next_year_is_there(seeded: Database, at: datetime):
    with seeded.transaction() as session:
        import_year(session, 2027, INVENTED.encode(), "演示")
        assert missing_next_year(session, at) is None


def test_an_empty_table_knows_no_year(database: Database, at: datetime):
    with database.reading() as session:
        assert missing_next_year(session, at) == 2026
        with pytest.raises(CalendarYearUnknown):
            calendar(session).is_workday(date(2026, 11, 20))
