"""Puts the parts together: each room's settings, routes, checks, commands and samples. Nothing runs at import."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import click
from flask import Flask

from base import (
    api,
    bulk,
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
from console import login as login_console
from console import routes as pages
from console import trust as trust_console
from console import verify as verify_console
from console.wiring import ConsoleParts
from exchange import commands as exchange_commands
from exchange import imports_models as _import_tables  # noqa: F401 - tables of a room are known once its models are
from exchange import jobs as exchange_jobs
from exchange import mount_models as _mount_tables  # noqa: F401 - tables of a room are known once its models are
from exchange import mount_sample, mount_wiring, quality
from exchange import routes as exchange_routes
from exchange import sample as exchange_sample
from exchange import tasks as exchange_tasks
from exchange.imports import jobs as import_jobs
from keys import checks as key_checks
from keys import commands as key_commands
from keys import jobs as key_jobs
from keys import models as _key_tables  # noqa: F401 - tables of a room are known once its models are
from keys import routes as key_routes
from keys import wiring as keys
from keys.authority import checks as authority_checks
from keys.authority import commands as authority_commands
from keys.authority import jobs as authority_jobs
from keys.authority import own_trust
from keys.authority import routes as authority_routes
from keys.authority import sample as authority_sample
from keys.authority import wiring as authority
from keys.backup import checks as backup_checks
from keys.backup import commands as backup_commands
from keys.backup import jobs as backup_jobs
from keys.backup import sample as backup_sample
from keys.backup import wiring as backup
from keys.checkpoints import checks as checkpoint_checks
from keys.checkpoints import jobs as checkpoint_jobs
from keys.checkpoints import remembering
from keys.checkpoints import sample as checkpoint_sample
from keys.checkpoints import wiring as checkpoints
from keys.custody import checks as custody_checks
from keys.custody import commands as custody_commands
from keys.custody import expiry
from keys.custody import jobs as custody_jobs
from keys.custody import routes as custody_routes
from keys.custody import sample as custody_sample
from keys.custody import wiring as custody
from keys.parties import checks as party_checks
from keys.parties import commands as party_commands
from keys.parties import jobs as party_jobs
from keys.parties import login_wiring as login
from keys.parties import routes as party_routes
from keys.parties import sample as party_sample
from keys.parties import sample_people
from keys.parties import wiring as parties
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.session_authenticator import SessionAuthenticator
from signing import commands as signing_commands
from signing import jobs as signing_jobs
from signing import routes as signing_routes
from signing import sample as signing_sample
from signing import verification_models as _verification_tables  # noqa: F401 - as above
from signing import verification_wiring
from signing import wiring as signing

VERSION = version("yinxin")
SECTIONS: tuple[type, ...] = (
    db.DatabaseSettings,
    web.WebSettings,
    FetchSettings,
    scheduling.SchedulingSettings,
    notices.NoticeSettings,
    logs.LogSettings,
    metrics.MetricsSettings,
    keys.KeysSettings,
    parties.PartiesSettings,
    login.LoginSettings,
    custody.CustodySettings,
    authority.AuthoritySettings,
    checkpoints.CheckpointSettings,
    backup.BackupSettings,
    signing.SigningSettings,
    verification_wiring.VerificationSettings,
    mount_wiring.MountSettings,
)
LAST_ACTS: tuple[db.LastAct, ...] = (journal.append,)
BLUEPRINTS = (
    *routes.BLUEPRINTS,
    *party_routes.BLUEPRINTS,
    *pages.BLUEPRINTS,
    *trust_console.BLUEPRINTS,
    *verify_console.BLUEPRINTS,
    login_console.login_pages,
)
API_BLUEPRINTS = (
    *routes.API_BLUEPRINTS,
    *party_routes.API_BLUEPRINTS,
    *custody_routes.API_BLUEPRINTS,
    *authority_routes.API_BLUEPRINTS,
    *key_routes.API_BLUEPRINTS,
    *signing_routes.API_BLUEPRINTS,
    *exchange_routes.API_BLUEPRINTS,
)
CHECKS = (
    *health.CHECKS,
    *job_checks.CHECKS,
    *key_checks.CHECKS,
    *party_checks.CHECKS,
    *custody_checks.CHECKS,
    *authority_checks.CHECKS,
    *checkpoint_checks.CHECKS,
    *backup_checks.CHECKS,
)
COMMANDS = (
    *commands.COMMANDS,
    *key_commands.COMMANDS,
    *party_commands.COMMANDS,
    *custody_commands.COMMANDS,
    *authority_commands.COMMANDS,
    *backup_commands.COMMANDS,
    *signing_commands.COMMANDS,
    *exchange_commands.COMMANDS,
)
JOBS = scheduling.joined(
    jobs.JOBS,
    key_jobs.JOBS,
    party_jobs.JOBS,
    custody_jobs.JOBS,
    authority_jobs.JOBS,
    checkpoint_jobs.JOBS,
    backup_jobs.JOBS,
    signing_jobs.JOBS,
    exchange_jobs.JOBS,
    import_jobs.JOBS,
)
BULK_JOBS = bulk.joined(import_jobs.BULK_JOBS)
NOTICES = (expiry.KINDS, checkpoints.KINDS, signing_jobs.KINDS, exchange_tasks.KINDS)
# In this order: who is there, with which keys; what they trust; then what they made.
SAMPLES = (
    party_sample.sample,
    sample_people.sample,
    custody_sample.sample,
    authority_sample.sample,
    backup_sample.sample,
    signing_sample.sample,
    exchange_sample.sample,
    mount_sample.sample,
    checkpoint_sample.sample,
)


def create_app(read: Settings) -> Flask:
    """Build the web app: parts first, then every room's routes, then a look at the guards."""
    counted = metrics.opened(read[metrics.MetricsSettings])
    app = web.new_app(read[web.WebSettings], layout.problem_page, counted)
    described = api.Api(app)
    api.document_components(described)
    database = db.connect(read[db.DatabaseSettings], LAST_ACTS)
    told = _parts(read, counted)
    people = SessionAuthenticator(told[login.Login], database)
    web.furnish(
        app,
        database,
        *told.values(),
        web.AuthenticatorPart(first_of(BearerAuthenticator(told[parties.Parties], database), people)),
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
    """Make what the jobs and commands are handed, each found by its class."""
    counted = metrics.opened(read[metrics.MetricsSettings])
    told = _parts(read, counted)
    channels = notices.channels(read[notices.NoticeSettings], read[FetchSettings], told[MeasuredFetch], *NOTICES)
    return {**told, metrics.Metrics: counted, notices.Channels: channels, backup.Backups: backup.built(read)}


def _parts(read: Settings, counted: metrics.Metrics) -> dict[type[Any], Any]:
    """Build each room's parts from those of the rooms below."""
    keys.choose_backend(read)
    fetch = MeasuredFetch(GuardedFetch(read[FetchSettings]), counted)
    kept = custody.built(read, fetch)
    signer_for = kept.custody.signer_for
    return {
        MeasuredFetch: fetch,
        parties.Parties: parties.built(read),
        custody.CustodyParts: kept,
        login.Login: login.built(read, kept.data_keys, fetch),
        authority.Authority: authority.built(read, signer_for),
        checkpoints.Checkpoints: checkpoints.built(read, signer_for, fetch),
        quality.Measures: quality.Measures(),
        mount_wiring.MountParts: mount_wiring.built(read, fetch),
        verification_wiring.Verifying: verification_wiring.built(read, signer_for),
        signing.Signing: signing.built(read, signer_for, own_trust.trust_at, fetch),
    }


PROGRAM = Program(
    VERSION,
    SECTIONS,
    LAST_ACTS,
    CHECKS,
    SAMPLES,
    JOBS,
    BULK_JOBS,
    make_parts,
    create_app,
    remembering=remembering.remembering,
    sandbox_settings=(checkpoint_sample.settings_of, signing_sample.settings_of, mount_sample.settings_of),
)


def group() -> click.Group:
    """Join the rooms' commands into one."""
    return command_line.SpeakingGroup("yinxin", commands={each.name: each for each in COMMANDS if each.name})


def main() -> None:
    """Run the command `yinxin`."""
    group()(obj=Running(PROGRAM), prog_name="yinxin")


if __name__ == "__main__":
    main()
