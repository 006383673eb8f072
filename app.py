"""Puts the parts together: what each room brings, its parts built from those below. Nothing runs at import."""

import functools
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import click
from flask import Flask

from base import (
    api,
    bulk,
    clock,
    command_line,
    db,
    health,
    journal,
    logs,
    maintenance,
    metrics,
    notices,
    problems,
    scheduling,
    settings,
    web,
)
from base import furniture as ground
from base.fetch import FetchSettings, GuardedFetch
from base.measured import MeasuredFetch
from base.program import Program, Running
from base.routes.probes import Health
from base.settings import Settings
from catalog_sync import furniture as sync_room
from catalog_sync import monitors as sync_monitors
from catalog_sync import wiring as sync
from catalog_sync.cascade import sample as cascade_sample
from catalog_sync.outside_seals import wiring as outside_seals
from catalog_sync.reconciliation.answering import Trees
from catalog_sync.routes import cascade as cascade_routes
from catalog_sync.routes import cascade_rows
from catalog_sync.targets.making import Ground
from catalog_sync.targets.site.settings import CascadeSettings
from certs import furniture as certificate_room
from certs import present_status
from certs import wiring as certs
from certs.consents.consents import OfDirectories, OnRecord
from certs.copies import wiring as copies
from certs.dialects import wiring as certificate_dialects
from certs.evidence import sample as evidence_sample
from certs.evidence import wiring as evidence
from certs.figures import wiring as figures
from certs.filing.cases import wiring as cases
from certs.filing.matters import matters
from certs.filing.matters import wiring as matter_wiring
from certs.holders import issued
from certs.libraries import national
from certs.libraries import wiring as libraries
from certs.presentations import wiring as presentations
from certs.profiles.certificates import Certificates
from certs.promises import wiring as promises
from certs.promises.telling import Promising
from certs.queries import wiring as queries
from certs.routes import dialects as certificate_routes
from certs.scenes import wiring as scenes
from console import furniture as pages
from console import layout, service
from console.wiring import ConsoleParts
from exchange import furniture as exchange_room
from exchange import measures, quality
from exchange.agreements import grants
from exchange.direct.wiring import Directs
from exchange.door import wiring as gateway
from exchange.feeds import wiring as feeds
from exchange.imports.staging import OpenTables
from exchange.monitoring import wiring as monitoring
from exchange.monitoring.monitors import MONITORS
from exchange.mounting import wiring as mounting
from exchange.objections import monitors as objection_monitors
from exchange.objections import wiring as objecting
from exchange.partners import wiring as partners
from exchange.profiles.wiring import Profiles
from exchange.routes import dialects
from keys import furniture as key_room
from keys import wiring as keys
from keys.authority import own_trust
from keys.authority import wiring as authority
from keys.backup import wiring as backup
from keys.checkpoints import remembering
from keys.checkpoints import sample as checkpoint_sample
from keys.checkpoints import wiring as checkpoints
from keys.custody import wiring as custody
from keys.parties import login_wiring as login
from keys.parties import wiring as parties
from keys.parties.authentication import BearerAuthenticator, first_of
from keys.parties.session_authenticator import SessionAuthenticator
from signing import furniture as signing_room
from signing import verification_wiring as verification
from signing import wiring as signing

VERSION: Final = version("yinxin")
LAST_ACTS: Final[tuple[db.LastAct, ...]] = (journal.append,)
# Whoever ends a maintenance window has to come in and to end it.
PASSING: Final = frozenset({"login", "sessions", "oauth", "maintenance_pages"})
HOUSE: Final = (
    ground.FURNITURE
    + key_room.FURNITURE
    + signing_room.FURNITURE
    + exchange_room.FURNITURE
    + certificate_room.FURNITURE
    + sync_room.FURNITURE
    + pages.FURNITURE
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
    window = maintenance.Maintenance(database)
    maintenance.install(app, window, PASSING)
    web.furnish(
        app,
        database,
        *told.values(),
        window,
        backup.built(read),
        web.AuthenticatorPart(first_of(BearerAuthenticator(told[parties.Parties], database), people)),
        Health(read, HOUSE.checks, VERSION),
        ConsoleParts(
            problems.words(),
            lambda: health.examine(health.House(read, database, clock.now()), HOUSE.checks),
            described.spec.to_dict,
            read[web.WebSettings].environment,
            VERSION,
            shows_components=read[web.WebSettings].debug,
            service=lambda: service.service(database, told[sync.Sync], told[monitoring.Monitoring], clock.now()),
        ),
    )
    for blueprint in HOUSE.blueprints:
        app.register_blueprint(blueprint)
    spoken = (
        *dialects.served(read[partners.DialectSettings]),
        *certificate_routes.served(read[certificate_dialects.CertificateDialectSettings]),
        *cascade_routes.served(read[CascadeSettings]),
        *cascade_rows.served(read[CascadeSettings]),
    )
    for blueprint, prefix in spoken:
        app.register_blueprint(blueprint, url_prefix=prefix)
    for blueprint in HOUSE.api_blueprints:
        described.register_blueprint(blueprint, url_prefix="/api/v1")
    app.add_url_rule("/openapi.json", view_func=web.openapi(described.spec.to_dict))
    web.check_guards(app)
    return app


def wsgi() -> Flask:
    """Make the app for a server's worker, from the settings of this process."""
    read = settings.read(HOUSE.sections)
    logs.configure(read[logs.LogSettings])
    return create_app(read)


def make_parts(read: Settings) -> Mapping[type[Any], Any]:
    """Make what the jobs and commands are handed, each found by its class."""
    counted = metrics.opened(read[metrics.MetricsSettings])
    told = _parts(read, counted)
    channels = notices.channels(read[notices.NoticeSettings], read[FetchSettings], told[MeasuredFetch], *HOUSE.notices)
    return {**told, metrics.Metrics: counted, notices.Channels: channels, backup.Backups: backup.built(read)}


def _parts(read: Settings, counted: metrics.Metrics) -> dict[type[Any], Any]:
    """Build each room's parts from those of the rooms below."""
    keys.choose_backend(read)
    fetch = MeasuredFetch(GuardedFetch(read[FetchSettings]), counted)
    kept = custody.built(read, fetch)
    signer_for = kept.custody.signer_for
    heads = checkpoints.built(read, signer_for, fetch)
    mounts = mounting.built(read, fetch, promises.records(read, kept.data_keys).kind())
    known = parties.built(read)
    door = gateway.built(read, signer_for, kept.data_keys, heads, OfDirectories(kept.data_keys))
    library = certs.built(read, kept.data_keys, known.issuer)
    sources = libraries.departments(read, mounts, library.types, library.keys)
    peers = libraries.peers(read, library.keys, fetch, signer_for)
    others = libraries.ordered(sources, *peers, *national.built(read, library.types, library.keys, fetch))
    ground_of_targets = Ground(fetch, signer_for, kept.data_keys)
    outside = outside_seals.built(read, ground_of_targets)
    filed = cases.built(read, kept.data_keys, matters.matter_of, fetch, signer_for)
    looking_up = queries.built(read, library, door, counted, others, OnRecord())
    told: dict[type[Any], Any] = {
        MeasuredFetch: fetch,
        parties.Parties: known,
        custody.CustodyParts: kept,
        login.Login: login.built(read, kept.data_keys, fetch),
        authority.Authority: authority.built(read, signer_for),
        checkpoints.Checkpoints: heads,
        quality.Measures: measures.MEASURES,
        OpenTables: OpenTables(),
        Trees: Trees(),
        mounting.MountParts: mounts,
        monitoring.Monitoring: monitoring.built(
            read, (*MONITORS, *objection_monitors.MONITORS, *sync_monitors.MONITORS)
        ),
        partners.Dialects: partners.built(read, kept.data_keys),
        feeds.Deliveries: feeds.deliveries(read, fetch, kept.data_keys, signer_for, grants.require),
        feeds.Pushes: feeds.pushes(read, mounts, signer_for, grants.require),
        Directs: Directs(mounts, kept.data_keys, grants.require),
        gateway.Gateway: door,
        verification.Verifying: verification.built(
            read,
            signer_for,
            functools.partial(present_status.said, keys=kept.data_keys),
            counted,
            outside.words,
        ),
        outside_seals.OutsideSeals: outside,
        signing.Signing: signing.built(read, signer_for, own_trust.trust_at, fetch),
        certs.Certs: library,
        objecting.Objecting: objecting.built(read, kept.data_keys, issued.OfCertificates(library)),
        queries.Queries: looking_up,
        Profiles: Profiles((Certificates(looking_up),)),
        copies.Copying: copies.built(read),
        presentations.Presenting: presentations.built(read, fetch),
        matter_wiring.FrontLibrary: matter_wiring.built(read),
        cases.Cases: filed,
        Promising: promises.built(read, filed),
        certificate_dialects.CertificateDialects: certificate_dialects.built(read, known.issuer),
        scenes.Scening: scenes.built(read, library.types),
        evidence.Evidencing: evidence.built(read, kept.custody, known.issuer),
        figures.Figures: figures.built(read),
    }
    told[sync.Sync] = sync.built(read, ground_of_targets, told)
    return told


PROGRAM: Final = Program(
    VERSION,
    HOUSE.sections,
    LAST_ACTS,
    HOUSE.checks,
    # The heads of the ledger are witnessed when all else has happened; evidence is made against one.
    (*HOUSE.samples, checkpoint_sample.sample, evidence_sample.sample),
    scheduling.joined(HOUSE.jobs),
    bulk.joined(HOUSE.bulk_jobs),
    make_parts,
    create_app,
    remembering=remembering.remembering,
    sandbox_settings=HOUSE.sandbox_settings,
    sandbox_beside=HOUSE.sandbox_beside,
    seeds=HOUSE.seeds,
    sandbox_second=cascade_sample.CITY_BESIDE,
)


def group() -> click.Group:
    """Join the rooms' commands into one."""
    return command_line.SpeakingGroup("yinxin", commands={each.name: each for each in HOUSE.commands if each.name})


def main() -> None:
    """Run the command `yinxin`; what it logs goes to standard error, redacted, and never into its answer."""
    logs.configure(logs.LogSettings(level="warning", format="console"))
    group()(obj=Running(PROGRAM), prog_name="yinxin")


if __name__ == "__main__":
    main()
