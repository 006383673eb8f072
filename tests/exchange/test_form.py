"""What a directory may say: every fault at once, at its place; nothing wrong is taken, nothing right refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange import form
from exchange.dictionaries import dictionaries
from exchange.form import Fault
from tests.exchange.departments import content


def codes(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(fault.pointer, fault.code) for fault in form.check(told)}


def test_a_whole_content_has_no_fault():
    assert form.check(content()) == ()


def test_an_empty_content_lacks_everything_that_is_always_needed():
    missing = {fault.field for fault in form.check({}) if fault.code == "missing"}
    always = {field.name for field in form.fields().values() if field.needed.always}
    assert missing == always | {"items"}


def test_the_thirteen_core_elements_are_all_there_but_what_the_register_itself_gives():
    told = {field.core for field in (*form.fields().values(), *form.item_fields().values())} - {None}
    # 3 is the code, 4 the provider's name (told by its code), 12 the day of publication.
    assert told == set(range(1, 14)) - {3, 4, 12}


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"share_type": "2", "share_conditions": None}, "share_conditions"),
        ({"share_type": "3", "withheld_because": "x"}, "withheld_ground"),
        ({"open_type": "conditional"}, "open_conditions"),
        ({"update_cycle": "ondemand"}, "other_update_cycle"),
        ({"scene": ["1", "0"]}, "other_scene"),
        ({"has_matter": False}, "no_matter_because"),
        ({"has_matter": True, "matter_code": None}, "matter_code"),
        ({"class": "1"}, "base_category"),
        ({"class": "2"}, "theme_category"),
    ],
)
def test_what_one_field_says_makes_another_needed(told: dict[str, Any], missing: str):
    assert codes(content(**told)) == {(f"#/{missing}", "missing")}


def test_what_is_not_shared_needs_no_mode():
    told = content(
        share_type="3", share_mode=None, network=None, scene=None, withheld_ground="1", withheld_because="某法第一条"
    )
    assert form.check(told) == ()


@pytest.mark.parametrize(
    ("told", "pointer", "code"),
    [
        ({"surprise": 1}, "#/surprise", "unknown-field"),
        ({"a/b~c": 1}, "#/a~1b~0c", "unknown-field"),
        ({"name": 7}, "#/name", "wrong-type"),
        ({"name": "长" * 201}, "#/name", "too-long"),
        ({"summary": "a\x00b"}, "#/summary", "control-characters"),
        ({"share_type": "9"}, "#/share_type", "not-in-dictionary"),
        ({"share_type": ["2"]}, "#/share_type", "not-in-dictionary"),
        ({"scene": ["1", "77"]}, "#/scene/1", "not-in-dictionary"),
        ({"scene": "1"}, "#/scene", "wrong-type"),
        ({"scene": ["1", "1"]}, "#/scene", "twice"),
        ({"is_certificate": "yes"}, "#/is_certificate", "wrong-type"),
        ({"department": "11320000YNX00001X0"}, "#/department", "check-digits"),
        ({"matter_code": "12345"}, "#/matter_code", "wrong-length"),
        ({"related_codes": "x"}, "#/related_codes", "wrong-type"),
        ({"related_codes": ["x" * 1001]}, "#/related_codes", "too-long"),
        ({"items": []}, "#/items", "missing"),
        ({"items": {}}, "#/items", "missing"),
        ({"items": [7]}, "#/items/0", "wrong-type"),
    ],
)
def test_every_fault_is_told_at_its_place(told: dict[str, Any], pointer: str, code: str):
    assert (pointer, code) in codes({**content(), **told})


def item(**peculiar: Any) -> dict[str, Any]:
    return {"name": "项", "type": "string", "sensitivity": "1", "share_type": "1", "open": False, **peculiar}


@pytest.mark.parametrize(
    ("told", "pointer", "code"),
    [
        ({"sensitivity": "5"}, "#/items/0/sensitivity", "not-in-dictionary"),
        ({"length": -1}, "#/items/0/length", "wrong-type"),
        ({"length": True}, "#/items/0/length", "wrong-type"),
        ({"length": 10**9}, "#/items/0/length", "wrong-type"),
        ({"share_type": "3"}, "#/items/0/not_share_reason", "missing"),
        ({"surprise": 1}, "#/items/0/surprise", "unknown-field"),
    ],
)
def test_items_are_checked_one_by_one(told: dict[str, Any], pointer: str, code: str):
    assert codes(content(items=[item(**told)])) == {(pointer, code)}


def test_two_items_of_one_name_are_told():
    faults = form.check(content(items=[item(), item(name=" 项 ")]))
    assert faults == (Fault("#/items/1/name", "twice", "name", "#/items/0"),)


def test_too_many_items_are_told_and_not_looked_at():
    assert codes(content(items=[{}] * (form.MOST_ITEMS + 1))) == {("#/items", "too-many")}


def test_the_faults_that_are_told_are_bounded():
    assert len(form.check(content(items=[{}] * form.MOST_ITEMS))) == form.MOST_FAULTS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(told=st.dictionaries(st.sampled_from([*form.fields(), "items", "other"]), JSON, max_size=12))
def test_anything_can_be_checked(told: dict[str, Any]):
    for fault in form.check(told):
        assert fault.pointer.startswith("#/")


def test_every_dictionary_is_used_and_names_its_source():
    used = {field.dictionary for field in (*form.fields().values(), *form.item_fields().values())} - {None}
    of_demands = {"demand_list"}
    assert used | of_demands == set(dictionaries())
    assert all(
        each.source and each.confidence in {"read", "derived", "general", "own"} for each in dictionaries().values()
    )


def test_a_code_is_found_by_its_words_in_either_language():
    cycle = dictionaries()["update_cycle"]
    assert [cycle.code_of(text) for text in ("day", " 每日 ", "Daily", "每天")] == ["day", "day", "day", None]
    assert (cycle.words("day", "zh"), cycle.words("day", "en"), cycle.words("x", "zh")) == ("每日", "Daily", "x")
