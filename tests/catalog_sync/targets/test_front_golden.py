"""The bytes that partners read, as they were reviewed; and the tables of data, walked."""

import tomllib

import pytest

from catalog_sync.kinds import KINDS
from catalog_sync.targets.files import control
from catalog_sync.targets.front import columns, refusals
from catalog_sync.targets.front.columns import Column, Unfit
from tests.catalog_sync.targets import front_golden


@pytest.mark.parametrize("name", sorted(front_golden.MADE))
def test_what_partners_read_is_byte_for_byte_what_was_reviewed(name: str):
    assert (front_golden.VECTORS / name).read_text("utf-8") == front_golden.written(name)


def test_every_table_says_where_it_was_seen_and_fills_columns_that_it_has():
    layout = columns.shipped()
    assert layout.kinds <= set(KINDS)
    for table in layout.tables.values():
        assert table.source
        assert table.confidence in {"known", "memory", "assumed"}
        names = [each.name for each in table.columns]
        assert len(names) == len(set(names))
        assert {"cd_batch", "cd_operation", "cd_time", "data_source"} <= set(names)
        assert (table.keeps == "change") == ("row_guid" in names)
    assert all(each.source and each.about for each in layout.rejects.values())
    assert layout.rejects["dn_lic_data_error"].words == "error_remark"
    counted = {name: len(each.columns) for name, each in control.tables().tables.items()}
    assert counted == {"mng_data_up": 18, "data_desc_up": 17, "mng_data_down": 18, "data_desc_down": 17}


def test_a_layout_that_contradicts_itself_is_not_read():
    told = {"common": [], "joined_by": "^", "tables": {}}
    column = {"name": "a", "type": "varchar", "length": 1}
    table = {
        "zh": "x",
        "kind": "k",
        "keeps": "thing",
        "key": "a",
        "columns": [column],
        "source": "x",
        "confidence": "known",
    }
    assert columns.read({**told, "tables": {"t": table}}).kinds == {"k"}
    for wrong in ({"key": "b"}, {"keeps": "ever"}, {"columns": [{"name": "a;", "type": "int"}]}):
        with pytest.raises(ValueError):  # noqa: PT011 - which words it has is nobody's matter
            columns.read({**told, "tables": {"t": {**table, **wrong}}})
    with pytest.raises(tomllib.TOMLDecodeError):
        columns.read(tomllib.loads("x ="))


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (Column("a", "varchar", length=2), "a\0", "nul"),
        (Column("a", "varchar", length=2), "abc", "too-long"),
        (Column("a", "varchar", length=2), ["a"], "not-text"),
        (Column("a", "varchar", length=2), True, "not-text"),
        (Column("a", "int"), "7", "not-a-number"),
        (Column("a", "int"), 2**31, "not-a-number"),
        (Column("a", "date"), "2026-02-30", "not-a-time"),
        (Column("a", "datetime"), "soon", "not-a-time"),
        (Column("a", "int", needed=True), None, "missing"),
        (Column("a", "varchar", length=2, needed=True), "", "missing"),
    ],
)
def test_a_value_is_never_cut_or_bent_to_fit(column: Column, value: object, reason: str):
    with pytest.raises(Unfit) as caught:
        column.fitted(value)
    assert caught.value.args[0] == reason


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("certificate_holder_code 不符合校验规则", "certificate_holder_code"),
        ("证照类型代码不在目录内", "certificate_type_code"),
        ("颁发日期晚于今天", "issue_date"),
        ("数据异常", ""),
    ],
)
def test_the_field_that_a_refusal_names_is_found_by_its_name_or_in_chinese(words: str, field: str):
    layout = columns.shipped()
    assert refusals.named_field(layout, layout.rejects["dn_lic_data_error"], words) == field
