"""The first page at work: what I have to do and by when. What a duty is, and whose, is decided in `exchange.tasks`."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from base import calendar, clock, problems, workdays
from base.callers import Caller
from base.db import Database
from base.web import caller, parts
from base.workdays import Calendar, CalendarYearUnknown
from console import things, working
from console.login import for_people
from console.steward import quality
from exchange import substitutions, terms
from exchange import tasks as duties
from exchange.models import Task

task_pages = Blueprint("tasks", __name__, template_folder="templates")
BLUEPRINTS = (task_pages,)


@task_pages.get("/console")
@for_people()
def mine() -> Response:
    """Show what the person has to do now, the most pressing first."""
    with parts(Database).reading() as session:
        by, at = caller(), clock.now()
        return working.page("tasks.html", due=_due(session, by, at), cards=quality.cards(session, by, at))


def _due(session: Session, by: Caller, at: datetime) -> list[dict[str, Any]]:
    days, held = calendar.calendar(session), substitutions.roles_of(session, by, at)
    found = duties.mine(session, by, at)
    known = terms.known(session, (each.duty for each in found))

    def told(task: Task) -> dict[str, Any]:
        return {
            "task": task,
            "duty": getattr(known[task.duty], problems.language()),
            "left": _left(days, task, at),
            "in_place_of": held[task.role],
            "address": things.address(task.thing_kind, task.thing_id),
        }

    return [told(each) for each in found]


def _left(days: Calendar, task: Task, at: datetime) -> int:
    """Tell how many working days are left, below zero how many it is late; days of an unknown year count each."""
    due = workdays.deadline_or_sooner(days, task.opened_at, task.days)
    try:
        left = workdays.remaining(days, due, at)
    except CalendarYearUnknown:
        return (due.last_day - workdays.local_day(at)).days
    return -left.days if left.missed else left.days
