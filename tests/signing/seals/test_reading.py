"""Seals of three standards are read as they stand, and what deviates is read only where it is known and named."""

import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.algorithms import asymmetric, der, sm2
from keys.algorithms.sm3 import SM3
from signing import seals
from signing.errors import MalformedSeal
from signing.seals import gbt38540_2020, gmt0031_2014, reading
from signing.seals.errors import UnusableSealDraft
from signing.seals.seal import (
    SM2_WITH_SM3,
    Deviation,
    Extension,
    Picture,
    SealDraft,
    SealedValue,
    SignedPart,
    ValueDraft,
    Version,
    WritableStandard,
)
from tests.builders import seals as made
from tests.builders.pki import AT, YEAR, tag
from tests.builders.seals import NAME, PICTURE, PLACE, SIGNED_AT, SealParts, ValueParts, extension, usual
from tests.keys.algorithms.samples import vectors

VERSIONS = {1: Version.GMT0031_2014, 4: Version.GBT38540_2020, 5: Version.GMT0031_2025}
WRITABLE = [gmt0031_2014.STANDARD, gbt38540_2020.STANDARD]


def right(part: SignedPart) -> bool:
    assert part.certificate is not None
    public = asymmetric.public_key(part.certificate.spki)
    return sm2.SM2_SM3.verify(public, part.value, part.signed_bytes)


def draft(**peculiar: Any) -> SealDraft:
    told: dict[str, Any] = {
        "vendor": "YINXIN",
        "id": "32090000000001",
        "type": 1,
        "name": NAME,
        "created_at": AT - YEAR,
        "valid_from": AT - YEAR,
        "valid_until": AT + YEAR,
        "signer_certificates": (usual().signer.der,),
        "picture": Picture("image/png", PICTURE, 40, 40),
    }
    return SealDraft(**(told | peculiar))


def sealed(standard: WritableStandard, told: SealDraft, **peculiar: Any) -> bytes:
    """Make a seal and use it, with keys of this process."""
    unsigned = standard.prepare_seal(told, usual().maker.der)
    seal = unsigned.finish(sm2.SM2_SM3.sign(usual().maker.key, unsigned.message))
    facts: dict[str, Any] = {
        "seal": seal,
        "time": SIGNED_AT,
        "data_hash": SM3.of(made.MESSAGE),
        "property_info": PLACE,
        "certificate": usual().signer.der,
    }
    value = standard.prepare_value(ValueDraft(**(facts | peculiar)))
    return value.finish(sm2.SM2_SM3.sign(usual().signer.key, value.message))


@pytest.mark.parametrize("version", [1, 4, 5])
def test_a_sealed_value_of_each_standard_is_read_with_the_bytes_that_were_signed(version: int):
    value = seals.read_value(made.value(version))
    assert value.version is VERSIONS[version]
    assert value.seal.version is VERSIONS[version]
    assert (value.seal.id, value.seal.name, value.seal.vendor, value.seal.type) == ("32090000000001", NAME, "YINXIN", 1)
    assert value.seal.picture == Picture("image/png", PICTURE, 40, 40)
    assert value.property_info == PLACE
    assert value.time == SIGNED_AT
    assert value.data_hash == SM3.of(made.MESSAGE)
    assert right(value.signer)
    assert right(value.seal.maker)
    assert not value.deviations | value.seal.deviations


@pytest.mark.parametrize("version", [1, 4, 5])
def test_the_seal_inside_is_the_seal_beside(version: int):
    seal = SealParts(version).der
    value = seals.read_value(ValueParts(SealParts(version), seal_der=seal).der)
    assert value.seal.der == seal
    assert seals.read_seal(seal) == value.seal


def test_the_maker_of_2014_signs_three_parts_and_of_2020_one():
    old, new = seals.read_seal(SealParts(1).der), seals.read_seal(SealParts(4).der)
    assert old.maker.signed_bytes.endswith(der.octets(usual().maker.der) + der.oid(SM2_WITH_SM3))
    assert new.maker.signed_bytes == SealParts(4).info


def test_a_seal_of_2025_carries_a_time_stamp():
    assert seals.read_seal(SealParts(5, timestamp=b"token").der).timestamp == b"token"
    assert seals.read_seal(SealParts(5).der).timestamp is None


def test_a_value_carries_a_time_stamp():
    assert seals.read_value(made.value(4, token=lambda signature: b"token")).timestamp == b"token"


def test_a_seal_lists_digests_where_it_says_so():
    listed = made.digests(usual().signer.der)
    value = seals.read_value(made.value(4, {"list_kind": der.integer(2), "signers": listed}))
    assert value.seal.signer_digests == (("SM3", SM3.of(usual().signer.der)),)
    assert value.seal.signer_certificates == ()


def test_a_certificate_that_is_none_is_kept_as_bytes():
    value = seals.read_value(made.value(4, certificate=b"no certificate"))
    assert value.signer.certificate is None
    assert value.signer.certificate_der == b"no certificate"


WRAPPED: list[tuple[str, int, dict[str, Any], dict[str, Any], Deviation]] = [
    ("true-as-01", 4, {"extensions": der.sequence(extension(critical=tag(1, b"\x01")))}, {}, Deviation.BOOLEAN),
    ("true-as-7f", 1, {"extensions": der.sequence(extension(critical=tag(1, b"\x7f")))}, {}, Deviation.BOOLEAN),
    ("false-spelt-out", 4, {"extensions": der.sequence(extension(critical=tag(1, b"\0")))}, {}, Deviation.DEFAULT),
    (
        "extensions-of-seal-tagged",
        4,
        {"extensions": tag(0xA0, der.sequence(extension()))},
        {},
        Deviation.EXTENSIONS_TAGGED,
    ),
    ("extensions-of-value-bare", 4, {}, {"extensions": der.sequence(extension())}, Deviation.EXTENSIONS_BARE),
    ("hash-as-octets", 1, {}, {"data_hash": der.octets(SM3.of(made.MESSAGE))}, Deviation.OCTETS_FOR_BITS),
    ("time-as-octets", 1, {}, {"time": der.octets(made.utc(SIGNED_AT))}, Deviation.OCTETS_FOR_BITS),
    ("seal-in-octets", 1, {}, {"seal_der": der.octets(SealParts(1).der)}, Deviation.SEAL_IN_OCTETS),
    ("maker-in-bits", 1, {"spoil_maker": der.bits}, {}, Deviation.MAKER_IN_BITS),
    ("dates-generalized-in-2014", 1, {"valid_from": made.generalized(AT - YEAR)}, {}, Deviation.GENERALIZED_TIME),
    ("dates-utc-in-2020", 4, {"valid_from": made.utc(AT - YEAR)}, {}, Deviation.UTC_TIME),
    ("time-utc-in-2020", 4, {}, {"time": made.utc(SIGNED_AT)}, Deviation.UTC_TIME),
    ("time-generalized-in-2014", 1, {}, {"time": der.bits(made.generalized(SIGNED_AT))}, Deviation.GENERALIZED_TIME),
    ("time-as-text", 1, {}, {"time": der.bits(b"2020-01-25T07:31:56.377Z")}, Deviation.TIME_AS_TEXT),
    ("header-2-in-2014", 1, {"header_version": der.integer(2)}, {}, Deviation.HEADER_VERSION),
    ("header-11-in-2014", 1, {"header_version": der.integer(11)}, {}, Deviation.HEADER_VERSION),
    ("header-3-in-2020", 4, {"header_version": der.integer(3)}, {}, Deviation.HEADER_VERSION),
    ("value-3-in-2020", 4, {}, {"value_version": der.integer(3)}, Deviation.VALUE_VERSION),
    ("picture-of-no-known-kind", 4, {"picture_kind": made.ia5("TGA")}, {}, Deviation.PICTURE_TYPE),
]


@pytest.mark.parametrize(
    ("version", "seal", "peculiar", "deviation"), [each[1:] for each in WRAPPED], ids=[each[0] for each in WRAPPED]
)
def test_what_the_field_is_known_for_is_read_and_named(
    version: int, seal: dict[str, Any], peculiar: dict[str, Any], deviation: Deviation
):
    value = seals.read_value(made.value(version, seal, **peculiar))
    assert value.deviations | value.seal.deviations == {deviation}
    assert right(value.signer)
    assert right(value.seal.maker)


def test_extensions_keep_what_they_say():
    found = seals.read_seal(SealParts(4, extensions=der.sequence(extension("1.2.3", made.TRUE, b"x"))).der)
    assert found.extensions == (Extension("1.2.3", True, b"x"),)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("png", "image/png"),
        ("GIF", "image/gif"),
        ("ofd", "application/ofd"),
        (".jpg", "image/jpeg"),
        ("x", "application/octet-stream"),
    ],
)
def test_a_picture_is_of_the_type_that_it_names(kind: str, media_type: str):
    assert seals.read_seal(SealParts(4, picture_kind=made.ia5(kind)).der).picture.media_type == media_type


@pytest.mark.parametrize("fraction", [b"", b".5", b".377", b".763000"])
def test_a_time_may_have_a_fraction(fraction: bytes):
    content = SIGNED_AT.strftime("%Y%m%d%H%M%S").encode() + fraction + b"Z"
    found = seals.read_value(made.value(4, time=tag(0x18, content))).time
    assert isinstance(found, datetime)
    assert found - SIGNED_AT == timedelta(seconds=float(b"0" + fraction))


# --- written here


@pytest.mark.parametrize("standard", WRITABLE, ids=["2014", "2020"])
def test_what_is_written_is_read_back_without_a_deviation(standard: WritableStandard):
    extensions = (Extension("1.2.156.10197.6.7.2.2.1", True, b"2.1"), Extension("1.2.3", False, b""))
    value = seals.read_value(sealed(standard, draft(extensions=extensions)))
    assert value.version is standard.version
    assert not value.deviations | value.seal.deviations
    assert right(value.signer)
    assert right(value.seal.maker)
    assert value.seal.extensions == extensions
    assert value.seal.signer_certificates == (usual().signer.der,)
    assert value.time == SIGNED_AT
    assert (value.seal.created_at, value.seal.valid_from, value.seal.valid_until) == (AT - YEAR, AT - YEAR, AT + YEAR)


@pytest.mark.parametrize("standard", WRITABLE, ids=["2014", "2020"])
def test_what_is_written_is_der_to_the_last_byte(standard: WritableStandard):
    der.require_der(sealed(standard, draft()))


@given(
    name=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60),
    kind=st.integers(0, 2**31 - 1),
    size=st.tuples(st.integers(1, 1000), st.integers(1, 1000)),
    data=st.binary(min_size=1, max_size=300),
    start=st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
    by_digest=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_every_seal_that_can_be_said_is_read_as_it_was_said(name, kind, size, data, start, by_digest):
    start = start.replace(microsecond=0, tzinfo=UTC)
    told = draft(
        name=name,
        type=kind,
        picture=Picture("image/png", data, *size),
        created_at=start,
        valid_from=start,
        valid_until=start + YEAR,
        by_digest=by_digest,
    )
    found = seals.read_seal(gbt38540_2020.STANDARD.prepare_seal(told, usual().maker.der).finish(b"not signed"))
    assert (found.name, found.type, found.picture) == (name, kind, told.picture)
    assert (found.created_at, found.valid_from, found.valid_until) == (start, start, start + YEAR)
    assert bool(found.signer_digests) == by_digest


def test_digests_are_not_of_2014():
    with pytest.raises(UnusableSealDraft) as refusal:
        gmt0031_2014.STANDARD.prepare_seal(draft(by_digest=True), usual().maker.der)
    assert refusal.value.reason == "not-in-this-standard"


UNUSABLE: list[tuple[str, dict[str, Any], str]] = [
    ("vendor-in-chinese", {"vendor": "印信"}, "vendor"),
    ("no-id", {"id": " "}, "id"),
    ("id-with-newline", {"id": "1\n2"}, "id"),
    ("no-name", {"name": ""}, "name"),
    ("name-too-long", {"name": "章" * 2000}, "name"),
    ("name-not-text", {"name": "\ud800"}, "name"),
    ("negative-type", {"type": -1}, "type"),
    ("no-signers", {"signer_certificates": ()}, "signer_certificates"),
    ("too-many-signers", {"signer_certificates": (b"x",) * 300}, "signer_certificates"),
    ("period-of-nothing", {"valid_until": AT - YEAR}, "valid_until"),
    ("without-zone", {"created_at": AT.replace(tzinfo=None)}, "created_at"),
    ("no-picture", {"picture": Picture("image/png", b"", 40, 40)}, "picture"),
    ("picture-too-large", {"picture": Picture("image/png", bytes(5 << 20), 40, 40)}, "picture"),
    ("picture-of-no-type", {"picture": Picture("text/html", b"x", 40, 40)}, "picture"),
    ("picture-of-no-width", {"picture": Picture("image/png", b"x", 0, 40)}, "picture"),
    ("too-many-extensions", {"extensions": (Extension("1.2.3", False, b""),) * 65}, "extensions"),
]


@pytest.mark.parametrize("standard", WRITABLE, ids=["2014", "2020"])
@pytest.mark.parametrize(("peculiar", "field"), [each[1:] for each in UNUSABLE], ids=[each[0] for each in UNUSABLE])
def test_a_draft_that_cannot_be_said_is_refused(standard: WritableStandard, peculiar: dict[str, Any], field: str):
    with pytest.raises(UnusableSealDraft) as refusal:
        standard.prepare_seal(draft(**peculiar), usual().maker.der)
    assert refusal.value.field == field


@pytest.mark.parametrize("year", [1949, 2050])
def test_years_that_two_digits_cannot_say_are_refused_in_2014(year: int):
    with pytest.raises(UnusableSealDraft):
        gmt0031_2014.STANDARD.prepare_seal(draft(valid_until=datetime(year, 1, 1, tzinfo=UTC)), usual().maker.der)


def test_a_value_without_a_place_is_refused():
    with pytest.raises(UnusableSealDraft):
        sealed(gbt38540_2020.STANDARD, draft(), property_info="")
    with pytest.raises(UnusableSealDraft):
        sealed(gmt0031_2014.STANDARD, draft(), extensions=(Extension("1.2.3", False, b""),))


def test_a_time_stamp_is_put_into_a_finished_value_once():
    value = sealed(gbt38540_2020.STANDARD, draft())
    stamped = gbt38540_2020.STANDARD.stamped(value, b"token")
    found = seals.read_value(stamped)
    assert found.timestamp == b"token"
    assert found.signer == seals.read_value(value).signer
    with pytest.raises(UnusableSealDraft):
        gbt38540_2020.STANDARD.stamped(stamped, b"token")
    with pytest.raises(UnusableSealDraft):
        gmt0031_2014.STANDARD.stamped(value, b"token")
    with pytest.raises(MalformedSeal):
        gbt38540_2020.STANDARD.stamped(b"\x30\x00", b"token")


# --- the table


def test_a_standard_cannot_stand_twice_in_the_table():
    with pytest.raises(ValueError, match="twice"):
        seals.table(gbt38540_2020.STANDARD, gbt38540_2020.STANDARD)


def test_every_version_has_its_standard():
    assert {each.version for each in seals.STANDARDS.values()} == set(Version)
    assert all(seals.STANDARDS[version] is standard for version, standard in seals.WRITABLE.items())


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("other", [1, 4, 5])
def test_a_standard_reads_its_own_and_refuses_another(version: Version, other: int):
    """Asked directly; 2020 and 2025 differ by what may follow in a seal, which a good one of 2025 need not have."""
    standard, own = seals.STANDARDS[version], VERSIONS[other] is version
    alike = {version, VERSIONS[other]} == {Version.GBT38540_2020, Version.GMT0031_2025}
    if own or alike:
        assert standard.read_value(made.value(other)).version is version
        assert standard.read_seal(SealParts(other).der).version is version
        return
    with pytest.raises(MalformedSeal):
        standard.read_value(made.value(other))
    with pytest.raises(MalformedSeal):
        standard.read_seal(SealParts(other).der)


@pytest.mark.parametrize("version", [1, 4, 5])
def test_nothing_may_follow_inside_of_a_seal_or_a_value(version: int):
    standard = seals.STANDARDS[VERSIONS[version]]
    for tail in (der.null(), der.integer(1), tag(0xA0, der.bits(b"x")) + der.null()):
        with pytest.raises(MalformedSeal):
            standard.read_value(der.sequence(der.Reader(made.value(version)).content(0x30), tail))
        with pytest.raises(MalformedSeal):
            standard.read_seal(der.sequence(der.Reader(SealParts(version).der).content(0x30), tail))


def test_a_seal_of_2020_carries_no_time_stamp():
    with pytest.raises(MalformedSeal):
        gbt38540_2020.STANDARD.read_seal(SealParts(5, timestamp=b"token").der)


# --- no bytes whatever do more than be refused

PARTS = [made.value(version) for version in (1, 4, 5)] + [SealParts(4).der]


def only_refused(data: bytes) -> SealedValue | None:
    found = None
    for read in (seals.read_value, seals.read_seal, *(each.read_value for each in seals.STANDARDS.values())):
        try:
            found = read(data)
        except MalformedSeal:
            continue
    return found if isinstance(found, SealedValue) else None


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_seal_or_refused(data: bytes):
    only_refused(data)


@given(part=st.sampled_from(PARTS), place=st.integers(0), byte=st.integers(0, 255))
@settings(max_examples=400, deadline=None)
def test_a_seal_with_one_byte_changed_is_a_seal_or_refused(part: bytes, place: int, byte: int):
    place %= len(part)
    only_refused(part[:place] + bytes((byte,)) + part[place + 1 :])


@given(part=st.sampled_from(PARTS), start=st.integers(0), length=st.integers(0, 40), put=st.binary(max_size=20))
@settings(max_examples=400, deadline=None)
def test_a_seal_with_a_piece_changed_is_a_seal_or_refused(part: bytes, start: int, length: int, put: bytes):
    start %= len(part)
    only_refused(part[:start] + put + part[start + length :])


ELEMENTS = st.recursive(
    st.builds(tag, st.sampled_from([1, 2, 3, 4, 5, 6, 12, 19, 22, 23, 24, 48, 160]), st.binary(max_size=6)),
    lambda inner: st.builds(lambda parts: der.sequence(*parts), st.lists(inner, max_size=6)),
    max_leaves=30,
)


@given(ELEMENTS)
@settings(max_examples=300, deadline=None)
def test_any_structure_is_a_seal_or_refused(data: bytes):
    only_refused(data)


def test_the_deepest_and_the_longest_are_refused():
    nested = b""
    for _ in range(2000):
        nested = der.sequence(nested)
    only_refused(nested)
    only_refused(der.sequence(*(der.integer(1) for _ in range(50_000))))
    with pytest.raises(MalformedSeal) as refusal:
        seals.read_value(bytes(reading.SIZE_LIMIT + 1))
    assert refusal.value.reason == "too-large"


@pytest.mark.parametrize("name", ["v1", "v4"])
def test_a_seal_of_another_implementation_is_read_and_right(name: str):
    with zipfile.ZipFile(BytesIO(vectors(f"ofd/{name}.ofd"))) as package:
        value = seals.read_value(package.read("Doc_0/Signs/Sign_0/SignedValue.dat"))
        assert value.seal.der == package.read("Doc_0/Signs/Sign_0/Seal.esl")
        assert value.data_hash == SM3.of(package.read("Doc_0/Signs/Sign_0/Signature.xml"))
    assert right(value.signer)
    assert right(value.seal.maker)
    assert value.signer.certificate_der in value.seal.signer_certificates


def test_a_seal_of_another_implementation_in_a_pdf_is_read_and_right():
    document = vectors("pdf/20_ses_v4_adbe.pdf")
    start = document.index(b"/Contents <") + len(b"/Contents <")
    end = document.index(b">", start)
    field = bytes.fromhex(document[start:end].decode())
    value = seals.read_value(der.Reader(field).whole())
    assert value.version is Version.GBT38540_2020
    assert value.data_hash == SM3.of(document[: start - 1], document[end + 1 :])
    assert right(value.signer)
    assert right(value.seal.maker)
