"""Copies: made for one use, with what that use may see, under the platform's seal; had once, and told when over."""

import io
import threading
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from base import audit, clock
from base.audit import Search
from base.callers import Caller
from base.db import Database
from certs import library, present_status
from certs.consents import consents
from certs.consents.errors import ConsentNotStanding
from certs.copies import copies, jobs
from certs.copies.copies import Fetched
from certs.copies.errors import CopyLinkSpent, NoCopySeal, NoSuchCopy
from certs.copies.models import Copy
from certs.copies.wiring import Copying, CopySettings
from certs.faces.typefaces import typeface
from certs.life import Step
from certs.queries import permission as permissions
from certs.routes.copies import copy_routes
from exchange.agreements.errors import NotGranted
from exchange.agreements.purposes import Ground
from exchange.door.models import Usage
from exchange.door.outcomes import Outcome
from keys.algorithms.sm3 import SM3
from keys.trust import Anchor, Trust
from signing.edges import Sealer
from signing.policy import DEFAULT
from signing.report import Report, Verdict
from signing.report_json import dump
from signing.verification import verify
from signing.verification_wiring import Verifying
from tests import rooms
from tests.certs.consents import desk
from tests.certs.consents.desk import agreed
from tests.certs.copies import house as houses
from tests.certs.copies.house import STRANGER, WINDOW, CopyHouse
from tests.certs.papers import firm
from tests.rooms import Door
from tests.signing import offices

HOLDERS = {"purpose": desk.purpose(ground=Ground.HOLDER)}


@pytest.fixture
def house(database: Database, tmp_path: Path, at) -> CopyHouse:
    return houses.opened(database, tmp_path, at, typeface())


def fetched(house: CopyHouse, token: str, by: Any = WINDOW) -> Fetched:
    with house.office.database.transaction() as session:
        return copies.fetch(session, house.office.parts.keys, token, by, house.office.at)


def judged(house: CopyHouse, document: bytes) -> Report:
    at = house.office.at
    return verify(document, "copy", Trust(at, (Anchor(offices.authority().certificate),)), DEFAULT, at)


def told(house: CopyHouse, document: bytes) -> dict[str, Any]:
    """Verify as the public does, with what the library adds."""
    verifying = Verifying(
        None,  # type: ignore[arg-type]
        0,
        library_says=present_status.said,
    )
    with house.office.database.reading() as session:
        return verifying.completed(session, dump(judged(house, document)), house.office.at)


def text_of(document: bytes) -> str:
    said: str = pypdfium2.PdfDocument(document)[0].get_textpage().get_text_range()
    return said.replace("\r\n", "")


@pytest.mark.parametrize("form", ["pdf", "ofd"])
def test_a_copy_says_what_it_is_for_and_is_sealed_by_the_platform(house: CopyHouse, form: str):
    identifier = house.office.issue()
    answer = house.copy(identifier, form=form)
    assert (answer.outcome, answer.copy is not None) == (Outcome.FOUND, True)
    document = fetched(house, answer.token).document
    report = judged(house, document)
    assert (report.verdict, len(report.signatures)) == (Verdict.VALID, 1)
    assert report.signatures[0].places[0].page == 1
    with house.office.database.reading() as session:
        row = library.certificate_of(session, identifier)
        (original,) = library.documents(session, house.office.parts.keys, row)
    assert answer.copy is not None
    assert answer.copy.original_sm3 == SM3.of(original.content).hex()
    assert answer.copy.sm3 == SM3.of(document).hex()
    if form == "pdf":
        said = text_of(document)
    else:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            said = archive.read("Doc_0/Pages/Page_0/Content.xml").decode() + archive.read("OFD.xml").decode()
        assert '<ofd:CustomData Name="JZJYXQJZSJ">2026-11-28' in said
    for wanted in ("演示收0001", "演示事项", "演示办理", "平台服务章", answer.copy.original_sm3, "加注件"):
        assert wanted in said, wanted
    assert said.count("仅供演示市") > 20


def test_what_is_not_granted_stands_nowhere_on_a_copy(house: CopyHouse):
    """The room's area and the holder's code are on the certificate, and not in the list."""
    identifier = house.office.issue()
    for form in ("pdf", "ofd"):
        document = fetched(house, house.copy(identifier, form=form).token).document
        with house.office.database.reading() as session:
            known = library.known(
                session, house.office.parts.keys, library.certificate_of(session, identifier), house.office.at
            )
        if form == "pdf":
            said = text_of(document)
        else:
            with zipfile.ZipFile(io.BytesIO(document)) as archive:
                said = "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
        assert known.content.data["address"] in said
        assert firm(1) not in said
        assert "KZ_room_area" not in said
        assert known.content.number in said


def test_a_link_works_once(house: CopyHouse):
    answer = house.copy(house.office.issue())
    with pytest.raises(NoSuchCopy):
        fetched(house, answer.token, STRANGER)
    with pytest.raises(NoSuchCopy):
        fetched(house, answer.token + "x")
    assert fetched(house, answer.token).document.startswith(b"%PDF")
    with pytest.raises(CopyLinkSpent) as refusal:
        fetched(house, answer.token)
    assert refusal.value.reason == "fetched"


def test_a_link_works_for_ten_minutes(house: CopyHouse):
    answer = house.copy(house.office.issue())
    house.office.at += timedelta(minutes=10, microseconds=-1)
    with house.office.database.reading() as session:
        keys = house.office.parts.keys
        assert copies.standing(session, keys, answer.token, WINDOW, house.office.at).fetched_at is None
    house.office.at += timedelta(microseconds=1)
    with pytest.raises(CopyLinkSpent) as refusal:
        fetched(house, answer.token)
    assert refusal.value.reason == "over"


def test_of_two_who_come_at_once_one_has_it(house: CopyHouse):
    answer = house.copy(house.office.issue())
    ended: list[str] = []

    def come() -> None:
        try:
            ended.append(fetched(house, answer.token).format)
        except CopyLinkSpent as refusal:
            ended.append(refusal.reason)

    threads = [threading.Thread(target=come) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(ended) == ["fetched", "fetched", "fetched", "pdf"]


def test_a_copy_is_encrypted_while_it_lies_here_and_cleared_when_its_link_is_over(house: CopyHouse):
    answer = house.copy(house.office.issue())
    assert answer.copy is not None
    with house.office.database.transaction() as session:
        row = session.get_one(Copy, answer.copy.id)
        assert row.content is not None
        assert b"%PDF" not in row.content
        assert answer.token not in repr(vars(row))
        assert copies.clear(session, house.office.at + timedelta(minutes=9)) == 0
        assert copies.clear(session, house.office.at + timedelta(minutes=10)) == 1
        session.expire_all()
        assert session.get_one(Copy, answer.copy.id).content is None
    assert [each.name for each in jobs.JOBS] == ["certs.copies.clear"]


def test_a_copy_is_a_use_on_record(house: CopyHouse):
    identifier = house.office.issue()
    answer = house.copy(identifier)
    with house.office.database.reading() as session:
        row = session.get_one(Usage, answer.usage)
        assert (row.organisation, row.outcome, set(row.fields)) == (
            WINDOW.organisation,
            "found",
            set(houses.GRANTED),
        )
        assert len(audit.search(session, Search(act="copy.made"))) == 1
        assert len(audit.search(session, Search(act="data.used"))) == 1


def test_verification_tells_the_copy_its_end_and_the_certificate_beside_the_seal(house: CopyHouse):
    identifier = house.office.issue()
    document = fetched(house, house.copy(identifier, days=3).token).document
    first = told(house, document)
    assert (first["verdict"], first["certificate"]["status"]) == ("valid", "valid")
    assert first["certificate"]["identifier"] == identifier
    codes = [each["code"] for each in first["warnings"]]
    assert (present_status.COPY in codes, present_status.EXPIRED in codes) == (True, False)
    house.office.at += timedelta(days=3)
    with house.office.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, Step.REVOKE, "演示", offices.WINDOW, house.office.at)
    later = told(house, document)
    assert (later["verdict"], later["certificate"]["status"]) == ("valid", "revoked")
    assert present_status.EXPIRED in [each["code"] for each in later["warnings"]]


def test_the_issuers_own_file_is_told_with_its_certificate(house: CopyHouse):
    identifier = house.office.issue()
    with house.office.database.reading() as session:
        row = library.certificate_of(session, identifier)
        (original,) = library.documents(session, house.office.parts.keys, row)
    report = told(house, original.content)
    assert (report["certificate"]["identifier"], report["certificate"]["source"]) == (identifier, "library:file")
    assert present_status.COPY not in [each["code"] for each in report["warnings"]]


@pytest.mark.parametrize("form", ["pdf", "ofd"])
def test_a_copy_that_was_edited_is_invalid_and_no_copy(house: CopyHouse, form: str):
    document = fetched(house, house.copy(house.office.issue(), form=form).token).document
    if form == "pdf":
        place = document.index(b"stream") + 40
        edited = document[:place] + bytes([document[place] ^ 1]) + document[place + 1 :]
    else:
        edited = rewritten(document, "Doc_0/Pages/Page_0/Content.xml", "演示收0001", "演示收0002")
    report = told(house, edited)
    assert (report["verdict"], report["certificate"]) == ("invalid", None)
    assert present_status.COPY not in [each["code"] for each in report["warnings"]]


def rewritten(document: bytes, part: str, old: str, new: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document)) as source, zipfile.ZipFile(out, "w") as target:
        for each in source.infolist():
            content = source.read(each)
            target.writestr(each, content.replace(old.encode(), new.encode()) if each.filename == part else content)
    return out.getvalue()


def test_who_has_no_grant_gets_none(house: CopyHouse):
    identifier = house.office.issue()
    with pytest.raises(NotGranted):
        house.copy(identifier, purpose=desk.purpose(item_code="000123019999", ground=Ground.STATUTORY))
    with pytest.raises(NotGranted):
        house.copy(identifier, **HOLDERS)


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.REVOKE, Step.CANCEL])
def test_a_certificate_that_is_not_in_force_is_not_copied(house: CopyHouse, step: Step):
    identifier = house.office.issue()
    with house.office.database.transaction() as session:
        row = library.certificate_of(session, identifier, locked=True)
        library.take(session, row, step, "演示", offices.WINDOW, house.office.at)
    answer = house.copy(identifier)
    assert (answer.outcome, answer.reason, answer.copy) == (Outcome.FOUND, "not-in-force", None)
    assert answer.status not in {"", "valid"}


def test_one_that_is_not_there_is_not_found(house: CopyHouse):
    identifier = house.office.begin(house.office.asked())
    answer = house.copy(identifier)
    assert (answer.outcome, answer.reason, answer.copy) == (Outcome.NOT_FOUND, "no-such-certificate", None)


@pytest.mark.parametrize("settings", [CopySettings(seal="x", system="gm"), CopySettings()], ids=["seal", "system"])
def test_without_a_service_seal_nothing_is_made(house: CopyHouse, settings: CopySettings):
    identifier = house.office.issue()
    house.copying = Copying(settings)
    with pytest.raises(NoCopySeal):
        house.copy(identifier)
    with house.office.database.reading() as session:
        assert audit.search(session, Search(act="copy.made")) == []


def test_a_consent_is_not_asked_for_where_the_duty_is_enough(house: CopyHouse):
    number = agreed(house.office)
    house.copy(house.office.issue())
    with house.office.database.reading() as session:
        assert consents.consent_of(session, number).uses == 0


@pytest.fixture
def consenting(house: CopyHouse, monkeypatch: pytest.MonkeyPatch) -> CopyHouse:
    """Open the house where the type asks for the holder's consent."""
    permitted = permissions.permitted

    def asking(*told: Any, **more: Any) -> permissions.Permission:
        return replace(permitted(*told, **more), needs_consent=True)

    monkeypatch.setattr(permissions, "permitted", asking)
    return house


def test_where_consent_is_needed_only_what_was_agreed_to_is_copied(consenting: CopyHouse):
    identifier = consenting.office.issue()
    assert consenting.copy(identifier).reason == "consent-missing"
    number = agreed(consenting.office, scope={houses.HYGIENE.code: ("number", "address")}, most_uses=1)
    answer = consenting.copy(identifier)
    with consenting.office.database.reading() as session:
        assert set(session.get_one(Usage, answer.usage).fields) == {"number", "address"}
        assert consents.consent_of(session, number).uses == 1
    assert consenting.copy(identifier).reason == "consent-missing"


def test_a_consent_withdrawn_while_the_copy_is_sealed_gives_nothing(consenting: CopyHouse):
    office, number = consenting.office, agreed(consenting.office)
    identifier = office.issue()

    def withdrawn() -> None:
        with office.database.transaction() as session:
            row = consents.consent_of(session, number, locked=True)
            consents.withdraw(session, row, "", desk.SECURITY, office.at)

    sealer = consenting.copier().sealer

    def interrupted(by: Caller) -> Sealer:
        withdrawn()
        return sealer(by)

    with pytest.raises(ConsentNotStanding):
        replace(consenting.copier(), sealer=interrupted).make(consenting.asked(identifier))
    with office.database.reading() as session:
        assert session.scalars(select(Copy)).all() == []
        assert session.scalars(select(Usage)).all() == []


@pytest.fixture
def door(house: CopyHouse, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.setattr(clock, "now", lambda: house.office.at)
    sealer = house.sealer(WINDOW)
    parts = house.office.parts, house.gateway, house.copying, sealer.signing, sealer.authority
    return rooms.door(house.office.database, (copy_routes,), (WINDOW, STRANGER, houses.CLERK), *parts)


def test_a_copy_over_http(house: CopyHouse, door: Door):
    identifier = house.office.issue()
    body = {"identifier": identifier, "purpose": desk.purpose_body(ground="statutory"), "format": "ofd"}
    assert door.call(None, "POST", "/certificate-copies", json=body).status_code == 401
    told = door.call("window", "POST", "/certificate-copies", json=body).json
    assert (told["outcome"], told["status"], told["reason"]["code"]) == ("found", "valid", "found")
    link = told["copy"]["link"].removeprefix("/api/v1")
    assert door.call("window", "HEAD", link).status_code == 200
    assert door.call("stranger", "GET", link).status_code == 404
    assert door.call(None, "GET", link).status_code == 401
    file = door.call("window", "GET", link)
    assert SM3.of(file.data).hex() == told["copy"]["sm3"]
    assert (file.mimetype, "no-store" in file.headers["Cache-Control"]) == ("application/ofd", True)
    again = door.call("window", "GET", link)
    assert (again.status_code in {409, 410}, again.json["code"]) == (True, "copy-link-spent")


@pytest.mark.parametrize(
    ("peculiar", "status", "code"),
    [
        ({"identifier": "x"}, 422, "invalid-certificate-identifier"),
        ({"days": 31}, 422, "invalid-input"),
        ({"format": "doc"}, 422, "invalid-input"),
        ({"purpose": {}}, 422, "invalid-input"),
        ({"colour": "red"}, 422, "invalid-input"),
    ],
    ids=["identifier", "days", "format", "purpose", "unknown"],
)
def test_bad_input_is_refused_with_a_code(door: Door, peculiar: dict[str, Any], status: int, code: str):
    body = {"identifier": "1", "purpose": desk.purpose_body(), **peculiar}
    answer = door.call("window", "POST", "/certificate-copies", json=body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
