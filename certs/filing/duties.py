"""Duties of filing as tasks of the house: each with a term of its own, reminders at 50 %, 80 % and on the day.

The reminders, the list of what one has to do and the escalation to the authority above are those of `exchange.tasks`;
only the number of days is the case's and not the duty's. The rows that name the duties come from `duties.toml`.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, workdays
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from exchange import terms
from exchange.models import NAME_LENGTH, Task, Term


@dataclass(frozen=True)
class Owed:
    """What is owed: which duty about which thing, by whom, and in how many working days from when."""

    duty: str
    thing: Thing
    title: str
    organisation: str
    role: str
    days: int
    since: datetime


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the duties that the site does not have yet; tell which."""
    told = tomllib.loads(resources.files("certs.filing").joinpath("duties.toml").read_text("utf-8"))
    known = set(session.scalars(select(Term.duty)))
    missing = [duty for duty in told if duty not in known]
    session.add_all(Term(duty=duty, **told[duty], changed_by=actor(by), changed_at=at) for duty in missing)
    session.flush()
    if missing:
        ROOM.record(session, by, at, "terms.seeded", Thing("terms", "filing"), duties=len(missing))
    return missing


def days_of(session: Session, duty: str) -> int:
    """Give the working days that a duty has where nothing else says. Raises `NoSuchTerm`."""
    return terms.term_of(session, duty).days


def open_duty(session: Session, owed: Owed) -> Task:
    """Begin a duty. Raises `NoSuchTerm`, `CalendarYearUnknown`, `UnusableTerm`."""
    terms.term_of(session, owed.duty)
    due = workdays.deadline(calendar.calendar(session), owed.since, owed.days)
    task = Task(
        duty=owed.duty,
        thing_kind=owed.thing.kind,
        thing_id=owed.thing.id,
        title=owed.title[:NAME_LENGTH],
        organisation=owed.organisation,
        role=owed.role,
        opened_at=owed.since,
        due_at=due.ends_at,
        days=owed.days,
        next_reminder_at=due.reminders[0].at if due.reminders else due.ends_at,
        reminded=0,
        escalated_to=None,
        done_at=None,
        done_by=None,
    )
    session.add(task)
    session.flush()
    return task
