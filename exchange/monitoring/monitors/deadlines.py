"""Duties that are overdue, one ticket for each organisation, role and duty, with how many there are.

Each task has told its own people and the authority above (`exchange.tasks`); the ticket is about the heap of them, and
a task that is missed later counts it up.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.models import Task
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting


def _overdue(session: Session, _looking: Looking, at: datetime) -> Iterator[Sighting]:
    query = (
        select(Task.organisation, Task.role, Task.duty, func.count(), func.min(Task.due_at), func.max(Task.due_at))
        .where(Task.done_at.is_(None), Task.due_at <= at)
        .group_by(Task.organisation, Task.role, Task.duty)
        .order_by(Task.organisation, Task.role, Task.duty)
    )
    for organisation, role, duty, tasks, first, last in session.execute(query):
        facts: Facts = {"duty": duty, "tasks": tasks, "since": first.isoformat()}
        yield Sighting(f"{organisation} {role} {duty}", Severity.WARNING, last, facts, organisation, role)


DEADLINES: Final = Monitor(
    "deadlines-overdue",
    "办理事项逾期",
    "Duties are overdue",
    "「{duty}」有 {tasks} 项逾期未办，最早应于 {since} 前办结。",
    "{tasks} tasks of the duty {duty} are overdue, the first since {since}.",
    days=3,
    look=_overdue,
)
