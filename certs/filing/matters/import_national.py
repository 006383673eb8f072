"""The task tables of the national front library read: catalogue, basic elements, further elements, materials. Pure.

They say which materials are not always needed and not when: one question asks for all of these. They say nothing of
what could stand in for a material; that is said apart (`correspondence`) and outlives the versions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from base.identifiers import read_region_code
from certs.filing.matter import IMPLEMENTED, Condition, Confidence, Elements, Material, Necessity, Question
from certs.filing.matters import import_tables
from certs.filing.matters.import_drafts import Draft, Entry, begun, code_fault, day, is_count
from certs.filing.matters.import_tables import Fault, Read, Row, Table
from exchange.agreements import purposes

# An implementation without items of its own is one item.
WHOLE: Final = "00"
_NEEDS: Final[Mapping[str, Necessity]] = {
    **dict.fromkeys(("", "1", "是", "必要", "Y"), Necessity.REQUIRED),
    **dict.fromkeys(("0", "2", "否", "非必要", "N"), Necessity.CONDITIONAL),
}
_WORKING_DAYS: Final = frozenset({"", "1", "工作日"})
_OPERATIONS: Final = frozenset({"", "I", "U", "D"})


def drafts(tables: Sequence[Read], since: date) -> tuple[list[Draft], list[Fault], set[str]]:
    """Join the tables by item; give the drafts, the faults, and the codes of what has any."""
    basics = [each for each in tables if each.table is Table.BASIC]
    extends = _by_item(tables, Table.EXTEND)
    materials = _by_item(tables, Table.MATERIAL)
    made: list[Draft] = []
    faults: list[Fault] = []
    broken: set[str] = set()
    seen: set[str] = set()
    for table in basics:
        for row in table.rows:
            item = _item(row)
            found = [import_tables.fault(table, row.number, *each) for each in _basic_faults(row, item)]
            found += [fault for of, each in materials.get(item, ()) for fault in _material_faults(of, each)]
            if item in seen:
                found.append(import_tables.fault(table, row.number, "task_code", "twice"))
            seen.add(item)
            faults.extend(found)
            if found:
                broken.add(item)
                continue
            further = next((each for _, each in extends.get(item, ())), Row(0, {}))
            made.append(_of_basic(table, row, item, further, [each for _, each in materials.get(item, ())], since))
    if basics:
        strange = ((of, row) for item, rows in materials.items() if item not in seen for of, row in rows)
        faults += [import_tables.fault(of, row.number, "task_code", "no-such-task") for of, row in strange]
    return made, faults, broken


def _of_basic(of: Read, row: Row, item: str, further: Row, materials: Sequence[Row], since: date) -> Draft:
    told = row.cells
    begins = day(told.get("plan_effective_date", "")) or since
    ends = day(told.get("plan_cancel_date", ""))
    gone = told.get("cd_operation", "").upper() == "D"
    ordered = sorted(materials, key=lambda each: int(each.cells.get("order_num") or 0))
    question, conditional = _whether_needed(ordered)
    made = replace(
        begun(item, told["task_name"], begins),
        organ_name=told.get("dept_name", ""),
        region=_region(told),
        elements=_elements(told, further.cells),
        questions=(question,) if question is not None else (),
        materials=tuple(_material(place, each, conditional) for place, each in enumerate(ordered, start=1)),
    )
    place = import_tables.fault(of, row.number, "task_code", "unsound")
    return Draft(made, place, withdrawn=since if gone else ends, gone=gone)


def _material(place: int, row: Row, conditional: tuple[Condition, ...]) -> Material:
    told = row.cells
    necessity = _NEEDS[told.get("is_need", "")]
    return Material(
        key=f"m{place:02d}",
        name=told["material_name"],
        necessity=necessity,
        basis=told.get("by_law", ""),
        when=conditional if necessity is Necessity.CONDITIONAL else (),
        confidence=Confidence.KNOWN,
        note="；".join(filter(None, (told.get("accept_stand", ""), told.get("fill_explain", "")))),
        provider=told.get("source_explain", "") or told.get("source_type", ""),
    )


def _whether_needed(materials: Sequence[Row]) -> tuple[Question | None, tuple[Condition, ...]]:
    """Ask whether what is not always needed is needed: the national tables do not say when it is."""
    if all(_NEEDS[each.cells.get("is_need", "")] is Necessity.REQUIRED for each in materials):
        return None, ()
    answers = {"yes": ("是", "Yes"), "no": ("否", "No")}
    question = Question(
        "further", "是否属于需要非必要材料的情形", "Is what is not always needed, needed here?", answers
    )
    return question, (Condition("further", frozenset({"yes"})),)


def _elements(told: Mapping[str, str], further: Mapping[str, str]) -> Elements:
    days = {}
    notes = [told.get("anticipate_explain", ""), told.get("promise_explain", "")]
    for name, column, kind in (
        ("legal_working_days", "anticipate_day", "anticipate_type"),
        ("promised_working_days", "promise_day", "promise_type"),
    ):
        said = told.get(column, "")
        if said and told.get(kind, "") in _WORKING_DAYS:
            days[name] = int(said)
        elif said:
            notes.append(f"{column}={said} ({kind}={told[kind]})")
    visits = told.get("limit_scene_num", "")
    return Elements(
        task_type=told.get("task_type", ""),
        by_law=told.get("by_law", ""),
        served=told.get("server_type", ""),
        project_type=told.get("project_type", ""),
        accept_condition=told.get("accept_condition", ""),
        term_note="；".join(filter(None, notes)),
        handling_form=told.get("handle_type", ""),
        handling_flow=told.get("handle_flow", ""),
        handling_area=further.get("handle_area", ""),
        handling_place=told.get("transact_addr", ""),
        handling_time=told.get("transact_time", ""),
        visits=int(visits) if is_count(visits) else None,
        online_depth=further.get("online_handle_depth", ""),
        fee=told.get("fee_basis", "") or told.get("is_fee", ""),
        contact=told.get("link_way", ""),
        supervision=told.get("supervise_way", ""),
        result_name=further.get("result_name", ""),
        result_kind=further.get("result_type", ""),
        **days,
    )


def _basic_faults(row: Row, item: str) -> Iterator[tuple[str, str]]:
    told = row.cells
    yield from ((_code_column(told), code) for code in code_fault(item))
    if not told["task_name"]:
        yield "task_name", "empty"
    if not read_region_code(_region(told)).exact:
        yield ("region_code" if told.get("region_code") else "area_code"), "not-a-region"
    for name in ("anticipate_day", "promise_day"):
        if told.get(name) and not is_count(told[name]):
            yield name, "not-a-number-of-days"
    for name in ("plan_effective_date", "plan_cancel_date"):
        if told.get(name) and day(told[name]) is None:
            yield name, "not-a-date"
    if told.get("cd_operation", "").upper() not in _OPERATIONS:
        yield "cd_operation", "not-an-operation"


def _material_faults(of: Read, row: Row) -> Iterator[Fault]:
    told = row.cells
    if not told.get("material_name"):
        yield import_tables.fault(of, row.number, "material_name", "empty")
    if told.get("is_need", "") not in _NEEDS:
        yield import_tables.fault(of, row.number, "is_need", "not-in-list")
    if told.get("order_num") and not is_count(told["order_num"]):
        yield import_tables.fault(of, row.number, "order_num", "not-in-list")


def _by_item(tables: Sequence[Read], kind: Table) -> dict[str, list[tuple[Read, Row]]]:
    found: dict[str, list[tuple[Read, Row]]] = {}
    for table in tables:
        if table.table is kind:
            for row in table.rows:
                if row.cells.get("cd_operation", "").upper() != "D":
                    found.setdefault(_item(row), []).append((table, row))
    return found


def entries(tables: Sequence[Read]) -> tuple[tuple[Entry, ...], list[Fault]]:
    """Read the basic catalogue."""
    found: list[Entry] = []
    faults: list[Fault] = []
    for table in (each for each in tables if each.table is Table.DIRECTORY):
        for row in table.rows:
            told = row.cells
            if len(told["catalog_code"]) != purposes.BASIC or not purposes.is_matter_code(told["catalog_code"]):
                faults.append(import_tables.fault(table, row.number, "catalog_code", "not-a-matter-code"))
            elif not told["task_name"]:
                faults.append(import_tables.fault(table, row.number, "task_name", "empty"))
            elif told.get("cd_operation", "").upper() != "D":
                levels = tuple(filter(None, told.get("use_level", "").replace(",", "|").split("|")))
                found.append(Entry(told["catalog_code"], told["task_name"], levels, told.get("by_law", "")))
    return tuple(found), faults


def _item(row: Row) -> str:
    """Give the 33 characters: the item's own, or the implementation's where it has no items."""
    told = row.cells.get("task_handle_item", "") or row.cells.get("task_code", "")
    return told + WHOLE if len(told) == IMPLEMENTED else told


def _code_column(told: Mapping[str, str]) -> str:
    return "task_handle_item" if told.get("task_handle_item") else "task_code"


def _region(told: Mapping[str, str]) -> str:
    return told.get("region_code", "") or told.get("area_code", "")
