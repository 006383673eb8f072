"""Workbooks read as rows: what a cell says, where it may stand, and that no address makes the reader ask for memory."""

import contextlib
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from base.spreadsheets import ERROR_CELL, LOST_DIGITS, Bounds, TooLarge, Unreadable, column_name, opened, require_bounds
from keys.parties import tables
from keys.parties.errors import TableTooLarge

BOUNDS = Bounds(unpacked=1 << 20, rows=1000, columns=100, characters=1000)


def book(*rows: list[Any], name: str = "Sheet") -> bytes:
    made = openpyxl.Workbook()
    sheet: Any = made.active
    sheet.title = name
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def far() -> bytes:
    made = openpyxl.Workbook()
    sheet: Any = made.active
    sheet["A1"], sheet["XFD1048576"] = "a", "b"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def rows(content: bytes) -> list[tuple[int, dict[int, str]]]:
    workbook = opened(content, BOUNDS)
    return list(workbook.rows(next(iter(workbook.sheets))))


def test_values_are_read_as_they_are_shown():
    told = rows(book(["甲", 5, 1.5, True, None, " b ", 10**15, 0.1, -3], [], [None, "x"]))
    first = {0: "甲", 1: "5", 2: "1.5", 3: "true", 5: "b", 6: LOST_DIGITS, 7: "0.1", 8: "-3"}
    assert told == [(1, first), (3, {1: "x"})]


def test_an_error_is_no_value():
    made = openpyxl.Workbook()
    sheet: Any = made.active
    sheet["A1"] = "#REF!"
    file = io.BytesIO()
    made.save(file)
    assert rows(file.getvalue()) == [(1, {0: ERROR_CELL})]


def test_a_cell_at_the_far_end_is_refused_and_asks_for_no_memory():
    """A dense table of this sheet would have half a terabyte; a reader that makes one ends the whole process."""
    with pytest.raises(TooLarge):
        rows(far())
    with pytest.raises(TooLarge):
        require_bounds(far(), BOUNDS)


def test_a_register_with_a_cell_at_the_far_end_is_refused_too():
    with pytest.raises(TableTooLarge):
        tables.rows(far())


def test_every_sheet_is_held_to_the_bounds():
    made = openpyxl.load_workbook(io.BytesIO(book(["a"])))
    made.create_sheet("second")["DA1"] = 1
    file = io.BytesIO()
    made.save(file)
    assert rows(file.getvalue()) == [(1, {0: "a"})]
    with pytest.raises(TooLarge):
        require_bounds(file.getvalue(), BOUNDS)


@pytest.mark.parametrize(
    ("bounds", "what"),
    [
        (Bounds(unpacked=100, rows=10, columns=10, characters=10), "bytes unpacked"),
        (Bounds(unpacked=1 << 20, rows=1, columns=10, characters=10), "rows"),
        (Bounds(unpacked=1 << 20, rows=10, columns=1, characters=10), "columns"),
        (Bounds(unpacked=1 << 20, rows=10, columns=10, characters=3), "characters in a cell"),
        (Bounds(unpacked=1 << 20, rows=10, columns=10, characters=10, files=3), "files inside"),
        (Bounds(unpacked=1 << 20, rows=10, columns=10, characters=10, sheets=0), "sheets"),
    ],
)
def test_each_bound_is_told_by_its_name(bounds: Bounds, what: str):
    with pytest.raises(TooLarge) as refused:
        require_bounds(book(["abcd", "e"], ["f"]), bounds)
    assert refused.value.what == what


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")]
)
def test_columns_are_named_as_spreadsheets_do(column: int, name: str):
    assert column_name(column) == name


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20), max_size=5), max_size=5
    )
)
def test_texts_come_back(told: list[list[str]]):
    expected = {
        place: {column: text.strip() for column, text in enumerate(row) if text.strip()}
        for place, row in enumerate(told, start=1)
    }
    plain = [[f"{text}" for text in row] for row in told]
    if any(text.startswith(("=", "#")) for row in plain for text in row):
        return
    assert dict(rows(book(*plain))) == {place: cells for place, cells in expected.items() if cells}


GOOD = book(["a", "b"], [1, 2])


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=4))
def test_any_scribble_on_a_workbook_is_rows_or_a_refusal(place: int, scribble: bytes):
    with contextlib.suppress(Unreadable, TooLarge):
        rows(GOOD[:place] + scribble + GOOD[place + len(scribble) :])
