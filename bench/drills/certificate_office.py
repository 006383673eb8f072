"""An issuing office in a folder, for drills: whoever has its folder and its database can issue, in any process.

The seal's key, its anchor and the key of the data keys lie in files; who may issue and seal is in the database.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from base import clock
from base.callers import Caller
from base.db import Database, DatabaseSettings, connect
from base.journal import append
from base.workdays import local_day
from bench.drills.seal_kills import Office as SealOffice
from bench.ledger import fresh_database
from certs.drafts import Holder
from certs.edges import Issuer
from certs.faces.typefaces import typeface
from certs.issuing import Asked, Case
from certs.wiring import Certs, CertsSettings
from keys.algorithms import sm2
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from signing import making
from signing.life import Step
from signing.making import Material
from signing.models import ANY
from tests.certs.papers import HYGIENE, TYPES, draft, firm
from tests.signing import offices
from tests.signing.offices import CUSTODIAN, MAKER, WINDOW

YEARS = timedelta(days=3 * 365)
LINKS = "https://yinxin.example/v/"
ISSUER = replace(WINDOW, scopes=frozenset({"cert:issue", "seal:use"}))
# More than any drill seals in a day.
CEILING = 1_000_000


@dataclass(frozen=True)
class CertificateOffice:
    """What every process of a drill knows: where the database is, and a folder with the keys."""

    settings: DatabaseSettings
    folder: Path

    @property
    def seal(self) -> SealOffice:
        """Give the office that seals."""
        return SealOffice(self.folder)

    @property
    def parts(self) -> Certs:
        """Give the parts of the certificates' room."""
        keys = DataKeys(FileKek(self.folder / "kek"))
        return Certs(CertsSettings(demonstration=True), TYPES, keys, typeface, LINKS)

    def opened(self, pool_size: int = 2) -> Database:
        """Open the database, with the ledger as each transaction's last act."""
        return connect(replace(self.settings, pool_size=pool_size), (append,))

    def issuer(self, database: Database, by: Caller = ISSUER, *, telling: str | None = None) -> Issuer:
        """Make who issues; one that is `telling` says on its standard output when its key has signed."""
        return Issuer(database, self.parts, self.seal.sealer(database, telling=telling), by, clock.now)


def asked(number: int, case: str, **peculiar: object) -> Asked:
    """Ask for the hygiene permit of an invented firm, as the result of a case."""
    day = local_day(clock.now())
    holders = (Holder(firm(number), "001", f"演示企业{number}有限公司"),)
    made = draft(HYGIENE, issued_on=day, valid_from=day, holders=holders)
    return replace(Asked(HYGIENE.code, made, Case(case, "result")), **peculiar)  # type: ignore[arg-type]


@contextmanager
def office(kind: str, name: str) -> Iterator[CertificateOffice]:
    """Make an office on a fresh database, and take both away afterwards."""
    with fresh_database(kind, name) as settings, TemporaryDirectory() as folder:
        made = CertificateOffice(settings, Path(folder))
        database, now = made.opened(), clock.now()
        try:
            _furnish(made, database, now)
            # The first one pays for the typeface and for the keys; a process forked later has both.
            made.issuer(database).issue(asked(1, "演示一"))
        finally:
            database.close()
        yield made


def _furnish(made: CertificateOffice, database: Database, now: datetime) -> None:
    """Make an organ with a seal that the window may use as often as it likes."""
    scalar = secrets.token_bytes(31).rjust(32, b"\x01")
    (made.folder / "key").write_bytes(scalar)
    (made.folder / "anchor").write_bytes(offices.authority().der)
    spki = sm2.PrivateKey.from_scalar(scalar).public.spki
    identity = offices.authority().issues("演示印章", spki=spki, not_before=now - YEARS, not_after=now + YEARS)
    offices.opened(database, now)
    with database.transaction() as session:
        walk, maker = offices.Walk(session, now), offices.sealing_maker()
        seal = walk.to(Step.AGREE)
        making.draw(session, seal, Material("seal-key", identity.certificate), maker, MAKER, now)
        making.make(session, seal, maker, MAKER, now)
        walk.take(seal, Step.FILE, MAKER)
        walk.take(seal, Step.ACTIVATE, CUSTODIAN)
        leave = {"document_type": ANY, "act": ANY, "ceiling": CEILING}
        offices.authorised(session, seal, now - timedelta(minutes=1), **leave)
        (made.folder / "seal").write_text(seal.id, encoding="utf-8")
