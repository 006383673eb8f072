"""What goes out and comes in: signed requests as the service judges them, problems, and answers read strictly."""

import json
import shutil
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from yinxin_client import (
    SM2SM3,
    BadRequest,
    DataAnswer,
    Fault,
    Holder,
    OpenSSLKey,
    Outcome,
    P256Key,
    Purpose,
    Signer,
    UnreadableAnswer,
    UnsignableRequest,
    UnusableKey,
    key_of,
    read_sandbox,
)
from yinxin_client.request_signing import Unsigned, signed
from yinxin_client.shapes import read

from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.parties import key_signatures, request_signing
from keys.parties.request_signing import Message
from tests.clients.service import KEY, bent, json_answers, refuses

AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
NONCE = "0123456789abcdef"
REASON = {"code": "found", "zh": "有", "en": "there"}
ANSWER: dict[str, Any] = {
    "outcome": "found",
    "reason": REASON,
    "rows": [{"单位名称": "演示饭店"}],
    "next_cursor": None,
    "source": {"mount": "m", "health": "healthy", "as_of": "2026-11-21T02:30:00Z"},
    "usage_id": "u1",
    "receipt": {"url": "/api/v1/receipts/u1"},
}


class House:
    """A signer of the caller's own: here the platform's code, which signs SM2 as a card would."""

    kid = "k2"
    algorithm = SM2SM3

    def __init__(self):
        self.private = asymmetric.generated(KeyKind.SM2)

    def sign(self, message: bytes) -> bytes:
        return key_signatures.SM2SM3.sign(self.private, message)


def judged(request: Unsigned, signer: Signer, public, nonce: str = NONCE) -> str:
    """Let the service's own code judge the signature; give the canonical string that it holds for."""
    headers = {"content-type": "application/json", **signed(request, signer, nonce, int(AT.timestamp()))}
    message = Message.of_url(request.method, "https://yinxin.example" + request.target, headers, request.body)
    return request_signing.judge(message, lambda _kid: public, AT, basis_needed=bool(request.basis)).canonical


def spki(key: P256Key):
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return asymmetric.public_key(key._private.public_key().public_bytes(*form))


REQUESTS = {
    "a question": Unsigned("POST", "/api/v1/certificate-queries?trace=1", b'{"identifier":"1"}', "2026-001"),
    "a case number in Chinese": Unsigned("POST", "/api/v1/data/d/1", b"{}", "演示 320900/100%"),
    "nothing but a path": Unsigned("GET", "/api/v1/usages", b""),
    "a path that is encoded": Unsigned("GET", "/api/v1/data/%E6%BC%94%2f1?a=%20b&c", b""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_signed_request_is_taken_by_the_service_for_either_algorithm(name: str):
    house = House()
    ours = judged(REQUESTS[name], KEY, spki(KEY))
    theirs = judged(REQUESTS[name], house, house.private.public)
    assert ours.splitlines()[:3] == theirs.splitlines()[:3]
    assert ('"content-digest": sha-256=' in ours) == bool(REQUESTS[name].body) == ('"content-digest": sm3=' in theirs)


@pytest.mark.parametrize("nonce", ['with"quote1234567', "演示演示演示演示演示演示演示演示", ""])
def test_a_nonce_that_would_break_the_header_is_refused(nonce: str):
    with pytest.raises(UnsignableRequest):
        signed(REQUESTS["a question"], KEY, nonce, 1)


def test_a_signed_call_needs_a_key():
    told = {"item_code": "1", "item_name": "n", "stage": "review", "ground": "statutory", "handling_region": "320900"}
    purpose = Purpose.of({**told, "operator": {"kind": "person", "name": "甲", "unit": "窗口"}, "reason": "核验"})
    with bent() as service, pytest.raises(UnsignableRequest):
        service.client.data("d/1", purpose, signed=True)


def test_only_keys_that_the_platform_takes_are_taken(tmp_path, monkeypatch):
    def file(key) -> str:
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = tmp_path / "key.pem"
        path.write_bytes(key.private_bytes(*form))
        return str(path)

    for strange in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        with pytest.raises(UnusableKey):
            key_of(file(strange), "k")
    with pytest.raises(UnusableKey):
        key_of(tmp_path / "none.pem", "k")
    sm2 = tmp_path / "sm2.pem"
    sm2.write_bytes(asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None))
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(UnusableKey, match="openssl"):
        key_of(sm2, "k")
    monkeypatch.undo()
    broken = OpenSSLKey(tmp_path / "none.pem", "k")
    with pytest.raises(UnusableKey):
        broken.sign(b"m")


def test_a_refusal_tells_code_cause_fix_and_every_place():
    errors = [{"pointer": "#/purpose/item_code", "detail": "编码有误"}, {"parameter": "limit", "detail": "过大"}, "odd"]
    with bent(None) as service:
        service.on("/api/v1/verifications", refuses(422, "invalid-input", errors=errors))
        with pytest.raises(BadRequest) as raised:
            service.client.verification("1")
    told = raised.value
    assert (told.status, told.code, told.cause, told.fix, told.request_id) == (422, "invalid-input", "c", "f", "r-1")
    assert told.errors == (Fault("#/purpose/item_code", "编码有误"), Fault("limit", "过大"))
    assert "#/purpose/item_code: 编码有误" in str(told)
    assert service.server.received[0].headers["accept-language"] == "zh-CN"


def test_an_answer_is_read_and_members_that_come_later_do_no_harm():
    answer = read(DataAnswer, {**ANSWER, "something new": 1})
    assert answer.outcome is Outcome.FOUND
    assert answer.rows[0]["单位名称"] == "演示饭店"
    assert answer.source is not None
    assert answer.source.as_of == AT
    assert answer.whole["something new"] == 1
    assert "演示饭店" not in repr(answer)


WRONG = {
    "an outcome that nobody knows": {**ANSWER, "outcome": "perhaps"},
    "no outcome": {name: value for name, value in ANSWER.items() if name != "outcome"},
    "rows that are none": {**ANSWER, "rows": {}},
    "a row that is none": {**ANSWER, "rows": ["x"]},
    "a number for a text": {**ANSWER, "usage_id": 1},
    "a time that is none": {**ANSWER, "source": {**ANSWER["source"], "as_of": "yesterday"}},
    "a reason without words": {**ANSWER, "reason": {"code": "x"}},
}


@pytest.mark.parametrize("name", WRONG)
def test_an_answer_of_another_shape_is_unreadable(name: str):
    with pytest.raises(UnreadableAnswer):
        read(DataAnswer, WRONG[name])


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'"text"'])
def test_an_answer_that_is_no_object_is_unreadable(body: bytes):
    with bent(None) as service:
        service.on("/api/v1/verifications", lambda exchange: exchange.answer(200, body))
        with pytest.raises(UnreadableAnswer):
            service.client.verification("1")


def test_a_list_is_followed_to_its_last_page():
    usage = {
        "at": "2026-11-21T02:30:00Z",
        "directory": "d/1",
        "grant_code": "g",
        "item_code": "1",
        "outcome": "found",
        "reason": "found",
        "rows": 1,
    }
    pages = {
        "/api/v1/usages": {"items": [{**usage, "id": "1"}, {**usage, "id": "2"}], "next_cursor": "c d"},
        "/api/v1/usages?limit=200&cursor=c": {"items": [{**usage, "id": "3"}], "next_cursor": None},
    }
    with bent() as service:
        for path, page in pages.items():
            service.on(path, json_answers(page))
        assert [each.id for each in service.client.usages()] == ["1", "2", "3"]


def test_whose_data_it_is_shows_in_no_log():
    holder = Holder("320102199001010018", "111", "演示甲", acting_for="320102199001010026")
    assert holder.document() == asdict(holder)
    assert not any(text in repr(holder) for text in ("3201", "演示甲"))


def test_a_sandbox_tells_its_magic_holders_as_queries(tmp_path):
    magic = {
        "ending": "0404",
        "holder_code": "320999195103010404",
        "holder_type": "111",
        "holder_name": "演示乙",
        "certificate_type": "T",
    }
    file = tmp_path / "sandbox.json"
    file.write_text(json.dumps({"url": "http://127.0.0.1:1", "clients": [], "magic": [magic]}), encoding="utf-8")
    sandbox = read_sandbox(file)
    (query,) = sandbox.magic.values()
    assert query.document() == {
        "holder": {
            "code": "320999195103010404",
            "type": "111",
            "name": "演示乙",
            "role": "applicant",
            "acting_for": None,
        },
        "certificate_type": "T",
    }
    for told in (lambda: sandbox.purpose, lambda: sandbox.directory, sandbox.credential):
        with pytest.raises(UnreadableAnswer):
            told()
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(UnreadableAnswer):
        read_sandbox(file)
