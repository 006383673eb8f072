"""The door of public verification: any bytes get a report, nothing stays on the disk, nobody is called."""

import io
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as some
from lxml import etree

import app
from base import clock
from base.db import Base, Database, DatabaseSettings, connect
from keys.signers.software import SoftwareSigner
from signing import etsi
from signing.verification_schemas import VerificationSchema
from signing.verification_wiring import ReportSeal, Said
from signing.workers.pool import Workers
from tests.builders import ofd_hostile, pdf, seals
from tests.rooms import Door
from tests.signing import verifiers
from tests.signing.verifiers import LIMIT

HOUR = timedelta(hours=1)
MIME = "multipart/form-data; boundary=b"
FONT = next(Path("/usr/share/fonts").rglob("NotoSansCJK-Regular.ttc"), None)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with verifiers.staff() as found:
        yield found


@pytest.fixture
def door(database: Database, workers: Workers) -> Door:
    return verifiers.door(database, workers)


def post(door: Door, document: bytes, path: str = "/verifications", **told: Any) -> Any:
    return door.call(None, "POST", path, data=document, **told)


def form(**parts: Any) -> dict[str, Any]:
    return {"data": parts, "content_type": "multipart/form-data"}


def report(response: Any) -> Any:
    assert response.status_code == 200, response.text
    return response.json


def refused(response: Any, status: int, code: str) -> Any:
    assert (response.status_code, response.json["code"]) == (status, code), response.text
    assert response.json["cause"]
    assert response.json["fix"]
    return response.json


def test_a_sealed_document_is_valid_and_its_report_can_be_fetched_again(door: Door):
    told = report(post(door, seals.ofd(), "/verifications?name=a.ofd"))
    assert told["verdict"] == "valid"
    assert told["document"]["name"] == "a.ofd"
    again = report(door.call(None, "GET", f"/verifications/{told['id']}"))
    assert again == {name: each for name, each in told.items() if name not in {"previews", "seal_pictures"}}


def test_pictures_are_in_the_answer_and_nowhere_else(door: Door):
    told = report(post(door, seals.ofd()))
    (page,) = told["previews"]
    assert page["image"].startswith("data:image/png;base64,")
    assert (page["page"], page["pages"]) == (1, 2)
    assert page["boxes"]
    again = report(door.call(None, "GET", f"/verifications/{told['id']}"))
    assert "data:image" not in json.dumps(again)


def test_a_changed_document_is_invalid(door: Door):
    document = bytearray(pdf.signed())
    place = document.index(b"startxref")
    assert report(post(door, bytes(document)))["verdict"] in {"indeterminate", "valid"}
    document[place - 200] ^= 1
    assert report(post(door, bytes(document)))["verdict"] in {"invalid", "indeterminate", "unreadable"}


def test_a_form_with_one_file_is_taken_like_the_bytes_themselves(door: Door):
    document = seals.ofd()
    raw = report(post(door, document, "/verifications?name=a.ofd"))
    told = report(door.call(None, "POST", "/verifications", **form(file=(io.BytesIO(document), "x/a.ofd"))))
    same = {"verdict", "document", "signatures", "warnings", "previews"}
    assert {name: told[name] for name in same} == {name: raw[name] for name in same}


def test_bytes_declared_as_a_plain_form_are_bytes(door: Door):
    """As `curl --data-binary` sends them."""
    told = report(post(door, seals.ofd(), content_type="application/x-www-form-urlencoded"))
    assert told["verdict"] == "valid"


def test_name_policy_and_moment_stand_in_the_address_or_in_the_form(door: Door):
    told = report(post(door, b"x", "/verifications?policy=strict&at=2026-01-01T00:00:00Z"))
    assert (told["policy"]["name"], told["verified_at"]) == ("strict", "2026-01-01T00:00:00Z")
    fields = form(file=(io.BytesIO(b"x"), "n.pdf"), policy="strict", name="m.pdf", at="2026-01-01T08:00:00+08:00")
    told = report(door.call(None, "POST", "/verifications", **fields))
    assert (told["policy"]["name"], told["document"]["name"]) == ("strict", "m.pdf")
    assert told["verified_at"] == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    "query", ["policy=lenient", "at=yesterday", "at=2026-01-01T00:00:00", "x=1", "name=" + "n" * 201]
)
def test_what_is_asked_wrongly_is_refused(door: Door, query: str):
    refused(post(door, b"x", f"/verifications?{query}"), 422, "invalid-input")


def test_the_future_is_refused(door: Door):
    later = (clock.now() + HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")
    refused(post(door, b"x", f"/verifications?at={later}"), 422, "moment-not-past")


def test_nothing_is_no_document(door: Door):
    refused(post(door, b""), 400, "no-document")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        b"no boundary at all",
        b"--b\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nnever ends',
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nno filename, so a field\r\n--b--\r\n',
        b'--b\r\nContent-Disposition: form-data; name="other"; filename="a"\r\n\r\nx\r\n--b--\r\n',
        b"--b\r\n\r\nno headers\r\n--b--\r\n",
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n'
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\ny\r\n--b--\r\n'
        ),
    ],
    ids=["empty", "no-part", "no-boundary", "cut", "unending", "empty-file", "field", "other", "bare", "two"],
)
def test_an_empty_or_broken_form_is_no_document(door: Door, body: bytes):
    refused(post(door, body, content_type=MIME), 400, "no-document")


def test_a_form_without_a_boundary_is_no_document(door: Door):
    refused(post(door, b"x", content_type="multipart/form-data"), 400, "no-document")


def test_a_document_over_the_limit_is_refused_and_one_at_the_limit_is_not(door: Door):
    assert report(post(door, bytes(LIMIT)))["verdict"] == "unreadable"
    refused(post(door, bytes(LIMIT + 1)), 413, "document-too-large")
    refused(
        door.call(None, "POST", "/verifications", **form(file=(io.BytesIO(bytes(LIMIT + 1)), "a"))),
        413,
        "document-too-large",
    )
    assert post(door, bytes(LIMIT + 100_000)).status_code == 413


def test_a_body_over_the_limit_that_names_no_length_is_refused(door: Door):
    chunks = {"input_stream": io.BytesIO(bytes(LIMIT * 2)), "environ_base": {"wsgi.input_terminated": True}}
    assert door.call(None, "POST", "/verifications", **chunks).status_code == 413


@pytest.fixture(scope="module")
def open_door(tmp_path_factory: pytest.TempPathFactory, workers: Workers) -> Iterator[Door]:
    """A door that stays open for many examples."""
    file = tmp_path_factory.mktemp("door") / "door.db"
    database = connect(DatabaseSettings(url=f"sqlite:///{file}"), app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    yield verifiers.door(database, workers)
    database.close()


HEADS = some.sampled_from(
    [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\x89PNG", b"<?xml?>", seals.ofd()[:3000], pdf.signed()[:5000]]
)


@examples(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(HEADS, some.binary(min_size=1, max_size=2000))
def test_any_bytes_whatever_get_a_report(open_door: Door, head: bytes, rest: bytes):
    told = report(post(open_door, head + rest))
    assert told["verdict"] in {"valid", "invalid", "indeterminate", "unsigned", "unreadable"}
    assert told["verdict"] != "valid" or (head + rest) in {seals.ofd(), pdf.signed()}


@pytest.mark.parametrize("name", sorted(ofd_hostile.BOMBS))
def test_a_bomb_is_answered_and_the_next_document_is_verified(open_door: Door, workers: Workers, name: str):
    bomb = ofd_hostile.BOMBS[name]()
    if len(bomb) > LIMIT:
        refused(post(open_door, bomb), 413, "document-too-large")
        return
    assert report(post(open_door, bomb))["verdict"] != "valid"
    assert len(workers.pids) <= verifiers.LIMITS.processes


def test_two_are_verified_at_once(open_door: Door):
    documents = [seals.ofd(), pdf.signed(), b"nothing", seals.ofd(1)] * 3
    with ThreadPoolExecutor(4) as threads:
        told = [report(each) for each in threads.map(lambda each: post(open_door, each), documents)]
    assert [each["document"]["bytes"] for each in told] == [len(each) for each in documents]
    assert [each["verdict"] for each in told[:4]] == [each["verdict"] for each in told[4:8]]
    assert len({each["id"] for each in told}) == len(told)


def test_a_busy_verifier_says_so_and_that_it_may_be_asked_again(database: Database):
    limits = replace(verifiers.LIMITS, processes=1, waiting=0)
    with verifiers.staff(limits) as busy:
        busy._free.acquire()
        told = refused(post(verifiers.door(database, busy), b"x"), 503, "verifier-busy")
        assert told["retryable"] is True
        busy._free.release()


def test_a_verifier_that_cannot_start_says_so(database: Database):
    with verifiers.staff(module="tests.signing.no_such_module") as broken:
        assert refused(post(verifiers.door(database, broken), b"x"), 503, "verifier-unavailable")["retryable"] is True


def test_nothing_of_a_document_is_left_on_the_disk(
    database: Database, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Every file of the temporary folders and of the process' own is looked at, before and after."""
    watched = tmp_path / "watched"
    watched.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(watched))
    door = verifiers.door(database, workers, document_bytes=16 << 20)
    mark = b"a-mark-that-nothing-else-has"
    big = mark * 300_000
    assert report(post(door, big))["verdict"] == "unreadable"
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.pdf"\r\n\r\n'
    assert report(post(door, head + big + b"\r\n--b--\r\n", content_type=MIME))["verdict"] == "unreadable"
    assert list(watched.iterdir()) == []
    assert all(mark not in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_an_unknown_id_is_missing_everywhere(door: Door):
    for rest in ("", "/report.pdf", "/report.xml"):
        refused(door.call(None, "GET", f"/verifications/{'x' * 22}{rest}"), 404, "no-such-verification")


def test_a_report_is_gone_after_its_day(door: Door, monkeypatch: pytest.MonkeyPatch):
    told = report(post(door, b"x"))
    later = clock.now() + 25 * HOUR
    monkeypatch.setattr(clock, "now", lambda: later)
    for rest in ("", "/report.pdf", "/report.xml"):
        refused(door.call(None, "GET", f"/verifications/{told['id']}{rest}"), 404, "no-such-verification")


def test_the_report_is_there_as_etsi_has_it(door: Door):
    told = report(post(door, seals.ofd()))
    response = door.call(None, "GET", f"/verifications/{told['id']}/report.xml")
    root = etree.fromstring(response.data)
    assert root.tag == f"{{{etsi.NAMESPACE}}}ValidationReport"
    assert b"total-passed" in response.data
    assert response.mimetype == "application/xml"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert "attachment" in response.headers["Content-Disposition"]


@pytest.mark.skipif(FONT is None, reason="no Chinese typeface on this machine")
def test_the_report_is_there_as_a_signed_pdf_that_this_service_verifies(database: Database, workers: Workers):
    """Report key under the usual root: what comes out is handed in again."""
    people = seals.usual()
    seal = ReportSeal("reports", people.signer.certificate, lambda *_: SoftwareSigner(people.signer.key))
    door = verifiers.door(database, workers, seal=seal)
    told = report(post(door, seals.ofd()))
    found = door.call(None, "GET", f"/verifications/{told['id']}/report.pdf")
    assert found.mimetype == "application/pdf"
    assert found.data == door.call(None, "GET", f"/verifications/{told['id']}/report.pdf").data
    assert report(post(door, found.data))["signatures"][0]["cryptographically_valid"] is True


@pytest.mark.skipif(FONT is None, reason="no Chinese typeface on this machine")
def test_without_a_report_key_the_pdf_says_that_it_is_not_signed(door: Door):
    told = report(post(door, seals.ofd()))
    found = door.call(None, "GET", f"/verifications/{told['id']}/report.pdf").data
    with pypdfium2.PdfDocument(found) as opened:
        text = "".join(opened[number].get_textpage().get_text_range() for number in range(len(opened)))
    assert "not signed" in text
    assert report(post(door, found))["verdict"] == "unsigned"


def test_without_a_typeface_there_is_no_pdf_and_it_is_said(database: Database, workers: Workers, tmp_path: Path):
    door = verifiers.door(database, workers, font=tmp_path / "none.otf")
    told = report(post(door, b"x"))
    refused(door.call(None, "GET", f"/verifications/{told['id']}/report.pdf"), 503, "report-font-missing")


def test_the_present_status_of_a_certificate_stands_beside_the_verdict(database: Database, workers: Workers):
    """Revoked today, sealed well: both are said, neither changes the other."""
    status = {
        "identifier": "1.2.156.3005.2", "type": "x", "status": "revoked", "as_of": "2026-11-21T00:00:00Z",
        "source": "local", "superseded_by": None,
    }  # fmt: skip
    door = verifiers.door(database, workers, library_says=lambda *_: Said(status))
    told = report(post(door, seals.ofd()))
    assert (told["verdict"], told["certificate"]["status"]) == ("valid", "revoked")
    assert report(door.call(None, "GET", f"/verifications/{told['id']}"))["certificate"] == status


def test_an_idempotency_key_keeps_no_answer_with_pictures(door: Door):
    key = {"Idempotency-Key": "k" * 20}
    one, two = (report(post(door, b"x", headers=key)) for _ in range(2))
    assert one["id"] != two["id"]


def test_the_shape_is_documented_whole(door: Door):
    told = report(post(door, seals.ofd()))
    assert VerificationSchema().validate(told) == {}
    assert set(told) == set(VerificationSchema().fields)
