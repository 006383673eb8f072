"""Terms are counted as a clerk counts them with the official arrangement on the wall, or are refused."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.workdays import (
    SHANGHAI,
    Calendar,
    CalendarYearUnknown,
    Stage,
    UnusableTerm,
    deadline,
    deadline_or_sooner,
    local_day,
    remaining,
)


def days(*spans: str) -> frozenset[date]:
    """Read 2026-10-01/07 as seven days."""
    found = set()
    for span in spans:
        first, _, last = span.partition("/")
        start = date.fromisoformat(first)
        end = start if not last else date.fromisoformat(last if len(last) > 2 else f"{first[:8]}{last}")
        found |= {start + timedelta(days=ahead) for ahead in range((end - start).days + 1)}
    return frozenset(found)


# 国务院办公厅 for 2025 and 2026, as published; written out by hand, not taken from a package.
OFFICIAL = Calendar(
    days_off=days(
        "2025-01-01",
        "2025-01-28/2025-02-04",
        "2025-04-04/06",
        "2025-05-01/05",
        "2025-05-31/2025-06-02",
        "2025-10-01/08",
        "2026-01-01/03",
        "2026-02-15/23",
        "2026-04-04/06",
        "2026-05-01/05",
        "2026-06-19/21",
        "2026-09-25/27",
        "2026-10-01/07",
    ),
    extra_days=days(
        "2025-01-26",
        "2025-02-08",
        "2025-04-27",
        "2025-09-28",
        "2025-10-11",
        "2026-01-04",
        "2026-02-14",
        "2026-02-28",
        "2026-05-09",
        "2026-09-20",
        "2026-10-10",
    ),
    years=frozenset({2025, 2026}),
)

# Start, working days, last day; each counted by hand on a paper calendar.
COUNTED_BY_HAND = """
2025-01-02  1 2025-01-03
2025-01-03  1 2025-01-06
2024-12-31  1 2025-01-02
2025-01-20  5 2025-01-26
2025-01-24  2 2025-01-27
2025-01-24  3 2025-02-05
2025-01-27  1 2025-02-05
2025-01-27  4 2025-02-08
2025-01-27  5 2025-02-10
2025-01-29  1 2025-02-05
2025-02-07  1 2025-02-08
2025-04-03  1 2025-04-07
2025-04-25  1 2025-04-27
2025-04-25 10 2025-05-13
2025-05-30  1 2025-06-03
2025-09-26  1 2025-09-28
2025-09-30  1 2025-10-09
2025-09-30  3 2025-10-11
2025-09-30  4 2025-10-13
2025-09-26 10 2025-10-16
2025-12-31  1 2026-01-04
2025-12-30  2 2026-01-04
2026-01-04  1 2026-01-05
2026-02-13  1 2026-02-14
2026-02-13  2 2026-02-24
2026-02-14  5 2026-02-28
2026-02-14  6 2026-03-02
2026-02-18  1 2026-02-24
2026-04-03  1 2026-04-07
2026-04-30  1 2026-05-06
2026-04-30  4 2026-05-09
2026-04-30  5 2026-05-11
2026-06-18  1 2026-06-22
2026-09-18  1 2026-09-20
2026-09-24  1 2026-09-28
2026-09-24  5 2026-10-09
2026-09-24  6 2026-10-10
2026-10-09  1 2026-10-10
2026-10-09  2 2026-10-12
2026-11-20 20 2026-12-18
2026-11-21 10 2026-12-04
2026-12-17 10 2026-12-31
2026-10-10  0 2026-10-10
2026-10-11  0 2026-10-12
2026-10-02  0 2026-10-08
"""
CASES = [line.split() for line in COUNTED_BY_HAND.strip().splitlines()]


def noon(day: str | date) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+08:00")


@pytest.mark.parametrize(("start", "term", "last_day"), CASES)
def test_a_term_ends_on_the_day_that_was_counted_by_hand(start, term, last_day):
    due = deadline(OFFICIAL, noon(start), int(term))
    assert due.last_day == date.fromisoformat(last_day)
    assert due.ends_at == datetime.fromisoformat(f"{last_day}T00:00:00+08:00") + timedelta(days=1)
    assert due.ends_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-10-09", True),
        ("2026-10-10", True),
        ("2026-10-11", False),
        ("2026-10-07", False),
        ("2026-02-14", True),
        ("2026-02-16", False),
        ("2026-02-24", True),
        ("2025-01-26", True),
        ("2026-11-21", False),
    ],
)
def test_the_arrangement_decides_whether_a_day_is_worked(day, worked):
    assert OFFICIAL.is_workday(date.fromisoformat(day)) is worked


def test_a_term_that_reaches_into_an_unknown_year_is_refused_and_not_guessed():
    """Ten working days from 17 December 2026 end with the year; the eleventh lies in one nobody has arranged yet."""
    with pytest.raises(CalendarYearUnknown) as refusal:
        deadline(OFFICIAL, noon("2026-12-17"), 11)
    assert refusal.value.year == 2027
    with pytest.raises(CalendarYearUnknown):
        OFFICIAL.is_workday(date(2024, 12, 31))


def test_a_term_that_must_begin_ends_sooner_where_the_next_year_is_unknown():
    """Eleven days from 17 December 2026, every day counted; no arrangement of 2027 can make them end sooner."""
    due = deadline_or_sooner(OFFICIAL, noon("2026-12-17"), 11)
    assert due.last_day == date(2026, 12, 28)
    assert due.ends_at == datetime.fromisoformat("2026-12-29T00:00:00+08:00")
    assert [(each.stage, each.at) for each in due.reminders] == [
        (Stage.DUE, datetime.fromisoformat("2026-12-28T09:00:00+08:00"))
    ]
    assert deadline_or_sooner(OFFICIAL, noon("2026-12-17"), 10) == deadline(OFFICIAL, noon("2026-12-17"), 10)
    with pytest.raises(UnusableTerm):
        deadline_or_sooner(OFFICIAL, noon("2026-12-17"), -1)


@pytest.mark.parametrize("term", [-1, 2501, 10**9])
def test_a_term_that_cannot_be_counted_is_refused(term):
    with pytest.raises(UnusableTerm):
        deadline(OFFICIAL, noon("2026-10-09"), term)


def test_the_day_begins_at_midnight_in_shanghai():
    """23:59 on the 8th and 00:00 on the 9th of October are one minute and one day apart."""
    before, after = datetime(2026, 10, 8, 15, 59, tzinfo=UTC), datetime(2026, 10, 8, 16, 0, tzinfo=UTC)
    assert (local_day(before), local_day(after)) == (date(2026, 10, 8), date(2026, 10, 9))
    assert deadline(OFFICIAL, before, 1).last_day == date(2026, 10, 9)
    assert deadline(OFFICIAL, after, 1).last_day == date(2026, 10, 10)


def test_a_term_runs_to_the_last_second_of_its_last_day():
    due = deadline(OFFICIAL, noon("2026-10-09"), 1)
    assert not due.is_missed(datetime(2026, 10, 10, 23, 59, 59, tzinfo=SHANGHAI))
    assert due.is_missed(datetime(2026, 10, 11, 0, 0, tzinfo=SHANGHAI))


@pytest.mark.parametrize(
    ("at", "left", "missed"),
    [
        ("2026-11-20", 10, False),
        ("2026-11-21", 10, False),
        ("2026-11-23", 9, False),
        ("2026-12-03", 1, False),
        ("2026-12-04", 0, False),
        ("2026-12-05", 0, True),
        ("2026-12-07", 1, True),
        ("2026-12-31", 19, True),
    ],
)
def test_the_days_left_are_told_until_the_last_and_the_days_missed_after(at, left, missed):
    due = deadline(OFFICIAL, noon("2026-11-20"), 10)
    told = remaining(OFFICIAL, due, noon(at))
    assert (told.days, told.missed) == (left, missed)


def reminders(term: int, start: str = "2026-11-20") -> list[tuple[str, str]]:
    due = deadline(OFFICIAL, noon(start), term)
    return [(each.stage.value, each.at.astimezone(SHANGHAI).isoformat()[:16]) for each in due.reminders]


def test_reminders_come_at_nine_on_the_mornings_of_half_four_fifths_and_the_last_day():
    assert reminders(10) == [("half", "2026-11-27T09:00"), ("most", "2026-12-02T09:00"), ("due", "2026-12-04T09:00")]
    assert reminders(5) == [("half", "2026-11-25T09:00"), ("most", "2026-11-26T09:00"), ("due", "2026-11-27T09:00")]


def test_reminders_that_fall_together_are_one():
    assert reminders(1) == [("due", "2026-11-23T09:00")]
    assert reminders(2) == [("half", "2026-11-23T09:00"), ("due", "2026-11-24T09:00")]


def test_a_term_of_the_day_itself_reminds_at_once():
    assert reminders(0, "2026-10-10") == [("due", "2026-10-10T12:00")]


starts = st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the bounds


@given(starts, st.integers(0, 60))
def test_the_last_day_is_worked_and_so_many_working_days_after_the_start(start, term):
    due = deadline(OFFICIAL, start, term)
    assert OFFICIAL.is_workday(due.last_day)
    if term:
        assert OFFICIAL.count(local_day(start), due.last_day) == term
        assert remaining(OFFICIAL, due, start).days == term


@given(starts, st.integers(0, 60))
def test_a_longer_term_never_ends_sooner_and_reminders_come_in_order(start, term):
    shorter, longer = deadline(OFFICIAL, start, term), deadline(OFFICIAL, start, term + 1)
    assert shorter.ends_at <= longer.ends_at
    moments = [each.at for each in longer.reminders]
    assert moments == sorted(moments)
    assert start <= moments[0] <= moments[-1] < longer.ends_at
    assert longer.reminders[-1].stage is Stage.DUE
