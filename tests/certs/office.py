"""An issuing organ with an active, authorised seal, the parts of the certificates' room, and a way to issue."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from certs import issuing
from certs.edges import Issuer
from certs.issuing import Asked, Case
from certs.wiring import Certs, CertsSettings
from keys.authority.wiring import Authority
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing.edges import Sealer
from signing.models import ANY
from signing.seals.seal import Version
from signing.wiring import Signing
from tests.certs.papers import HYGIENE, TYPES, draft
from tests.keys.parties.builders import PROVINCE
from tests.signing import offices
from tests.signing.offices import WINDOW

LINKS = "https://yinxin.example/v/"
STRANGER = Caller("system", "other", "other", PROVINCE, scopes=frozenset({"cert:issue"}))


@dataclass
class Office:
    """The organ at work; `at` moves when a story moves on."""

    database: Database
    parts: Certs
    at: datetime
    seal: str
    fault: Callable[[], None] = field(default=lambda: None)

    @property
    def today(self) -> date:
        """Give the day."""
        return self.at.date()

    def issuer(self, by: Caller = WINDOW, forms: tuple[str, ...] = ("ofd",)) -> Issuer:
        """Make who issues."""

        def signer_for(_session: Session, key_id: str) -> Signer:
            self.fault()
            return SoftwareSigner(offices.signing_identity(key_id.removeprefix("seal-")).key)

        def trust_at(_session: Session, at: datetime) -> Trust:
            return Trust(at, (Anchor(offices.authority().certificate),))

        signing = Signing(signer_for, trust_at, None, "", None, Version.GBT38540_2020, 20 * 1024 * 1024)
        sealer = Sealer(self.database, signing, Authority(signer_for, "http://127.0.0.1"), by, lambda: self.at)
        return Issuer(self.database, self.parts, sealer, by, lambda: self.at, forms)

    def asked(self, case: str | None = None, **peculiar: Any) -> Asked:
        """Ask for a hygiene permit, of today."""
        told = {name: peculiar.pop(name) for name in list(peculiar) if name in ("supersedes", "act", "type")}
        dates = {"issued_on": self.today, "valid_from": self.today}
        made = draft(HYGIENE, **{**dates, **peculiar})
        return Asked(**{"type": HYGIENE.code, **told}, draft=made, case=Case(case, "result") if case else None)

    def issue(self, case: str | None = None, **peculiar: Any) -> str:
        """Issue a hygiene permit."""
        return self.issuer().issue(self.asked(case, **peculiar))

    def begin(self, asked: Asked) -> str:
        """Put a certificate on record without signing it, as a service does that dies then."""
        with self.database.transaction() as session:
            return issuing.begin(session, self.parts, asked, LINKS, WINDOW, self.at).issue.identifier


def office(database: Database, folder: Path, at: datetime, typeface: Any) -> Office:
    """Open an office."""
    offices.opened(database, at)
    with database.transaction() as session:
        seal = offices.active_seal(session, at)
        told = {"document_type": ANY, "act": ANY, "ceiling": 100_000}
        offices.authorised(session, seal, at, **told)
        number = seal.id
    keys = DataKeys(FileKek(folder / "kek"))
    parts = Certs(CertsSettings(demonstration=True), TYPES, keys, lambda: typeface, LINKS)
    return Office(database, parts, at, number)
