"""A signed request holds while nothing that it covers is touched, in our hands and in another library's."""

import base64
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from http_message_signatures import HTTPMessageSigner, HTTPMessageVerifier, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ECDSA_P256_SHA256
from hypothesis import given
from hypothesis import strategies as st

from base.errors import DomainError
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey
from keys.parties import request_signing, signature_headers
from keys.parties.errors import (
    ContentDigestMismatch,
    MalformedRequestSignature,
    RequestNotSigned,
    RequestSignatureRefused,
)
from keys.parties.key_signatures import KEY_SIGNATURES
from keys.parties.request_signing import Message
from keys.parties.signature_differences import differences
from keys.parties.signature_headers import Parameters
from tests.conftest import AT

KEYS = {kind: asymmetric.generated(kind) for kind in (KeyKind.SM2, KeyKind.P256)}
MESSAGE = Message(
    "POST", "/api/v1/signatures", "a=1&b=2", {"yinxin-basis": "2026-001", "host": "a.example"}, b'{"a":1}'
)
NONCE = "0123456789abcdef"


def sign(message: Message = MESSAGE, kind: KeyKind = KeyKind.SM2, at: datetime = AT) -> Message:
    added = request_signing.sign(message, KEYS[kind], "k", NONCE, at).headers
    return replace(message, headers={**message.headers, **added})


def judge(message: Message, kind: KeyKind = KeyKind.SM2, at: datetime = AT, **told: bool) -> request_signing.Judged:
    def find(kid: str) -> PublicKey | None:
        return KEYS[kind].public if kid == "k" else None

    return request_signing.judge(message, find, at, **told)


def with_header(message: Message, **headers: str | None) -> Message:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    whole = {**message.headers, **named}
    return replace(message, headers={name: value for name, value in whole.items() if value is not None})


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_signed_request_holds(kind: KeyKind):
    judged = judge(sign(kind=kind), kind, basis_needed=True)
    assert judged.input.components == ("@method", "@path", "@query", "content-digest", "yinxin-basis")
    assert judged.canonical.splitlines()[0] == '"@method": POST'
    assert judged.canonical.splitlines()[2] == '"@query": ?a=1&b=2'


def test_the_canonical_string_is_what_the_documentation_shows():
    assert judge(sign()).canonical == (
        '"@method": POST\n'
        '"@path": /api/v1/signatures\n'
        '"@query": ?a=1&b=2\n'
        '"content-digest": sm3=:1kanbjR858GkwRrP9nYEkozPrwP8Lk+4+q9bKxInYFo=:\n'
        '"yinxin-basis": 2026-001\n'
        '"@signature-params": ("@method" "@path" "@query" "content-digest" "yinxin-basis")'
        f';created={int(AT.timestamp())};nonce="{NONCE}";keyid="k";alg="sm2-sm3"'
    )


@pytest.mark.parametrize("kind", list(KEYS))
@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": "/api/v1/signature"},
        {"path": "/api/v1/signatures/"},
        {"path": "/API/v1/signatures"},
        {"query": "a=1&b=3"},
        {"query": "b=2&a=1"},
        {"query": ""},
        {"body": b'{"a":2}'},
        {"body": b""},
    ],
)
def test_a_request_that_was_changed_does_not_hold(kind: KeyKind, change: dict[str, Any]):
    with pytest.raises((RequestSignatureRefused, ContentDigestMismatch)):
        judge(replace(sign(kind=kind), **change), kind)


@pytest.mark.parametrize(
    "headers",
    [
        {"yinxin_basis": "2026-002"},
        {"yinxin_basis": None},
        {"content_digest": None},
        {"content_digest": "sm3=:AAAA:"},
        {"content_digest": "md5=:AAAA:"},
        {"content_digest": "sm3=7"},
        {"content_digest": 'sm3="x"'},
        {"content_digest": ""},
        {"signature": None},
        {"signature": ""},
        {"signature": "yinxin=::"},
        {"signature": "yinxin=:AAAA:"},
        {"signature": f"yinxin=:{base64.b64encode(bytes(64)).decode()}:"},
        {"signature": "yinxin=abc"},
        {"signature": "other=:AAAA:"},
        {"signature": "yinxin=:AAAA:, yinxin=:AAAA:"},
        {"signature": "yinxin=:AAAA:;a=1"},
        {"signature": "yinxin=:é:"},
        {"signature_input": None},
        {"signature_input": ""},
        {"signature_input": "yinxin"},
        {"signature_input": "yinxin=()"},
        {"signature_input": 'yinxin=("@method" "@path" "@query" "content-digest" "yinxin-basis")'},
        {"signature_input": "x" * 5000},
        {"signature_input": 'yinxin=("@method"'},
    ],
)
def test_headers_that_were_changed_do_not_hold(headers: dict[str, str | None]):
    with pytest.raises(DomainError) as refusal:
        judge(with_header(sign(), **headers))
    assert refusal.value.code in {
        "request-signature-refused",
        "malformed-request-signature",
        "content-digest-mismatch",
    }


INPUT = '("@method" "@path" "@query" "content-digest" "yinxin-basis");created={0};nonce="0123456789abcdef";keyid="k"'


@pytest.mark.parametrize(
    "told",
    [
        '("@method" "@method");created={0}',
        '("@method";req "@path" "@query");created={0};nonce="0123456789abcdef";keyid="k";alg="sm2-sm3"',
        '("@Method");created={0};nonce="0123456789abcdef";keyid="k";alg="sm2-sm3"',
        '("@status");created={0};nonce="0123456789abcdef";keyid="k";alg="sm2-sm3"',
        '("@target-uri");created={0};nonce="0123456789abcdef";keyid="k";alg="sm2-sm3"',
        "(method path query);created={0}",
        '(1 2 3);created={0};nonce="0123456789abcdef";keyid="k";alg="sm2-sm3"',
        INPUT,
        INPUT + ';alg="sm2-sm3";extra=1',
        INPUT + ";alg=sm2-sm3",
        INPUT + ';alg="sm2-sm3";expires="x"',
        INPUT.replace("{0}", '"{0}"') + ';alg="sm2-sm3"',
        INPUT.replace("{0}", "{0}.5") + ';alg="sm2-sm3"',
        INPUT.replace("{0}", "?1") + ';alg="sm2-sm3"',
        INPUT.replace("0123456789abcdef", "short") + ';alg="sm2-sm3"',
        INPUT.replace("0123456789abcdef", "n" * 129) + ';alg="sm2-sm3"',
        INPUT.replace('keyid="k"', 'keyid="../k"') + ';alg="sm2-sm3"',
        INPUT.replace('keyid="k"', "keyid=:AAAA:") + ';alg="sm2-sm3"',
        INPUT + ';alg="sm2-sm3";alg="sm2-sm3"',
        "(" + " ".join(f'"h{number}"' for number in range(40)) + ");created={0}",
    ],
)
def test_a_signature_input_of_another_form_is_malformed(told: str):
    written = "yinxin=" + told.replace("{0}", str(int(AT.timestamp())))
    with pytest.raises(MalformedRequestSignature):
        judge(with_header(sign(), signature_input=written))


def test_another_algorithm_than_the_key_has_is_refused():
    message = sign(kind=KeyKind.P256)
    with pytest.raises(RequestSignatureRefused, match="alg"):
        judge(message, KeyKind.SM2)


def test_a_key_that_nobody_knows_is_refused():
    message = sign()
    with pytest.raises(RequestSignatureRefused, match="keyid"):
        request_signing.judge(message, lambda _kid: None, AT)


@pytest.mark.parametrize(("seconds", "holds"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_request_is_believed_within_five_minutes(seconds: int, holds: bool):
    message = sign(at=AT + timedelta(seconds=seconds))
    if holds:
        assert judge(message).input.created == int(AT.timestamp()) + seconds
    else:
        with pytest.raises(RequestSignatureRefused, match="created"):
            judge(message)


def test_a_request_without_a_signature_is_not_signed():
    with pytest.raises(RequestNotSigned):
        judge(MESSAGE)


def test_a_case_number_that_is_asked_for_must_be_there():
    message = sign(replace(MESSAGE, headers={}))
    judge(message)
    with pytest.raises(RequestSignatureRefused, match="yinxin-basis"):
        judge(message, basis_needed=True)


def signed_over(components: list[str], message: Message = MESSAGE, **told: Any) -> Message:
    """Sign whatever components one likes, as a client would that covers too little."""
    parameters: Parameters = {"created": int(AT.timestamp()), "nonce": NONCE, "keyid": "k", "alg": "sm2-sm3", **told}
    digest = {"content-digest": request_signing.content_digest(message.body, "sm3")}
    whole = replace(message, headers={**message.headers, **digest})
    listed = signature_headers.written(components, parameters)
    text = request_signing.canonical(whole, components, listed)
    value = KEY_SIGNATURES[KeyKind.SM2].sign(KEYS[KeyKind.SM2], text.encode())
    encoded = base64.b64encode(value).decode()
    return with_header(whole, signature_input=f"s={listed}", signature=f"s=:{encoded}:")


ALL = ["@method", "@path", "@query", "content-digest", "yinxin-basis"]


@pytest.mark.parametrize("left_out", ALL)
def test_whatever_must_be_covered_is_missed_when_it_is_not(left_out: str):
    judge(signed_over(ALL))
    with pytest.raises(RequestSignatureRefused, match=f"not covered: {left_out}"):
        judge(signed_over([name for name in ALL if name != left_out]))


def test_more_may_be_covered_and_is_then_protected():
    message = signed_over([*ALL, "@authority"])
    judge(message)
    with pytest.raises(RequestSignatureRefused, match="signature"):
        judge(with_header(message, host="b.example"))


def test_a_covered_header_that_is_not_there_is_malformed():
    message = with_header(signed_over([*ALL, "host"]), host=None)
    with pytest.raises(MalformedRequestSignature):
        judge(message)


def test_a_signature_that_has_expired_is_refused():
    judge(signed_over(ALL, expires=int(AT.timestamp()) + 1))
    with pytest.raises(RequestSignatureRefused, match="expired"):
        judge(signed_over(ALL, expires=int(AT.timestamp())))


def test_every_known_digest_must_fit_and_unknown_ones_are_left_aside():
    both = request_signing.content_digest(MESSAGE.body, "sm3", "sha-256")
    for digest, holds in ((both, True), (f"{both}, sha-999=:AAAA:", True), (f"{both[:-8]}AAAAAAA:", False)):
        components, message = ALL, with_header(MESSAGE, content_digest=digest)
        parameters: Parameters = {"created": int(AT.timestamp()), "nonce": NONCE, "keyid": "k", "alg": "sm2-sm3"}
        listed = signature_headers.written(components, parameters)
        text = request_signing.canonical(message, components, listed).encode()
        value = base64.b64encode(KEY_SIGNATURES[KeyKind.SM2].sign(KEYS[KeyKind.SM2], text)).decode()
        message = with_header(message, signature_input=f"s={listed}", signature=f"s=:{value}:")
        if holds:
            judge(message)
        else:
            with pytest.raises((ContentDigestMismatch, MalformedRequestSignature)):
                judge(message)


def test_control_characters_cannot_stand_in_a_covered_header():
    with pytest.raises(MalformedRequestSignature):
        sign(with_header(MESSAGE, yinxin_basis='1\n"@path": /other'))
    with pytest.raises(MalformedRequestSignature):
        sign(with_header(MESSAGE, yinxin_basis="办件"))


@given(st.binary(max_size=60))
def test_a_decoded_path_has_one_form_and_keeps_it(path: bytes):
    written = request_signing.encoded_path(path)
    assert written.isascii()
    assert request_signing.normal_path(written) == written


@given(st.text(max_size=40), st.text(max_size=40))
def test_two_different_paths_never_look_alike(one: str, other: str):
    if one != other:
        assert request_signing.encoded_path(one.encode("utf-8", "surrogatepass")) != request_signing.encoded_path(
            other.encode("utf-8", "surrogatepass")
        )


@given(st.data())
def test_a_flipped_bit_of_the_signature_never_holds(data: st.DataObject):
    message = SIGNED
    _, value = signature_headers.read(message.headers)
    place = data.draw(st.integers(0, len(value) * 8 - 1))
    broken = bytearray(value)
    broken[place // 8] ^= 1 << (place % 8)
    encoded = base64.b64encode(bytes(broken)).decode()
    with pytest.raises(RequestSignatureRefused, match="signature"):
        judge(with_header(message, signature=f"yinxin=:{encoded}:"))


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200), st.text(max_size=100))
def test_any_text_in_the_headers_is_refused_and_never_breaks(first: str, second: str):
    with pytest.raises(DomainError):
        judge(with_header(MESSAGE, signature_input=first or "x", signature=second))


SIGNED = sign()

# --- another library ----------------------------------------------------------------------------------------------


@dataclass
class Request:
    """A request as http-message-signatures wants it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


class Resolver(HTTPSignatureKeyResolver):
    def __init__(self, private: PrivateKey) -> None:
        self.private = private

    def resolve_private_key(self, key_id: str) -> Any:
        return load_der_private_key(self.private.pkcs8(), password=None)

    def resolve_public_key(self, key_id: str) -> Any:
        return self.resolve_private_key(key_id).public_key()


def test_a_request_signed_by_another_library_holds():
    request = Request("POST", "https://a.example/api/v1/x?a=1", {"Yinxin-Basis": "2026-001"})
    body = b"body"
    request.headers["Content-Digest"] = request_signing.content_digest(body, "sha-256")
    signer = HTTPMessageSigner(signature_algorithm=ECDSA_P256_SHA256, key_resolver=Resolver(KEYS[KeyKind.P256]))
    signer.sign(request, key_id="k", created=AT, nonce=NONCE, covered_component_ids=ALL, use_existing_digest=True)
    message = Message.of_url("POST", request.url, request.headers, body)
    judge(message, KeyKind.P256, basis_needed=True)


def test_a_request_signed_here_holds_for_another_library():
    message = Message.of_url("POST", "https://a.example/api/v1/x?a=1", {"Yinxin-Basis": "2026-001"}, b"body")
    added = request_signing.sign(message, KEYS[KeyKind.P256], "k", NONCE, datetime.now(AT.tzinfo)).headers
    told = {name.title(): value for name, value in {**message.headers, **added}.items()}
    request = Request("POST", "https://a.example/api/v1/x?a=1", told)
    verifier = HTTPMessageVerifier(signature_algorithm=ECDSA_P256_SHA256, key_resolver=Resolver(KEYS[KeyKind.P256]))
    results = verifier.verify(request, max_age=timedelta(minutes=5))
    assert results[0].covered_components['"@path"'] == "/api/v1/x"


# --- differences --------------------------------------------------------------------------------------------------


def test_equal_canonical_strings_differ_nowhere():
    assert differences("a\nb", "a\nb") == []


def test_a_difference_tells_line_column_and_component():
    (found,) = differences('"@method": post\n"@path": /a', '"@method": POST\n"@path": /a')
    assert (found.line, found.column, found.component) == (1, 12, "@method")
    assert "大写" in found.hint["zh"]


def test_missing_and_superfluous_lines_are_differences():
    found = differences('"@method": GET\n', '"@method": GET\n"@path": /')
    assert [(each.line, each.yours, each.ours) for each in found] == [(2, "", '"@path": /')]
    assert "LF" in found[0].hint["en"]
    assert differences('"a": 1\n"b": 2', '"a": 1')[0].ours is None
