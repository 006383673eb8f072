"""Time-stamp tokens: proven only when imprint, content, certificate, signature, time and path are all right."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keys import timestamps
from keys.algorithms import der
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.international import RSA_PSS_SHA256, RSA_SHA384, SHA256, SHA384
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.chain import Demand
from keys.extensions import Usage
from keys.purposes import TIME_STAMPING
from keys.revocation_lists import Reason
from keys.timestamp_errors import MalformedTimeStamp, TimeStampNotGranted, TimeStampUnsupported, TimeStampWrong
from keys.timestamps import Imprint, VerifiedTimeStamp
from keys.trust import Anchor, Trust
from keys.trust_errors import Expired, NoPath, PathFailure, RevokedCertificate, WrongUsage
from tests.builders import pki
from tests.builders.pki import tag
from tests.keys.authority import tokens
from tests.keys.authority.tokens import AT, DIGESTS, MESSAGE, attribute, authority, named_v1, named_v2, token

HERE = Path(__file__).parent / "vectors"
KINDS = (KeyKind.SM2, KeyKind.P256, KeyKind.P384, KeyKind.RSA)
ROOTS = {kind: pki.root(kind=kind) for kind in KINDS}
AUTHORITIES = {kind: authority(ROOTS[kind]) for kind in KINDS}
SM2 = AUTHORITIES[KeyKind.SM2]
NOW = pki.AT


def trusting(*roots: pki.Identity) -> Trust:
    return Trust(NOW, tuple(Anchor(each.certificate) for each in roots))


ALL = trusting(*ROOTS.values())


def verified(data: bytes, kind: KeyKind = KeyKind.SM2, trust: Trust = ALL, at: datetime = NOW) -> VerifiedTimeStamp:
    return timestamps.verify(timestamps.token(data), DIGESTS[kind].of(MESSAGE), trust, at)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_of_every_kind_of_key_proves_the_time(kind: KeyKind):
    """root → time-stamping authority → token."""
    proven = verified(token(AUTHORITIES[kind]), kind)
    assert proven.at == AT
    assert proven.latest == AT
    assert proven.signer == AUTHORITIES[kind].certificate
    assert proven.path.anchor.certificate == ROOTS[kind].certificate
    assert proven.token.info.policy == tokens.POLICY


def test_a_token_that_another_product_made_is_verified():
    """A PDF's SM2 token by another implementation: SM3 without NULL, SM2 under 1.2.156.10197.1.501."""
    root = Certificate.of(_der(HERE / "sm2_token_root.pem"))
    trust = Trust(datetime(2026, 11, 21, 3, tzinfo=UTC), (Anchor(root),))
    found = timestamps.token((HERE / "sm2_token.der").read_bytes())
    imprint = SM3.of((HERE / "sm2_token_message.bin").read_bytes())
    proven = timestamps.verify(found, imprint, trust, trust.as_of)
    assert proven.at == datetime(2026, 11, 21, 2, 27, 40, tzinfo=UTC)
    assert found.info.nonce == 139662752927902973
    with pytest.raises(TimeStampWrong, match="another-imprint"):
        timestamps.verify(found, SM3.of(b"another"), trust, trust.as_of)


def _der(file: Path) -> bytes:
    from keys.algorithms import pem

    return pem.only(file.read_bytes())[1]


@pytest.mark.parametrize(
    "identifier",
    [
        der.sequence(der.oid("1.2.156.10197.1.501")),
        der.sequence(der.oid("1.2.156.10197.1.501"), der.null()),
        der.sequence(der.oid("1.2.156.10197.1.301.1")),
        der.sequence(der.oid("1.2.156.10197.1.301.1"), der.null()),
    ],
)
def test_both_numbers_of_sm2_are_read(identifier: bytes):
    assert verified(token(SM2, algorithm=identifier)).at == AT


def test_rsa_is_read_under_the_keys_own_number_and_with_pss():
    who = AUTHORITIES[KeyKind.RSA]
    rsa = der.sequence(der.oid("1.2.840.113549.1.1.1"), der.null())
    assert verified(token(who, algorithm=rsa), KeyKind.RSA).at == AT
    assert verified(token(who, signed_with=RSA_PSS_SHA256), KeyKind.RSA).at == AT
    made = token(who, digest=SHA384, signed_with=RSA_SHA384, algorithm=rsa)
    proven = timestamps.verify(timestamps.token(made), SHA384.of(MESSAGE), ALL, NOW)
    assert proven.token.digest == SHA384.oids[0]


def test_the_certificate_may_come_with_the_trust_instead_of_the_token():
    made = token(SM2, certificates=())
    with pytest.raises(TimeStampWrong, match="no-signer"):
        verified(made)
    trust = ALL.with_material((SM2.certificate,))
    assert verified(made, trust=trust).at == AT


def test_a_signer_is_named_by_key_identifier_too():
    key_id = SM2.certificate.extensions.subject_key_id or b""
    assert verified(token(SM2, sid=tag(0x80, key_id), signer_version=der.integer(3))).at == AT


def test_the_older_attribute_names_the_certificate_too():
    assert verified(token(SM2, named=[named_v1(SM2.certificate)])).at == AT
    both = [named_v1(SM2.certificate), named_v2(SM2.certificate, SM3, with_issuer=False)]
    assert verified(token(SM2, named=both)).at == AT


def test_fractions_accuracy_ordering_nonce_and_the_authoritys_name_are_read():
    told = {
        "at": tag(0x18, b"20261121013000.25Z"),
        "accuracy": der.sequence(der.integer(2), tag(0x80, b"\x05"), tag(0x81, b"\x01\xf4")),
        "ordering": tag(0x01, b"\xff"),
        "nonce": der.integer(-7),
        "tsa": tag(0xA0, tag(0xA4, SM2.subject)),
        "extensions": tag(0xA1, pki.extension("1.2.3.4", b"\x05\x00")),
    }
    info = verified(token(SM2, **told)).token.info
    assert info.at == datetime(2026, 11, 21, 1, 30, 0, 250000, tzinfo=UTC)
    assert info.accuracy == timedelta(seconds=2, milliseconds=5, microseconds=500)
    assert (info.ordering, info.nonce) == (True, -7)


def test_lists_that_came_with_the_token_are_used():
    root = ROOTS[KeyKind.SM2]
    who = authority(root, crl_points=(pki.point(pki.uri("http://x/crl")),), whose="listed")
    good = root.revocation_der()
    bad = root.revocation_der({who.certificate.serial: (AT - timedelta(hours=1), Reason.KEY_COMPROMISE)})
    imprint = SM3.of(MESSAGE)
    found = timestamps.token(token(who, lists=tag(0xA1, good)))
    assert timestamps.verify(found, imprint, ALL, NOW, Demand.ALWAYS).at == AT
    found = timestamps.token(token(who, lists=tag(0xA1, bad)))
    with pytest.raises(RevokedCertificate):
        timestamps.verify(found, imprint, ALL, NOW, Demand.ALWAYS)


# --- what does not prove ------------------------------------------------------------------------------------------

OTHER = authority(pki.root("演示外人根 CA", whose="outsider root"), whose="outsider")
TWIN = authority(ROOTS[KeyKind.SM2])  # the same key and name under another serial number
EXPIRED = authority(ROOTS[KeyKind.SM2], not_before=NOW - pki.YEAR, not_after=AT - timedelta(minutes=1), whose="old")
LATER = authority(ROOTS[KeyKind.SM2], not_before=NOW, whose="young")
WRONG: dict[str, dict[str, Any]] = {
    "content-changed": {"message_digest": SM3.of(b"other")},
    "signature-wrong": {"spoil": lambda value: value[:-1] + bytes((value[-1] ^ 1,))},
    "another-certificate-named": {"named": [named_v2(OTHER.certificate, SM3)]},
    "another-certificate-named ": {"named": [named_v2(TWIN.certificate, SM3)], "certificates": (SM2.der, TWIN.der)},
    "another-certificate-named  ": {"named": [named_v2(SM2.certificate, SM3, serial=5)]},
    "another-certificate-named   ": {"named": [named_v1(OTHER.certificate), named_v2(SM2.certificate, SM3)]},
    "no-signer's-certificate": {"sid": der.sequence(SM2.certificate.issuer.der, der.integer(7))},
    "no-signer's-certificate ": {"certificates": (OTHER.der,)},
    "another-authority-named": {"tsa": tag(0xA0, tag(0xA4, OTHER.certificate.issuer.der))},
    "another-authority-named ": {"tsa": tag(0xA0, tag(0x86, b"http://x"))},
    "from-the-future": {"at": NOW + timedelta(minutes=6)},
    "digest-and-signature-differ": {"digest": SHA256, "message": MESSAGE},
    "key-not-usable": {"algorithm": der.sequence(der.oid("1.2.840.10045.4.3.2")), "digest": SHA256},
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_token_that_proves_something_else_is_refused(reason: str):
    made = timestamps.token(token(SM2, **WRONG[reason]))
    digest = made.info.imprint.algorithm
    assert digest is not None
    with pytest.raises(TimeStampWrong, match=reason.strip()):
        timestamps.verify(made, digest.of(MESSAGE), ALL, NOW)


def test_a_stamp_on_other_content_is_refused():
    with pytest.raises(TimeStampWrong, match="another-imprint"):
        verified(token(SM2, message=b"other"))


@pytest.mark.parametrize("who", [EXPIRED, LATER])
def test_a_time_outside_the_certificates_period_is_refused(who: pki.Identity):
    with pytest.raises(TimeStampWrong, match="period"):
        verified(token(who))


def test_a_token_of_a_strangers_authority_has_no_path():
    with pytest.raises(NoPath):
        verified(token(OTHER))


def test_a_certificate_that_has_ended_since_is_the_chains_to_refuse():
    who = authority(ROOTS[KeyKind.SM2], not_after=AT + timedelta(minutes=1), whose="ended")
    with pytest.raises(Expired):
        verified(token(who))
    assert verified(token(who), at=AT).at == AT


@pytest.mark.parametrize(
    "peculiar",
    [
        {"extended": None},
        {"extended_critical": False},
        {"extended": (TIME_STAMPING, "1.3.6.1.5.5.7.3.2")},
        {"extended": ("1.3.6.1.5.5.7.3.2",)},
        {"usages": (Usage.KEY_ENCIPHERMENT,)},
        {"authority": True},
    ],
)
def test_a_certificate_for_anything_but_time_stamps_alone_is_refused(peculiar: dict):
    """RFC 3161 2.3: timeStamping, alone and critical."""
    who = authority(ROOTS[KeyKind.SM2], whose=str(sorted(peculiar)), **peculiar)
    with pytest.raises(WrongUsage):
        verified(token(who))


@pytest.mark.parametrize(
    ("peculiar", "algorithm"),
    [
        ({"signer_digest": der.sequence(der.oid("1.3.14.3.2.26"))}, "1.3.14.3.2.26"),
        ({"algorithm": der.sequence(der.oid("1.2.840.113549.1.1.5"))}, "1.2.840.113549.1.1.5"),
        ({"algorithm": der.sequence(der.oid("1.3.101.112"))}, "1.3.101.112"),
    ],
)
def test_an_algorithm_that_is_not_computed_here_is_said_so(peculiar: dict, algorithm: str):
    listed = peculiar.get("signer_digest", der.sequence(der.oid(SM3.oids[0])))
    with pytest.raises(TimeStampUnsupported) as told:
        verified(token(SM2, listed=listed, **peculiar))
    assert told.value.algorithm == algorithm


def test_an_imprint_by_sha_1_is_read_and_never_proven():
    imprint = der.sequence(der.sequence(der.oid("1.3.14.3.2.26"), der.null()), der.octets(bytes(20)))
    found = timestamps.token(token(SM2, imprint=imprint))
    assert found.info.imprint.algorithm is None
    with pytest.raises(TimeStampUnsupported):
        timestamps.verify(found, bytes(20), ALL, NOW)


def test_a_verified_time_stamp_cannot_be_made_by_hand():
    proven = verified(token(SM2))
    with pytest.raises(TypeError):
        VerifiedTimeStamp(proven.token, proven.path)


# --- what is not read ---------------------------------------------------------------------------------------------

_CONTENT = attribute("1.2.840.113549.1.9.3", der.oid("1.2.840.113549.1.9.16.1.4"))
_DIGEST = attribute("1.2.840.113549.1.9.4", der.octets(bytes(32)))
_NAMED = named_v2(SM2.certificate, SM3)
HOSTILE: dict[str, dict[str, Any]] = {
    "version of TSTInfo": {"version": der.integer(2)},
    "no policy": {"policy": b""},
    "policy not an OID": {"policy": der.integer(1)},
    "imprint too short": {"imprint": der.sequence(der.sequence(der.oid(SM3.oids[0])), der.octets(bytes(31)))},
    "imprint empty": {"imprint": der.sequence(der.sequence(der.oid("1.2.3")), der.octets(b""))},
    "imprint with parameters": {
        "imprint": der.sequence(der.sequence(der.oid(SM3.oids[0]), der.integer(1)), der.octets(bytes(32)))
    },
    "serial too long": {"serial": der.integer(1 << 200)},
    "serial not minimal": {"serial": b"\x02\x02\x00\x01"},
    "no time": {"at": b""},
    "UTCTime": {"at": tag(0x17, b"261121013000Z")},
    "time without zone": {"at": tag(0x18, b"20261121013000")},
    "time with offset": {"at": tag(0x18, b"20261121013000+0800")},
    "fraction ending in zero": {"at": tag(0x18, b"20261121013000.10Z")},
    "empty fraction": {"at": tag(0x18, b"20261121013000.Z")},
    "fraction with comma": {"at": tag(0x18, b"20261121013000,1Z")},
    "thirteenth month": {"at": tag(0x18, b"20261321013000Z")},
    "sixtieth second": {"at": tag(0x18, b"20261121013060Z")},
    "year zero": {"at": tag(0x18, b"00001121013000Z")},
    "millis zero": {"accuracy": der.sequence(tag(0x80, b"\x00"))},
    "millis a thousand": {"accuracy": der.sequence(tag(0x80, b"\x03\xe8"))},
    "millis empty": {"accuracy": der.sequence(tag(0x80))},
    "accuracy negative": {"accuracy": der.sequence(der.integer(-1))},
    "accuracy of years": {"accuracy": der.sequence(der.integer(1 << 40))},
    "ordering false": {"ordering": tag(0x01, b"\x00")},
    "ordering one": {"ordering": tag(0x01, b"\x01")},
    "nonce too long": {"nonce": der.integer(1 << 300)},
    "two authority names": {"tsa": tag(0xA0, tag(0x82, b"a"), tag(0x82, b"b"))},
    "critical extension": {"extensions": tag(0xA1, pki.extension("1.2.3.4", b"\x05\x00", critical=True))},
    "empty extensions": {"extensions": tag(0xA1)},
    "more in TSTInfo": {"more": der.null()},
    "content not DER": {"spoil_info": lambda info: info + b"\x00"},
    "content no TSTInfo": {"spoil_info": lambda info: b"\x04\x00"},
    "encapsulated type": {"encap_type": "1.2.840.113549.1.7.1"},
    "content type": {"content_type": "1.2.840.113549.1.7.1"},
    "not signed data": {"signed_data": "1.2.840.113549.1.7.1"},
    "version of SignedData": {"signed_version": der.integer(2)},
    "version of SignerInfo": {"signer_version": der.integer(3)},
    "no signer": {"signers": 0},
    "two signers": {"signers": 2},
    "digest not listed": {"listed": der.sequence(der.oid(SHA256.oids[0]))},
    "no digests": {"listed": b""},
    "no signed attributes": {"attributes": []},
    "no content type": {"attributes": [_DIGEST, _NAMED]},
    "no digest": {"attributes": [_CONTENT, _NAMED]},
    "no certificate named": {"attributes": [_CONTENT, _DIGEST]},
    "attribute twice": {"attributes": [_CONTENT, _DIGEST, _NAMED, _CONTENT]},
    "attribute with two values": {
        "attributes": [
            _CONTENT,
            _NAMED,
            attribute("1.2.840.113549.1.9.4", der.octets(bytes(32)), der.octets(bytes(32))),
        ]
    },
    "attribute without value": {"more_attributes": [attribute("1.2.3.4")]},
    "too many attributes": {"more_attributes": [attribute(f"1.2.3.{n}", der.null()) for n in range(30)]},
    "certificate named by nothing": {"named": [attribute("1.2.840.113549.1.9.16.2.47", der.sequence(der.sequence()))]},
    "issuer named by address": {
        "named": [
            attribute(
                "1.2.840.113549.1.9.16.2.47",
                der.sequence(
                    der.sequence(
                        der.sequence(
                            der.sequence(der.oid(SM3.oids[0])),
                            der.octets(bytes(32)),
                            der.sequence(der.sequence(tag(0x86, b"a")), der.integer(1)),
                        )
                    )
                ),
            )
        ]
    },
    "too many certificates": {"certificates": [SM2.der] * 30},
    "too many lists": {"lists": tag(0xA1, *[der.sequence()] * 30)},
    "unsigned attributes malformed": {"unsigned": tag(0xA1, der.integer(1))},
    "something after": {"after": b"\x00"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_malformed_token_is_refused_as_such(name: str):
    with pytest.raises(MalformedTimeStamp):
        timestamps.token(token(SM2, **HOSTILE[name]))


@pytest.mark.parametrize("data", [b"", b"\x00", b"0", b"\x30\x80\x00\x00", bytes(1 << 20), b"\x30" * 5000])
def test_bytes_that_are_no_token_are_refused(data: bytes):
    for read in (timestamps.token, timestamps.response):
        with pytest.raises(MalformedTimeStamp):
            read(data)


def test_unreadable_certificates_and_lists_in_a_token_are_passed_over():
    made = token(SM2, certificates=[der.sequence(), SM2.der], lists=tag(0xA1, der.sequence()))
    assert verified(made).at == AT


VALID = token(SM2)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(VALID) - 1), st.integers(1, 255))
def test_no_byte_of_a_token_can_be_changed(place: int, change: int):
    """Whatever byte is changed, the token no longer proves: nothing in it is there for no reason."""
    changed = bytearray(VALID)
    changed[place] ^= change
    try:
        proven = verified(bytes(changed))
    except (MalformedTimeStamp, TimeStampWrong, TimeStampUnsupported, PathFailure):
        return
    # Two encodings mean the same: with and without NULL, and the second number of SM2.
    assert proven.at == AT
    assert proven.token.signed == timestamps.token(VALID).signed


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_token_or_refused(data: bytes):
    for read in (timestamps.token, timestamps.response):
        try:
            read(data)
        except (MalformedTimeStamp, TimeStampNotGranted):
            continue


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(VALID)), st.binary(max_size=8), st.integers(0, 40))
def test_a_token_with_a_stretch_replaced_is_read_or_refused(place: int, stretch: bytes, gone: int):
    try:
        verified(VALID[:place] + stretch + VALID[place + gone :])
    except (MalformedTimeStamp, TimeStampWrong, TimeStampUnsupported, PathFailure):
        return


# --- questions and responses --------------------------------------------------------------------------------------


def test_a_refusal_tells_why():
    status = der.sequence(der.integer(2), der.sequence(tag(0x0C, b"no")), pki.named_bits([15]))
    with pytest.raises(TimeStampNotGranted) as told:
        timestamps.response(der.sequence(status))
    assert (told.value.status, told.value.failure) == (2, "unaccepted-policy")
    with pytest.raises(TimeStampNotGranted, match="none-told"):
        timestamps.response(der.sequence(der.sequence(der.integer(3))))
    with pytest.raises(TimeStampNotGranted, match="unknown-failure"):
        timestamps.response(der.sequence(der.sequence(der.integer(2), pki.named_bits([9]))))


def test_a_granted_response_gives_its_token():
    for status in (0, 1):
        found = timestamps.response(der.sequence(der.sequence(der.integer(status)), VALID))
        assert found == timestamps.token(VALID)
    with pytest.raises(MalformedTimeStamp):
        timestamps.response(der.sequence(der.sequence(der.integer(0))))


def test_a_question_is_written_as_openssl_reads_it():
    imprint = Imprint.of(SM3, MESSAGE)
    made = timestamps.question(imprint, 5, tokens.POLICY)
    assert made == der.sequence(
        der.integer(1),
        der.sequence(der.sequence(der.oid(SM3.oids[0]), der.null()), der.octets(SM3.of(MESSAGE))),
        der.oid(tokens.POLICY),
        der.integer(5),
        b"\x01\x01\xff",
    )
    assert len(timestamps.question(imprint, certificate=False)) < len(made)
