"""Public keys as JWK and PEM: two kinds, one form, and nothing that points elsewhere."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.errors import KeyDoesNotFit
from keys.parties import jwk
from keys.parties.errors import PrivateKeyOffered, UnfitJwk
from keys.parties.key_signatures import ES256, KEY_SIGNATURES, SM2SM3
from tests.keys.parties.builders import b64

KEYS = {kind: asymmetric.generated(kind) for kind in KEY_SIGNATURES}
P256, SM2 = jwk.written(KEYS[KeyKind.P256].public), jwk.written(KEYS[KeyKind.SM2].public)


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_key_written_and_read_is_the_same(kind: KeyKind):
    public = KEYS[kind].public
    assert jwk.read(jwk.written(public)).spki == public.spki
    assert jwk.read_pem(asymmetric.public_key_pem(public)).spki == public.spki


def test_another_library_reads_the_same_key_and_names_it_the_same():
    theirs = ECKey.import_key(dict(P256))
    assert theirs.as_der() == KEYS[KeyKind.P256].public.spki
    assert theirs.thumbprint() == jwk.thumbprint(KEYS[KeyKind.P256].public)


def test_an_sm2_key_is_named_by_the_rule_of_rfc_7638():
    members = json.dumps({name: SM2[name] for name in ("crv", "kty", "x", "y")}, separators=(",", ":"))
    assert jwk.thumbprint(KEYS[KeyKind.SM2].public) == b64(hashlib.sha256(members.encode()).digest())


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"kty": "EC"},
        {**P256, "kty": "RSA"},
        {**P256, "kty": "OKP"},
        {**P256, "crv": "P-384"},
        {**P256, "crv": "p-256"},
        {**P256, "crv": "SM2"},
        {**SM2, "crv": "P-256"},
        {**P256, "crv": ["P-256"]},
        {**P256, "x": ""},
        {**P256, "x": P256["x"][:-2]},
        {**P256, "x": P256["x"] + "AA"},
        {**P256, "x": P256["x"] + "="},
        {**P256, "x": 5},
        {**P256, "x": "é"},
        {**P256, "x": None},
        {**P256, "x": b64(bytes(32)), "y": b64(bytes(32))},
        {**SM2, "x": b64(b"\xff" * 32)},
        {**P256, "y": P256["x"]},
        {**P256, "x5c": ["MIIB"]},
        {**P256, "x5t": "AAAA"},
        {**P256, "use": "enc"},
        {**P256, "key_ops": ["sign"]},
        {**P256, "alg": "SM2SM3"},
        {"keys": [P256]},
    ],
)
def test_what_is_no_key_of_ours_is_refused(told: dict[str, Any]):
    with pytest.raises(UnfitJwk):
        jwk.read(told, "ES256")


@pytest.mark.parametrize("told", [{**P256, "d": "AAAA"}, {"kty": "RSA", "d": "x"}, {"d": None}])
def test_a_private_key_is_called_one(told: dict[str, Any]):
    with pytest.raises(PrivateKeyOffered):
        jwk.read(told)


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "kid", "use", "alg"]), st.text(max_size=50)))
def test_any_members_are_a_key_or_a_refusal(told: dict[str, str]):
    with pytest.raises(UnfitJwk):
        jwk.read(told)


@given(st.binary(max_size=100))
def test_any_bytes_are_a_key_or_a_refusal(text: bytes):
    with pytest.raises((UnfitJwk, PrivateKeyOffered)):
        jwk.read_pem(text)


@given(st.binary(max_size=200))
def test_a_signature_fits_its_message_and_its_key_alone(message: bytes):
    for way in (ES256, SM2SM3):
        key = KEYS[way.kind]
        value = way.sign(key, message)
        assert len(value) == 64
        assert way.verify(key.public, value, message)
        assert not way.verify(key.public, value, message + b"x")
        assert not way.verify(asymmetric.generated(way.kind).public, value, message)


@given(st.binary(max_size=70))
def test_any_bytes_are_no_signature(value: bytes):
    for way in (ES256, SM2SM3):
        assert not way.verify(KEYS[way.kind].public, value, b"message")


def test_a_key_of_the_other_kind_does_not_fit():
    for way, other in ((ES256, KeyKind.SM2), (SM2SM3, KeyKind.P256)):
        with pytest.raises(KeyDoesNotFit):
            way.verify(KEYS[other].public, bytes(64), b"")
        with pytest.raises(KeyDoesNotFit):
            way.sign(KEYS[other], b"")
