"""A draft against its type: every fault at once, with a pointer, and never the value."""

import base64
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.checks import EARLIEST, LARGEST_PICTURE, check
from certs.drafts import Holder
from certs.types.certificate_type import CertificateType
from tests.certs.papers import AT, HYGIENE, MARRIAGE, TODAY, TRACTOR, TYPES, WASTE, draft, firm, person


def _told(type_: CertificateType, **peculiar: Any) -> list[tuple[str, str]]:
    return [(each.pointer, each.code) for each in check(draft(type_, **peculiar), type_, AT)]


@pytest.mark.parametrize("code", sorted(TYPES))
def test_a_sound_draft_of_every_type_has_no_fault(code: str) -> None:
    """The measure for the cases below."""
    assert _told(TYPES[code]) == []


@pytest.mark.parametrize("code", sorted(TYPES))
def test_every_needed_field_is_missed_when_it_is_empty(code: str) -> None:
    """Nothing said, null and blank are the same."""
    type_ = TYPES[code]
    needed = [each.name for each in type_.fields if each.needed]
    for blank in ({}, dict.fromkeys(needed), dict.fromkeys(needed, "")):
        data = {**{name: value for name, value in draft(type_).data.items() if name not in needed}, **blank}
        assert sorted(_told(type_, data=data)) == sorted((f"#/data/{name}", "missing") for name in needed)


def test_all_faults_are_told_at_once() -> None:
    """Whoever filled in the form mends it in one go."""
    one = Holder("x", "111", " ", "owner")
    told = _told(HYGIENE, holders=(one,), number="7", issued_on=TODAY + timedelta(days=1), data={"colour/~": "red"})
    assert told == [
        ("#/holders/0/type", "not-for-this-type"),
        ("#/holders/0/name", "unreadable"),
        ("#/holders/0/role", "not-one-of"),
        ("#/number", "shape"),
        ("#/issued_on", "impossible-date"),
        ("#/data/colour~1~0", "unknown-field"),
        ("#/data/address", "missing"),
        ("#/data/legal_representative", "missing"),
        ("#/data/project", "missing"),
    ]


def test_a_marriage_certificate_has_two_holders_and_they_differ() -> None:
    """Several holders are one certificate's, not one each."""
    one, two = draft(MARRIAGE).holders
    assert _told(MARRIAGE, holders=(one,)) == [("#/holders", "number-of-holders")]
    assert _told(MARRIAGE, holders=(one, replace(two, code=one.code))) == [("#/holders/1/code", "twice")]


@pytest.mark.parametrize("code", [firm()[:-1] + "0", firm().lower(), f" {firm()}", "", person()])
def test_a_holder_s_code_is_taken_exactly_or_not_at_all(code: str) -> None:
    """What is written is strict; only what comes in from registers is mended."""
    assert _told(HYGIENE, holders=(Holder(code, "001", "演示企业有限公司"),)) == [("#/holders/0/code", "check-digits")]


def test_a_collected_certificate_brings_its_number() -> None:
    """Only what is issued here is numbered here."""
    assert _told(MARRIAGE, number=None) == [("#/number", "missing")]
    assert _told(HYGIENE, number=None) == []
    assert _told(HYGIENE, number="卫公〔2026〕第" + "1" * 200 + "号") == [("#/number", "shape")]


@pytest.mark.parametrize(
    ("dates", "fault"),
    [
        ({"issued_on": TODAY + timedelta(days=1)}, ("#/issued_on", "impossible-date")),
        ({"issued_on": EARLIEST - timedelta(days=1)}, ("#/issued_on", "impossible-date")),
        ({"valid_from": EARLIEST - timedelta(days=1)}, ("#/valid_from", "impossible-date")),
        ({"valid_until": TODAY - timedelta(days=1)}, ("#/valid_until", "before-it-begins")),
    ],
)
def test_dates_that_cannot_be_are_faults(dates: dict[str, date], fault: tuple[str, str]) -> None:
    """Issued tomorrow, before the republic, over before it begins."""
    assert _told(HYGIENE, **dates) == [fault]


def test_today_is_the_day_where_the_clerk_sits() -> None:
    """At 23:00 in Greenwich it is tomorrow in China already."""
    late = AT.replace(hour=23)
    tomorrow = draft(HYGIENE, issued_on=TODAY + timedelta(days=1))
    assert check(tomorrow, HYGIENE, late) == ()


def test_a_type_that_does_not_say_how_long_asks_the_issuer() -> None:
    """An approval for a site lasts as long as it is told."""
    assert _told(WASTE, valid_until=None) == [("#/valid_until", "missing")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("address", 7, "wrong-type"),
        ("address", "x" * 121, "too-long"),
        ("address", "a\x00b", "control-characters"),
        ("address", "a\u202eb", "control-characters"),
        ("room_area", 12.5, "wrong-type"),
        ("room_area", "-1", "wrong-type"),
        ("room_area", "NaN", "wrong-type"),
        ("room_area", "1e400", "wrong-type"),
        ("room_area", "٣", "wrong-type"),
        ("room_area", "9" * 19, "wrong-type"),
    ],
)
def test_a_value_that_does_not_fit_its_field_is_a_fault(field: str, value: Any, code: str) -> None:
    """Decimals are text, so that nothing is lost on the way."""
    told = _told(HYGIENE, data={**draft(HYGIENE).data, field: value})
    assert told == [(f"#/data/{field}", code)]


@pytest.mark.parametrize("value", ["2026-02-30", "2026-1-1", "20260101", 20260101, "2026-01-01T00:00"])
def test_a_date_is_written_in_one_way(value: Any) -> None:
    """And must be in the calendar."""
    assert _told(TRACTOR, data={**draft(TRACTOR).data, "birth_date": value}) == [("#/data/birth_date", "wrong-type")]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("not base64!", "wrong-type"),
        (base64.b64encode(b"GIF89a").decode(), "wrong-type"),
        (7, "wrong-type"),
        (base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(LARGEST_PICTURE)).decode(), "too-long"),
    ],
)
def test_a_photograph_is_a_picture_of_bearable_size(value: Any, code: str) -> None:
    """What it shows is seen when the face is made."""
    assert _told(TRACTOR, data={**draft(TRACTOR).data, "photo": value}) == [("#/data/photo", code)]


def test_a_choice_comes_from_its_table() -> None:
    """By code, not by words."""
    assert _told(TRACTOR, data={**draft(TRACTOR).data, "classes": "轮式拖拉机"}) == [
        ("#/data/classes", "not-in-dictionary")
    ]
    assert _told(TRACTOR, data={**draft(TRACTOR).data, "classes": ["G1"]}) == [("#/data/classes", "not-in-dictionary")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


@given(st.sampled_from(sorted(TYPES)), st.dictionaries(st.text(max_size=10), JSON, max_size=4), JSON)
def test_nothing_that_json_can_say_makes_the_check_fail(code: str, data: dict[str, Any], value: Any) -> None:
    """Faults are values; whatever comes in, no traceback and no value comes out."""
    type_ = TYPES[code]
    odd = {**data, **{each.name: value for each in type_.fields}}
    for fault in check(draft(type_, data=odd), type_, AT):
        assert fault.pointer.startswith("#/")
        assert fault.code.replace("-", "").isalpha()
