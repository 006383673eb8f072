"""One document through all its steps: nobody waits for the verification, and nothing is handed out that was refused."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.db import Database
from base.errors import DomainError, Kind
from keys.authority.wiring import Authority
from keys.signers.signer import Signer
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import authorisations, register, sample_documents, sealing
from signing.edges import Sealer
from signing.errors import SealNotUsable
from signing.life import Step
from signing.models import DONE, FAILED, SealUse
from signing.sealing import Checked, Order, Sealed
from signing.seals.seal import Version
from signing.wiring import Signing
from tests.signing import offices
from tests.signing.offices import HEAD, TYPE, WINDOW, active_seal, authorised, authority, signing_identity

OFD = sample_documents.ofd()


@pytest.fixture
def seal(database: Database, at: datetime) -> str:
    offices.opened(database, at)
    with database.transaction() as session:
        row = active_seal(session, at)
        authorised(session, row, at)
        return row.id


def sealer(database: Database, at: datetime) -> Sealer:
    def signer_for(_session: Session, key_id: str) -> Signer:
        return SoftwareSigner(signing_identity(key_id.removeprefix("seal-")).key)

    def trust_at(_session: Session, moment: datetime) -> Trust:
        return Trust(moment, (Anchor(authority().certificate),))

    signing = Signing(signer_for, trust_at, None, "", None, Version.GBT38540_2020, 1 << 20)
    return Sealer(database, signing, Authority(signer_for, "http://127.0.0.1"), WINDOW, lambda: at)


def order(document: bytes = OFD) -> Order:
    return Order(document, "x.ofd", TYPE, "issue", "320902", "演示")


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(SealUse.state)))


def test_a_document_is_sealed_and_settled(database: Database, seal: str, at: datetime):
    assert sealer(database, at).seal(seal, order()).report.verdict.value == "valid"
    assert states(database) == [DONE]


def test_a_document_is_verified_while_others_write(
    database: Database, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    """On SQLite one writes at a time: were a transaction open, the writer in between would wait in vain."""
    original = sealing.checked

    def checked(asked: Order, trust: Trust, moment: datetime) -> Checked:
        with database.transaction() as session:
            authorised(session, register.seal_of(session, seal), at, act="renew")
        return original(asked, trust, moment)

    monkeypatch.setattr(sealing, "checked", checked)
    sealer(database, at).seal(seal, order())
    assert states(database) == [DONE]


def test_a_seal_that_is_stopped_during_the_verification_is_not_used(
    database: Database, seal: str, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    original = sealing.checked

    def checked(asked: Order, trust: Trust, moment: datetime) -> Checked:
        with database.transaction() as session:
            register.take(session, register.seal_of(session, seal), Step.REVOKE, "", HEAD, at)
        return original(asked, trust, moment)

    monkeypatch.setattr(sealing, "checked", checked)
    with pytest.raises(SealNotUsable):
        sealer(database, at).seal(seal, order())
    assert states(database) == []


def test_a_stop_that_a_faster_clock_has_noted_counts(database: Database, seal: str, at: datetime):
    """Another machine suspended the seal; by its clock that was a second after our now."""
    with database.transaction() as session:
        row = register.seal_of(session, seal)
        register.take(session, row, Step.SUSPEND, "", HEAD, at.replace(second=at.second + 1))
        with pytest.raises(SealNotUsable) as refused:
            authorisations.begin(session, row, offices.use(), WINDOW, at)
    assert refused.value.state == "suspended"


@dataclass(eq=False)
class NotKept(DomainError):
    """Whoever wanted the document could not keep it."""

    code = "database-busy"  # a code that has words, for every class that has one is looked at
    kind = Kind.UNAVAILABLE


def test_what_nobody_could_keep_was_not_handed_out(database: Database, seal: str, at: datetime):
    def keeping(_session: Session, _sealed: Sealed) -> None:
        raise NotKept

    with pytest.raises(NotKept):
        sealer(database, at).seal(seal, order(), keeping=keeping)
    assert states(database) == [FAILED]
