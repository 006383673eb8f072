"""The own table of matters read: a row for each material, the matter's own columns on its first. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from base.identifiers import read_region_code
from base.spreadsheets import LOST_DIGITS
from certs.filing.matter import Elements, Matter
from certs.filing.matters import annex, import_tables, material_rows, situation_words
from certs.filing.matters.import_drafts import Draft, begun, code_fault, day, is_count
from certs.filing.matters.import_tables import OF_MATTER, Fault, Read, Row
from certs.filing.matters.material_rows import MaterialRow

LONGEST: Final = {"material": 300, "matter": 300, "resource": 300, "provider": 300, "organ_name": 300}
LONGEST_TEXT: Final = 1000
MOST_MATERIALS: Final = 200
_NUMBERS: Final = ("legal_working_days", "promised_working_days")
_TYPE_LENGTHS: Final = frozenset({0, 21})


def draft(of: Read, code: str, rows: Sequence[Row], since: date) -> tuple[Draft | None, list[Fault]]:
    """Read a matter's rows; where anything is wrong, nothing but the faults."""
    faults = [import_tables.fault(of, row.number, *each) for row in rows for each in _row_faults(row)]
    first = rows[0]
    faults += [import_tables.fault(of, first.number, "code", each) for each in code_fault(code)]
    told = {name: _first_said(rows, name) for name in ("matter", *OF_MATTER)}
    faults += [import_tables.fault(of, first.number, *each) for each in _matter_faults(told)]
    for row in rows:
        for name, said in told.items():
            if row.cells.get(name) and row.cells[name] != said:
                faults.append(import_tables.fault(of, row.number, name, "not-the-same"))
    names: set[str] = set()
    for row in rows:
        if row.cells["material"] in names:
            faults.append(import_tables.fault(of, row.number, "material", "twice"))
        names.add(row.cells["material"])
    if len(rows) > MOST_MATERIALS:
        faults.append(import_tables.fault(of, rows[MOST_MATERIALS].number, "material", "too-many"))
    if faults:
        return None, faults
    read = [material_rows.read(row.number, _cells_of_material(row)) for row in rows]
    place = import_tables.fault(of, first.number, "code", "unsound")
    return Draft(_matter(code, told, read, since), place, tuple(read)), []


def _matter(code: str, told: Mapping[str, str], rows: Sequence[MaterialRow], since: date) -> Matter:
    understood = situation_words.understood(each.situation for each in rows)
    materials = tuple(
        annex.material_of(row, f"m{place:02d}", understood.conditions[row.situation])
        for place, row in enumerate(rows, start=1)
    )
    return replace(
        begun(code, told["matter"], day(told["effective_from"]) or since),
        organ_name=told["organ_name"],
        region=told["region"],
        elements=_elements(told),
        questions=understood.questions,
        materials=materials,
        result_type=told["result_type"] or None,
    )


def _elements(told: Mapping[str, str]) -> Elements:
    return Elements(
        task_type=told["task_type"],
        by_law=told["by_law"],
        served=told["served"],
        accept_condition=told["accept_condition"],
        legal_working_days=_count(told["legal_working_days"]),
        promised_working_days=_count(told["promised_working_days"]),
        handling_form=told["handling_form"],
        result_name=told["result_name"],
        result_kind=told["result_kind"],
    )


def _count(text: str) -> int | None:
    return int(text) if text else None


def _row_faults(row: Row) -> Iterator[tuple[str, str]]:
    told = _cells_of_material(row)
    for name, text in row.cells.items():
        if LOST_DIGITS in text:
            yield name, "lost-digits"
        elif len(text) > LONGEST.get(name, LONGEST_TEXT):
            yield name, "too-long"
    yield from material_rows.faults(told)
    if told.get("region") and not read_region_code(told["region"]).exact:
        yield "holds_in", "not-a-region"


def _matter_faults(told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not told["matter"]:
        yield "matter", "empty"
    if not read_region_code(told["region"]).exact:
        yield "region", "not-a-region"
    for name in _NUMBERS:
        if told[name] and not is_count(told[name]):
            yield name, "not-a-number-of-days"
    if told["effective_from"] and day(told["effective_from"]) is None:
        yield "effective_from", "not-a-date"
    if len(told["result_type"]) not in _TYPE_LENGTHS:
        yield "result_type", "too-long"


def _cells_of_material(row: Row) -> dict[str, str]:
    """Give a row's cells by the names of `material_rows`: there a region is where the row holds."""
    told = {name: row.cells.get(name, "") for name in material_rows.COLUMNS if name != "region"}
    return {**told, "region": row.cells.get("holds_in", "")}


def _first_said(rows: Iterable[Row], name: str) -> str:
    return next((row.cells[name] for row in rows if row.cells.get(name)), "")
