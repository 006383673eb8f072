"""How the house runs: every check of the doctor with what to do, and the latest runs of the jobs."""

from typing import Final

from flask import Blueprint, Response
from sqlalchemy import select

from base import clock, health
from base.db import Database
from base.scheduling.models import JobProcess, JobRun
from base.web import parts
from console import working
from console.login import for_people
from console.wiring import ConsoleParts

running_pages = Blueprint("running", __name__, template_folder="../templates")

READERS: Final = {"operator", "sysadmin", "secadmin", "auditor"}
MOST_RUNS: Final = 100
FORM_LIMIT: Final = 16 * 1024
MARKS: Final = {"good": "ok", "warning": "warn", "failed": "bad"}
OUTCOMES: Final = {"done": "ok", "failed": "bad", "abandoned": "bad", "overran": "bad", "interrupted": "warn"}


@running_pages.get("/console/diagnostics")
@for_people(READERS)
def diagnostics() -> Response:
    """Ask every check now."""
    checked = parts(ConsoleParts).health()
    worst = health.worst(checked)
    return working.page("operators/diagnostics.html", checked=checked, worst=worst, at=clock.now(), marks=MARKS)


@running_pages.get("/console/jobs")
@for_people(READERS)
def jobs() -> Response:
    """Show who schedules, and the latest runs."""
    with parts(Database).reading() as session:
        runs = session.scalars(select(JobRun).order_by(JobRun.id.desc()).limit(MOST_RUNS)).all()
        processes = session.scalars(select(JobProcess).order_by(JobProcess.holder)).all()
    return working.page("operators/jobs.html", runs=runs, processes=processes, marks=OUTCOMES)
