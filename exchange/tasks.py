"""Tasks: a duty that a role of an organisation has now, with a term in working days, reminders, and escalation.

Whoever holds the role in the organisation may do the task; who does it is on record. Reminders come at half, at four
fifths and on the day; a missed task is told to the authority above and stays with whose it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, notices, workdays
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.notices import Notice, Role, kinds_in
from base.workdays import Calendar, Deadline, Stage
from exchange import substitutions, terms
from exchange.models import Task, Term
from keys.parties.organisations import organisation_of

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
STAGES: Final = (Stage.HALF, Stage.MOST, Stage.DUE)
NOTICE_OF: Final = {Stage.HALF: "task-half", Stage.MOST: "task-most", Stage.DUE: "task-due"}
OVERDUE: Final = "task-overdue"
AUTHORITY: Final = "authority"
# How the days of a term are counted.
Counting = Callable[[Calendar, datetime, int], Deadline]
# One run of the reminder job; the next takes the rest.
MOST_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Duty:
    """Whose a duty is, and of which thing."""

    name: str
    thing: Thing
    title: str
    organisation: str
    role: str


def open_task(
    session: Session, duty: Duty, at: datetime, days: int | None = None, *, counts: Counting = workdays.deadline
) -> Task:
    """Begin a duty: its term runs from now, in working days of its own where these are told.

    What must not wait for next year's calendar hands in `workdays.deadline_or_sooner`.
    Raises `NoSuchTerm`, `CalendarYearUnknown`, and `UnusableTerm` for days that are told.
    """
    usual = terms.term_of(session, duty.name).days
    days = usual if days is None else days
    due = counts(calendar.calendar(session), at, days)
    task = Task(
        duty=duty.name,
        thing_kind=duty.thing.kind,
        thing_id=duty.thing.id,
        title=duty.title,
        organisation=duty.organisation,
        role=duty.role,
        opened_at=at,
        due_at=due.ends_at,
        days=days,
        next_reminder_at=due.reminders[0].at if due.reminders else due.ends_at,
        reminded=0,
        escalated_to=None,
        done_at=None,
        done_by=None,
    )
    session.add(task)
    session.flush()
    return task


def close(session: Session, thing: Thing, by: Caller, at: datetime) -> list[Task]:
    """Note that whatever was to be done about a thing has been done."""
    done = open_of(session, thing)
    for task in done:
        task.done_at, task.done_by, task.next_reminder_at = at, actor(by), None
    return done


def open_of(session: Session, thing: Thing) -> list[Task]:
    """Give what is still to be done about a thing."""
    query = select(Task).where(Task.thing_kind == thing.kind, Task.thing_id == thing.id, Task.done_at.is_(None))
    return list(session.scalars(query))


def mine(session: Session, by: Caller, at: datetime, limit: int = 100) -> Sequence[Task]:
    """List what this person has to do now, in their own place or another's, the most pressing first."""
    held = sorted(substitutions.roles_of(session, by, at))
    query = select(Task).where(Task.done_at.is_(None), Task.organisation == by.organisation, Task.role.in_(held))
    return session.scalars(query.order_by(Task.due_at, Task.id).limit(limit)).all()


def remind(session: Session, at: datetime) -> int:
    """Send the reminders that are due, and tell the authority above of what was missed; count them."""
    query = select(Task).where(Task.done_at.is_(None), Task.next_reminder_at <= at)
    waiting = session.scalars(query.order_by(Task.next_reminder_at, Task.id).limit(MOST_AT_ONCE)).all()
    if not waiting:
        return 0
    days = calendar.calendar(session)
    for task in waiting:
        _remind(session, task, workdays.deadline_or_sooner(days, task.opened_at, task.days), at)
    return len(waiting)


def _remind(session: Session, task: Task, due: Deadline, at: datetime) -> None:
    """Tell of the last stage that was reached; a stage that nobody could be told of in time is left out."""
    if at >= task.due_at:
        _escalate(session, task, at)
        return
    reached = [place for place, each in enumerate(due.reminders) if each.at <= at]
    if reached and reached[-1] >= task.reminded:
        stage = due.reminders[reached[-1]].stage
        _tell(session, task, NOTICE_OF[stage], ((task.organisation, task.role),), at)
        task.reminded = reached[-1] + 1
    following = due.reminders[task.reminded :]
    task.next_reminder_at = following[0].at if following else task.due_at


def _escalate(session: Session, task: Task, at: datetime) -> None:
    above = organisation_of(session, task.organisation).parent
    task.next_reminder_at = None
    task.escalated_to = above
    whom = [(task.organisation, task.role), *([(above, AUTHORITY)] if above else [])]
    _tell(session, task, OVERDUE, tuple(whom), at)


def _tell(session: Session, task: Task, kind: str, whom: tuple[tuple[str, str], ...], at: datetime) -> None:
    term: Term = terms.term_of(session, task.duty)
    facts = {"title": task.title, "duty_zh": term.zh, "duty_en": term.en, "due": _last_day(task)}
    recipients = tuple(Role(organisation, role) for organisation, role in whom)
    notices.tell(session, Notice(KINDS[kind], facts, recipients), at)


def _last_day(task: Task) -> str:
    """Name the last day of the term; it ends at midnight."""
    return (workdays.local_day(task.due_at) - workdays.ONE_DAY).isoformat()
