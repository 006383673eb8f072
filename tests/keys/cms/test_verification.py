"""What is wrong with a signature is told apart, for every kind of key, and no altered bit is ever right."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import algorithms
from keys.algorithms import backends, der, international
from keys.algorithms.algorithm import KeyKind
from keys.cms import attributes, numbers, writing
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import CMS, FIELD, FIELD_WITH_RAW, STRICT
from keys.cms.signed_data import SignedData
from keys.cms.verification import Digested, Outcome, SignatureFinding, findings, holds_digest, verify
from keys.errors import VerifyingUnavailable
from tests.builders import pki
from tests.keys.cms.builders import MESSAGE, Draft, tag, written

SIGNER = pki.chain().signer
SIGNERS = {kind: pki.chain(kind).signer for kind in pki.KINDS}
DIGESTS = {KeyKind.SM2: "sm3", KeyKind.ED25519: "sha-512", KeyKind.P384: "sha-384"}
SHA1 = der.sequence(der.oid("1.3.14.3.2.26"))
MD5_RSA = der.sequence(der.oid("1.2.840.113549.1.1.4"), der.null())


def draft(kind: KeyKind, **peculiar) -> Draft:
    signer = SIGNERS[kind]
    named = pki.ALGORITHMS[kind].identifier
    usual = Draft(signer, family=CMS, digest=DIGESTS.get(kind, "sha-256"), algorithm=named)
    return replace(usual, **peculiar)


def judged(asked: Draft, message: bytes | Digested = MESSAGE, profile=STRICT) -> SignatureFinding:
    signed = SignedData.of(written(asked), profile)
    return verify(signed.signers[0], asked.signer.certificate, message)


@pytest.mark.parametrize("kind", pki.KINDS)
@pytest.mark.parametrize("with_attributes", [True, False], ids=["attributes", "bare"])
def test_every_kind_of_key_signs(kind: KeyKind, with_attributes: bool):
    asked = draft(kind, attributes=() if with_attributes else None)
    good = judged(asked)
    assert (good.outcome, good.intact, good.right) == (Outcome.OK, True, True)
    altered = judged(asked, MESSAGE + b"!")
    assert altered.outcome is (Outcome.HASH if with_attributes else Outcome.CRYPTO)
    assert altered.intact is False
    assert altered.right is with_attributes


@pytest.mark.parametrize("kind", pki.KINDS)
def test_a_spoilt_signature_leaves_the_content_intact(kind: KeyKind):
    found = judged(draft(kind, spoil=lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,))))
    assert (found.outcome, found.intact, found.right) == (Outcome.CRYPTO, True, False)


def test_both_wrong_is_told_as_both():
    found = judged(draft(KeyKind.SM2, spoil=lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,))), b"other")
    assert (found.outcome, found.intact, found.right) == (Outcome.HASH, False, False)


def test_another_key_of_the_same_name_is_wrong():
    other = pki.root(whose="another").issues(serial=SIGNER.certificate.serial)
    imposed = (
        pki.chain()
        .root.authority(path_length=0, whose="演示中间 CA")
        .issues(whose="thief", serial=SIGNER.certificate.serial)
    )
    signed = SignedData.of(written(Draft(SIGNER)))
    assert verify(signed.signers[0], other.certificate, MESSAGE).outcome is Outcome.ANOTHER_CERTIFICATE
    assert verify(signed.signers[0], imposed.certificate, MESSAGE).outcome is Outcome.CRYPTO


def test_of_two_certificates_of_one_name_the_right_one_is_found():
    imposed = (
        pki.chain()
        .root.authority(path_length=0, whose="演示中间 CA")
        .issues(whose="thief", serial=SIGNER.certificate.serial)
    )
    data = written(Draft(SIGNER, certificates=[imposed.der, SIGNER.der]))
    (found,) = findings(SignedData.of(data), MESSAGE)
    assert (found.ok, found.certificate) == (True, SIGNER.certificate)


# With the digest alone


@pytest.mark.parametrize("kind", pki.KINDS)
def test_the_digest_is_enough_where_there_are_attributes(kind: KeyKind):
    digest = algorithms.digest(DIGESTS.get(kind, "sha-256"))
    assert judged(draft(kind), Digested(digest.name, digest.of(MESSAGE))).ok
    assert judged(draft(kind), Digested(digest.name, digest.of(b"other"))).outcome is Outcome.HASH
    another = "sm3" if kind is not KeyKind.SM2 else "sha-256"
    unchecked = judged(draft(kind), Digested(another, bytes(32)))
    assert (unchecked.outcome, unchecked.reason) == (Outcome.UNCHECKED, "another-digest-needed")


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (KeyKind.RSA, Outcome.OK),
        (KeyKind.P256, Outcome.OK),
        (KeyKind.SM2, Outcome.UNCHECKED),
        (KeyKind.ED25519, Outcome.UNCHECKED),
    ],
)
def test_without_attributes_some_need_the_whole_message(kind: KeyKind, outcome: Outcome):
    digest = algorithms.digest(DIGESTS.get(kind, "sha-256"))
    found = judged(draft(kind, attributes=None), Digested(digest.name, digest.of(MESSAGE)))
    assert found.outcome is outcome
    assert found.reason == ("" if found.ok else "message-needed")


def test_a_digest_of_the_wrong_length_is_no_digest():
    found = judged(draft(KeyKind.RSA, attributes=None), Digested("sha-256", b"short"))
    assert found.outcome is Outcome.UNCHECKED


# Algorithms


@pytest.mark.parametrize(
    "peculiar",
    [
        {"digest_identifier": SHA1, "attributes": None},
        {"digest_identifier": der.sequence(der.oid("1.2.840.113549.2.5"), der.null())},
        {"algorithm": MD5_RSA},
        {"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.5"), der.null())},
    ],
    ids=["sha-1", "md5", "rsa-md5", "rsa-sha-1"],
)
def test_what_is_broken_is_weak_and_not_computed(peculiar: dict):
    found = judged(draft(KeyKind.RSA, **peculiar))
    assert (found.outcome, found.right) == (Outcome.WEAK, None)


@pytest.mark.parametrize(
    ("peculiar", "reason"),
    [
        ({"algorithm": der.sequence(der.oid("1.2.3.4"))}, "1.2.3.4"),
        ({"digest_identifier": der.sequence(der.oid("1.2.3.4"))}, "1.2.3.4"),
        ({"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.12"), der.null())}, "digest-and-signature-differ"),
        ({"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.10"))}, "1.2.840.113549.1.1.10"),
        (
            {"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.11"), der.integer(1))},
            "1.2.840.113549.1.1.11",
        ),
    ],
    ids=["signature", "digest", "unlike", "pss-without-parameters", "parameters"],
)
def test_what_is_not_known_is_unsupported(peculiar: dict, reason: str):
    found = judged(draft(KeyKind.RSA, **peculiar))
    assert (found.outcome, found.reason, found.right) == (Outcome.UNSUPPORTED, reason, None)


def test_the_key_number_of_rsa_goes_with_the_digest_beside_it():
    named = der.sequence(der.oid(numbers.RSA_ENCRYPTION), der.null())
    assert judged(draft(KeyKind.RSA, algorithm=named)).ok


@pytest.mark.parametrize("digest", ["sha-256", "sha-384", "sha-512"])
def test_pss_is_told_by_its_parameters(digest: str):
    algorithm = algorithms.signature(f"rsa-pss-{digest}")
    asked = draft(KeyKind.RSA, by=algorithm, algorithm=algorithm.identifier, digest=digest)
    assert judged(asked).ok
    other = algorithms.signature("rsa-pkcs1-sha-256").identifier
    assert not judged(replace(asked, algorithm=other)).ok


def test_an_algorithm_of_another_kind_of_key_is_told():
    found = judged(draft(KeyKind.SM2, algorithm=international.RSA_SHA256.identifier, digest="sha-256"))
    assert (found.outcome, found.reason) == (Outcome.KEY, "another-kind-of-key")


def test_a_short_rsa_key_is_weak():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - that is the story
    spki = short.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    weak = pki.root(kind=KeyKind.RSA).issues(spki=spki, key_ids=False)
    data = written(draft(KeyKind.RSA, signer=weak))
    (found,) = findings(SignedData.of(data), MESSAGE)
    assert (found.outcome, found.reason) == (Outcome.WEAK, "modulus-length-out-of-range")


def test_a_key_that_is_none_is_told():
    broken = pki.root().issues(spki=der.sequence(der.sequence(der.oid("1.2.3")), der.bits(b"\x04")), key_ids=False)
    (found,) = findings(SignedData.of(written(Draft(broken))), MESSAGE)
    assert found.outcome is Outcome.KEY


def test_no_library_to_verify_with_is_not_a_wrong_signature(monkeypatch: pytest.MonkeyPatch):
    signed = SignedData.of(written(Draft(SIGNER)))

    def none() -> None:
        raise VerifyingUnavailable("nothing")

    monkeypatch.setattr(backends, "verifier", none)
    (found,) = findings(signed, MESSAGE)
    assert (found.outcome, found.reason, found.right) == (Outcome.UNCHECKED, "verifying-unavailable", None)


# What the attributes name


def signing_certificate(certificate: bytes, *, version: int = 2, extra: bytes = b"", algorithm: bytes = b"") -> bytes:
    name = numbers.SIGNING_CERTIFICATE_V2 if version == 2 else numbers.SIGNING_CERTIFICATE
    hashed = hashlib.sha256(certificate).digest() if version == 2 else hashlib.sha1(certificate).digest()  # noqa: S324
    if algorithm:
        hashed = algorithms.digest("sm3").of(certificate)
    return writing.attribute(name, der.sequence(der.sequence(der.sequence(algorithm, der.octets(hashed), extra))))


SM3 = der.sequence(der.oid("1.2.156.10197.1.401"))


@pytest.mark.parametrize("version", [1, 2])
def test_the_certificate_that_the_attributes_name_is_the_one(version: int):
    good = signing_certificate(SIGNER.der, version=version)
    bad = signing_certificate(pki.root().der, version=version)
    assert judged(Draft(SIGNER, more=[good])).ok
    found = judged(Draft(SIGNER, more=[bad]))
    assert (found.outcome, found.reason) == (Outcome.ANOTHER_CERTIFICATE, "signing-certificate-differs")


def test_the_certificate_may_be_named_by_sm3():
    assert judged(Draft(SIGNER, more=[signing_certificate(SIGNER.der, algorithm=SM3)])).ok
    unknown = der.sequence(der.oid("1.2.3"))
    found = judged(Draft(SIGNER, more=[signing_certificate(SIGNER.der, algorithm=unknown)]))
    assert found.outcome is Outcome.UNSUPPORTED


@pytest.mark.parametrize(("right_name", "right_serial"), [(True, True), (True, False), (False, True)])
def test_issuer_and_serial_beside_the_hash_must_fit(right_name: bool, right_serial: bool):
    certificate = SIGNER.certificate
    issuer = certificate.issuer.der if right_name else certificate.subject.der
    serial = certificate.serial + (0 if right_serial else 1)
    extra = der.sequence(der.sequence(tag(0xA4, issuer)), der.integer(serial))
    found = judged(Draft(SIGNER, more=[signing_certificate(SIGNER.der, extra=extra)]))
    assert found.ok is (right_name and right_serial)


def protection(digest: bytes, signature: bytes) -> bytes:
    inner = der.Reader(signature).content(der.SEQUENCE)
    return writing.attribute(numbers.ALGORITHM_PROTECTION, der.sequence(digest, tag(0xA1, inner)))


NATIONAL = der.sequence(der.oid("1.2.156.10197.1.301.1"))


@pytest.mark.parametrize(
    ("attribute", "good"),
    [
        (protection(SM3, NATIONAL), True),
        (protection(der.sequence(der.oid("1.2.156.10197.1.401"), der.null()), NATIONAL), True),
        (protection(SHA1, NATIONAL), False),
        (protection(SM3, international.RSA_SHA256.identifier), False),
        (writing.attribute(numbers.ALGORITHM_PROTECTION, der.sequence(SM3, tag(0xA2, der.oid("1.2")))), False),
    ],
)
def test_algorithms_that_are_protected_must_be_those_used(attribute: bytes, good: bool):
    found = judged(Draft(SIGNER, more=[attribute]))
    assert found.outcome is (Outcome.OK if good else Outcome.ATTRIBUTES)


def test_a_digest_in_the_content_is_told_by_its_form():
    digest = bytes(range(32))
    assert holds_digest(digest, digest) == "raw"
    assert holds_digest(b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", digest) == "base64"
    assert holds_digest(digest[::-1], digest) is None
    assert holds_digest(b"", digest) is None


# Any change

GOOD = written(Draft(SIGNER))
READ = SignedData.of(GOOD)


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 7), st.sampled_from([STRICT, FIELD, FIELD_WITH_RAW]))
@settings(max_examples=1000, deadline=None)
def test_a_flipped_bit_never_makes_another_message_right(place: int, bit: int, profile: numbers.Profile):
    """Whatever still verifies says the same of the same content under the same key."""
    data = bytearray(GOOD)
    data[place] ^= 1 << bit
    try:
        signed = SignedData.of(bytes(data), profile)
    except (MalformedSignedData, NoSigner):
        return
    for found in findings(signed, MESSAGE, [SIGNER.certificate]):
        if found.ok:
            told = signed.signers[0].attributes
            assert isinstance(told, attributes.SignedAttributes)
            assert told == READ.signers[0].attributes
            assert signed.signers[0].signature == READ.signers[0].signature
            assert found.certificate is not None  # which may be altered, as its authority's signature will tell
            assert found.certificate.spki == SIGNER.certificate.spki
    for found in findings(signed, b"other", [SIGNER.certificate]):
        assert not found.ok
