"""Sealing: on record before it is signed, verified before it is handed out, traced when the service dies."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from base.db import Database
from base.errors import DomainError
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, SignatureAlgorithm
from keys.algorithms.sm3 import SM3
from keys.errors import FaultySignature
from keys.signers.software import SoftwareSigner
from keys.trust import Anchor, Trust
from signing import register, sample_documents, sealing
from signing.drafts import Manner, Way
from signing.errors import (
    CannotSign,
    DraftNotSound,
    NotValidAfterSigning,
    SealNotUsable,
    UnreadableDocument,
    UseNotAuthorised,
)
from signing.life import Step
from signing.models import DONE, FAILED, INTENDED, SealUse
from signing.policy import DEFAULT
from signing.report import Place, Verdict
from signing.sealing import Begun, Order, Sealed
from signing.verification import verify
from tests.signing import offices
from tests.signing.offices import HEAD, TYPE, WINDOW, YEAR, active_seal, authorised, authority, signing_identity

OFD, PDF = sample_documents.ofd(), sample_documents.pdf()
HERE = Manner((Place(1, 100, 100, 0, 0),))


@pytest.fixture
def office(database: Database, at: datetime) -> Database:
    offices.opened(database, at)
    return database


@pytest.fixture
def seal(office: Database, at: datetime) -> str:
    with office.transaction() as session:
        row = active_seal(session, at)
        authorised(session, row, at, ceiling=100)
        return row.id


def trust(at: datetime) -> Trust:
    return Trust(at, (Anchor(authority().certificate),))


def order(document: bytes, manner: Manner = HERE, **peculiar: str) -> Order:
    told = {"name": "x", "document_type": TYPE, "act": "issue", "region": "320902", "reason": "演示", **peculiar}
    return Order(document, manner=manner, **told)


def begun(database: Database, seal: str, asked: Order, at: datetime) -> Begun:
    fit = sealing.checked(asked, trust(at), at)
    with database.transaction() as session:
        return sealing.begin(session, register.seal_of(session, seal), fit, WINDOW, at)


def signer(seal: str) -> SoftwareSigner:
    return SoftwareSigner(signing_identity(seal).key)


def sealed(database: Database, seal: str, asked: Order, at: datetime) -> Sealed:
    started = begun(database, seal, asked, at)
    made = sealing.carry_out(started, signer(seal), None, trust(at), lambda: at)
    with database.transaction() as session:
        sealing.settle(session, made, WINDOW, at)
    return made


def uses(database: Database) -> list[SealUse]:
    with database.reading() as session:
        return list(session.scalars(select(SealUse).order_by(SealUse.at)))


MANNERS = {
    "ofd-2020": (OFD, HERE, "GB/T 38540-2020"),
    "ofd-message": (OFD, Manner(way=Way.MESSAGE), "GB/T 35275"),
    "ofd-locked": (OFD, replace(HERE, lock=True), "GB/T 38540-2020"),
    "pdf": (PDF, HERE, "CMS"),
    "pdf-unseen": (PDF, Manner(), "CMS"),
    "pdf-certified": (PDF, replace(HERE, certify=True), "CMS"),
    "pdf-sealed-value": (PDF, replace(HERE, way=Way.SEALED_VALUE), "GB/T 38540-2020"),
}


@pytest.mark.parametrize("name", MANNERS)
def test_what_is_handed_out_verifies_and_is_on_record(office: Database, seal: str, at: datetime, name: str):
    document, manner, standard = MANNERS[name]
    made = sealed(office, seal, order(document, manner), at)
    report = verify(made.document, "x", trust(at), DEFAULT, at)
    assert (report.verdict, [each.standard for each in report.signatures]) == (Verdict.VALID, [standard])
    (use,) = uses(office)
    assert (use.state, use.document_sm3) == (DONE, SM3.of(made.document).hex())
    assert use.signed_sm3 == made.signed_sm3


@pytest.mark.parametrize("document", [OFD, PDF], ids=["ofd", "pdf"])
def test_a_second_seal_leaves_the_first_valid(office: Database, seal: str, at: datetime, document: bytes):
    first = sealed(office, seal, order(document), at)
    second = sealed(office, seal, order(first.document, Manner((Place(1, 20, 200, 0, 0),))), at)
    assert second.report.verdict is Verdict.VALID
    assert len(second.report.signatures) == 2


def test_the_seal_shows_where_it_was_asked_for_and_in_its_own_size(office: Database, seal: str, at: datetime):
    (place,) = sealed(office, seal, order(OFD), at).report.signatures[0].places
    assert (place.page, place.x_mm, place.y_mm, place.width_mm) == (1, 100, 100, 40)


def test_a_seal_is_not_shown_in_another_size(office: Database, seal: str, at: datetime):
    with pytest.raises(CannotSign):
        begun(office, seal, order(OFD, Manner((Place(1, 10, 10, 80, 80),))), at)
    assert uses(office) == []


@pytest.mark.parametrize("document", [b"", b"x", b"PK\x03\x04", b"%PDF-1.7\n%%EOF", OFD[:-40]])
def test_what_cannot_be_read_is_not_sealed_and_leaves_no_use(
    office: Database, seal: str, at: datetime, document: bytes
):
    with pytest.raises((UnreadableDocument, DraftNotSound)):
        begun(office, seal, order(document), at)
    assert uses(office) == []


def test_nothing_is_put_on_top_of_a_wrong_signature(office: Database, seal: str, at: datetime):
    once = sealed(office, seal, order(OFD), at).document
    with pytest.raises(DraftNotSound):
        begun(office, seal, order(changed(once)), at)
    assert len(uses(office)) == 1


def changed(document: bytes) -> bytes:
    """Write the archive anew with another word on its page."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace("住宿".encode(), "餐饮".encode()) if "Page_0" in name else content)
    return out.getvalue()


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.REVOKE, Step.CANCEL])
def test_a_seal_that_does_not_live_signs_nothing(office: Database, seal: str, at: datetime, step: Step):
    with office.transaction() as session:
        register.take(session, register.seal_of(session, seal), step, "", HEAD, at)
    with pytest.raises(SealNotUsable):
        begun(office, seal, order(OFD), at)


def test_a_seal_whose_time_is_over_signs_nothing(office: Database, seal: str, at: datetime):
    with pytest.raises((SealNotUsable, UseNotAuthorised)):
        begun(office, seal, order(OFD), at + 4 * YEAR)


def test_without_the_owners_leave_nothing_is_begun(office: Database, seal: str, at: datetime):
    with pytest.raises(UseNotAuthorised):
        begun(office, seal, order(OFD, act="revoke"), at)
    assert uses(office) == []


def test_what_nobody_here_trusts_is_not_handed_out(office: Database, seal: str, at: datetime):
    started = begun(office, seal, order(OFD), at)
    with pytest.raises(NotValidAfterSigning) as refused:
        sealing.carry_out(started, signer(seal), None, Trust(at), lambda: at)
    assert refused.value.verdict == "indeterminate"
    with office.transaction() as session:
        sealing.give_up(session, started.use, refused.value.code, WINDOW, at)
    assert [(use.state, use.failure) for use in uses(office)] == [(FAILED, "not-valid-after-signing")]


class Lying(SoftwareSigner):
    """A device that signs something else."""

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        return super().sign(algorithm, bytes(len(prepared)))


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        (lambda seal: Lying(signing_identity(seal).key), FaultySignature),
        (lambda _: SoftwareSigner(asymmetric.generated(KeyKind.SM2)), NotValidAfterSigning),
    ],
    ids=["lying-device", "other-key"],
)
def test_a_wrong_signature_is_thrown_away(
    office: Database,
    seal: str,
    at: datetime,
    wrong: Callable[[str], SoftwareSigner],
    refused: type[DomainError],
):
    started = begun(office, seal, order(PDF), at)
    with pytest.raises(refused):
        sealing.carry_out(started, wrong(seal), None, trust(at), lambda: at)


def test_a_service_that_dies_after_signing_leaves_the_use_and_its_digest(office: Database, seal: str, at: datetime):
    started = begun(office, seal, order(OFD), at)
    made = sealing.carry_out(started, signer(seal), None, trust(at), lambda: at)
    (use,) = uses(office)
    assert (use.state, use.document_sm3) == (INTENDED, None)
    assert use.signed_sm3 == made.signed_sm3
    with office.reading() as session:
        assert sealing.abandoned(session, at + timedelta(minutes=59)) == []
        assert [each.id for each in sealing.abandoned(session, at + timedelta(hours=2))] == [use.id]


def test_what_a_seal_signed_before_it_ended_still_verifies_and_its_successor_is_named(
    office: Database, seal: str, at: datetime
):
    """Renaming: the old seal is cancelled for a new one; yesterday's document is as good as it was yesterday."""
    made = sealed(office, seal, order(OFD), at)
    later = at + timedelta(days=30)
    with office.transaction() as session:
        old, new = register.seal_of(session, seal), active_seal(session, at)
        register.succeed(session, old, new, "机构更名", HEAD, later)
        assert not register.status_at(session, old, later).usable
        assert register.status_at(session, old, at).usable
        assert old.successor == new.id
    assert verify(made.document, "x", trust(later), DEFAULT, later).verdict is Verdict.VALID
    with pytest.raises(SealNotUsable):
        begun(office, seal, order(OFD), later)


def test_leave_to_use_a_seal_does_not_pass_to_its_successor(office: Database, seal: str, at: datetime):
    with office.transaction() as session:
        new = active_seal(session, at).id
        register.succeed(session, register.seal_of(session, seal), register.seal_of(session, new), "合并", HEAD, at)
    with pytest.raises(UseNotAuthorised):
        begun(office, new, order(OFD), at)
