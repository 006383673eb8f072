"""The copies' house with a library that states things: its keys, a ledger with signed heads, a time-stamp authority."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.models import AuditEntry
from certs.evidence import asking
from certs.evidence.asking import Asked
from certs.evidence.credentials import CredentialMaker
from certs.evidence.edges import EvidenceMaker, Pack
from certs.evidence.wiring import EvidenceSettings, Evidencing
from exchange.door.models import Usage
from keys.algorithms.algorithm import Digest, KeyKind, PublicKey
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.checkpoints.wiring import Checkpoints
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from tests.builders import pki, seals
from tests.builders.pki import YEAR, Identity
from tests.certs.consents import desk
from tests.certs.copies import house as copies
from tests.certs.copies.house import CopyHouse
from tests.certs.papers import HYGIENE
from tests.certs.queries.house import listed
from tests.keys import checkpoint_house
from tests.keys.parties.builders import CITY
from tests.signing import offices

ISSUER = Caller("person", "issuer", "issuer", CITY, frozenset({"issuer"}))
OTHER_MATTER = "000123020000"
EVERY_FIELD = (
    *(each.name for each in HYGIENE.fields),
    *("number", "holder_name", "holder_code", "issued_on", "valid_from", "valid_until"),
)
Nothing = Callable[[], None]


@dataclass
class Stamps:
    """A time-stamp authority below the office's own; `fault` happens first."""

    now: Callable[[], datetime]
    fault: Nothing = field(default=lambda: None)
    by: Identity = field(default_factory=lambda: seals.stamping(offices.authority(), not_after=pki.AT + 5 * YEAR))

    def stamp(self, stamped: bytes, digest: Digest = SM3) -> bytes:
        assert digest == SM3
        self.fault()
        return seals.token(stamped, self.now().replace(microsecond=0), self.by)


@dataclass
class EvidenceHouse:
    """The house, and what it makes evidence with."""

    house: CopyHouse
    evidencing: Evidencing
    checkpoints: Checkpoints
    stamps: Stamps
    library: Identity
    credential_key: PublicKey
    ask: Callable[[Certificate, Certificate], bytes | None] = lambda _certificate, _issuer: None

    @property
    def database(self) -> Database:
        return self.house.office.database

    @property
    def at(self) -> datetime:
        return self.house.office.at

    def trust(self, at: datetime | None = None) -> Trust:
        return Trust(at or self.at, (Anchor(offices.authority().certificate),))

    def maker(self, by: Caller) -> EvidenceMaker:
        return EvidenceMaker(
            self.database,
            self.house.office.parts,
            self.evidencing,
            self.house.gateway,
            self.checkpoints,
            lambda _session, at: self.trust(at),
            self.stamps,
            self.ask,
            by,
            lambda: self.house.office.at,
        )

    def credential_maker(self, by: Caller) -> CredentialMaker:
        office = self.house.office
        return CredentialMaker(
            self.database, office.parts, self.evidencing, self.house.gateway, by, lambda: self.house.office.at
        )

    def pack(self, identifier: str, by: Caller, **peculiar: Any) -> Pack:
        return self.maker(by).pack(Asked(identifier, asking.PACK, **peculiar))

    def credential(self, identifier: str, by: Caller, **peculiar: Any) -> str:
        return self.credential_maker(by).credential(Asked(identifier, asking.CREDENTIAL, **peculiar)).text

    def holder(self) -> Caller:
        return desk.citizen(self.house.office, firms=(1,))

    def acts(self, beginning: str) -> list[str]:
        with self.database.reading() as session:
            query = select(AuditEntry.act).where(AuditEntry.act.startswith(beginning)).order_by(AuditEntry.leaf_index)
            return list(session.scalars(query))

    def uses(self) -> list[tuple[str, str]]:
        with self.database.reading() as session:
            return [(each.outcome, each.reason) for each in session.scalars(select(Usage).order_by(Usage.at))]

    def breaks(self, fault: Nothing) -> None:
        """Let the library's key fail."""
        key = SoftwareSigner(self.library.key)

        class Broken:
            public = key.public

            def sign(self, *_told: Any) -> bytes:
                fault()
                raise AssertionError

        self.evidencing = replace(self.evidencing, signer_for=lambda _session, _key: Broken())  # type: ignore[arg-type, return-value]


def opened(database: Database, folder: Path, at: datetime, typeface: Any) -> EvidenceHouse:
    """Open the house: one matter may see every field, another only some."""
    house = copies.opened(database, folder, at, typeface)
    with database.transaction() as session:
        listed(session, at, [(OTHER_MATTER, HYGIENE.code, EVERY_FIELD, ())])
    library = offices.authority().issues("演示省电子证照库", not_after=pki.AT + 5 * YEAR)
    credentials = pki.key(KeyKind.P256, "credentials")
    signers = {"library": SoftwareSigner(library.key), "credentials": SoftwareSigner(credentials)}

    def signer_for(_session: Session, key_id: str) -> Signer:
        return signers[key_id]

    evidencing = Evidencing(
        EvidenceSettings("library", "credentials"),
        "https://yinxin.example",
        signer_for,
        lambda _session, _key: library.certificate,
        lambda _session, _key: (credentials.public,),
    )
    heads = checkpoint_house.house(database, folder / "witness", witnesses=()).parts
    stamps = Stamps(lambda: house.office.at)
    return EvidenceHouse(house, evidencing, heads, stamps, library, credentials.public)


def later(house: EvidenceHouse, **told: float) -> None:
    house.house.office.at += timedelta(**told)
