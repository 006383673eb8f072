"""Seals and sealed values that somebody made to be believed: each with what has to be said of it, none ever valid.

Every case changes one part of a good value and signs it again with the real keys, unless the case is about signatures;
so what is refused is refused for what the case says, and not because a signature broke on the way.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.algorithms import der, sm2
from keys.algorithms.sm2_curve import CURVE
from keys.algorithms.sm2_signature import Signature
from keys.algorithms.sm3 import SM3
from signing.report import Verdict
from tests.builders import pki
from tests.builders import seals as made
from tests.builders.pki import AT, DAY, YEAR, Identity, tag
from tests.builders.seals import MESSAGE, PICTURE, PLACE, SealParts, ValueParts, ia5, usual
from tests.signing.stories import failures, judged, value

Case = tuple[str, int, dict[str, Any], dict[str, Any]]
EVERY = (1, 4, 5)


def each(name: str, seal: dict[str, Any] | None = None, **peculiar: Any) -> list[Case]:
    """One case for every standard."""
    return [(f"{name}-v{version}", version, seal or {}, peculiar) for version in EVERY]


def only(version: int, name: str, seal: dict[str, Any] | None = None, **peculiar: Any) -> list[Case]:
    return [(f"{name}-v{version}", version, seal or {}, peculiar)]


def signed_by(key: Any) -> Callable[[bytes], bytes]:
    return lambda message: sm2.SM2_SM3.sign(key, message)


def stranger() -> Identity:
    return pki.root("演示根 CA", whose="stranger").issues("演示制章单位", whose="strange maker")


def changed(signature: bytes, change: Callable[[int, int], tuple[int, int]]) -> bytes:
    """Write r and s after a change, in range or not."""
    found = Signature.from_der(signature)
    return der.sequence(*(der.integer(number) for number in change(found.r, found.s)))


def with_maker(change: Callable[[bytes], bytes]) -> dict[str, Any]:
    return {"maker_value": lambda signed: change(sm2.SM2_SM3.sign(usual().maker.key, signed))}


def with_signer(change: Callable[[bytes], bytes]) -> dict[str, Any]:
    return {"signature": lambda signed: change(sm2.SM2_SM3.sign(usual().signer.key, signed))}


VALUES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("empty", lambda _: b""),
    ("zeros", lambda signature: bytes(len(signature))),
    ("last-byte", lambda signature: signature[:-1] + bytes((signature[-1] ^ 1,))),
    ("cut", lambda signature: signature[:-1]),
    ("trailing", lambda signature: signature + b"\0"),
    ("twice", lambda signature: signature * 2),
    ("swapped", lambda signature: changed(signature, lambda r, s: (s, r))),
    ("r-zero", lambda signature: changed(signature, lambda _, s: (0, s))),
    ("s-zero", lambda signature: changed(signature, lambda r, _: (r, 0))),
    ("r-plus-n", lambda signature: changed(signature, lambda r, s: (r + CURVE.n, s))),
    ("s-plus-n", lambda signature: changed(signature, lambda r, s: (r, s + CURVE.n))),
    ("s-negated", lambda signature: changed(signature, lambda r, s: (r, CURVE.n - s))),
    ("sum-zero", lambda signature: changed(signature, lambda r, _: (r, CURVE.n - r))),
    ("negative", lambda signature: changed(signature, lambda r, s: (-r, s))),
]

# --- forged: well-formed, and wrong. Each is invalid by its signature value.

FORGED: list[tuple[str, int, dict[str, Any], dict[str, Any], str]] = [
    *(
        (f"maker-value-{name}-v{version}", version, with_maker(change), {}, "SEAL_SIGNATURE_INVALID")
        for version in (1, 4)
        for name, change in VALUES
    ),
    *(
        (f"signer-value-{name}-v{version}", version, {}, with_signer(change), "SIGNATURE_VALUE_INVALID")
        for version in (1, 4)
        for name, change in VALUES
    ),
    *(
        (
            f"maker-is-signer-v{version}",
            version,
            {"maker_value": signed_by(usual().signer.key)},
            {},
            "SEAL_SIGNATURE_INVALID",
        )
        for version in EVERY
    ),
    *(
        (
            f"signer-is-maker-v{version}",
            version,
            {},
            {"signature": signed_by(usual().maker.key)},
            "SIGNATURE_VALUE_INVALID",
        )
        for version in EVERY
    ),
    (
        "maker-signed-as-in-2014",
        4,
        {
            "maker_value": lambda info: sm2.SM2_SM3.sign(
                usual().maker.key, der.sequence(info, der.octets(usual().maker.der), der.oid(made.SM2_WITH_SM3))
            )
        },
        {},
        "SEAL_SIGNATURE_INVALID",
    ),
    (
        "maker-signed-as-in-2020",
        1,
        {"maker_value": lambda signed: sm2.SM2_SM3.sign(usual().maker.key, der.Reader(signed).inside().whole())},
        {},
        "SEAL_SIGNATURE_INVALID",
    ),
    *(
        (
            f"signed-under-another-id-v{version}",
            version,
            {},
            {"signature": lambda tbs: sm2.SM2_SM3.sign(usual().signer.key, tbs, distid=b"ALICE123@YAHOO.COM")},
            "SIGNATURE_VALUE_INVALID",
        )
        for version in (1, 4)
    ),
    *(
        (
            f"signed-over-the-digest-v{version}",
            version,
            {},
            {"signature": lambda tbs: sm2.SM2_SM3.sign(usual().signer.key, SM3.of(tbs))},
            "SIGNATURE_VALUE_INVALID",
        )
        for version in (1, 4)
    ),
    *(
        (
            f"signed-over-the-message-v{version}",
            version,
            {},
            {"signature": lambda _: sm2.SM2_SM3.sign(usual().signer.key, MESSAGE)},
            "SIGNATURE_VALUE_INVALID",
        )
        for version in (1, 4)
    ),
]


@pytest.mark.parametrize(
    ("version", "seal", "peculiar", "code"), [case[1:] for case in FORGED], ids=[case[0] for case in FORGED]
)
def test_a_forged_signature_is_invalid(version: int, seal: dict[str, Any], peculiar: dict[str, Any], code: str):
    report = judged(value(version, seal, **peculiar))
    assert report.verdict is Verdict.INVALID
    assert failures(report) == [code]
    assert report.sub_indication == "SIG_CRYPTO_FAILURE"
    assert report.cryptographically_valid is False


# --- raw r ‖ s where the standard has DER: refused for its form unless the policy names it


@pytest.mark.parametrize("version", EVERY)
@pytest.mark.parametrize("whose", ["maker", "signer"])
def test_a_raw_signature_is_invalid_for_its_form(version: int, whose: str):
    def raw(signature: bytes) -> bytes:
        return Signature.from_der(signature).raw

    report = judged(value(version, with_maker(raw)) if whose == "maker" else value(version, **with_signer(raw)))
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "FORMAT_FAILURE")
    assert failures(report) == ["VALUE_MALFORMED"]


# --- malformed: no seal by any standard

MALFORMED: list[Case] = [
    *each("header-id", {"header_id": ia5("EX")}),
    *each("header-id-utf8", {"header_id": made.utf8("ES")}),
    *each("header-version-negative", {"header_version": der.integer(-1)}),
    *each("header-version-huge", {"header_version": der.integer(1 << 70)}),
    *each("header-version-text", {"header_version": ia5("4")}),
    *each("header-version-not-minimal", {"header_version": tag(2, b"\x00\x04")}),
    *each("vendor-not-ascii", {"vendor": tag(0x16, "印信".encode())}),
    *each("vendor-with-nul", {"vendor": tag(0x16, b"YINXIN\0")}),
    *each("number-as-integer", {"number": der.integer(32090000000001)}),
    *each("number-too-long", {"number": ia5("3" * 2000)}),
    *each("kind-negative", {"kind": der.integer(-1)}),
    *each("kind-huge", {"kind": der.integer(1 << 40)}),
    *each("name-not-utf8", {"name": tag(0x0C, b"\xff\xfe")}),
    *each("name-turning-around", {"name": made.utf8("演示\u202e章")}),
    *each("name-with-escape", {"name": made.utf8("演示\x1b[2J")}),
    *each("name-without-width", {"name": made.utf8("演\u200b示")}),
    *each("signers-no-sequence", {"signers": der.octets(b"x")}),
    *each("signers-too-many", {"signers": made.certificates(*([b"x"] * 257))}),
    *each("signers-of-integers", {"signers": der.sequence(der.integer(1))}),
    *each("dates-missing", {"valid_until": b""}),
    *each("date-impossible", {"valid_from": tag(0x18, b"20260230000000Z")}),
    *each("date-local", {"valid_from": tag(0x18, b"20260221000000+0800")}),
    *each("date-without-seconds", {"valid_from": tag(0x17, b"2602210000Z")}),
    *each("date-as-text", {"valid_from": ia5("2026-02-21")}),
    *each("date-as-integer", {"valid_from": der.integer(20260221)}),
    *each("one-date-more", {"valid_from": made.utc(AT) + made.utc(AT)}),
    *each("picture-empty", {"picture": der.octets(b"")}),
    *each("picture-as-bits", {"picture": der.bits(PICTURE)}),
    *each("picture-missing", {"picture": b""}),
    *each("width-zero", {"width": der.integer(0)}),
    *each("width-negative", {"width": der.integer(-40)}),
    *each("height-of-a-mile", {"height": der.integer(1_600_000)}),
    *each("extension-without-value", {"extensions": der.sequence(der.sequence(der.oid("1.2.3")))}),
    *each("extension-critical-long", {"extensions": der.sequence(made.extension(critical=tag(1, b"\xff\xff")))}),
    *each("extension-critical-empty", {"extensions": der.sequence(made.extension(critical=tag(1)))}),
    *each("extensions-too-many", {"extensions": der.sequence(*([made.extension()] * 65))}),
    *each("extensions-twice", {"extensions": der.sequence(made.extension()) * 2}),
    *each("extension-oid-malformed", {"extensions": der.sequence(der.sequence(tag(6, b"\x80\x01"), der.octets(b"")))}),
    *each("maker-algorithm-as-text", {"maker_algorithm": ia5(made.SM2_WITH_SM3)}),
    *each("maker-algorithm-missing", {"maker_algorithm": b""}),
    *each("seal-with-tail-inside", {"spoil": lambda seal: der.sequence(der.Reader(seal).content(0x30), der.null())}),
    *each("seal-empty", {"spoil": lambda _: der.sequence()}),
    *each("info-empty", {"spoil_info": lambda _: der.sequence()}),
    *each("info-with-tail", {"spoil_info": lambda info: der.sequence(der.Reader(info).content(0x30), der.null())}),
    *each("value-version-negative", value_version=der.integer(-4)),
    *each("value-version-missing", value_version=b""),
    *each("value-version-as-octets", value_version=der.octets(b"\x04")),
    *each("hash-as-text", data_hash=ia5("00")),
    *each("hash-with-unused-bits", data_hash=tag(3, b"\x01", SM3.of(MESSAGE))),
    *each("hash-without-count", data_hash=tag(3)),
    *each("property-not-ascii", property_info=tag(0x16, "签章".encode())),
    *each("property-as-utf8", property_info=made.utf8(PLACE)),
    *each("property-with-controls", property_info=ia5("/Doc_0\n/x")),
    *each("property-huge", property_info=ia5("/" * 20_000)),
    *each("time-as-integer", time=der.integer(1_700_000_000)),
    *each("value-with-tail-inside", spoil=lambda told: der.sequence(der.Reader(told).content(0x30), der.null())),
    *each("tbs-with-tail-inside", spoil_tbs=lambda tbs: der.sequence(der.Reader(tbs).content(0x30), der.null())),
    *each("algorithm-as-text", algorithm=ia5(made.SM2_WITH_SM3)),
    *each("trailing-bytes", spoil=lambda told: told + b"\0"),
    *each("cut", spoil=lambda told: told[:-1]),
    *each("indefinite-length", spoil=lambda told: b"\x30\x80" + der.Reader(told).content(0x30) + b"\0\0"),
    *each("length-not-minimal", spoil=lambda told: b"\x30\x85\x00" + told[1:]),
    *only(4, "list-kind-3", {"list_kind": der.integer(3)}),
    *only(4, "list-kind-0", {"list_kind": der.integer(0)}),
    *only(4, "digests-called-certificates", {"signers": made.digests(usual().signer.der)}),
    *only(4, "certificates-called-digests", {"list_kind": der.integer(2)}),
    *only(
        4,
        "digest-of-no-size",
        {"list_kind": der.integer(2), "signers": made.digests(usual().signer.der, of=lambda data: data[:3])},
    ),
    *only(4, "hash-as-octets", data_hash=der.octets(SM3.of(MESSAGE))),
    *only(4, "seal-in-octets", seal_der=der.octets(SealParts(4).der)),
    *only(4, "time-as-bits", time=der.bits(made.utc(AT))),
    *only(
        4,
        "time-stamp-as-octets",
        spoil=lambda told: der.sequence(der.Reader(told).content(0x30), tag(0xA0, der.octets(b"x"))),
    ),
    *only(1, "time-is-no-text", time=der.bits(b"\xff\xfe")),
    *only(1, "time-is-empty", time=der.bits(b"")),
    *only(1, "time-is-an-essay", time=der.bits(b"2" * 100)),
    *only(1, "time-acts-on-a-terminal", time=der.bits(b"2026\x1b[2J")),
    *only(1, "time-der-with-tail", time=der.bits(made.utc(AT) + b"\0")),
    *only(1, "maker-unreadable", {"spoil_maker": lambda _: der.octets(b"?")}),
    *only(1, "maker-in-bits-twice", {"spoil_maker": lambda maker: der.bits(der.bits(maker))}),
    *only(1, "maker-in-bits-with-tail", {"spoil_maker": lambda maker: der.bits(maker + b"\0")}),
    *only(1, "seal-in-octets-with-tail", seal_der=der.octets(SealParts(1).der + b"\0\0")),
]


@pytest.mark.parametrize(
    ("version", "seal", "peculiar"), [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED]
)
def test_what_is_no_seal_is_invalid_for_its_form(version: int, seal: dict[str, Any], peculiar: dict[str, Any]):
    report = judged(value(version, seal, **peculiar))
    assert (report.verdict, report.sub_indication) == (Verdict.INVALID, "FORMAT_FAILURE")
    assert failures(report) == ["VALUE_MALFORMED"]


# --- true to the letter, and not what they pass for

MISUSED: list[tuple[str, int, dict[str, Any], dict[str, Any], Verdict, list[str]]] = [
    *(
        (f"{name}-v{version}", version, seal, peculiar, verdict, codes)
        for version in EVERY
        for name, seal, peculiar, verdict, codes in (
            (
                "another-message",
                {},
                {"message": b"another"},
                Verdict.INVALID,
                ["DATAHASH_MISMATCH"],
            ),
            ("hash-empty", {}, {"data_hash": der.bits(b"")}, Verdict.INVALID, ["DATAHASH_MISMATCH"]),
            ("hash-cut", {}, {"data_hash": der.bits(SM3.of(MESSAGE)[:16])}, Verdict.INVALID, ["DATAHASH_MISMATCH"]),
            (
                "hash-longer",
                {},
                {"data_hash": der.bits(SM3.of(MESSAGE) + b"\0")},
                Verdict.INVALID,
                ["DATAHASH_MISMATCH"],
            ),
            (
                "another-place",
                {},
                {"property_info": ia5("/Doc_0/Signs/Sign_1/Signature.xml")},
                Verdict.INDETERMINATE,
                ["SEALED_NAME_MISMATCH"],
            ),
            (
                "signer-not-listed",
                {"signers": made.certificates(usual().maker.der)},
                {},
                Verdict.INDETERMINATE,
                ["SIGNER_NOT_IN_SEAL"],
            ),
            ("nobody-listed", {"signers": der.sequence()}, {}, Verdict.INDETERMINATE, ["SIGNER_NOT_IN_SEAL"]),
            (
                "seal-not-begun",
                {"valid_from": AT, "valid_until": AT + YEAR},
                {},
                Verdict.INDETERMINATE,
                ["SEAL_NOT_VALID_AT_SIGNING"],
            ),
            (
                "seal-over",
                {"valid_until": AT - DAY},
                {},
                Verdict.INDETERMINATE,
                ["SEAL_NOT_VALID_AT_SIGNING"],
            ),
            (
                "period-inverted",
                {"valid_from": AT + DAY, "valid_until": AT - DAY},
                {},
                Verdict.INDETERMINATE,
                ["SEAL_NOT_VALID_AT_SIGNING"],
            ),
            ("signed-tomorrow", {}, {"time": AT + DAY}, Verdict.INDETERMINATE, ["SIGNING_TIME_IN_FUTURE"]),
            (
                "weak-algorithm",
                {},
                {"algorithm": der.oid("1.2.840.113549.1.1.5")},
                Verdict.INDETERMINATE,
                ["ALG_WEAK"],
            ),
            (
                "algorithm-of-nobody",
                {},
                {"algorithm": der.oid("1.2.3.4")},
                Verdict.INDETERMINATE,
                ["ALG_UNSUPPORTED"],
            ),
            (
                "maker-weak-algorithm",
                {"maker_algorithm": der.oid("1.2.840.113549.1.1.4")},
                {},
                Verdict.INDETERMINATE,
                ["ALG_WEAK"],
            ),
            (
                "certificate-is-none",
                {},
                {"certificate": b"none"},
                Verdict.INDETERMINATE,
                ["SIGNER_CERT_MALFORMED", "SIGNER_NOT_IN_SEAL"],
            ),
            (
                "maker-certificate-is-none",
                {"maker_certificate": b"none"},
                {},
                Verdict.INDETERMINATE,
                ["SEAL_MAKER_CERT_MALFORMED"],
            ),
            (
                "algorithm-of-another-key",
                {},
                {"algorithm": der.oid("1.2.840.10045.4.3.2")},
                Verdict.INVALID,
                ["SIGNATURE_VALUE_INVALID", "DATAHASH_MISMATCH"],
            ),
        )
    ),
    *(
        (
            f"made-by-a-stranger-v{version}",
            version,
            {"maker_certificate": stranger().der, "maker_value": signed_by(stranger().key)},
            {},
            Verdict.INDETERMINATE,
            ["SEAL_MAKER_UNTRUSTED"],
        )
        for version in EVERY
    ),
]


@pytest.mark.parametrize(
    ("version", "seal", "peculiar", "verdict", "codes"),
    [case[1:] for case in MISUSED],
    ids=[case[0] for case in MISUSED],
)
def test_a_true_seal_put_to_a_false_use_is_not_valid(
    version: int, seal: dict[str, Any], peculiar: dict[str, Any], verdict: Verdict, codes: list[str]
):
    report = judged(value(version, seal, **peculiar))
    assert (report.verdict, failures(report)) == (verdict, codes)


def test_there_are_more_than_a_hundred_and_twenty_hostile_ones():
    assert len(FORGED) + len(MALFORMED) + len(MISUSED) >= 120


# --- what was signed cannot be touched

GOOD = {version: ValueParts(SealParts(version)).der for version in EVERY}


@pytest.mark.parametrize("version", EVERY)
@given(place=st.integers(0, len(PICTURE) - 1), byte=st.integers(1, 255))
@settings(max_examples=40, deadline=None)
def test_a_picture_with_one_byte_changed_is_invalid(version: int, place: int, byte: int):
    good = GOOD[version]
    start = good.index(PICTURE) + place
    report = judged(good[:start] + bytes((good[start] ^ byte,)) + good[start + 1 :])
    assert report.verdict is Verdict.INVALID
    assert failures(report) == ["SIGNATURE_VALUE_INVALID", "SEAL_SIGNATURE_INVALID"]


@pytest.mark.parametrize("version", EVERY)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_value_with_one_byte_changed_is_never_valid(version: int, data: st.DataObject):
    good = GOOD[version]
    place = data.draw(st.integers(0, len(good) - 1))
    byte = data.draw(st.integers(1, 255))
    report = judged(good[:place] + bytes((good[place] ^ byte,)) + good[place + 1 :])
    assert report.verdict is not Verdict.VALID
    assert "CHECK_CRASHED" not in failures(report)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_for_a_value_come_to_a_verdict(data: bytes):
    report = judged(data)
    assert report.verdict is not Verdict.VALID
    assert "CHECK_CRASHED" not in failures(report)
