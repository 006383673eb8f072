"""Purposes: what must be said of a use, at which stage on which basis, and what of it is a fault."""

from typing import Any

import marshmallow as ma
import pytest

from exchange.agreements import purposes
from exchange.agreements.purpose_schemas import WORDS, PurposeSchema
from exchange.agreements.purposes import (
    BASES_OF,
    Basis,
    BasisKind,
    Ground,
    Stage,
    basic_code,
    covers,
    faults,
    implementing_organ,
    is_matter_code,
)
from tests.exchange.contract_house import LICENCE, MARKET, purpose, told

# Real codes as public registers print them; the number of characters is what is looked at.
LONGER, LONGEST = "11370800MB285591843370117002011", "11310000MB2F30661Y231200356400001"


def messages(body: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ma.ValidationError) as raised:
        PurposeSchema().load(body)
    found = raised.value.messages
    assert isinstance(found, dict)
    return found


def test_a_whole_purpose_is_read_into_its_value():
    assert PurposeSchema().load(told()) == purpose()
    assert faults(purpose()) == []


@pytest.mark.parametrize("code", [LICENCE, LONGER, LONGEST, "1131000068735121X0231010032700001"])
def test_a_matter_has_twelve_thirty_one_or_thirty_three_characters(code: str):
    assert is_matter_code(code)
    assert len(basic_code(code)) == 12


@pytest.mark.parametrize(
    "code",
    ["", "0001230200", "00012302000X", LONGER[:-1], LONGEST + "1", "0" + LONGER, LONGER[:18] + "9" + LONGER[19:],
     LICENCE + "01", "０００１２３０２００００", f"{LICENCE}\n"],
)  # fmt: skip
def test_anything_else_is_no_matter(code: str):
    assert not is_matter_code(code)
    assert [(each.pointer, each.code) for each in faults(purpose(item_code=code))] == [
        ("#/item_code", "not-a-matter-code")
    ]


def test_only_the_longer_forms_name_the_organ():
    assert implementing_organ(LICENCE) is None
    assert implementing_organ(LONGER) == LONGER[:18]
    assert covers(LICENCE, f"{MARKET}3{LICENCE}01")
    assert not covers(f"{MARKET}3{LICENCE}", LICENCE)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("kind", BasisKind)
def test_each_stage_takes_the_numbers_it_can_have(stage: Stage, kind: BasisKind):
    ground = Ground.AGREEMENT if stage is Stage.AGREEMENT else Ground.STATUTORY
    found = faults(purpose(stage=stage, ground=ground, basis=Basis(kind, "1")))
    assert [each.pointer for each in found] == ([] if kind in BASES_OF[stage] else ["#/basis/kind"])


@pytest.mark.parametrize("stage", Stage)
def test_only_guidance_comes_before_there_is_a_number(stage: Stage):
    ground = Ground.AGREEMENT if stage is Stage.AGREEMENT else Ground.STATUTORY
    found = [each.code for each in faults(purpose(stage=stage, ground=ground, basis=None))]
    assert found == ([] if stage is Stage.GUIDANCE else ["needed-at-this-stage"])


def test_an_agreed_use_is_no_duty():
    agreed = {"stage": Stage.AGREEMENT, "basis": Basis(BasisKind.AGREEMENT, "协议-1")}
    assert [each.pointer for each in faults(purpose(**agreed))] == ["#/ground"]
    assert faults(purpose(**agreed, ground=Ground.HOLDER)) == []


def test_an_unattended_decision_has_a_system_as_its_operator():
    body = told(operator={"kind": "system", "name": "演示秒批系统", "unit": "演示局"})
    assert PurposeSchema().load(body).operator.kind == "system"


@pytest.mark.parametrize(
    ("peculiar", "path"),
    [
        ({"item_name": " "}, ("item_name",)),
        ({"item_name": "名" * 201}, ("item_name",)),
        ({"reason": "换\n行"}, ("reason",)),
        ({"reason": "长" * 2000}, ("reason",)),
        ({"handling_region": "3209"}, ("handling_region",)),
        ({"handling_region": "990000"}, ("handling_region",)),
        ({"grant_code": ""}, ("grant_code",)),
        ({"basis": {"kind": "case", "number": ""}}, ("basis", "number")),
        ({"basis": {"kind": "task", "number": "1"}}, ("basis", "kind")),
        ({"basis": {"kind": "dream", "number": "1"}}, ("basis", "kind")),
        ({"basis": None}, ("basis",)),
        ({"operator": {"kind": "person", "name": "", "unit": "甲"}}, ("operator", "name")),
        ({"operator": {"kind": "robot", "name": "甲", "unit": "甲"}}, ("operator", "kind")),
        ({"operator": "甲"}, ("operator",)),
        ({"stage": "later"}, ("stage",)),
        ({"stage": ["review"]}, ("stage",)),
        ({"ground": "curiosity"}, ("ground",)),
        ({"item_code": 12}, ("item_code",)),
        ({"surprise": 1}, ("surprise",)),
    ],
)
def test_every_fault_is_told_at_its_place(peculiar: dict[str, Any], path: tuple[str, ...]):
    found: Any = messages(told(**peculiar))
    for member in path:
        found = found[member]
    assert found


@pytest.mark.parametrize("member", [name for name in told() if name not in {"grant_code", "basis"}])
def test_nothing_that_is_needed_may_be_missing(member: str):
    body = told()
    del body[member]
    assert set(messages(body)) == {member}


def test_several_faults_are_told_at_once_in_both_languages():
    body = told(item_code="1", handling_region="1", reason=" ", basis={"kind": "agreement", "number": " "})
    found = messages(body)
    assert set(found) == {"item_code", "handling_region", "reason", "basis"}
    assert set(found["basis"]) == {"kind", "number"}
    assert all("·" in words for words in WORDS.values())


def test_who_works_on_it_shows_in_no_representation():
    assert "演示办事员" not in repr(purpose())


def test_a_fault_has_words():
    codes = {"not-a-matter-code", "empty", "too-long", "not-printable", "not-at-this-stage", "needed-at-this-stage"}
    assert codes | {"not-a-region"} == set(WORDS)
    assert purposes.PurposeFault(("basis", "kind"), "empty").pointer == "#/basis/kind"
