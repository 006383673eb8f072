"""Questions: only declared items, only typed values, only within the limits."""

from typing import Any

import pytest

from exchange.mounting.errors import UnaskableQuestion
from exchange.sources import questions
from exchange.sources.questions import Asked
from exchange.sources.source import Test
from tests.exchange.sources.sites import COLUMNS, INJECTIONS


def test_no_fields_means_every_item():
    asked = questions.read(COLUMNS, (), [Asked("发证日期", "at_least", ["20240101"])], 10)
    assert asked.fields == tuple(column.item for column in COLUMNS)
    assert asked.conditions[0].test is Test.AT_LEAST
    assert "2024" not in repr(asked)


def test_columns_are_called_as_the_mount_says_or_the_directory_or_the_item():
    items: list[dict[str, Any]] = [
        {"name": "甲", "type": "string", "column": "a"},
        {"name": "乙", "type": "string", "column": "b"},
        {"name": "丙", "type": "integer", "length": 4},
        {"name": "丁", "type": "binary"},
    ]
    found = questions.columns_of(items, {"乙": "bee"})
    assert [(each.item, each.name, each.length) for each in found] == [
        ("甲", "a", None),
        ("乙", "bee", None),
        ("丙", "丙", 4),
    ]


@pytest.mark.parametrize(
    ("fields", "conditions", "limit", "cursor", "pointer"),
    [
        (["身份证"], [], 10, None, "#/fields/0"),
        (["面积", "面积"], [], 10, None, "#/fields/1"),
        ([], [], 0, None, "#/limit"),
        ([], [], 1001, None, "#/limit"),
        ([], [], 10, "", "#/cursor"),
        ([], [], 10, "a\nb", "#/cursor"),
        ([], [Asked("无", "equal", ["x"])], 10, None, "#/conditions/0/item"),
        ([], [Asked("面积", "like", ["x"])], 10, None, "#/conditions/0/test"),
        ([], [Asked("面积", "equal", [])], 10, None, "#/conditions/0/values"),
        ([], [Asked("面积", "equal", [1, 2])], 10, None, "#/conditions/0/values"),
        ([], [Asked("面积", "in", list(range(101)))], 10, None, "#/conditions/0/values"),
        ([], [Asked("有效", "at_least", [True])], 10, None, "#/conditions/0/test"),
        ([], [Asked("发证日期", "equal", ["昨天"])], 10, None, "#/conditions/0/values/0"),
        ([], [Asked("单位名称", "equal", [""])], 10, None, "#/conditions/0/values/0"),
        ([], [Asked("单位名称", "equal", [None])], 10, None, "#/conditions/0/values/0"),
        ([], [Asked("单位名称", "equal", [{"$ne": 1}])], 10, None, "#/conditions/0/values/0"),
        ([], [Asked("单位名称", "equal", ["x"])] * 21, 10, None, "#/conditions"),
    ],
)
def test_what_cannot_be_asked_is_refused(fields: Any, conditions: Any, limit: int, cursor: Any, pointer: str):
    with pytest.raises(UnaskableQuestion) as refused:
        questions.read(COLUMNS, fields, conditions, limit, cursor)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("text", INJECTIONS)
def test_an_injection_is_no_item_and_no_test(text: str):
    for given in (Asked(text, "equal", ["x"]), Asked("单位名称", text, ["x"])):
        with pytest.raises(UnaskableQuestion):
            questions.read(COLUMNS, (), [given], 10)
    with pytest.raises(UnaskableQuestion):
        questions.read(COLUMNS, (text,), [], 10)
