"""Partners' schemes: their published answers, what is bound and what is not, and the table that lists them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from base.errors import DomainError
from base.tables import laid_out
from keys.algorithms import international, sm3
from keys.parties.errors import PartnerSignatureRefused, UnfitGatewaySecret
from keys.parties.request_signers import REQUEST_SIGNERS, RequestSigner, Shared, national_gateway, tif
from tests.conftest import AT

VECTORS = Path(__file__).parents[3].parent / "shared" / "vectors" / "codes.json"
SHARED = Shared("00000000-0000-0000-0000-000000000001", "00112233445566778899aabbccddeeff", "s_1100000000000_0001")
EVERY = pytest.mark.parametrize("scheme", REQUEST_SIGNERS.values(), ids=list(REQUEST_SIGNERS))


@pytest.fixture(scope="module")
def vectors() -> dict[str, dict[str, str]]:
    if not VECTORS.exists():
        pytest.skip("the shared vectors are not beside this checkout")
    told: dict[str, dict[str, str]] = json.loads(VECTORS.read_text(encoding="utf-8"))["national_gateway"]
    return told


def test_the_national_gateways_known_signature_is_computed(vectors):
    told = vectors["sign"]
    assert national_gateway.signature(told["sid"], told["rid"], told["rtime"], told["key"]) == told["sign"]


def test_the_national_gateways_known_secret_is_opened_and_sealed(vectors):
    told = vectors["secret"]
    assert national_gateway.opened_secret(told["appKey"], told["ciphertext_base64"]) == told["plaintext"]
    assert national_gateway.sealed_secret(told["appKey"], told["plaintext"]) == told["ciphertext_base64"]


def test_the_known_call_of_the_national_gateway_is_believed_at_its_time(vectors):
    told = vectors["sign"]
    headers = {f"gjgxjhpt_{name}": told[name] for name in ("rid", "sid", "rtime", "sign")}
    at = datetime.fromtimestamp(int(told["rtime"]) / 1000, UTC)
    proven = REQUEST_SIGNERS["national-gateway"].verify(headers, Shared(told["rid"], told["key"], told["sid"]), at)
    assert (proven.caller, proven.service, proven.once) == (told["rid"], told["sid"], told["sign"])


def test_the_x_tif_signature_is_the_upper_case_digest():
    """The answers are those of `printf 1700000000tokennonce1700000000 | openssl dgst -sha256`, and of `-sm3`."""
    assert tif.signature("1700000000", "token", "nonce", international.SHA256) == (
        "BA864FE8CCAB46B8D039E89C91916B5C1701C7A4FDF5BDAB69DA607E34568E9F"
    )
    assert tif.signature("1700000000", "token", "nonce", sm3.SM3) == (
        "BAC58C811A88FD78AEC4E55BB80891B56522C68A415631EE79C1774297011C78"
    )


@EVERY
def test_a_call_that_was_signed_is_believed_and_names_its_caller(scheme: RequestSigner):
    headers = scheme.sign(SHARED, "nonce", AT)
    assert set(headers) == set(scheme.headers)
    assert scheme.caller_in(headers) == SHARED.caller
    proven = scheme.verify(headers, SHARED, AT)
    assert proven.caller == SHARED.caller
    assert proven.until > AT


@EVERY
def test_a_call_of_another_secret_or_caller_is_refused(scheme: RequestSigner):
    headers = scheme.sign(SHARED, "nonce", AT)
    for other in (replace(SHARED, secret="other"), replace(SHARED, caller="other")):
        with pytest.raises(PartnerSignatureRefused, match="signature"):
            scheme.verify(headers, other, AT)


@EVERY
def test_every_header_counts(scheme: RequestSigner):
    headers = scheme.sign(SHARED, "nonce", AT)
    for name in scheme.headers:
        for told in ({**headers, name: headers[name] + "1"}, {**headers, name: ""}):
            with pytest.raises(PartnerSignatureRefused):
                scheme.verify(told, SHARED, AT)
        with pytest.raises(PartnerSignatureRefused):
            scheme.verify({key: value for key, value in headers.items() if key != name}, SHARED, AT)


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("national-gateway", timedelta(minutes=10)),
        ("national-gateway-newer", timedelta(minutes=10)),
        ("national-gateway-legacy", timedelta(hours=24)),
        ("tif", timedelta(seconds=300)),
        ("tif-sm3", timedelta(seconds=300)),
    ],
)
def test_a_call_is_believed_within_its_window_on_both_sides(name: str, window: timedelta):
    scheme, second = REQUEST_SIGNERS[name], timedelta(seconds=1)
    headers = scheme.sign(SHARED, "nonce", AT)
    for at in (AT - window, AT + window):
        assert scheme.verify(headers, SHARED, at).caller == SHARED.caller
    for at in (AT - window - second, AT + window + second):
        with pytest.raises(PartnerSignatureRefused, match="time"):
            scheme.verify(headers, SHARED, at)


@EVERY
def test_a_call_counts_once_but_for_the_legacy_way(scheme: RequestSigner):
    proven = scheme.verify(scheme.sign(SHARED, "nonce", AT), SHARED, AT)
    assert bool(proven.once) is (scheme.name != "national-gateway-legacy")


@EVERY
@given(told=st.lists(st.text(alphabet=st.characters(codec="latin-1"), max_size=20), min_size=4, max_size=4))
def test_any_headers_are_refused_and_never_break(scheme: RequestSigner, told: list[str]):
    with pytest.raises(DomainError):
        scheme.verify(dict(zip(scheme.headers, told, strict=True)), SHARED, AT)


@given(st.text(max_size=40), st.text(min_size=1, max_size=60))
def test_a_sealed_secret_opens_with_its_key(key: str, secret: str):
    assert national_gateway.opened_secret(key, national_gateway.sealed_secret(key, secret)) == secret


@pytest.mark.parametrize("sealed", ["", "x", "AAAA", "é", "A" * 5000, "7VcfVLEtjisrt5ZgntGaCAiv9DGSMhQ/4MKa6MCWcQ8="])
def test_a_secret_that_is_none_is_refused(sealed: str):
    with pytest.raises(UnfitGatewaySecret):
        national_gateway.opened_secret("another key", sealed)


def test_a_name_that_is_used_twice_is_refused():
    with pytest.raises(ValueError, match="tif"):
        laid_out(tif.TIF, tif.TIF)


def test_a_secret_does_not_show_in_a_representation():
    assert SHARED.secret not in repr(SHARED)
