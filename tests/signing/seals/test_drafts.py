"""What a seal or a sealed value is to say and cannot is refused by the name of the part, and why."""

from dataclasses import replace
from typing import Any

import pytest

from signing import seals as standards
from signing.seals.errors import UnusableSealDraft
from signing.seals.seal import Extension, Picture, SealDraft, Unsigned, ValueDraft, Version
from tests.builders.pki import AT, YEAR
from tests.builders.seals import MESSAGE, PICTURE, usual

SHOWN = Picture("image/png", PICTURE, 40, 40)
BOTH = (Version.GMT0031_2014, Version.GBT38540_2020)


def draft(**peculiar: Any) -> SealDraft:
    told: dict[str, Any] = {
        "id": "32090000000001",
        "vendor": "YINXIN",
        "type": 1,
        "name": "演示专用章",
        "signer_certificates": (usual().signer.der,),
        "created_at": AT,
        "valid_from": AT,
        "valid_until": AT + YEAR,
        "picture": SHOWN,
    }
    return SealDraft(**(told | peculiar))


def prepared(version: Version, found: SealDraft | ValueDraft) -> Unsigned:
    standard = standards.WRITABLE[version]
    if isinstance(found, SealDraft):
        return standard.prepare_seal(found, usual().maker.der)
    return standard.prepare_value(found)


def refused(version: Version, found: SealDraft | ValueDraft) -> tuple[str, str]:
    with pytest.raises(UnusableSealDraft) as error:
        prepared(version, found)
    return error.value.field, error.value.reason


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", "章", "not-ascii"),
        ("id", "", "empty-or-too-long"),
        ("id", "a\x07", "not-printable"),
        ("vendor", "章", "not-ascii"),
        ("name", " ", "empty-or-too-long"),
        ("name", "x" * 1025, "empty-or-too-long"),
        ("name", "\ud800", "not-text"),
        ("type", -1, "out-of-range"),
        ("type", 1 << 31, "out-of-range"),
        ("signer_certificates", (), "none-or-too-many"),
        ("signer_certificates", (b"x",) * 257, "none-or-too-many"),
        ("created_at", AT.replace(tzinfo=None), "without-time-zone"),
        ("valid_until", AT, "not-after-valid-from"),
        ("valid_until", AT - YEAR, "not-after-valid-from"),
        ("picture", replace(SHOWN, media_type="image/tiff"), "unknown-type"),
        ("picture", replace(SHOWN, data=b""), "too-large-or-empty"),
        ("picture", replace(SHOWN, width_mm=0), "size-out-of-range"),
        ("picture", replace(SHOWN, height_mm=1001), "size-out-of-range"),
        ("extensions", (Extension("1.2.3", False, b"x"),) * 65, "too-many"),
    ],
)
def test_a_seal_that_cannot_be_written_is_refused_by_its_part(version: Version, field: str, value: Any, reason: str):
    assert refused(version, draft(**{field: value})) == (field, reason)


@pytest.mark.parametrize("version", BOTH)
def test_a_period_without_a_zone_is_refused_by_its_beginning(version: Version):
    bare = draft(valid_from=AT.replace(tzinfo=None), valid_until=(AT + YEAR).replace(tzinfo=None))
    assert refused(version, bare) == ("valid_from", "without-time-zone")


def test_the_dates_of_a_seal_of_2014_lie_in_the_years_that_two_digits_tell():
    first, last = AT.replace(year=1950), AT.replace(year=2049)
    whole = draft(created_at=first, valid_from=first, valid_until=last)
    assert all(each in prepared(BOTH[0], whole).message for each in (b"501121", b"491121"))
    late, early = draft(valid_until=AT.replace(year=2050)), draft(valid_from=AT.replace(year=1949))
    assert refused(BOTH[0], late) == ("valid_until", "year-out-of-range")
    assert refused(BOTH[0], early) == ("valid_from", "year-out-of-range")
    assert refused(BOTH[0], draft(created_at=AT.replace(year=1949))) == ("created_at", "year-out-of-range")
    assert b"2050" in prepared(BOTH[1], late).message


def value(**peculiar: Any) -> ValueDraft:
    told: dict[str, Any] = {
        "seal": b"\x30\x00",
        "time": AT,
        "data_hash": MESSAGE,
        "property_info": "/Doc_0/Signs/Sign_0/Signature.xml",
        "certificate": usual().signer.der,
    }
    return ValueDraft(**(told | peculiar))


@pytest.mark.parametrize("version", BOTH)
@pytest.mark.parametrize(
    ("field", "told", "reason"),
    [
        ("time", AT.replace(tzinfo=None), "without-time-zone"),
        ("property_info", "", "empty-or-too-long"),
        ("property_info", "/" + "x" * (16 << 10), "empty-or-too-long"),
        ("property_info", "证", "not-ascii"),
    ],
)
def test_a_value_that_cannot_be_written_is_refused_by_its_part(version: Version, field: str, told: Any, reason: str):
    assert refused(version, value(**{field: told})) == (field, reason)


def test_what_2014_has_no_place_for_is_refused():
    old = Version.GMT0031_2014
    assert refused(old, draft(by_digest=True)) == ("by_digest", "not-in-this-standard")
    assert refused(old, value(extensions=(Extension("1.2.3", False, b"x"),))) == ("extensions", "not-in-this-standard")
    assert refused(old, value(time=AT.replace(year=2050))) == ("time", "year-out-of-range")
