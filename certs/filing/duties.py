"""Duties of filing as tasks of the house: each with a term of its own, reminders at 50 %, 80 % and on the day.

The reminders, the list of what one has to do and the escalation to the authority above are those of `exchange.tasks`;
only the number of days is the case's and not the duty's. The rows that name the duties come from `duties.toml`.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from exchange import tasks, terms
from exchange.models import NAME_LENGTH, Task
from exchange.tasks import Duty


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
    return terms.lay_down(session, told, "filing", by, at)


def days_of(session: Session, duty: str) -> int:
    """Give the working days that a duty has where nothing else says. Raises `NoSuchTerm`."""
    return terms.term_of(session, duty).days


def open_duty(session: Session, owed: Owed) -> Task:
    """Begin a duty. Raises `NoSuchTerm`, `CalendarYearUnknown`, `UnusableTerm`."""
    duty = Duty(owed.duty, owed.thing, owed.title[:NAME_LENGTH], owed.organisation, owed.role)
    return tasks.open_task(session, duty, owed.since, owed.days)
