"""Whether a row tells of something new, changed, the same, or wrong: held against what the department has.

A row is known by its code, or by its name where that means one directory of the department. What a file has no column
for stays as it is; so do the items where the file tells none. An empty cell of a column that is there empties the
field. Only the department's own directories are touched: any other row is a fault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.identifiers import read_credit_code
from base.spreadsheets import ERROR_CELL, LOST_DIGITS
from exchange.directories import digest
from exchange.imports import columns, faults
from exchange.imports.columns import CODE, ITEMS
from exchange.imports.tables import Told
from exchange.life import OPEN, READABLE, State
from exchange.models import CODE_LENGTH, NAME_LENGTH, Directory, DirectoryVersion
from exchange.resource_codes import InvalidResourceCode, ResourceCode

_UNSAID: Final = {LOST_DIGITS: "lost-digits", ERROR_CELL: "error-cell"}


@dataclass(frozen=True)
class Known:
    """A directory that the site has: whose, and what it says at present."""

    code: str
    owner: str
    name: str
    state: State | None
    content: Mapping[str, Any] = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class Ground:
    """What rows are held against: whose they must be, where their cells stand, and what is known of their names."""

    organisation: str
    layout: Mapping[str, Any]
    by_code: Mapping[str, Known]
    by_name: Mapping[str, tuple[Known, ...]]


@dataclass(frozen=True)
class Judged:
    """What a row comes to."""

    told: Told
    state: str
    code: str
    name: str
    content: dict[str, Any] = field(repr=False)
    faults: list[dict[str, Any]]
    directory: str | None


def ground(session: Session, organisation: str, layout: Mapping[str, Any], told: Iterable[Told]) -> Ground:
    """Look up what the rows name, in three queries however many they are."""
    rows = list(told)
    codes = {row.cells.get(CODE, "")[:CODE_LENGTH] for row in rows} - {""}
    names = {row.cells.get("name", "")[:NAME_LENGTH] for row in rows if not row.cells.get(CODE)} - {""}
    named = select(Directory).where(Directory.owner == organisation, Directory.name.in_(names))
    found = [*session.scalars(select(Directory).where(Directory.code.in_(codes))), *session.scalars(named)]
    versions = _versions(session, [each.code for each in found])
    known = {each.code: _known(each, versions.get(each.code)) for each in found}
    by_name: dict[str, tuple[Known, ...]] = {}
    for each in known.values():
        if each.owner == organisation and each.state is not None:
            by_name[each.name] = (*by_name.get(each.name, ()), each)
    return Ground(organisation, layout, known, by_name)


def judge(row: Told, on: Ground, seen: set[str]) -> Judged:
    """Judge a row; `seen` has the codes and names of the rows before it, and gets this one's."""
    code, name = row.cells.get(CODE, ""), row.cells.get("name", "")
    known, wrong = _meant(row, on)
    content, unsaid = _content(row, on, known)
    found = [
        faults.document(each, faults.place_of(on.layout, row.number, f"#/{where}", row.items), told)
        for where, each, told in (*wrong, *unsaid)
    ]
    key = key_of(known.code if known else None, code, name)
    if (code or name or known) and key in seen:
        found.append(_fault(row, on, CODE if code else "name", "twice"))
    seen.add(key)
    placed = {(each["row"], each["column"], each["field"]) for each in found}
    checked = faults.of_content(content, on.layout, row.number, row.items)
    found += [each for each in checked if (each["row"], each["column"], each["field"]) not in placed]
    state = "error" if found else _state(content, known)
    directory = known.code if known is not None else None
    return Judged(row, state, code[:CODE_LENGTH], name[:NAME_LENGTH], content, found[: faults.FAULTS_TOLD], directory)


def key_of(directory: str | None, code: str, name: str) -> str:
    """Give what two rows share that mean the same directory: its code, or else its name; as far as rows keep them."""
    meant = directory or code[:CODE_LENGTH]
    return f"code {meant}" if meant else f"name {name[:NAME_LENGTH]}"


def normal(content: Mapping[str, Any]) -> dict[str, Any]:
    """Give a content as it comes back from a workbook: what cannot be told in cells does not count as a change."""
    told = columns.content_of(columns.cells_of(content))
    items = content.get(ITEMS)
    if isinstance(items, list):
        told[ITEMS] = [columns.item_of(columns.item_cells_of(each)) for each in items if isinstance(each, dict)]
    return told


def _meant(row: Told, on: Ground) -> tuple[Known | None, list[tuple[str, str, str]]]:
    """Find the directory that a row means, and what stands in the way of changing it."""
    code = row.cells.get(CODE, "")
    if code:
        known = on.by_code.get(code)
        if known is None:
            return None, _wrong_code(code)
        if known.owner != on.organisation:
            return None, [(CODE, "other-department", "")]
        return known, _in_the_way(known)
    named = on.by_name.get(row.cells.get("name", ""), ())
    if len(named) > 1:
        return None, [("name", "ambiguous-name", "")]
    return (named[0], _in_the_way(named[0])) if named else (None, [])


def _wrong_code(code: str) -> list[tuple[str, str, str]]:
    try:
        ResourceCode.of(code)
    except InvalidResourceCode:
        return [(CODE, "invalid-resource-code", "")]
    return []


def _in_the_way(known: Known) -> list[tuple[str, str, str]]:
    if known.state is None:
        return [(CODE, "not-revisable", "")]
    return [(CODE, "under-review", "")] if known.state in OPEN - {State.DRAFT} else []


def _content(row: Told, on: Ground, known: Known | None) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """Bring cells into a content, over what is known of fields that the file has no column for."""
    said, unsaid = _said(row)
    told = columns.content_of(said)
    if known is not None:
        before = normal(known.content)
        told = {**{name: value for name, value in before.items() if name not in row.cells}, **told}
    told.setdefault("department", on.organisation)
    # A provider that is no credit code at all is told so by the form.
    if told["department"] != on.organisation and not read_credit_code(str(told["department"])).faults:
        unsaid.append(("department", "other-provider", ""))
    if row.items is not None:
        items, wrong = _items(row)
        told[ITEMS] = items
        unsaid += wrong
    elif known is not None and known.content.get(ITEMS):
        told[ITEMS] = normal(known.content)[ITEMS]
    return told, unsaid


def _said(row: Told) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    unsaid = [(name, _UNSAID[text], "") for name, text in row.cells.items() if text in _UNSAID]
    return {name: text for name, text in row.cells.items() if text not in _UNSAID}, unsaid


def _items(row: Told) -> tuple[list[dict[str, Any]], list[tuple[str, str, str]]]:
    found, unsaid = [], []
    for place, item in enumerate(row.items or ()):
        cells = item["cells"]
        unsaid += [(f"items/{place}/{name}", _UNSAID[text], "") for name, text in cells.items() if text in _UNSAID]
        if "?" in cells:
            unsaid.append((f"items/{place}/name", "unknown-field", ""))
        found.append(columns.item_of({name: text for name, text in cells.items() if text not in _UNSAID}))
    return found, unsaid


def _state(content: Mapping[str, Any], known: Known | None) -> str:
    if known is None:
        return "new"
    return "same" if digest(content) == digest(normal(known.content)) else "changed"


def _fault(row: Told, on: Ground, where: str, code: str) -> dict[str, Any]:
    return faults.document(code, faults.place_of(on.layout, row.number, f"#/{where}", row.items))


def _versions(session: Session, codes: list[str]) -> dict[str, DirectoryVersion]:
    """Give the version that a change would start from: the open one, else the one that can be read."""
    wanted = [each.value for each in OPEN | READABLE]
    query = select(DirectoryVersion).where(DirectoryVersion.directory.in_(codes), DirectoryVersion.state.in_(wanted))
    return {each.directory: each for each in session.scalars(query.order_by(DirectoryVersion.number))}


def _known(row: Directory, version: DirectoryVersion | None) -> Known:
    state = State(version.state) if version is not None else None
    return Known(row.code, row.owner, row.name, state, dict(version.content) if version is not None else {})
