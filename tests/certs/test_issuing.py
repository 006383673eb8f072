"""Issuing: on record before it is signed, valid only with its sealed file, never twice, never half."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from base import audit, events
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.identifiers import CertificateIdentifier
from certs import contents, issuing, library, life
from certs.drafts import Holder
from certs.errors import (
    CaseStepTaken,
    CertificateNumberTaken,
    CertificateStepNotAllowed,
    ChangedSince,
    FaceNotDrawn,
    FaultyCertificate,
    NoSealForAct,
    NoSuchCertificateType,
    NotTheIssuer,
)
from certs.faces.typefaces import typeface
from certs.life import Standing, State, Step
from certs.models import Certificate, CertificateFile, CertificateNumber
from keys.algorithms.sm3 import SM3
from keys.errors import CiphertextAltered
from keys.trust import Anchor, Trust
from signing.models import SealUse
from signing.policy import DEFAULT
from signing.report import Verdict
from signing.verification import verify
from tests.certs.office import STRANGER, Office, office
from tests.certs.papers import HYGIENE, MARRIAGE, TRACTOR, draft, firm, person
from tests.keys.parties.builders import CITY
from tests.signing import offices
from tests.signing.offices import CUSTODIAN, HEAD, WINDOW


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> Office:
    return office(database, tmp_path, at, typeface())


def row_of(house: Office, identifier: str) -> Certificate:
    with house.database.reading() as session:
        return library.certificate_of(session, identifier)


def files_of(house: Office, identifier: str) -> list[library.Document]:
    with house.database.reading() as session:
        return library.documents(session, house.parts.keys, library.certificate_of(session, identifier))


def steps_of(house: Office, identifier: str) -> list[str]:
    with house.database.reading() as session:
        return [each.step for each in library.events_of(session, identifier)]


def count(house: Office, table: type) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_certificate_is_issued_sealed_and_kept(house: Office):
    """What the library hands back is whole, sealed by the issuing organ, and says what was asked for."""
    identifier = house.issue()
    row = row_of(house, identifier)
    assert (row.state, row.issuer, row.grade) == ("valid", CITY, "sealed")
    assert CertificateIdentifier(identifier).parts.version == "001"
    (file,) = files_of(house, identifier)
    assert SM3.of(file.content).hex() == file.sm3
    report = verify(file.content, "x", Trust(house.at, (Anchor(offices.authority().certificate),)), DEFAULT, house.at)
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].coverage.kind.value == "whole"
    with house.database.reading() as session:
        known = library.known(session, house.parts.keys, library.certificate_of(session, identifier), house.at)
    assert known.standing is Standing.VALID
    assert known.content.holders[0].code == firm(1)
    assert known.content.number == "演卫公证字〔2026〕第320900000001号"


def test_both_formats_are_sealed_and_the_certificate_is_valid_with_the_last(house: Office):
    """One face, two files, one certificate."""
    identifier = house.issuer(forms=("ofd", "pdf")).issue(house.asked())
    assert [each.format for each in files_of(house, identifier)] == ["ofd", "pdf"]
    trust = Trust(house.at, (Anchor(offices.authority().certificate),))
    for each in files_of(house, identifier):
        assert verify(each.content, "x", trust, DEFAULT, house.at).verdict is Verdict.VALID


def test_nothing_of_it_can_be_read_in_the_tables(house: Office):
    """Names, codes, numbers and fields lie under a data key; what is searched for is a keyed hash."""
    identifier = house.issue()
    row = row_of(house, identifier)
    for told in (firm(1), "演示企业1有限公司", "演卫公证字"):
        assert told.encode() not in row.content
        assert told not in row.number_hash
    with house.database.reading() as session:
        stored = session.scalars(select(CertificateFile)).one().content
    assert b"PK\x03\x04" not in stored[:64]


def test_a_content_put_under_another_certificate_cannot_be_opened(house: Office):
    """Rows are bound to their identifiers; swapping them is noticed."""
    first, second = house.issue(), house.issue()
    with house.database.transaction() as session:
        swapped = library.certificate_of(session, first).content
        with pytest.raises(CiphertextAltered):
            contents.opened(session, house.parts.keys, second, swapped)


def test_each_step_is_an_event_an_audit_entry_and_told_to_the_house(house: Office):
    """The three agree, in this order."""
    identifier = house.issue()
    with house.database.reading() as session:
        assert steps_of(house, identifier) == ["draft", "sign"]
        told = [each.event for each in events.since(session, 0) if each.event.thing.id == identifier]
        assert [each.name for each in told] == ["certificate.draft", "certificate.sign"]
        found = audit.search(session, audit.Search(thing_kind="certificate", thing_id=identifier))
        acts = [each.entry.act for each in reversed(found)]
    assert acts == ["certificate.draft", "certificate.sign"]


def test_a_draft_with_faults_is_refused_and_leaves_nothing(house: Office):
    """The first fault is told; no number is spent."""
    with pytest.raises(FaultyCertificate) as refused:
        house.issue(data={})
    assert (refused.value.faults, refused.value.first) == (3, "#/data/address")
    assert (count(house, Certificate), count(house, CertificateNumber)) == (0, 0)
    assert row_of(house, house.issue()).identifier.split(".")[7] == "320900202600000001"


def test_a_type_that_is_only_collected_is_issued_by_nobody(house: Office):
    """A province that makes marriage certificates is believed nothing."""
    with pytest.raises(NotTheIssuer):
        house.issuer().issue(issuing.Asked(MARRIAGE.code, draft(MARRIAGE)))


def test_an_unknown_type_is_refused(house: Office):
    """By its code."""
    with pytest.raises(NoSuchCertificateType):
        house.issue(type="11100000YNX090019T999")


def test_an_organ_without_the_seal_keeps_the_draft(house: Office):
    """The draft stands as to be signed, and is signed when there is a seal."""
    with pytest.raises(NoSealForAct):
        house.issuer(by=STRANGER).issue(house.asked())
    with house.database.reading() as session:
        row = session.scalars(select(Certificate)).one()
    assert row.state == "to-be-signed"


def test_a_seal_that_is_suspended_leaves_the_draft_and_nothing_else(house: Office):
    """Later, when the seal is back, the same draft is signed."""
    with house.database.transaction() as session:
        seal = offices.register.seal_of(session, house.seal)
        offices.register.take(session, seal, offices.Step.SUSPEND, "演示", CUSTODIAN, house.at)
    with pytest.raises(DomainError):
        house.issue()
    assert count(house, CertificateFile) == 0
    with house.database.transaction() as session:
        seal = offices.register.seal_of(session, house.seal)
        offices.register.take(session, seal, offices.Step.RESUME, "演示", HEAD, house.at)
        waiting = session.scalars(select(Certificate.identifier)).one()
    house.issuer().retry(waiting)
    assert row_of(house, waiting).state == "valid"


def test_a_key_that_fails_leaves_the_draft(house: Office):
    """A failed seal leaves the draft, not half a certificate."""

    def fault() -> None:
        raise NoSealForAct("x", "issue", "business")

    house.fault = fault
    with pytest.raises(NoSealForAct):
        house.issue()
    assert (count(house, Certificate), count(house, CertificateFile)) == (1, 0)
    with house.database.reading() as session:
        assert session.scalars(select(Certificate.state)).one() == "to-be-signed"


def test_a_service_that_died_before_signing_is_gone_on_with(house: Office):
    """What was on record is signed later, once."""
    identifier = house.begin(house.asked("演办2026-1"))
    house.issuer().retry(identifier)
    assert steps_of(house, identifier) == ["draft", "sign"]
    with pytest.raises(CertificateStepNotAllowed):
        house.issuer().retry(identifier)


def test_the_same_step_of_a_case_makes_one_certificate(house: Office):
    """A result told three times is one certificate; the caller sees no difference."""
    asked = house.asked("演办2026-1")
    identifiers = {house.issuer().issue(asked) for _ in range(3)}
    assert len(identifiers) == 1
    assert (count(house, Certificate), count(house, CertificateFile)) == (1, 1)


def test_the_same_step_finishes_what_it_began(house: Office):
    """Told again after the service died, the step signs what is on record."""
    identifier = house.begin(house.asked("演办2026-1"))
    assert house.issuer().issue(house.asked("演办2026-1")) == identifier
    assert row_of(house, identifier).state == "valid"


def test_the_same_step_with_other_data_is_refused(house: Office):
    """It is not for us to say which of the two was meant."""
    house.issue("演办2026-1")
    with pytest.raises(CaseStepTaken):
        house.issue("演办2026-1", holders=(Holder(firm(2), "001", "演示企业2有限公司"),))


def number_of(house: Office, identifier: str) -> str:
    with house.database.reading() as session:
        return library.known(
            session, house.parts.keys, library.certificate_of(session, identifier), house.at
        ).content.number


def test_automatic_numbers_pass_over_those_that_somebody_brought(house: Office):
    """A register of old stock may have taken the very numbers that come next; later ones go on behind them."""
    first = number_of(house, house.issue())
    head, digits = first[:-9], int(first[-9:-1])
    for ahead in (5, 6, 8):
        house.issue(number=f"{head}{digits + ahead:08d}号")
    given = [number_of(house, house.issue()) for _ in range(3)]
    assert given == [f"{head}{digits + ahead:08d}号" for ahead in (4, 7, 9)]


def test_another_organ_s_case_of_the_same_number_is_another_case(house: Office):
    """Case numbers are unique in an office, not in a province."""
    house.issue("演办2026-1")
    with pytest.raises(NoSealForAct):
        house.issuer(by=STRANGER).issue(house.asked("演办2026-1"))
    assert count(house, Certificate) == 2


def test_a_number_is_given_once(house: Office):
    """Whoever brings a number that is taken is told, and nothing is made."""
    first = house.issue(number="演卫公证字〔2026〕第320900000777号")
    with pytest.raises(CertificateNumberTaken):
        house.issue(number="演卫公证字〔2026〕第320900000777号")
    with house.database.reading() as session:
        found = library.numbered(session, house.parts.keys, HYGIENE.code, "演卫公证字〔2026〕第320900000777号")
    assert found is not None
    assert found.identifier == first


def test_a_change_is_a_new_version_and_ends_the_old_one(house: Office):
    """Same serial and number, version one higher; the old one says what took its place."""
    old = house.issue()
    house.at += timedelta(days=1)
    holders = (Holder(firm(1), "001", "演示企业一新名称有限公司"),)
    new = house.issue(supersedes=old, act=Step.CHANGE, holders=holders)
    assert new.split(".")[:8] == old.split(".")[:8]
    assert CertificateIdentifier(new).parts.version == "002"
    assert (row_of(house, old).state, row_of(house, old).superseded_by) == ("changed", new)
    assert (row_of(house, new).state, row_of(house, new).supersedes) == ("valid", old)
    with house.database.reading() as session:
        known = [library.known(session, house.parts.keys, row_of(house, each), house.at) for each in (old, new)]
    assert known[0].content.number == known[1].content.number
    assert known[1].content.holders[0].name == "演示企业一新名称有限公司"


def test_the_old_version_stays_valid_until_the_new_one_is_signed(house: Office):
    """A change that was begun and not signed changes nothing for those who use the certificate."""
    old = house.issue()
    house.begin(house.asked(supersedes=old, act=Step.CHANGE))
    assert row_of(house, old).state == "valid"


def test_a_change_that_is_given_up_leaves_the_old_version_to_be_changed_again(house: Office):
    """Nothing stays blocked by a draft."""
    old = house.issue()
    waiting = house.begin(house.asked(supersedes=old, act=Step.CHANGE))
    with house.database.transaction() as session:
        issuing.discard(session, library.certificate_of(session, waiting), "演示", WINDOW, house.at)
    assert row_of(house, old).superseded_by is None
    assert row_of(house, waiting).state == "discarded"


def test_an_old_version_cannot_be_changed(house: Office):
    """Whoever worked on the old one is told that there is a newer."""
    old = house.issue()
    house.issue(supersedes=old, act=Step.CHANGE)
    with pytest.raises(ChangedSince):
        house.issue(supersedes=old, act=Step.RENEW)


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.REVOKE, Step.CANCEL])
def test_a_certificate_that_is_not_valid_cannot_be_changed(house: Office, step: Step):
    """It would come alive again by the back door."""
    old = house.issue()
    with house.database.transaction() as session:
        library.take(session, library.certificate_of(session, old), step, "演示", WINDOW, house.at)
    with pytest.raises(CertificateStepNotAllowed):
        house.issue(supersedes=old, act=Step.CHANGE)


def test_another_organ_changes_nothing(house: Office):
    """Neither by a version nor by word."""
    old = house.issue()
    with pytest.raises(NotTheIssuer):
        house.issuer(by=STRANGER).issue(house.asked(supersedes=old, act=Step.CHANGE))
    with house.database.transaction() as session, pytest.raises(NotTheIssuer):
        library.take(session, library.certificate_of(session, old), Step.REVOKE, "演示", STRANGER, house.at)
    assert row_of(house, old).state == "valid"


def test_enforcement_freezes_what_it_did_not_issue(house: Office):
    """Freezing is no act of the issuer's, and the issuer can still revoke."""
    police = Caller("person", "officer", "officer", STRANGER.organisation, frozenset({"authority"}))
    identifier = house.issue()
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier)
        library.take(session, row, Step.FREEZE, "演示执法文书1号", police, house.at)
        assert library.standing_of(row, house.today) is Standing.FROZEN
        library.take(session, row, Step.REVOKE, "演示", WINDOW, house.at)
        assert row.state == "revoked"


def test_how_it_stood_on_a_day_is_told_from_its_events(house: Office):
    """A revocation counts from the day that it names."""
    begun = house.today
    identifier = house.issue()
    house.at += timedelta(days=30)
    with house.database.transaction() as session:
        row = library.certificate_of(session, identifier)
        library.take(session, row, Step.REVOKE, "演示", WINDOW, house.at)
    with house.database.reading() as session:
        row = library.certificate_of(session, identifier)
        told = [library.standing_at(session, row, begun + timedelta(days=days)) for days in (-1, 0, 29, 30)]
    assert told == [None, Standing.VALID, Standing.VALID, Standing.REVOKED]


def test_a_certificate_expires_and_falls_due_by_itself(house: Office):
    """Nobody does anything when a day is over."""
    row = row_of(house, house.issue())
    assert row.review_due is not None
    days = (row.valid_from - timedelta(days=1), row.review_due, row.review_due + timedelta(days=1), row.valid_until)
    told = [library.standing_of(row, each) for each in (*days, row.valid_until + timedelta(days=1))]
    assert told == [Standing.NOT_YET, Standing.VALID, Standing.REVIEW_DUE, Standing.REVIEW_DUE, Standing.EXPIRED]


def test_holders_find_their_certificates_by_code_and_kind(house: Office):
    """Not by name, and not by the same digits of another kind."""
    first, second = house.issue(), house.issue(holders=(Holder(firm(2), "001", "演示企业2有限公司"),))
    with house.database.reading() as session:
        keys = house.parts.keys
        assert [each.identifier for each in library.held(session, keys, "001", firm(1))] == [first]
        assert [each.identifier for each in library.held(session, keys, "001", firm(2), HYGIENE.code)] == [second]
        assert library.held(session, keys, "099", firm(1)) == []
        assert library.held(session, keys, "001", firm(2), TRACTOR.code) == []
        assert library.numbered(session, keys, HYGIENE.code, "没有这个编号") is None


def test_a_face_that_cannot_be_drawn_stops_before_the_seal(house: Office):
    """The draft is kept; no use of the seal is on record."""
    lacking = next(chr(each) for each in range(0x30000, 0x3134B) if not typeface().has(chr(each)))
    with pytest.raises(FaceNotDrawn) as refused:
        house.issue(holders=(Holder(firm(1), "001", f"演示{lacking}公司"),))
    assert (refused.value.first, refused.value.first_code) == ("CZZT", "glyph-missing")
    assert count(house, CertificateFile) == 0
    assert count(house, SealUse) == 0


def test_a_photograph_is_kept_and_drawn(house: Office):
    """A card's type, with a person's number."""
    asked = house.asked()
    card = replace(asked, type=TRACTOR.code, draft=draft(TRACTOR, issued_on=house.today, valid_from=house.today))
    identifier = house.issuer().issue(card)
    with house.database.reading() as session:
        assert [each.identifier for each in library.held(session, house.parts.keys, "111", person(1))] == [identifier]


def test_many_at_once_collide_in_nothing(house: Office):
    """Eight clerks with four numbers and four cases: each number and each case has one certificate."""
    outcomes: Counter[str] = Counter()

    def clerk(place: int) -> None:
        number = f"演卫公证字〔2026〕第32090000{place % 4:04d}号"
        for case in range(4):
            try:
                house.issue(f"演办{case}-{place % 4}", number=number)
                outcomes["issued"] += 1
            except DomainError as refused:
                outcomes[refused.code] += 1

    clerks = [threading.Thread(target=clerk, args=(place,)) for place in range(8)]
    for each in clerks:
        each.start()
    for each in clerks:
        each.join()
    assert set(outcomes) <= {"issued", "certificate-number-taken", "database-busy"}
    with house.database.reading() as session:
        rows = list(session.scalars(select(Certificate)))
        latest = set(session.scalars(select(CertificateNumber.latest)))
    assert len({each.number_hash for each in rows}) == len(rows) == 4
    assert latest == {each.identifier for each in rows}
    assert {each.state for each in rows} <= {"valid", "to-be-signed"}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("step", list(Step))
def test_a_step_goes_where_the_drawing_says_or_nowhere(state: State, step: Step):
    """The drawing at the top of the module is the whole of it."""
    drawn = {
        ("to-be-signed", "sign"): "valid",
        ("to-be-signed", "discard"): "discarded",
        ("to-be-signed", "stage"): "staged",
        ("staged", "publish"): "valid",
        **{(each, "roll-back"): "cancelled" for each in ("staged", "scanned", "valid", "suspended", "frozen")},
        ("valid", "suspend"): "suspended",
        ("suspended", "resume"): "valid",
        ("valid", "freeze"): "frozen",
        ("suspended", "freeze"): "frozen",
        ("frozen", "unfreeze"): "valid",
        ("valid", "review"): "valid",
        ("valid", "change"): "changed",
        ("valid", "renew"): "renewed",
        ("valid", "transfer"): "transferred",
        **{(each, "revoke"): "revoked" for each in ("valid", "suspended", "frozen")},
        **{(each, "cancel"): "cancelled" for each in ("valid", "suspended", "frozen")},
    }
    target = drawn.get((state.value, step.value))
    if target is None:
        with pytest.raises(CertificateStepNotAllowed):
            life.after(state, step)
    else:
        assert life.after(state, step).value == target
