"""Whatever is sent to a dialect, the dialect's own envelope comes back: no traceback, and nothing of ours."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from base.errors import DomainError, Kind, every_refusal
from certs.dialects import DIALECTS
from certs.dialects.codes import codes
from certs.dialects.dialect import Reading
from certs.life import Standing
from certs.queries.outcomes import WORDS
from exchange.dialects.dialect import Outside, Refusal
from exchange.door.outcomes import Outcome
from tests.certs.dialects.dialect_house import CAUSE, ELEMENTS, TASK, DialectHouse
from tests.conftest import AT

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["0" * 10, "{", "{}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = (
    *("certIdentifier", "useCause", "holderCode", "holderTypeCode", "certTypeCode", "certNo", "qrcode", "certData"),
    *("fileType", "content", "contentType", "expiryTime", "certificateIdentifier", "certificateCopyCause"),
    *("sessionId", "CertificateID", "CertificateType", "CertificateHolderCode", "url", "name", "id", "startDay"),
    *("account", "password", "grantcode", "accessToken", "interfaceName", "certificateHolderName"),
    *("certificateHolderCode", "certificateTypeName", *ELEMENTS, *TASK),
)
MEMBERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)
BODIES = st.one_of(
    st.binary(max_size=40),
    MEMBERS.map(lambda told: json.dumps(told).encode()),
    st.builds(lambda head, data: json.dumps({"head": head, "data": data}).encode(), VALUES, MEMBERS | VALUES),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(BODIES, st.dictionaries(st.sampled_from(["yinxin-basis", "yinxin-item-code"]), st.text(max_size=8), max_size=2))
@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_any_request_is_read_or_refused_with_a_code(name: str, body: bytes, headers: dict[str, str]):
    dialect = DIALECTS[name]
    for path, operation in dialect.operations.items():
        outside = Outside("POST", f"/{path}", headers, body=body)
        for read in (
            lambda told, path=path: dialect.proof(path, told),
            lambda told, operation=operation: operation.read(told, Reading(AT, is_high=bool)),
        ):
            refusal = _refused(read, outside)
            assert refusal is None or codes(name).of_refusal(_refusal(refusal)).words


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_nothing_of_ours_is_without_a_code(name: str):
    told = codes(name)
    assert told.source
    assert told.confidence
    for outcome in Outcome:
        for reason in WORDS:
            assert told.of_outcome(outcome.value, reason).words
    for standing in Standing:
        assert told.of_standing(standing.value).words
    for kind in Kind:
        assert told.of_refusal(Refusal("any", kind, "", "", "", "")).words
    ours = {each.code for each in every_refusal()}
    assert {each.partition("/")[0] for each in told.refusals} <= ours
    assert {*told.outcomes.values(), *told.standings.values(), *told.refusals.values(), *told.kinds.values()} <= set(
        told.codes
    )
    assert set(told.result_of.values()) <= set(told.results)


def test_bad_bodies_come_back_in_the_dialects_envelope(partner: DialectHouse):
    big = b'{"head": {}, "data": "' + b"x" * (256 * 1024) + b'"}'
    bodies: list[bytes] = [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"head": {"accessId": "shandong", "accessId": "x"}}',
        b'{"head": "x", "data": 1}',
        b"\xff\xfe",
        b'{"a": ' + b"[" * 400 + b"]" * 400 + b"}",
        b'{"head": {"accessId": "a\\u0000b", "accessToken": "x"}, "data": {}}',
        big,
    ]
    for prefix, path in (
        ("/dialects/shandong", "queryCertInfo"),
        ("/dialects/national-library", "cert/usage/gb/secRetrieval.do"),
        ("/dialects/fujian", "certificateShare"),
    ):
        for body in bodies:
            answer = partner.open("POST", f"{prefix}/{path}", data=body)
            assert (answer.status_code, answer.mimetype) == (200, "application/json")
            assert str(answer.json["head"]["status"]) in {"11", "12", "102"}, (body[:40], answer.text)
            assert answer.headers["Yinxin-Problem"]
        for method in ("GET", "PUT", "DELETE"):
            answer = partner.open(method, f"{prefix}/x/%2e/y")
            assert str(answer.json["head"]["status"]) == "2"


def test_wrongly_encrypted_and_malformed_data_is_refused_after_the_caller_is_known(partner: DialectHouse):
    """A request whose data is a ciphertext, as answers have it, is refused: requests are not encrypted."""
    wrong: list[Any] = ["04" + "AB" * 120, [], None, 7, {"certIdentifier": {"a": 1}, "useCause": CAUSE}]
    for data in wrong:
        answer = partner.shandong("queryCertInfo", data)
        assert answer.json["head"]["status"] in {12, 102}
    file: dict[str, Any] = {"certTypeCode": "11100000YNX090019T001", "contentType": "base64", "useCause": CAUSE}
    for content in ("not base64", "é", 5, "", ["a"]):
        assert partner.status("verifyFile", {**file, "content": content}) in {12, 102}
    assert partner.status("verifyFile", {**file, "content": "UEs=", "contentType": "hex"}) == 102
    most = 28 * 1024 * 1024
    answer = partner.open("POST", "/dialects/shandong/verifyFile", data=b"x" * (most + 1))
    assert answer.json["head"]["status"] == 102


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=30))
def test_any_word_of_a_cause_is_read_or_refused(text: str):
    dialect = DIALECTS["shandong"]
    body = json.dumps({"head": {}, "data": {"certIdentifier": "1", "useCause": text}}).encode()
    try:
        asked = dialect.operations["queryCertInfo"].read(Outside("POST", "/", {}, body=body), Reading(AT))
    except DomainError:
        return
    assert not asked.cause.given.item_code or text.startswith("{")


def _refused(read: Callable[[Outside], object], outside: Outside) -> DomainError | None:
    try:
        read(outside)
    except DomainError as refusal:
        return refusal
    return None


def _refusal(error: DomainError) -> Refusal:
    return Refusal(error.code, error.kind, str(error.facts.get("reason") or ""), "", "", "")
