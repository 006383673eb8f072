"""What the ground brings to the application."""

from typing import Final

from base import calendar, commands, db, health, jobs, logs, metrics, notices, routes, scheduling, web
from base.fetch import FetchSettings
from base.program import Furniture
from base.scheduling import checks as job_checks

FURNITURE: Final = Furniture(
    sections=(
        db.DatabaseSettings,
        web.WebSettings,
        FetchSettings,
        scheduling.SchedulingSettings,
        notices.NoticeSettings,
        logs.LogSettings,
        metrics.MetricsSettings,
    ),
    blueprints=routes.BLUEPRINTS,
    api_blueprints=routes.API_BLUEPRINTS,
    checks=(*health.CHECKS, *job_checks.CHECKS),
    commands=commands.COMMANDS,
    jobs=jobs.JOBS,
    seeds=(calendar.lay_down_known,),
)
