"""Which materials a situation asks for, and which answers cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.filing.matter import Necessity
from certs.filing.matters import situations
from certs.filing.matters.errors import UnfitSituation
from tests.certs.filing.matters import builders

MATTER = builders.matter()
ALWAYS = {"申请表", "营业执照", "房屋产权证明"}


@pytest.mark.parametrize(
    ("situation", "further", "still_open"),
    [
        ({}, set(), {"kind"}),
        ({"kind": "new"}, set(), {"air"}),
        ({"kind": "new", "air": "yes"}, {"空调检测报告"}, set()),
        ({"kind": "new", "air": "no"}, set(), set()),
        ({"kind": "renewal"}, {"原许可证"}, set()),
    ],
)
def test_a_situation_chooses_the_materials_and_the_questions_that_remain(
    situation: dict[str, str], further: set[str], still_open: set[str]
):
    assert {each.name for each in situations.asked(MATTER, situation)} == ALWAYS | further
    assert {each.key for each in situations.still_open(MATTER, situation)} == still_open


@pytest.mark.parametrize(
    ("situation", "question", "reason"),
    [
        ({"colour": "red"}, "colour", "unknown-question"),
        ({"kind": "gone"}, "kind", "unknown-answer"),
        ({"kind": ""}, "kind", "unknown-answer"),
        ({"kind": "renewal", "air": "yes"}, "air", "ruled-out"),
        ({"air": "yes"}, "air", "ruled-out"),
        ({"x" * 500: "y"}, "x" * 40, "unknown-question"),
    ],
)
@pytest.mark.parametrize("act", [situations.asked, situations.still_open])
def test_answers_that_cannot_be_are_refused(act: Any, situation: dict[str, str], question: str, reason: str):
    with pytest.raises(UnfitSituation) as refused:
        act(MATTER, situation)
    assert (refused.value.question, refused.value.reason) == (question, reason)


@given(st.dictionaries(st.sampled_from(["kind", "air"]), st.sampled_from(["new", "renewal", "yes", "no"])))
def test_what_is_asked_is_in_the_matters_order_and_never_twice(situation: dict[str, str]):
    try:
        found = situations.asked(MATTER, situation)
    except UnfitSituation:
        return
    assert [each for each in MATTER.materials if each in found] == list(found)


def test_what_may_not_be_asked_for_and_what_has_no_law_is_flagged():
    """国令716号 七: nothing may be asked for that no law, regulation or rule names."""
    told = {each.name: each.is_legal for each in MATTER.materials}
    assert told == {**dict.fromkeys(told, True), "房屋产权证明": False}
    assert not builders.material(necessity=Necessity.LOCAL).is_legal
    assert not builders.material(basis="  ").is_legal
