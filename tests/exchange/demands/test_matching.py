"""What is one demand, what a directory lacks of it, and what may not be demanded."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.demands.demand import (
    Hit,
    Negative,
    Relation,
    Target,
    Wanted,
    forbidden,
    is_quick_enough,
    normalised,
    relation,
)
from exchange.demands.matching import Offered, match, matches

HEALTH, POLICE = "11320000MB0000001X", "11320000MB0000002X"
LICENCE = Wanted(HEALTH, "公共场所卫生许可证", ("许可证编号", "单位名称"), "day", "interface")
DIRECTORY = Offered(
    "307/000001",
    HEALTH,
    "公共场所卫生许可证信息",
    (("许可证编号", "2"), ("单位名称", "2"), ("负责人", "3")),
    "day",
    frozenset({"interface"}),
    "2",
)


@pytest.mark.parametrize(
    "text", ["公共场所卫生许可证信息", " 公共场所 卫生许可证", "公共场所（卫生）许可证数据", "公共场所卫生许可证"]
)
def test_a_name_is_the_same_however_it_is_written(text: str):
    assert normalised(text) == "公共场所卫生许可证"


def test_a_tail_alone_is_a_name():
    assert normalised("信息") == "信息"


@given(st.text(alphabet="演示信息数据 ·AbＡ１é\u0301（）", max_size=20))
def test_a_name_stays_as_it_is_compared_but_for_another_tail(text: str):
    once = normalised(text)
    assert normalised(once) in {once, once[:-2]}


@pytest.mark.parametrize(
    ("offered", "wanted", "enough"),
    [
        ("day", "day", True),
        ("realtime", "year", True),
        ("week", "day", False),
        ("ondemand", "ondemand", True),
        ("ondemand", "year", False),
        ("day", "ondemand", False),
    ],
)
def test_what_is_renewed_more_often_serves_those_who_need_it_less(offered: str, wanted: str, enough: bool):
    assert is_quick_enough(offered, wanted) is enough


@pytest.mark.parametrize(
    ("peculiar", "expected"),
    [
        ({}, Relation.WITHIN),
        ({"items": ("单位名称",)}, Relation.WITHIN),
        ({"update_cycle": "month"}, Relation.WITHIN),
        ({"provider": ""}, Relation.WITHIN),
        ({"scope": "演示市"}, Relation.WITHIN),
        ({"items": ("许可证编号", "单位名称", "负责人")}, Relation.WIDER),
        ({"update_cycle": "realtime"}, Relation.WIDER),
        ({"items": ("单位名称", "负责人")}, Relation.APART),
        ({"provider": POLICE}, Relation.APART),
        ({"delivery": "batch"}, Relation.APART),
        ({"name": "医疗机构执业许可证"}, Relation.APART),
        ({"update_cycle": "ondemand"}, Relation.APART),
    ],
)
def test_how_a_new_demand_stands_to_a_known_one(peculiar: dict[str, object], expected: Relation):
    assert relation(replace(LICENCE, **peculiar), LICENCE) is expected  # type: ignore[arg-type]


def test_who_wants_all_of_it_wants_more_than_who_wants_one_city():
    city = replace(LICENCE, scope="演示市")
    assert relation(LICENCE, city) is Relation.WIDER
    assert relation(replace(city, scope="另一市"), city) is Relation.APART


def test_a_directory_with_everything_meets_the_demand():
    found = match(LICENCE, DIRECTORY)
    assert found is not None
    assert found.is_whole


@pytest.mark.parametrize(
    ("peculiar", "lacking"),
    [
        ({"items": ("许可证编号", "有效期")}, "missing"),
        ({"items": ("许可证编号", "负责人")}, "missing"),
        ({"update_cycle": "realtime"}, "is_quick_enough"),
        ({"delivery": "batch"}, "comes_that_way"),
        ({"name": "持证单位"}, "is_named_so"),
    ],
)
def test_what_a_directory_lacks_is_told(peculiar: dict[str, object], lacking: str):
    """An item that is never shared is lacking, too."""
    found = match(replace(LICENCE, **peculiar), DIRECTORY)  # type: ignore[arg-type]
    assert found is not None
    assert not found.is_whole
    assert found.missing[-1:] == tuple(peculiar["items"])[-1:] if lacking == "missing" else not getattr(found, lacking)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "offered",
    [replace(DIRECTORY, share_type="3"), replace(DIRECTORY, owner=POLICE), replace(DIRECTORY, name="户籍", items=())],
)
def test_what_is_never_shared_somebody_elses_or_something_else_is_no_match(offered: Offered):
    assert match(LICENCE, offered) is None


def test_any_way_serves_who_does_not_mind():
    found = match(replace(LICENCE, delivery="other"), DIRECTORY)
    assert found is not None
    assert found.comes_that_way


def test_the_nearest_directory_comes_first():
    poor = replace(DIRECTORY, code="307/000000", items=(("单位名称", "2"),))
    assert [each.directory for each in matches(LICENCE, [poor, DIRECTORY])] == ["307/000001", "307/000000"]


def test_every_forbidden_place_is_told_with_its_rule():
    rules = [
        Negative("secret", "", Target.RESOURCE, "工作秘密", "第三条", anywhere=True),
        Negative("leader", HEALTH, Target.ITEM, "负责人", "演示依据"),
        Negative("other", POLICE, Target.ITEM, "单位名称", "演示依据"),
    ]
    wanted = replace(LICENCE, name="工作秘密登记", items=("单位名称", "负责人", "负责人电话"))
    assert forbidden(wanted, rules) == (
        Hit("#/name", "工作秘密登记", "secret", "第三条"),
        Hit("#/items/1", "负责人", "leader", "演示依据"),
    )
    assert forbidden(LICENCE, rules) == ()
