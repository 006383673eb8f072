"""Old rows, judged: each planted fault is told by its column and code, and no value is repeated."""

from dataclasses import replace

import pytest

from certs.old_stock import tables
from certs.old_stock.errors import OldStockTooLarge, UnreadableOldStock
from certs.old_stock.profile import Ground, Tally, heir, judged
from tests.certs.old_stock.stocks import GONE, HARD, HEADINGS, MIXED, SOFT, fifteen, number, row, table, workbook
from tests.certs.papers import AT, person
from tests.keys.parties.builders import CITY, PROVINCE

GROUND = Ground(CITY, "演示市数据局", {CITY: "演示市数据局", PROVINCE: "演示省数据局"}, {GONE: CITY})


def test_a_sound_row_is_sound():
    """But for the issuer, which has a successor."""
    found = judged(row(1), MIXED, GROUND, AT)
    assert [(each.code, each.is_hard) for each in found.faults] == [("issuer-succeeded", False)]
    assert (found.is_faulty, found.draft.number, found.draft.issued_on.year) == (False, number(1), 2025)


@pytest.mark.parametrize("code", HARD)
def test_every_hard_fault_is_told_by_column_and_code(code: str):
    """And it alone keeps the row out."""
    planted, column = HARD[code]
    found = judged(row(1, **planted), MIXED, GROUND, AT)
    assert [(each.column, each.code) for each in found.faults if each.is_hard] == [(column, code)]
    of_the_row = str([each for each in found.faults if not each.column.startswith("issuer")])
    assert not any(len(value) > 4 and value in of_the_row for value in planted.values())


@pytest.mark.parametrize("code", SOFT)
def test_every_soft_fault_is_told_and_keeps_nothing_out(code: str):
    """Mended by rule, or only worth knowing."""
    planted, column = SOFT[code]
    found = judged(row(1, **planted), MIXED, GROUND, AT)
    assert (column, code) in [(each.column, each.code) for each in found.faults]
    assert not found.is_faulty


def test_fifteen_digits_become_eighteen_by_rule():
    """GB 11643-1999: the century, and the check character."""
    found = judged(row(1, holder_code=fifteen(5), holder_type="111"), MIXED, GROUND, AT)
    assert found.draft.holders[0].code == person(5, "19700101")


def test_an_issuer_that_stands_today_needs_no_successor():
    """By its code or its name."""
    for peculiar in ({"issuer": "演示市数据局"}, {"issuer_code": CITY}):
        assert judged(row(1, **peculiar), MIXED, replace(GROUND, successions={}), AT).faults == ()


def test_a_number_that_stands_twice_names_the_first_row():
    """And one that the library has is told apart from it."""
    twice = judged(row(1), MIXED, replace(GROUND, seen={number(1): 7}), AT).faults
    assert [(each.code, each.expected) for each in twice if each.is_hard] == [("twice-in-batch", "7")]
    taken = judged(row(1), MIXED, replace(GROUND, taken=frozenset({number(1)})), AT).faults
    assert [each.code for each in taken if each.is_hard] == ["in-library-already"]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"a": "b"}, "b"),
        ({"a": "b", "b": "c"}, "c"),
        ({}, None),
        ({"b": "c"}, None),
        ({"a": "b", "b": "a"}, None),
    ],
    ids=range(5),
)
def test_successions_are_followed_to_the_organ_of_today(known: dict[str, str], expected: str | None):
    """Through several reorganisations, and never in a circle."""
    assert heir("a", known) == expected


def test_columns_are_counted():
    """What is filled, what is empty, how long; and each fault's number."""
    tally = Tally()
    for each in (row(1), row(2, number=""), row(3, medium="纸质")):
        tally.count(each, judged(each, MIXED, GROUND, AT))
    again = Tally.of(tally.document())
    assert again == tally
    assert (tally.rows, tally.sound, tally.faulty, tally.papers) == (3, 2, 1, 1)
    assert tally.columns["number"] == {"filled": 2, "empty": 1, "shortest": 19, "longest": 19}
    assert tally.faults == {"issuer-succeeded": 3, "missing-number": 1}


@pytest.mark.parametrize("write", [table, workbook])
def test_a_table_is_read_whatever_it_is_written_as(write):
    """CSV and workbook give the same rows; a heading that is not known is told."""
    found = tables.read(write([row(1), row(2)]), MIXED)
    assert found.unknown == ()
    assert [each.cells["number"] for each in found.rows] == [number(1), number(2)]
    assert found.rows[0].cells["data.project"] == "住宿场所"
    assert found.rows[0].number == 2


def test_a_table_in_gb18030_is_read():
    """As old systems export."""
    found = tables.read(table([row(1)]).decode().encode("gb18030"), MIXED)
    assert found.rows[0].cells["holder_name"] == "演示企业1有限公司"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xff\xff",
        "甲,乙\n1,2\n".encode(),
        ",".join(HEADINGS.values()).encode(),
        (",".join(HEADINGS.values()) + ",证书编号\n1\n").encode(),
        b"PK\x03\x04 broken",
        b'"a\n',
        b"a\0b",
    ],
    ids=range(8),
)
def test_what_is_no_table_is_refused(content: bytes):
    """With a reason, never a traceback."""
    with pytest.raises(UnreadableOldStock):
        tables.read(content, MIXED)


def test_a_table_of_too_many_rows_is_refused(monkeypatch: pytest.MonkeyPatch):
    """One person must be able to answer for a batch."""
    monkeypatch.setattr(tables, "MOST_ROWS", 2)
    with pytest.raises(OldStockTooLarge):
        tables.read(table(row(each) for each in range(1, 4)), MIXED)
