"""A record as rows of the front library: for each table of its kind, each part, each element. Pure.

A row of a table that keeps every change has a guid made from the record's key, the table and its place: the same record
makes the same guids, whoever makes them and however often. All faults of a record are found at once.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from base.canonical import Json, canonical
from base.workdays import SHANGHAI
from catalog_sync.record import PART, Operation, Record
from catalog_sync.targets.front.columns import KEEPS_CHANGE, Column, Fault, Layout, Table, Unfit, Value

# What the house itself writes into every row; a record has no say in it.
OURS: Final = frozenset({"cd_batch", "cd_operation", "cd_time", "data_source"})
GUID: Final = "row_guid"


@dataclass(frozen=True)
class Row:
    """A row for a table: its values, what it is known by, and the digest of what it says of the thing."""

    table: Table
    values: Mapping[str, Value] = field(repr=False)
    guid: str
    natural: str = field(repr=False)
    operation: Operation

    @property
    def sm3(self) -> str:
        """Give the digest of the row without what differs from one sending to the next."""
        return digest(self.values)

    def sent(self, batch: str, source: str, at: datetime) -> dict[str, Value]:
        """Give the whole row as it is written in a batch."""
        stamp = at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
        told = {"cd_batch": batch, "cd_operation": self.operation.value, "cd_time": stamp, "data_source": source}
        return {**self.values, **told}


def rows_of(layout: Layout, record: Record, tables: Mapping[str, Table]) -> tuple[tuple[Row, ...], tuple[Fault, ...]]:
    """Give the rows of a record, and every fault; with a fault there is no row that should be written."""
    rows: list[Row] = []
    faults: list[Fault] = []
    for told in layout.of(record.subject.kind):
        table = tables.get(told.name, told)
        for place, part in enumerate(_parts(table, record.content)):
            values, found = _values(table, part, record, place, layout.joined_by)
            faults.extend(found)
            natural = str(values.get(table.natural, ""))
            guid = _guid(record, table.name, place)
            rows.append(Row(table, values, guid, natural, _operation(table, record)))
    return (() if faults else tuple(rows)), tuple(faults)


def digest(values: Mapping[str, Any]) -> str:
    """Give the SM3 of a row's own values, in hex; empty and absent are one."""
    told: dict[str, Json] = {
        name: value if isinstance(value, (str, int)) else value.isoformat()
        for name, value in values.items()
        if name not in OURS and value not in (None, "")
    }
    return hashlib.new("sm3", canonical(told)).hexdigest()


def _parts(table: Table, content: Mapping[str, Json]) -> Iterator[Mapping[str, Any]]:
    """Give what each row of the table is filled from: the record, a part of it, or each element of a list."""
    name = table.each or table.part
    if not name:
        yield content
        return
    found: Any = content.get(name)
    for each in found if table.each else (found,):
        if each is not None:
            yield {**content, **each}


def _values(
    table: Table, part: Mapping[str, Any], record: Record, place: int, joined_by: str
) -> tuple[dict[str, Value], list[Fault]]:
    values: dict[str, Value] = {}
    faults = []
    for column in table.columns:
        if column.name in OURS:
            continue
        try:
            values[column.name] = column.fitted(_told(column, table, part, record, place, joined_by))
        except Unfit as unfit:
            faults.append(Fault(table.name, column.name, *unfit.args))
    return values, faults


def _told(column: Column, table: Table, part: Mapping[str, Any], record: Record, place: int, joined_by: str) -> Any:
    if column.guid_of:
        return _guid(record, column.guid_of, 0)
    if column.name == GUID and not column.source:
        return _guid(record, table.name, place)
    return _member(part, column.source, joined_by) if column.source else None


def _member(part: Mapping[str, Any], path: str, joined_by: str) -> Any:
    """Find a member; of a list, the member of each element, joined. What would be split wrongly later is a fault."""
    name, _, below = path.partition(".")
    found = part.get(name)
    if not below or found is None:
        return found
    told: Sequence[str] = [str(each.get(below) or "") for each in found]
    if len(told) > 1 and any(joined_by in each for each in told):
        raise Unfit("holds-the-separator")
    return joined_by.join(told)


def _operation(table: Table, record: Record) -> Operation:
    """Give the letter; a thing that the directory no longer holds is deleted there, though it still exists here."""
    if table.gone_member and record.content.get(table.gone_member) in table.gone_among:
        return Operation.DELETE
    return record.operation


def _guid(record: Record, table: str, place: int) -> str:
    parts = (record.key.encode(), table.encode(), str(place).encode())
    return hashlib.new("sm3", PART.join(parts)).hexdigest()


def keeps_changes(row: Row) -> bool:
    """Tell whether the row stands beside the former ones, or takes their place."""
    return row.table.keeps == KEEPS_CHANGE
