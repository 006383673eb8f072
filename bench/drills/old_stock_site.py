"""The site of the drill of old stock: it lies in a folder and outlives the run, so that a later one goes on with it."""

import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from base import calendar, clock
from base.bulk import BulkTask, TaskState
from base.db import Base, Database, DatabaseSettings, connect
from base.journal import append
from base.scheduling.bulk_work import Hands
from bench.drills.seal_kills import Office as SealOffice
from certs.edges import Issuer
from certs.faces.typefaces import typeface
from certs.issuing import Asked
from certs.old_stock import keeping, successions, work
from certs.old_stock.edges import Bringer
from certs.old_stock.models import OldStock
from certs.old_stock.states import BatchState
from certs.old_stock.successions import NewSuccession
from certs.wiring import Certs, CertsSettings
from keys.algorithms import sm2
from keys.authority.wiring import Authority
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties.models import System
from signing import making
from signing.life import Step
from signing.making import Material
from signing.models import ANY
from signing.wiring import Signing
from tests.certs.old_stock import stocks
from tests.certs.old_stock.stocks import GONE, HEAD, MIXED, UPLOADER
from tests.certs.papers import TYPES, draft
from tests.keys.parties.builders import CITY
from tests.signing import offices
from tests.signing.offices import CUSTODIAN, MAKER, SYSTEM, WINDOW

DAYS = timedelta(days=3 * 365)
KNOWN_BEFORE = 900_000
LINKS = "https://yinxin.example/v/"


@dataclass
class Site:
    """A site that outlives the run: a database, keys and a seal in a folder."""

    place: Path

    @property
    def office(self) -> SealOffice:
        """Give the office that seals, with its key in a file."""
        return SealOffice(self.place)

    @property
    def parts(self) -> Certs:
        """Give the parts of the certificates' room."""
        keys, types = DataKeys(FileKek(self.place / "kek")), {**TYPES, MIXED.code: MIXED}
        return Certs(CertsSettings(demonstration=True), types, keys, typeface, LINKS)

    def connect(self) -> Database:
        """Open the database."""
        return connect(DatabaseSettings(url=f"sqlite:///{self.place / 'stock.db'}", pool_size=4), (append,))

    def open(self) -> None:
        """Make the site if there is none: an organ with a seal, who it succeeded, and a certificate from before."""
        if (self.place / "ready").exists():
            return
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        database = self.connect()
        Base.metadata.create_all(database.engine)
        self._furnish(database)
        database.close()
        (self.place / "ready").touch()

    def _furnish(self, database: Database) -> None:
        now, scalar = clock.now(), secrets.token_bytes(31).rjust(32, b"\x01")
        (self.place / "key").write_bytes(scalar)
        (self.place / "anchor").write_bytes(offices.authority().der)
        spki = sm2.PrivateKey.from_scalar(scalar).public.spki
        identity = offices.authority().issues("演示印章", spki=spki, not_before=now - DAYS, not_after=now + DAYS)
        offices.opened(database, now)
        with database.transaction() as session:
            session.get_one(System, SYSTEM).scopes = "seal:use cert:issue"
            walk, maker = offices.Walk(session, now), offices.sealing_maker()
            seal = walk.to(Step.AGREE)
            making.draw(session, seal, Material("seal-key", identity.certificate), maker, MAKER, now)
            making.make(session, seal, maker, MAKER, now)
            walk.take(seal, Step.FILE, MAKER)
            walk.take(seal, Step.ACTIVATE, CUSTODIAN)
            leave = {"document_type": ANY, "act": ANY, "ceiling": 1_000_000}
            offices.authorised(session, seal, now - timedelta(minutes=1), **leave)
            new = NewSuccession(GONE, CITY, date(2019, 1, 1), "演示机构改革方案〔2018〕1号")
            successions.record(session, new, HEAD, now)
            calendar.seed(session)
            for year in (now.year, now.year + 1):
                if session.get(calendar.CalendarYear, year) is None:
                    session.add(calendar.CalendarYear(year=year, source="演示"))
        today = now.date()
        known = draft(MIXED, number=stocks.number(KNOWN_BEFORE), issued_on=today, valid_from=today)
        Issuer(database, self.parts, self.office.sealer(database), WINDOW, clock.now).issue(Asked(MIXED.code, known))

    def batch(self, what: str) -> str | None:
        """Give the number of a batch that an earlier run brought."""
        file = self.place / what
        return file.read_text(encoding="utf-8") if file.exists() else None

    def bring(self, content: bytes, what: str) -> None:
        """Bring a table, and remember its number."""
        database = self.connect()
        known = Bringer(database, self.parts, UPLOADER, clock.now).bring(content, "演示.csv", MIXED.code)
        database.close()
        (self.place / what).write_text(known, encoding="utf-8")

    def work(self, what: str) -> TaskState | None:
        """Do what a batch waits for, as a worker does, whoever held it before."""
        database = self.connect()
        with database.transaction() as session:
            task = session.get_one(BulkTask, session.get_one(OldStock, self.batch(what)).task)
            if task.state == TaskState.RUNNING:
                task.state = TaskState.QUEUED.value  # the one who held it was killed
            task.not_before, number = None, task.id
        sealer = self.office.sealer(database)
        told: dict[type[Any], Any] = {Certs: self.parts, Signing: sealer.signing, Authority: sealer.authority}
        hands = Hands(database, {work.JOB.name: work.JOB}, "drill", lambda _session: clock.now(), told)
        state = hands.carry_out(number, lambda: False)
        database.close()
        return state

    def act(self, what: str, verb: Callable[..., Any], *told: Any) -> Any:
        """Do something with a batch as the head of the department."""
        database = self.connect()
        try:
            with database.transaction() as session:
                of = keeping.batch_of(session, str(self.batch(what)), HEAD, locked=True)
                return verb(session, of, *told, HEAD, clock.now())
        finally:
            database.close()

    def read(self, question: Callable[[Session], Any]) -> Any:
        """Ask the database."""
        database = self.connect()
        try:
            with database.reading() as session:
                return question(session)
        finally:
            database.close()

    def state(self) -> BatchState:
        """Tell where the batch stands that is made."""
        return BatchState(self.read(lambda session: session.get_one(OldStock, self.batch("batch")).state))
