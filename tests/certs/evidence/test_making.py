"""Packs are made for whoever may have them, on record before they are signed, and hold for everybody else, offline."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from base import audit
from base.audit import Search
from base.callers import Caller
from base.canonical import read
from base.db import Database
from base.errors import DomainError
from base.identifiers import CertificateIdentifier, CreditCode
from certs import library
from certs.errors import NoSuchCertificate, NoSuchCertificateFile
from certs.evidence.errors import EvidenceDenied, EvidenceNotSound, EvidencePurposeNeeded, NoEvidenceKey
from certs.evidence.wiring import EvidenceSettings
from certs.faces.typefaces import typeface
from certs.life import Step
from certs.queries import permission as permissions
from exchange.agreements.errors import NotGranted
from exchange.agreements.purposes import Ground
from keys.algorithms.sm3 import SM3
from keys.checkpoints.errors import CheckpointKeyMissing
from keys.errors import SigningUnavailable
from keys.trust import Trust
from signing.errors import TimeStampDiffers
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from tests.builders import pki
from tests.certs.consents import desk
from tests.certs.copies.house import CLERK, STRANGER, WINDOW
from tests.certs.evidence import house as houses
from tests.certs.evidence.house import ISSUER, OTHER_MATTER, EvidenceHouse
from tests.certs.evidence.packs import parts_of
from tests.signing import offices

EVERY = {"purpose": desk.purpose(ground=Ground.STATUTORY, item_code=OTHER_MATTER)}
SOME = {"purpose": desk.purpose(ground=Ground.STATUTORY)}


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any) -> EvidenceHouse:
    return houses.opened(database, tmp_path, at, typeface())


def take(house: EvidenceHouse, identifier: str, step: Step, by: Caller) -> None:
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, step, "演示", by, house.at)


def test_a_holder_gets_a_pack_that_holds_for_everybody(house: EvidenceHouse):
    identifier = house.house.office.issue()
    made = house.pack(identifier, house.holder())
    houses.later(house, days=2)
    report = verify(made.content, "pack.zip", house.trust(), DEFAULT, house.at)
    assert report.verdict is Verdict.VALID
    assert report.certificate is not None
    assert (report.certificate.identifier, report.certificate.status) == (identifier, "valid")
    assert report.certificate.source == "statement: 演示省电子证照库"
    assert report.document.sm3 == made.sm3


def test_the_sealed_file_is_in_it_byte_for_byte(house: EvidenceHouse):
    identifier = house.house.office.issue()
    files = parts_of(house.pack(identifier, house.holder()).content)
    with house.database.reading() as session:
        row = library.certificate_of(session, identifier)
        (document,) = library.documents(session, house.house.office.parts.keys, row)
    assert files["certificate.ofd"] == document.content
    told: Any = read(files["statement.json"])
    assert told["file"]["sm3"] == SM3.of(document.content).hex()
    assert told["file"]["seals"] == [house.house.office.seal]
    assert json.loads(json.loads(files["ledger/proof.json"])["entry"])["act"] == "certificate.sign"


def test_without_the_anchor_nothing_of_it_is_decided(house: EvidenceHouse):
    made = house.pack(house.house.office.issue(), ISSUER)
    report = verify(made.content, "pack.zip", Trust(house.at), DEFAULT, house.at)
    assert (report.verdict, report.certificate) == (Verdict.INDETERMINATE, None)


def test_an_issuer_gets_one_of_what_it_issued_and_of_nothing_else(house: EvidenceHouse):
    identifier = house.house.office.issue()
    assert house.pack(identifier, ISSUER).usage == ""
    with pytest.raises(NoSuchCertificate):
        house.pack(identifier, replace(ISSUER, organisation=STRANGER.organisation))


def test_a_holder_gets_none_of_anothers(house: EvidenceHouse):
    other = desk.citizen(house.house.office, "other", 2, firms=(2,))
    with pytest.raises(NoSuchCertificate):
        house.pack(house.house.office.issue(), other)
    with pytest.raises(NoSuchCertificate):
        house.pack("1.2.156.3005.2.none", other)


def test_what_was_never_issued_has_no_evidence(house: EvidenceHouse):
    identifier = house.house.office.begin(house.house.office.asked())
    for by in (house.holder(), ISSUER):
        with pytest.raises(NoSuchCertificate):
            house.pack(identifier, by)


def test_a_business_system_says_for_what_and_its_use_is_on_record(house: EvidenceHouse):
    identifier = house.house.office.issue()
    with pytest.raises(EvidencePurposeNeeded):
        house.pack(identifier, WINDOW)
    with pytest.raises(EvidencePurposeNeeded):
        house.pack(identifier, CLERK)
    made = house.pack(identifier, WINDOW, **EVERY)
    told: Any = read(parts_of(made.content)["statement.json"])
    assert told["asked"] == {"as": "use", "usage_id": made.usage}
    assert house.uses() == [("found", "found")]


def test_a_use_that_may_see_some_fields_gets_no_original(house: EvidenceHouse):
    with pytest.raises(EvidenceDenied) as refusal:
        house.pack(house.house.office.issue(), WINDOW, **SOME)
    assert refusal.value.reason == "not-every-field"
    assert house.uses() == [("denied", "not-every-field")]
    assert house.acts("evidence.") == []


def test_who_has_no_grant_may_not_ask(house: EvidenceHouse):
    with pytest.raises(NotGranted):
        house.pack(house.house.office.issue(), STRANGER, purpose=desk.purpose(item_code="000999990000"))
    assert house.uses() == []


def test_a_use_that_needs_it_waits_for_the_holders_consent(house: EvidenceHouse, monkeypatch: pytest.MonkeyPatch):
    """Types of high level are used with consent alone; here the hygiene permit is one."""
    permitted = permissions.permitted

    def asking(*told: Any, **more: Any) -> permissions.Permission:
        return replace(permitted(*told, **more), needs_consent=True)

    monkeypatch.setattr(permissions, "permitted", asking)
    identifier = house.house.office.issue()
    with pytest.raises(EvidenceDenied) as refusal:
        house.pack(identifier, WINDOW, **EVERY)
    assert refusal.value.reason == "consent-missing"
    desk.agreed(house.house.office, matter=OTHER_MATTER, scope={houses.HYGIENE.code: ("address",)})
    with pytest.raises(EvidenceDenied) as refusal:
        house.pack(identifier, WINDOW, **EVERY)
    assert refusal.value.reason == "not-every-field"
    desk.agreed(house.house.office, matter=OTHER_MATTER, scope={houses.HYGIENE.code: houses.EVERY_FIELD})
    assert house.uses() == [("denied", "consent-missing"), ("denied", "not-every-field")]


@pytest.mark.parametrize(("step", "by", "reason"), [(Step.REVOKE, ISSUER, "not-in-force")])
def test_a_use_gets_none_of_what_is_not_in_force_and_the_holder_does(
    house: EvidenceHouse, step: Step, by: Caller, reason: str
):
    identifier = house.house.office.issue()
    take(house, identifier, step, by)
    with pytest.raises(EvidenceDenied) as refusal:
        house.pack(identifier, WINDOW, **EVERY)
    assert refusal.value.reason == reason
    made = house.pack(identifier, house.holder())
    assert made.report.certificate is not None
    assert made.report.certificate.status == "revoked"
    assert made.report.verdict is Verdict.VALID


def test_a_frozen_certificate_is_denied_to_uses(house: EvidenceHouse):
    identifier = house.house.office.issue()
    take(house, identifier, Step.FREEZE, Caller("person", "e", "e", houses.CITY, frozenset({"authority"})))
    with pytest.raises(EvidenceDenied) as refusal:
        house.pack(identifier, WINDOW, **EVERY)
    assert (refusal.value.reason, house.uses()) == ("frozen", [("denied", "frozen")])


def test_a_certificate_that_is_not_there_is_on_record_as_not_found(house: EvidenceHouse):
    unsigned = house.house.office.begin(house.house.office.asked())
    with pytest.raises(EvidenceDenied):
        house.pack(unsigned, WINDOW, **EVERY)
    parts = CertificateIdentifier(unsigned).parts
    nobody = CertificateIdentifier.written(parts.type_code, CreditCode(houses.CITY), "9" * len(parts.serial), "001")
    with pytest.raises(EvidenceDenied):
        house.pack(nobody.text, WINDOW, **EVERY)
    assert house.uses() == [("not_found", "no-such-certificate")] * 2


def test_a_format_that_is_not_kept_is_told(house: EvidenceHouse):
    with pytest.raises(NoSuchCertificateFile):
        house.pack(house.house.office.issue(), ISSUER, form="pdf")


def test_what_is_about_to_be_signed_is_on_record_first(house: EvidenceHouse):
    identifier = house.house.office.issue()
    made = house.pack(identifier, ISSUER)
    assert house.acts("evidence.") == ["evidence.intended", "evidence.made"]
    with house.database.reading() as session:
        ended, intended = audit.search(session, Search(thing_kind="evidence", thing_id=made.id))
    statement = parts_of(made.content)["statement.json"]
    assert intended.entry.facts["statement_sm3"] == SM3.of(statement).hex()
    assert ended.entry.facts["sm3"] == made.sm3


@pytest.mark.parametrize("where", ["key", "stamp"])
def test_what_fails_leaves_no_use_and_says_so(house: EvidenceHouse, where: str):
    def fault() -> None:
        raise SigningUnavailable("演示") if where == "key" else TimeStampDiffers("nonce")

    if where == "key":
        house.breaks(fault)
    else:
        house.stamps.fault = fault
    with pytest.raises(DomainError):
        house.pack(house.house.office.issue(), WINDOW, **EVERY)
    assert house.acts("evidence.") == ["evidence.intended", "evidence.given-up"]
    assert house.uses() == []


def test_a_service_that_dies_between_leaves_what_it_meant_to_sign_and_no_use(house: EvidenceHouse):
    class Killed(BaseException):
        pass

    def fault() -> None:
        raise Killed

    house.stamps.fault = fault
    with pytest.raises(Killed):
        house.pack(house.house.office.issue(), WINDOW, **EVERY)
    assert house.acts("evidence.") == ["evidence.intended"]
    assert house.uses() == []


def test_a_record_that_cannot_be_written_hands_nothing_out(house: EvidenceHouse, monkeypatch: pytest.MonkeyPatch):
    """The database breaks at the record of the use: what was signed by then is thrown away."""

    def broken(*_told: Any) -> None:
        raise sqlite3.OperationalError

    monkeypatch.setattr("certs.evidence.edges.record_use", broken)
    with pytest.raises(sqlite3.OperationalError):
        house.pack(house.house.office.issue(), WINDOW, **EVERY)
    assert "evidence.made" not in house.acts("evidence.")


def test_a_key_that_is_not_the_certificates_states_nothing(house: EvidenceHouse):
    stranger = pki.root("别的库").certificate
    for peculiar, reason in (
        ({"certificate_for": lambda _session, _key: stranger}, "no-certificate"),
        ({"certificate_for": lambda _session, _key: None}, "no-certificate"),
        ({"settings": EvidenceSettings("", "")}, "evidence.key"),
        ({"settings": EvidenceSettings("credentials", "")}, "not-sm2"),
    ):
        house.evidencing, kept = replace(house.evidencing, **peculiar), house.evidencing
        with pytest.raises(NoEvidenceKey) as refusal:
            house.pack(house.house.office.issue(), ISSUER)
        assert refusal.value.reason == reason
        house.evidencing = kept


def test_a_library_that_nobody_can_believe_states_nothing(house: EvidenceHouse):
    strange = pki.root("别的根", whose="a root of nobody's").issues("别的库")
    house.evidencing = replace(
        house.evidencing,
        signer_for=lambda _session, _key: houses.SoftwareSigner(strange.key),
        certificate_for=lambda _session, _key: strange.certificate,
    )
    with pytest.raises(EvidenceNotSound):
        house.pack(house.house.office.issue(), ISSUER)
    assert house.acts("evidence.") == []


def test_without_a_ledger_key_there_is_no_pack(house: EvidenceHouse):
    house.checkpoints = replace(house.checkpoints, key="")
    with pytest.raises(CheckpointKeyMissing):
        house.pack(house.house.office.issue(), ISSUER)


def test_fresh_answers_go_along_and_strangers_are_left_out(house: EvidenceHouse):
    """The office's authority answers about its own; what is no answer is not taken in."""
    authority, asked = offices.authority(), []

    def ask(certificate: Any, _issuer: Any) -> bytes:
        asked.append(certificate.subject.text)
        good = "证照库" in certificate.subject.text
        if not good:
            return b"\x30\x00"
        return authority.answer_der(certificate, this_update=house.at, produced_at=house.at)

    house.ask = ask
    files = parts_of(house.pack(house.house.office.issue(), ISSUER).content)
    assert len(asked) == len(set(asked)) >= 2
    assert [each for each in files if each.startswith("revocation/")] == ["revocation/01.ocsp"]


def test_each_pack_has_a_head_that_holds_the_certificates_entry(house: EvidenceHouse):
    """The second one needs no new head; a certificate issued since needs one."""
    identifier, sizes = "", []
    for is_new in (True, False, True):
        identifier = house.house.office.issue() if is_new else identifier
        houses.later(house, seconds=1)
        told: Any = read(parts_of(house.pack(identifier, ISSUER).content)["statement.json"])
        sizes.append(told["ledger"]["size"])
        assert told["ledger"]["index"] < told["ledger"]["size"]
    assert sizes[0] == sizes[1] < sizes[2]
