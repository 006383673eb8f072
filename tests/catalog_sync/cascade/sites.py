"""A province and a city below it: two real sites on this machine, each with a database, keys and a port of its own."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from flask import Flask
from sqlalchemy import delete, select
from werkzeug.serving import BaseWSGIServer, make_server

import app
from base import clock, settings
from base.callers import Caller
from base.db import Base, Database
from base.identifiers import CertificateIdentifier, CreditCode, RegionCode
from base.models import AuditEntry, EventCursor
from base.workdays import local_day
from catalog_sync import changes, push, receipts
from catalog_sync.cascade import fetching, jobs, partners
from catalog_sync.cascade.models import CascadePartner, Held, HeldVersion, LaidOut, Watermark
from catalog_sync.cascade.partners import NewPartner
from catalog_sync.cascade.returning import LaidOutCount
from catalog_sync.models import Channel, Evidence, Inbox, Outbox, Transition
from catalog_sync.targets.another_site import AnotherSite
from catalog_sync.wiring import Sync
from certs import library
from certs.drafts import Holder
from certs.library import Entry
from certs.life import State, Step
from certs.models import Certificate, CertificateEvent, CertificateHolder, CertificateNumber
from certs.wiring import Certs
from exchange import directories, elevations
from exchange.directories import NewDirectory
from exchange.models import Directory
from keys.custody import acts
from keys.custody.wiring import CustodyParts
from keys.parties import organisations, system_keys, systems
from keys.parties.models import System
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import code_of
from keys.parties.systems import NewSystem
from tests.certs.libraries.two_houses import KEEPER, Gate, Quiet
from tests.certs.papers import HYGIENE, draft, firm
from tests.exchange import departments

CITY, PROVINCE = "320900", "320000"
CLIENT: Final = "city-site"
PARTNER: Final = "city-320900"
KEY: Final = "cascade"
OTHER_CITY: Final = "320500"
# A city beside ours, which the province knows.
OTHER: Final = code_of("transport")
# What a story leaves behind in the tables of synchronisation, and nothing that refers to it.
STORIES: tuple[type[Base], ...] = (
    Held,
    HeldVersion,
    LaidOut,
    Watermark,
    Inbox,
    Transition,
    Outbox,
    Channel,
    Evidence,
    EventCursor,
)


@dataclass
class Site:
    """One site: its application, its database, and the gate before it."""

    app: Flask
    database: Database
    gate: Gate
    server: BaseWSGIServer
    url: str

    @property
    def sync(self) -> Sync:
        """Give its part."""
        found: Sync = self.app.extensions["yinxin"][Sync]
        return found

    @property
    def target(self) -> AnotherSite:
        """Give the site that it tells."""
        found = self.sync.targets["province"]
        assert isinstance(found, AnotherSite)
        return found

    def tell(self) -> None:
        """Write what changed, tell it, and read the receipts."""
        while True:
            with self.database.transaction() as session:
                if not changes.write(session, self.sync, self.target, clock.now()).events:
                    break
        push.push(self.database, self.sync, self.target)
        receipts.collect(self.database, self.sync, self.target)

    def fetch(self) -> fetching.Fetched:
        """Fetch what is returned."""
        return fetching.fetch(self.database, self.sync, self.target)

    def lay_out(self, partner: str = PARTNER) -> LaidOutCount:
        """Lay out what is of a partner's region."""
        return jobs.laid_out(self.database, self.sync, partner)

    def held(self, **told: Any) -> list[Held]:
        """Give what is held."""
        query = select(Held).where(*(getattr(Held, name) == value for name, value in told.items()))
        with self.database.reading() as session:
            return list(session.scalars(query.order_by(Held.id)))

    def decided(self) -> list[HeldVersion]:
        """Give the decisions."""
        with self.database.reading() as session:
            return list(session.scalars(select(HeldVersion).order_by(HeldVersion.number)))

    def rows(self, kind: str) -> list[Outbox]:
        """Give the rows of a kind that are to be told."""
        with self.database.reading() as session:
            return list(session.scalars(select(Outbox).where(Outbox.kind == kind).order_by(Outbox.number)))

    def acts(self) -> list[str]:
        """Give the acts on record."""
        with self.database.reading() as session:
            return list(session.scalars(select(AuditEntry.act).order_by(AuditEntry.leaf_index)))

    def publish(self, owner: str = "city-market", authority: str = "city-data", **peculiar: Any) -> str:
        """Publish a directory of a department."""
        at = clock.now()
        of = {role: departments.person(role, owner, role) for role in ("steward", "reviewer")}
        with self.database.transaction() as session:
            content = departments.content(department=code_of(owner), **peculiar)
            directory = directories.add(session, NewDirectory(content), of["steward"], at)
            version = directories.version_of(session, directory, 1)
            directories.take(session, directory, version, departments.Step.SUBMIT, "", of["steward"], at)
            directories.take(session, directory, version, departments.Step.FORWARD, "", of["reviewer"], at)
            decider = departments.person("authority", authority, "authority")
            elevations.publish(session, directory, version, "", decider, at)
            return str(session.get_one(Directory, directory.code).code)

    def keep(self, number: int, region: str = CITY, issuer: str = "city-market") -> str:
        """Put a certificate of an invented firm into the library."""
        today = local_day(clock.now())
        holder = Holder(firm(number), "001", f"演示企业{number}有限公司")
        made = replace(draft(HYGIENE, issued_on=today, valid_from=today, region=region), holders=(holder,))
        organ = code_of(issuer)
        identifier = CertificateIdentifier.written(HYGIENE.code, CreditCode(organ), f"{number:08d}", "001")
        last = HYGIENE.validity.last_day(today)
        assert last is not None
        entry = Entry(identifier.text, HYGIENE, organ, f"级演（{number}）", made, last, State.VALID, Step.DEPOSIT)
        by = Caller("system", "issuer", "issuer", organ, scopes=frozenset({"cert:issue"}))
        with self.database.transaction() as session:
            library.enter(session, self.app.extensions["yinxin"][Certs].keys, entry, by, clock.now())
        return identifier.text

    def revoke(self, identifier: str, issuer: str = "city-market") -> None:
        """Revoke a certificate."""
        by = departments.person("issuer", issuer, "issuer", "authority")
        with self.database.transaction() as session:
            row = library.certificate_of(session, identifier, locked=True)
            library.take(session, row, Step.REVOKE, "演示", by, clock.now())


@contextmanager
def opened(folder: Path, template: Path) -> Iterator[tuple[Site, Site]]:
    """Open both, each served on a free port, and let them know each other."""
    province = _site(folder / "province", template, "")
    told = "\n".join(
        (
            "[fetch]",
            'intranet_networks = ["127.0.0.0/8"]',
            "[cascade]",
            f'region = "{CITY}"',
            f'key = "{KEY}"',
            f'sites = ["province {province.url}/dialects/cascade {CLIENT}"]',
            'returns = ["province"]',
            "intranet = true",
        )
    )
    city = _site(folder / "city", template, told)
    serving = [threading.Thread(target=each.server.serve_forever) for each in (province, city)]
    for each in serving:
        each.start()
    try:
        introduce(city, province)
        yield province, city
    finally:
        for site, thread in zip((province, city), serving, strict=True):
            site.gate.opened.set()
            site.server.shutdown()
            thread.join()
            site.server.server_close()
            site.database.close()


def begin_anew(province: Site, city: Site) -> None:
    """Take back what a story did, but for directories and organisations; every event is read anew."""
    for site in (province, city):
        site.gate.changed = None
        site.gate.paths.clear()
        with site.database.transaction() as session:
            gone: tuple[type[Base], ...] = (
                *STORIES,
                CertificateEvent,
                CertificateHolder,
                CertificateNumber,
                Certificate,
            )
            for model in gone:
                session.execute(delete(model))
    with province.database.transaction() as session:
        row = session.get_one(CascadePartner, PARTNER)
        row.region, row.state, row.returns = CITY, "active", list(partners.RETURNS)
        systems.grant_scopes(session, session.get_one(System, CLIENT), {partners.SCOPE}, KEEPER, clock.now())


def introduce(city: Site, province: Site) -> None:
    """Make a key in the city's custody, and register the city at the province."""
    custody, at = city.app.extensions["yinxin"][CustodyParts].custody, clock.now()
    with city.database.transaction() as session:
        acts.create(session, custody, acts.NewKey(KEY, "service"), KEEPER, at)
    with city.database.reading() as session:
        public = custody.signer_for(session, KEY).public
    with province.database.transaction() as session:
        row = systems.add(session, NewSystem(CLIENT, "演示市平台", code_of("city-data")), departments.MAKER, at)
        systems.grant_scopes(session, row, {partners.SCOPE}, departments.MAKER, at)
        system_keys.add_key(session, row, system_keys.NewKey(public), departments.MAKER, at)
        partners.add(session, NewPartner(PARTNER, CLIENT, CITY), KEEPER, at)
        new = NewOrganisation(CreditCode(OTHER), "演示邻市交通运输局", RegionCode(OTHER_CITY), "city", None)
        organisations.add(session, new, departments.MAKER, at)


def _site(folder: Path, template: Path, more: str) -> Site:
    folder.mkdir()
    shutil.copy(template, folder / "yinxin.db")
    gate = Gate()
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    told = f'[database]\nurl = "sqlite:///{folder}/yinxin.db"\n\n[parties]\nissuer = "{url}"\n\n{more}\n'
    file = folder / "settings.toml"
    file.write_text(told, encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, file, {"YINXIN_WEB_SECRET": "s" * 32})
    made = app.create_app(read)
    gate.inner = made
    database = made.extensions["yinxin"][Database]
    departments.opened(database, clock.now())
    return Site(made, database, gate, server, url)
