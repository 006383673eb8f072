"""Puts the parts together: each room's settings, routes, checks, commands and samples. Nothing runs at import."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import click
from flask import Flask

from base import (
    api,
    clock,
    command_line,
    commands,
    db,
    health,
    jobs,
    journal,
    logs,
    metrics,
    notices,
    problems,
    routes,
    scheduling,
    settings,
    web,
)
from base.fetch import FetchSettings, GuardedFetch
from base.measured import MeasuredFetch
from base.program import Program, Running
from base.routes.probes import Health
from base.scheduling import checks as job_checks
from base.settings import Settings
from console import layout
from console import routes as pages
from console.wiring import ConsoleParts
from keys import checks as key_checks
from keys import commands as key_commands
from keys import jobs as key_jobs
from keys import models as _key_tables  # noqa: F401 - tables of a room are known once its models are
from keys.parties import checks as party_checks
from keys.parties import commands as party_commands
from keys.parties import jobs as party_jobs
from keys.parties import routes as party_routes
from keys.parties import sample as party_sample
from keys.parties import wiring as parties
from keys.parties.authentication import BearerAuthenticator, first_of

VERSION = version("yinxin")
SECTIONS: tuple[type, ...] = (
    db.DatabaseSettings,
    web.WebSettings,
    FetchSettings,
    scheduling.SchedulingSettings,
    notices.NoticeSettings,
    logs.LogSettings,
    metrics.MetricsSettings,
    parties.PartiesSettings,
)
LAST_ACTS: tuple[db.LastAct, ...] = (journal.append,)
BLUEPRINTS = (*routes.BLUEPRINTS, *party_routes.BLUEPRINTS, *pages.BLUEPRINTS)
API_BLUEPRINTS = (*routes.API_BLUEPRINTS, *party_routes.API_BLUEPRINTS)
CHECKS = (*health.CHECKS, *job_checks.CHECKS, *key_checks.CHECKS, *party_checks.CHECKS)
COMMANDS = (*commands.COMMANDS, *key_commands.COMMANDS, *party_commands.COMMANDS)
JOBS = scheduling.joined(jobs.JOBS, key_jobs.JOBS, party_jobs.JOBS)


def create_app(read: Settings) -> Flask:
    """Build the web app: parts first, then every room's routes, then a look at the guards."""
    app = web.new_app(read[web.WebSettings], layout.problem_page, metrics.opened(read[metrics.MetricsSettings]))
    described = api.Api(app)
    api.document_components(described)
    database = db.connect(read[db.DatabaseSettings], LAST_ACTS)
    told = parties.built(read)
    web.furnish(
        app,
        database,
        told,
        web.AuthenticatorPart(first_of(BearerAuthenticator(told, database))),
        Health(read, CHECKS, VERSION),
        ConsoleParts(
            problems.words(),
            lambda: health.examine(health.House(read, database, clock.now()), CHECKS),
            described.spec.to_dict,
            read[web.WebSettings].environment,
            VERSION,
            shows_components=read[web.WebSettings].debug,
        ),
    )
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in API_BLUEPRINTS:
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    app.add_url_rule("/openapi.json", view_func=web.openapi(described.spec.to_dict))
    web.check_guards(app)
    return app


def wsgi() -> Flask:
    """Make the app for a server's worker, from the settings of this process."""
    read = settings.read(SECTIONS)
    logs.configure(read[logs.LogSettings])
    return create_app(read)


def make_parts(read: Settings) -> Mapping[type[Any], Any]:
    """Make what the jobs are handed, each found by its class."""
    counted = metrics.opened(read[metrics.MetricsSettings])
    fetch = MeasuredFetch(GuardedFetch(read[FetchSettings]), counted)
    channels = notices.channels(read[notices.NoticeSettings], read[FetchSettings], fetch)
    return {metrics.Metrics: counted, MeasuredFetch: fetch, notices.Channels: channels}


PROGRAM = Program(VERSION, SECTIONS, LAST_ACTS, CHECKS, (party_sample.sample,), JOBS, {}, make_parts, create_app)


def group() -> click.Group:
    """Join the rooms' commands into one."""
    return command_line.SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})


def main() -> None:
    """Run the command `yinxin`."""
    group()(obj=Running(PROGRAM), prog_name="yinxin")


if __name__ == "__main__":
    main()
