"""What is a certificate under the strict profile, and what is refused by name; never a traceback."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import extensions as ext
from keys.algorithms import der, sm2
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.certificates import NATIONAL, Certificate, Deviation, bundle
from keys.certvalidator_gm import asn1
from keys.extensions import Usage
from keys.names import GeneralKind, Name, mixes_scripts
from keys.trust_errors import MalformedCertificate, UnusableBundle
from tests.builders import pki
from tests.builders.pki import AT, DAY, YEAR, extension, rdn, tag

ROOT = pki.root()


def signer(**peculiar):
    return ROOT.issues(**peculiar)


def test_a_certificate_is_read_into_its_facts():
    made = ROOT.issues(
        "演示印章",
        serial=0x1234,
        crl_points=[pki.point(pki.uri("http://ca.example/1.crl"))],
        ocsp_urls=["http://ca.example/ocsp"],
        policies=["1.2.3.4"],
        extended=["1.3.6.1.5.5.7.3.36"],
        alternative_names=[tag(0x82, b"seal.example")],
    ).certificate
    assert made.subject.text == "C=CN, O=演示单位, CN=演示印章"
    assert made.issuer == ROOT.certificate.subject
    assert (made.serial, made.serial_text) == (0x1234, "1234")
    assert made.extensions.key_usage == frozenset({Usage.DIGITAL_SIGNATURE, Usage.NON_REPUDIATION})
    assert made.extensions.crl_points[0].urls == ("http://ca.example/1.crl",)
    assert made.extensions.ocsp_urls == ("http://ca.example/ocsp",)
    assert made.extensions.policies == ("1.2.3.4",)
    assert made.extensions.extended_usage == ("1.3.6.1.5.5.7.3.36",)
    assert [(each.tag, each.text) for each in made.extensions.alternative_names] == [(GeneralKind.DNS, "seal.example")]
    assert made.extensions.authority_key_id is not None
    assert made.extensions.authority_key_id.key_id == ROOT.certificate.extensions.subject_key_id
    assert not made.is_authority
    assert ROOT.certificate.is_authority
    assert made.sm3 == SM3.of(made.der)


def test_the_period_of_validity_includes_both_ends():
    made = signer(not_before=AT, not_after=AT + DAY).certificate
    second = timedelta(seconds=1)
    assert [made.holds_at(each) for each in (AT - second, AT, AT + DAY, AT + DAY + second)] == [
        False,
        True,
        True,
        False,
    ]


@pytest.mark.parametrize("kind", pki.KINDS)
def test_every_kind_of_key_makes_a_certificate_that_two_readers_read_alike(kind: KeyKind):
    made = pki.root("演示根 CA", kind).certificate
    assert asn1(made).dump() == made.der


def test_a_certificate_that_never_expires_is_read():
    assert signer(not_after=tag(0x18, b"99991231235959Z")).certificate.not_after.year == 9999


def test_a_certificate_whose_key_goes_by_the_number_of_sm2_is_read_by_both_readers():
    own = sm2.PublicKey.from_spki(pki.key(KeyKind.SM2, "gm").public.spki)
    made = signer(whose="gm", spki=own.gm_spki).certificate
    assert asn1(made).public_key.algorithm == "sm2_301"


def test_names_are_the_same_whatever_their_case_and_spaces():
    one, other = (Name.of(pki.name(each, organisation="ACME  Ltd")) for each in ("Root ca", "root   CA"))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Name.of(pki.name("root CAs"))


def test_a_separator_inside_a_name_cannot_be_taken_for_one():
    assert Name.of(pki.name("a, CN=root")).text == "C=CN, O=演示单位, CN=a\\, CN\\=root"


def test_a_lookalike_name_is_read_and_told():
    assert mixes_scripts("Аpple")
    assert signer(subject="Аpple CA").certificate.subject.mixes_scripts
    assert not mixes_scripts("盐城市 (Yancheng) Привет")


def test_a_national_deviation_is_read_only_on_request_and_named():
    early = signer(not_after=tag(0x18, b"20300101000000Z")).der
    with pytest.raises(MalformedCertificate) as refusal:
        Certificate.of(early)
    assert refusal.value.reason == Deviation.EARLY_GENERALIZED_TIME
    assert Certificate.of(early, NATIONAL).deviations == {Deviation.EARLY_GENERALIZED_TIME}


def _explicit(value: bytes) -> bytes:
    return der.sequence(der.oid(ext.SUBJECT_KEY_ID), tag(0x01, value), der.octets(der.octets(b"x" * 20)))


def _nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = der.sequence(data)
    return data


def _more(oid: str, value: bytes, *, critical: bool = False):
    return {"more": [extension(oid, value, critical=critical)]}


# Each class of facts T16, T19, T21, T23: what is peculiar about the certificate, and the reason it is refused with.
HOSTILE = {
    "version 1": ({"version": None}, "not-version-3"),
    "version 2": ({"version": tag(0xA0, der.integer(1))}, "not-version-3"),
    "version 4": ({"version": tag(0xA0, der.integer(3))}, "not-version-3"),
    "version twice": ({"version": tag(0xA0, der.integer(2), der.integer(2))}, "trailing-bytes"),
    "serial 0": ({"serial": 0}, "serial-not-positive"),
    "serial negative": ({"serial": -5}, "serial-not-positive"),
    "serial of 21 octets": ({"serial": 1 << 160}, "serial-too-long"),
    "serial padded": ({"serial": b"\x02\x02\x00\x05"}, "integer-not-minimal"),
    "serial empty": ({"serial": b"\x02\x00"}, "integer-not-minimal"),
    "serial with a long length": ({"serial": b"\x02\x81\x01\x05"}, "length-not-minimal"),
    "no issuer": ({"issuer": der.sequence()}, "no-issuer"),
    "no subject": ({"subject": der.sequence()}, "no-subject"),
    "NUL in the name": ({"subject": "演示\x00印章"}, "control-in-name"),
    "line feed in the name": ({"subject": "演示\n印章"}, "control-in-name"),
    "right-to-left override in the name": ({"subject": "演示\u202e印章"}, "hidden-mark-in-name"),
    "isolate in the name": ({"subject": "演示\u2066印章"}, "hidden-mark-in-name"),
    "zero width in the name": ({"subject": "演示\u200b印章"}, "hidden-mark-in-name"),
    "tag characters in the name": ({"subject": "演示\U000e0041印章"}, "hidden-mark-in-name"),
    "broken UTF-8 in the name": ({"subject": der.sequence(rdn("2.5.4.3", 0x0C, b"\xff\xfe"))}, "undecodable-name"),
    "lone surrogate in the name": ({"subject": der.sequence(rdn("2.5.4.3", 0x1E, b"\xd8\x00"))}, "undecodable-name"),
    "overlong UTF-8 in the name": ({"subject": der.sequence(rdn("2.5.4.3", 0x0C, b"\xc0\x80"))}, "undecodable-name"),
    "empty part of the name": ({"subject": der.sequence(tag(0x31))}, "empty-name-part"),
    "set out of order": (
        {
            "subject": der.sequence(
                tag(
                    0x31,
                    der.sequence(der.oid("2.5.4.3"), tag(0x0C, b"b")),
                    der.sequence(der.oid("2.5.4.3"), tag(0x0C, b"a")),
                )
            )
        },
        "set-not-in-order",
    ),
    "time without seconds": ({"not_after": tag(0x17, b"3001010000Z")}, "malformed-time"),
    "time with an offset": ({"not_after": tag(0x17, b"300101000000+0800")}, "malformed-time"),
    "time with a fraction": ({"not_after": tag(0x18, b"20600101000000.5Z")}, "malformed-time"),
    "the 30th of February": ({"not_after": tag(0x17, b"300230000000Z")}, "no-such-time"),
    "a leap second": ({"not_after": tag(0x17, b"301231235960Z")}, "no-such-time"),
    "GeneralizedTime before 2050": ({"not_after": tag(0x18, b"20300101000000Z")}, "generalized-time-before-2050"),
    "validity inverted": ({"not_before": AT + YEAR, "not_after": AT - YEAR}, "validity-inverted"),
    "algorithms differ": (
        {"outer_identifier": der.sequence(der.oid("1.2.840.10045.4.3.2"))},
        "algorithms-differ",
    ),
    "algorithm parameters differ": (
        {"outer_identifier": der.sequence(der.oid("1.2.156.10197.1.501"), der.null())},
        "algorithms-differ",
    ),
    "critical FALSE spelt out": ({"more": [_explicit(b"\x00")], "key_ids": False}, "default-spelt-out"),
    "critical neither TRUE nor FALSE": ({"more": [_explicit(b"\x01")], "key_ids": False}, "boolean-not-minimal"),
    "an extension twice": (_more(ext.SUBJECT_KEY_ID, der.octets(b"x" * 20)), "extension-twice"),
    "sixty-five extensions": (
        {"more": [extension(f"1.2.3.{each}", b"") for each in range(65)]},
        "too-many-extensions",
    ),
    "cA FALSE spelt out": (
        {"basic": False, **_more(ext.BASIC_CONSTRAINTS, der.sequence(tag(0x01, b"\x00")))},
        "default-spelt-out",
    ),
    "negative path length": (
        {"basic": False, **_more(ext.BASIC_CONSTRAINTS, der.sequence(tag(0x01, b"\xff"), der.integer(-1)))},
        "negative-integer",
    ),
    "path length without authority": ({"path_length": 1}, "path-length-without-authority"),
    "key usage without a bit": ({"usages": None, **_more(ext.KEY_USAGE, tag(0x03, b"\x00"))}, "no-key-usage"),
    "key usage with zero bits behind": (
        {"usages": None, **_more(ext.KEY_USAGE, tag(0x03, b"\x00\x80\x00"))},
        "bits-not-minimal",
    ),
    "key usage with unused bits set": ({"usages": None, **_more(ext.KEY_USAGE, tag(0x03, b"\x07\x81"))}, "unused-bits"),
    "key usage of an unknown bit": (
        {"usages": None, **_more(ext.KEY_USAGE, tag(0x03, b"\x05\x80\x20"))},
        "unknown-bits",
    ),
    "extended usage empty": (_more(ext.EXTENDED_KEY_USAGE, der.sequence()), "no-number-or-one-twice"),
    "policy twice": ({"policies": ["1.2.3", "1.2.3"]}, "no-policy-or-one-twice"),
    "names empty": (_more(ext.ALTERNATIVE_NAME, der.sequence()), "no-names"),
    "name of an unknown kind": ({"alternative_names": [tag(0x8F & 0x8E, b"x")]}, "unknown-general-name"),
    "NUL in an alternative name": ({"alternative_names": [tag(0x82, b"a\x00.example")]}, "control-in-name"),
    "distribution point without a place": ({"crl_points": [der.sequence()]}, "empty-distribution-point"),
    "half an authority key id": (
        {"key_ids": False, **_more(ext.AUTHORITY_KEY_ID, der.sequence(tag(0x82, b"\x05")))},
        "half-an-issuer-and-serial",
    ),
    "bytes behind an extension's value": (
        {"key_ids": False, **_more(ext.SUBJECT_KEY_ID, der.octets(b"x") + b"\x00")},
        "trailing-bytes",
    ),
    "nested 10,000 deep": ({"more": [_nested(10_000)]}, "too-deep"),
    "high tag number": ({"more": [b"\x3f\x81\x01\x00"]}, "high-tag-number"),
    "bytes behind the signed part": (
        {"spoil_tbs": lambda tbs: der.sequence(der.Reader(tbs).content(0x30), der.null())},
        "trailing-bytes",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_certificate_is_refused_by_name(case: str):
    peculiar, reason = HOSTILE[case]
    with pytest.raises(MalformedCertificate) as refusal:
        signer(**peculiar).certificate.extensions  # noqa: B018 - reading is the act
    assert refusal.value.reason == reason


OTHER_FORMS = {
    "indefinite length": lambda data: b"\x30\x80" + data[4:] + b"\x00\x00",
    "length in five bytes": lambda data: b"\x30\x85\x00\x00\x00" + data[2:4] + data[4:],
    "length with a leading zero": lambda data: b"\x30\x83\x00" + data[2:4] + data[4:],
    "huge length": lambda data: b"\x30\x84\xff\xff\xff\xff" + data[4:],
    "a byte behind": lambda data: data + b"\x00",
    "twice": lambda data: data + data,
    "cut": lambda data: data[:-1],
    "a SET": lambda data: b"\x31" + data[1:],
    "nothing": lambda _: b"",
    "one byte": lambda _: b"\x30",
    "PEM": lambda data: Certificate.of(data).pem,
    "over 64 KiB": lambda data: b"\x30\x83\x02\x00\x00" + bytes(1 << 17),
    "an empty sequence": lambda _: b"\x30\x00",
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_a_certificate_has_one_form(form: str):
    with pytest.raises(MalformedCertificate):
        Certificate.of(OTHER_FORMS[form](ROOT.der))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_a_typed_refusal(data: bytes):
    with pytest.raises(MalformedCertificate):
        Certificate.of(data)


@settings(max_examples=400)
@given(st.data())
def test_a_certificate_with_any_bytes_changed_is_read_or_refused_by_name(data: st.DataObject):
    spoiled = bytearray(RICH.der)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    try:
        made = Certificate.of(bytes(spoiled))
    except MalformedCertificate:
        return
    assert made.der == spoiled
    assert made.subject.text is not None


RICH = ROOT.issues(
    crl_points=[pki.point(pki.uri("http://ca.example/1.crl"), reasons=[1, 2], issuer=ROOT.subject)],
    ocsp_urls=["http://ca.example/ocsp"],
    policies=["1.2.3.4", "1.2.3.5"],
    extended=["1.3.6.1.5.5.7.3.36"],
    alternative_names=[tag(0x82, b"seal.example"), tag(0xA4, ROOT.subject)],
)


def test_a_bundle_gives_each_certificate_once_in_its_order():
    other = pki.root("演示根 CA 二").certificate
    text = b"words before\n" + ROOT.certificate.pem + b"between\n" + other.pem + ROOT.certificate.pem
    assert bundle(text) == (ROOT.certificate, other)
    assert bundle(ROOT.der) == (ROOT.certificate,)


@pytest.mark.parametrize(
    ("data", "position", "reason"),
    [
        (b"", 0, "no-certificate"),
        (b"no certificate at all", 0, "no-certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMII", 0, "broken-block"),
        (b"-----BEGIN CERTIFICATE-----\nMI=I\n-----END CERTIFICATE-----\n", 0, "not-base64"),
        (ROOT.certificate.pem + b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", 2, "truncated"),
        (b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", 1, "not-a-certificate"),
        (b"\x30\x80\x00\x00", 1, "indefinite-or-huge-length"),
        (ROOT.der + b"\x00", 1, "trailing-bytes"),
    ],
)
def test_an_unusable_bundle_is_refused_with_the_place(data: bytes, position: int, reason: str):
    with pytest.raises(UnusableBundle) as refusal:
        bundle(data)
    assert (refusal.value.position, refusal.value.reason) == (position, reason)


def test_old_two_digit_years_mean_the_last_century():
    assert signer(not_before=tag(0x17, b"500101000000Z")).certificate.not_before == datetime(1950, 1, 1, tzinfo=UTC)
