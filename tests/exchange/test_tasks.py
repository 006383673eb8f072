"""Duties run in working days: over holidays and 调休, with reminders at half, four fifths and the day, then upward."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import notices, workdays
from base.audit import Thing
from base.db import Database
from base.workdays import SHANGHAI, UnusableTerm
from exchange import tasks, terms
from exchange.errors import NoSuchTerm
from exchange.models import Task, Term
from exchange.tasks import Duty
from keys.parties.sample import code_of
from tests.exchange import departments
from tests.exchange.departments import AUTHORITY, MAKER, REVIEWER, STEWARD

DAY = timedelta(days=1)


@pytest.fixture
def province(database: Database, at: datetime) -> Database:
    departments.opened(database, at)
    return database


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def begun(session: Session, at: datetime, days: int) -> Task:
    terms.set_term(session, "department-check", days, "演示", MAKER, at)
    duty = Duty("department-check", Thing("thing", "1"), "演示目录", code_of("health"), "reviewer")
    return tasks.open_task(session, duty, at)


# 2026: New Year 1–3 January (4 worked); Spring Festival 15–23 February (14 and 28 worked); Qingming 4–6 April;
# Labour Day 1–5 May (9 worked); Dragon Boat 19–21 June; Mid-Autumn 25–27 September; National Day 1–7 October
# (20 September and 10 October worked).
@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        ("2026-03-02 09:00", 1, "2026-03-03"),
        ("2026-03-02 23:59", 1, "2026-03-03"),
        ("2026-03-06 09:00", 1, "2026-03-09"),
        ("2026-02-13 16:00", 1, "2026-02-14"),
        ("2026-02-13 16:00", 2, "2026-02-24"),
        ("2026-02-13 16:00", 6, "2026-02-28"),
        ("2026-04-03 10:00", 2, "2026-04-08"),
        ("2026-04-30 10:00", 3, "2026-05-08"),
        ("2026-04-30 10:00", 4, "2026-05-09"),
        ("2026-04-30 10:00", 5, "2026-05-11"),
        ("2026-09-18 10:00", 1, "2026-09-20"),
        ("2026-09-30 10:00", 3, "2026-10-10"),
        ("2026-09-30 10:00", 10, "2026-10-20"),
        ("2026-06-18 10:00", 1, "2026-06-22"),
    ],
)
def test_the_last_day_is_right_over_holidays_and_moved_days(province: Database, start: str, days: int, last: str):
    with province.transaction() as session:
        due = begun(session, local(start), days).due_at
    assert workdays.local_day(due) - DAY == date.fromisoformat(last)


def told(session: Session, reader=REVIEWER) -> list[str]:
    return [each.kind for each in notices.unread(session, reader)]


def test_reminders_come_at_half_at_four_fifths_on_the_day_and_then_upward(province: Database):
    start = local("2026-03-02 09:00")
    with province.transaction() as session:
        begun(session, start, 10)
    seen = []
    for day in range(20):
        with province.transaction() as session:
            tasks.remind(session, start + day * DAY + timedelta(hours=1))
            seen.append((day, len(told(session))))
    changes = [day for (day, count), (_, before) in zip(seen[1:], seen, strict=False) if count != before]
    # 10 working days from Monday the 2nd end on the 16th: half on the 9th, four fifths on the 12th.
    assert changes == [7, 10, 14, 15]
    with province.reading() as session:
        assert told(session) == ["task-overdue", "task-due", "task-most", "task-half"]
        assert told(session, AUTHORITY) == ["task-overdue"]


def test_each_reminder_is_sent_once_however_often_the_job_runs(province: Database):
    start = local("2026-03-02 09:00")
    with province.transaction() as session:
        begun(session, start, 10)
    for _ in range(3):
        with province.transaction() as session:
            tasks.remind(session, start + 8 * DAY)
    with province.reading() as session:
        assert told(session) == ["task-half"]


def test_a_service_that_slept_tells_only_of_where_things_stand(province: Database):
    start = local("2026-03-02 09:00")
    with province.transaction() as session:
        begun(session, start, 10)
        tasks.remind(session, start + 40 * DAY)
        assert told(session) == ["task-overdue"]


def test_a_done_task_reminds_nobody(province: Database):
    start = local("2026-03-02 09:00")
    with province.transaction() as session:
        begun(session, start, 10)
        done = tasks.close(session, Thing("thing", "1"), REVIEWER, start + DAY)
        assert [each.done_by for each in done] == ["person:reviewer"]
        tasks.remind(session, start + 40 * DAY)
        assert told(session) == []
        assert tasks.mine(session, REVIEWER, start) == []


def test_a_task_is_its_roles_and_nobody_elses(province: Database, at: datetime):
    with province.transaction() as session:
        begun(session, at, 5)
        assert [len(tasks.mine(session, each, at)) for each in (REVIEWER, STEWARD, AUTHORITY)] == [1, 0, 0]


def test_a_changed_term_leaves_what_already_runs(province: Database):
    start = local("2026-03-02 09:00")
    with province.transaction() as session:
        task = begun(session, start, 10)
        before = task.due_at
        terms.set_term(session, "department-check", 1, "演示", MAKER, start)
        tasks.remind(session, start + 2 * DAY)
        assert session.scalars(select(Task)).one().due_at == before
        assert told(session) == []


@pytest.mark.parametrize("days", [-1, 2501])
def test_a_term_that_cannot_be_counted_is_refused(province: Database, at: datetime, days: int):
    with province.transaction() as session, pytest.raises(UnusableTerm):
        terms.set_term(session, "department-check", days, "演示", MAKER, at)


def test_an_unknown_duty_is_refused(province: Database, at: datetime):
    with province.transaction() as session, pytest.raises(NoSuchTerm):
        terms.set_term(session, "nothing", 1, "演示", MAKER, at)


def test_seeding_twice_changes_nothing_that_the_site_decided(province: Database, at: datetime):
    with province.transaction() as session:
        terms.set_term(session, "authority-review", 7, "演示市规定", MAKER, at)
        assert terms.seed(session, MAKER, at) == []
        assert terms.term_of(session, "authority-review").days == 7


def test_every_term_names_its_basis_and_how_sure_it_is(province: Database):
    with province.reading() as session:
        for row in session.scalars(select(Term)):
            assert row.basis
            assert row.confidence in {"own", "memory", "read"}
