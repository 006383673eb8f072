"""The ground's commands."""

import click

from base.commands import calendar, ledger, scheduled, site, support

COMMANDS: tuple[click.Command, ...] = (
    site.version_command,
    site.config_group,
    site.routes_command,
    site.db_group,
    site.doctor_command,
    site.serve_command,
    site.sandbox_command,
    ledger.ledger_group,
    calendar.calendar_group,
    scheduled.jobs_group,
    scheduled.worker_command,
    support.report_command,
)
