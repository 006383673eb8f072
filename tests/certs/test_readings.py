"""Days, words and units as registers and faces write them."""

from datetime import date

import pytest

from certs.readings import read_day, read_value
from certs.types.certificate_type import NO_LAST_DAY, Field, FieldKind


@pytest.mark.parametrize(
    "text",
    [
        "2020-02-29",
        "2020/2/29",
        "2020.02.29",
        "20200229",
        "2020年2月29日",
        "2020-02-29 00:00:00",
        "2020-02-29T08:00:00+08:00",
        " 2020-02-29 ",
    ],
)
def test_a_day_is_read_however_it_is_written(text: str):
    """Registers have them all."""
    assert read_day(text) == date(2020, 2, 29)


@pytest.mark.parametrize(
    "text", ["", "2019-02-29", "2020-13-01", "29.2.2020", "2020", "二〇二〇年", "2020-02-29x", "44000"]
)
def test_what_is_no_day_is_none(text: str):
    """Nothing is guessed."""
    assert read_day(text) is None


@pytest.mark.parametrize("text", ["长期", "长期有效", "9999-12-31", "99991231"])
def test_no_end_is_the_last_day_of_all(text: str):
    """As GB/T 36903 writes it."""
    assert read_day(text) == NO_LAST_DAY


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldKind.CHOICE, "管道燃气", "pipe"),
        (FieldKind.CHOICE, "pipe", "pipe"),
        (FieldKind.CHOICE, "别的", "别的"),
        (FieldKind.DATE, "2020年2月29日", "2020-02-29"),
        (FieldKind.DATE, "昨天", "昨天"),
        (FieldKind.FLAG, "是", True),
        (FieldKind.FLAG, "否", False),
        (FieldKind.FLAG, "也许", "也许"),
        (FieldKind.INTEGER, "12间", 12),
        (FieldKind.INTEGER, "十二", "十二"),
        (FieldKind.INTEGER, "²", "²"),
        (FieldKind.DECIMAL, "120.50间", "120.50"),
        (FieldKind.TEXT, " 演示 ", "演示"),
    ],
)
def test_a_value_is_read_from_what_a_face_says(kind: FieldKind, text: str, value: object):
    """Words for codes, units behind numbers; what is not understood stays as it is."""
    field = Field("x", "演示", "x", kind, 1, choices={"pipe": "管道燃气"}, unit="间")
    assert read_value(field, text) == value
