"""What a signature allows afterwards, where a rectangle shows, and which fields there are, case by case."""

from dataclasses import replace
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.sign.fields import FieldMDPAction

from signing.formats.pdf.document import Pdf
from signing.formats.pdf.fields import Widget, rectangle
from signing.formats.pdf.limits import Limits
from signing.formats.pdf.permissions import Permission, UnreadablePermissions, permissions
from signing.formats.pdf.places import PagePlane, plane
from signing.report import Outcome
from tests.builders import pdf
from tests.builders.pdf import PDF
from tests.signing.formats.pdf.hostile import deep_form, wide_form


def told(value: Any) -> Any:
    """Write plain values as pyHanko's objects; names begin with a stroke."""
    if isinstance(value, dict):
        return generic.DictionaryObject({pdf_name(key): told(each) for key, each in value.items()})
    if isinstance(value, list):
        return generic.ArrayObject(told(each) for each in value)
    if isinstance(value, str):
        return pdf_name(value) if value.startswith("/") else pdf_string(value)
    if isinstance(value, float):
        return generic.FloatObject(str(value))
    return generic.NullObject() if value is None else generic.NumberObject(value)


def certifying(level: object) -> dict[str, Any]:
    return {"/TransformMethod": "/DocMDP", "/TransformParams": {"/P": level}}


LOCKED = {"/TransformMethod": "/FieldMDP", "/TransformParams": {"/Action": "/Include", "/Fields": ["a"]}}


# --- what is allowed afterwards


@pytest.mark.parametrize(
    ("signature", "field", "level", "certifies"),
    [
        ({}, {}, None, False),
        ({"/Reference": None}, {"/Lock": None}, None, False),
        ({"/Reference": []}, {}, None, False),
        ({"/Reference": [certifying(1)]}, {}, Permission.NOTHING, True),
        ({"/Reference": [certifying(2)]}, {}, Permission.FORMS, True),
        ({"/Reference": [certifying(3)]}, {}, Permission.ANNOTATIONS, True),
        ({"/Reference": [{"/TransformMethod": "/DocMDP"}]}, {}, Permission.FORMS, True),
        ({"/Reference": [{"/TransformMethod": "/DocMDP", "/TransformParams": {}}]}, {}, Permission.FORMS, True),
        ({"/Reference": [certifying(3), certifying(1)]}, {}, Permission.NOTHING, True),
        ({"/Reference": [certifying(1), certifying(3)]}, {}, Permission.NOTHING, True),
        ({"/Reference": [certifying(3)]}, {"/Lock": {"/Action": "/All", "/P": 1}}, Permission.NOTHING, True),
        ({}, {"/Lock": {"/Action": "/All", "/P": 2}}, Permission.FORMS, False),
        ({}, {"/Lock": {"/Action": "/All"}}, None, False),
        ({"/Reference": [{"/TransformMethod": "/UR3"}]}, {}, None, False),
    ],
)
def test_the_strictest_level_that_is_told_counts(signature, field, level, certifies):
    found = permissions(told(signature), told(field))
    assert (found.level, found.certifies) == (level, certifies)
    assert (found.document is None) == (level is None)
    assert found.document is None or found.document.value == level


@pytest.mark.parametrize(
    ("signature", "field"),
    [
        ({"/Reference": 1}, {}),
        ({"/Reference": [1]}, {}),
        ({"/Reference": [certifying(0)]}, {}),
        ({"/Reference": [certifying(4)]}, {}),
        ({"/Reference": [certifying("x")]}, {}),
        ({"/Reference": [{"/TransformMethod": "/FieldMDP"}]}, {}),
        ({"/Reference": [{"/TransformMethod": "/FieldMDP", "/TransformParams": {"/Action": "/No"}}]}, {}),
        ({}, {"/Lock": {}}),
        ({}, {"/Lock": {"/Action": "/All", "/P": 9}}),
    ],
)
def test_bounds_that_cannot_be_read_are_no_bounds_that_anything_could_keep(signature, field):
    with pytest.raises(UnreadablePermissions):
        permissions(told(signature), told(field))


def test_the_signatures_own_lock_counts_before_the_fields():
    lock = {"/Lock": {"/Action": "/All"}}
    own = permissions(told({"/Reference": [LOCKED]}), told(lock)).fields
    assert own is not None
    assert (own.action, own.fields) == (FieldMDPAction.INCLUDE, ["a"])
    fields = permissions(told({}), told(lock)).fields
    assert fields is not None
    assert fields.action is FieldMDPAction.ALL


# --- where a rectangle shows


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        ([1, 2, 3, 4], (1, 2, 3, 4)),
        ([3, 4, 1, 2], (1, 2, 3, 4)),
        ([1, 4, 3, 2], (1, 2, 3, 4)),
        ([1.5, 2, 3.5, 4], (1.5, 2, 3.5, 4)),
        ([-9999999, 0, 1, 1], (-9999999, 0, 1, 1)),
        ([-10000000, 0, 1, 1], None),
        ([0, 0, 10000000, 1], None),
        ([1, 2, 3], None),
        ([1, 2, 3, 4, 5], None),
        ([1, 2, 3, "/x"], None),
        ([1, 2, 3, None], None),
        ("/x", None),
        (None, None),
    ],
)
def test_a_rectangle_is_four_numbers_in_any_order_or_nothing(numbers, box):
    assert rectangle(told(numbers)) == box


@pytest.mark.parametrize(
    ("entries", "shows"),
    [
        ({}, True),
        ({"/F": 4}, True),
        ({"/F": 1}, True),
        ({"/F": 2}, False),
        ({"/F": 6}, False),
        ({"/F": 32}, False),
        ({"/F": 36}, False),
        ({"/F": "/x"}, True),
        ({"/Rect": [0, 0, 0, 0]}, False),
        ({"/Rect": [0, 0, 0.01, 5]}, False),
        ({"/Rect": [0, 0, 5, 0.01]}, False),
        ({"/Rect": [0, 0, 0.02, 0.02]}, True),
        ({"/Rect": [5, 5, 0, 0]}, True),
        ({"/Rect": None}, False),
    ],
)
def test_an_annotation_shows_unless_it_is_hidden_or_has_no_size(entries, shows):
    assert Widget(None, told({"/Rect": [0, 0, 5, 5], **entries})).visible is shows


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ({"/MediaBox": [0, 0, 200, 100]}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/CropBox": [10, 20, 90, 80]}, PagePlane(10, 20, 90, 80, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/CropBox": [-10, -20, 900, 800]}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/CropBox": [300, 300, 400, 400]}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/CropBox": [200, 0, 400, 100]}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/CropBox": [0, 100, 200, 200]}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/Rotate": 90}, PagePlane(0, 0, 200, 100, 90, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/Rotate": -90}, PagePlane(0, 0, 200, 100, 270, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/Rotate": 450}, PagePlane(0, 0, 200, 100, 90, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/Rotate": 100}, PagePlane(0, 0, 200, 100, 90, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/Rotate": "/x"}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/UserUnit": 2.0}, PagePlane(0, 0, 200, 100, 0, 2.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/UserUnit": 0}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/UserUnit": -1}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/MediaBox": [0, 0, 200, 100], "/UserUnit": "/x"}, PagePlane(0, 0, 200, 100, 0, 1.0)),
        ({"/Parent": {"/MediaBox": [0, 0, 2, 1], "/Rotate": 180}}, PagePlane(0, 0, 2, 1, 180, 1.0)),
        ({"/Parent": {"/Parent": {"/CropBox": [0, 0, 2, 1]}}}, PagePlane(0, 0, 2, 1, 0, 1.0)),
        ({"/Parent": "/x"}, PagePlane(0, 0, 595.28, 841.89, 0, 1.0)),
        ({}, PagePlane(0, 0, 595.28, 841.89, 0, 1.0)),
    ],
)
def test_what_is_seen_of_a_page_is_its_crop_box_turned_in_its_own_unit(page, seen):
    assert plane(told(page)) == seen


# --- which fields there are


def stands(limits: Limits, data: bytes) -> bool:
    try:
        found = Pdf(limits).read(data)
    except Exception as refusal:  # noqa: BLE001 - whatever it is, its name is looked at
        return not str(getattr(refusal, "reason", "")).startswith("limit-")
    return all(check.code != "PDF_LIMIT_REACHED" for each in found.signatures for check in each.checks)


@pytest.mark.parametrize(("deep", "read"), [(5, True), (6, False)])
def test_fields_are_read_as_deep_as_the_limit_says(deep: int, read: bool):
    assert stands(replace(Limits(), field_depth=5), deep_form(deep)) is read


@pytest.mark.parametrize(("wide", "read"), [(5, True), (6, False)])
def test_as_many_fields_are_read_as_the_limit_says(wide: int, read: bool):
    assert stands(replace(Limits(), fields=5), wide_form(wide)) is read


# --- what came along


def material(limits: Limits, *certificates: bytes) -> tuple[int, list[Any]]:
    data = PDF.with_validation_material(pdf.approved(), certificates, [b"\x30\x01\x00"], [b"\x30\x00"])
    found = Pdf(limits).read(data)
    left_out = [
        check.facts["count"]
        for check in found.warnings
        if check.code == "PDF_STORE_IGNORED" and check.outcome is Outcome.WARNING
    ]
    return len(found.signatures[0].certificates), left_out


def test_material_is_taken_up_to_its_limits_and_the_rest_is_counted():
    three = [b"\x30\x03\x02\x01" + bytes((number,)) for number in range(3)]
    assert material(Limits(), *three) == (3, [])
    assert material(replace(Limits(), store_items=3), *three) == (3, [])
    assert material(replace(Limits(), store_items=2), *three) == (2, [1])
    assert material(replace(Limits(), store_bytes=15 + 3 + 2), *three) == (3, [])
    assert material(replace(Limits(), store_bytes=15 + 3 + 1), *three) == (3, [1])
    assert material(replace(Limits(), store_bytes=14), *three) == (2, [2])


@pytest.mark.parametrize("junk", [b"\x31\x00", b"\x30\x01", b"\x30\x00\x00", b"", b"junk"])
def test_what_is_no_der_is_left_out_of_the_material(junk: bytes):
    assert material(Limits(), b"\x30\x00", junk) == (1, [1])
