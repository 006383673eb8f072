"""Data files: rows with an operation and typed columns, and the schema that goes with them. Pure.

A line is one row, as canonical JSON: `opType` (insert, update, delete) and `columns`, each with `name`, `dbType`,
`pkcolumn` and `value`. That a file is JSON by lines, and gzip where it is compressed, is assumed: no source says. The
same rows make the same bytes. What is read is checked row by row against its schema; a row that does not fit is a
typed reject, and a file that is none is `UnreadableFile`.
"""

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from base import strict_json
from base.canonical import Json, canonical
from base.strict_json import MalformedJson
from catalog_sync.record import Operation
from catalog_sync.targets.front.columns import Column, Table
from catalog_sync.targets.front.rows import Row

OPERATIONS: Final[Mapping[Operation, str]] = {
    Operation.INSERT: "insert",
    Operation.UPDATE: "update",
    Operation.DELETE: "delete",
}
# java.sql.Types; a time (93) stands in no source, the others do.
JDBC: Final[Mapping[str, int]] = {"varchar": 12, "longtext": -1, "int": 4, "date": 91, "datetime": 93}
JDBC_TEXT: Final = frozenset({12, -1, 1})
JDBC_WHOLE: Final = frozenset({4, -5})
JDBC_KNOWN: Final = frozenset({12, -1, 1, 4, -5, 6, 91, 93})
# What a folder of an exchange holds at most in one file, opened; a batch of ours has a few hundred kilobytes.
LARGEST: Final = 64 * 1024 * 1024
LONGEST_LINE: Final = 4 * 1024 * 1024
MOST_COLUMNS: Final = 500


class UnreadableFile(Exception):
    """A file or a schema is none; the argument says why."""


@dataclass(frozen=True)
class Field:
    """A column as a schema tells it."""

    name: str
    type: int
    length: int | None
    is_key: bool
    nullable: bool


@dataclass(frozen=True)
class Read:
    """A row that was read: its operation and values, or what is wrong with which column."""

    number: int
    operation: str
    values: Mapping[str, Json] = field(repr=False)
    fault: str = ""
    column: str = ""


def schema(table: Table) -> str:
    """Write the schema of a table (`dataSchema`)."""
    fields: list[Json] = [
        {
            "name": each.name,
            "type": str(JDBC[each.type]),
            "typelen": str(each.length or ""),
            "primarykey": "1" if each.name == table.key else "0",
            "nullable": "0" if each.needed else "1",
            "comments": each.zh,
        }
        for each in table.columns
    ]
    told: Json = {"Table": {"name": table.name, "type_name": "TABLE", "FieldList": fields}}
    return canonical(told).decode()


def written(rows: Sequence[tuple[Row, Mapping[str, Any]]], *, compressed: bool) -> bytes:
    """Write rows, each with its whole values."""
    text = b"".join(canonical(_line(row, values)) + b"\n" for row, values in rows)
    return gzip.compress(text, mtime=0) if compressed else text


def opened(content: bytes, *, compressed: bool) -> bytes:
    """Undo the compression, within the limit. Raises `UnreadableFile`."""
    if not compressed:
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            found = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile("not-gzip") from error
    if len(found) > LARGEST:
        raise UnreadableFile("too-large")
    return found


def fields(text: str) -> tuple[str, tuple[Field, ...]]:
    """Read a schema: the table's name and its columns. Raises `UnreadableFile`."""
    try:
        table = strict_json.parse(text)["Table"]
        listed = [_field(each) for each in table["FieldList"]]
        name = table["name"]
    except (MalformedJson, KeyError, TypeError, ValueError) as error:
        raise UnreadableFile("schema") from error
    names = {each.name for each in listed}
    if not isinstance(name, str) or not listed or len(names) != len(listed) or len(listed) > MOST_COLUMNS:
        raise UnreadableFile("schema")
    return name, tuple(listed)


def rows(content: bytes, known: Sequence[Field]) -> Iterator[Read]:
    """Read the rows of a file that was opened, each checked against the schema. Raises `UnreadableFile`."""
    by_name = {each.name: each for each in known}
    for number, line in enumerate(content.splitlines(), start=1):
        if len(line) > LONGEST_LINE:
            raise UnreadableFile(f"line {number}")
        yield _read(number, line, by_name)


def _line(row: Row, values: Mapping[str, Any]) -> Json:
    return {
        "opType": OPERATIONS[row.operation],
        "columns": [_cell(each, row.table, values.get(each.name)) for each in row.table.columns],
    }


def _cell(column: Column, table: Table, value: Any) -> Json:
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%d %H:%M:%S")
    elif isinstance(value, date):
        value = value.isoformat()
    is_key = "1" if column.name == table.key else "0"
    told = None if value is None else str(value)
    return {"name": column.name, "dbType": str(JDBC[column.type]), "pkcolumn": is_key, "value": told}


def _field(told: Mapping[str, Any]) -> Field:
    made = Field(
        name=str(told["name"]),
        type=int(told["type"]),
        length=int(told["typelen"]) if str(told.get("typelen") or "") else None,
        is_key=str(told.get("primarykey")) == "1",
        nullable=str(told.get("nullable")) != "0",
    )
    if made.type not in JDBC_KNOWN or not 0 < len(made.name) <= 128:  # noqa: PLR2004 - what databases take
        raise ValueError(made.name)
    return made


def _read(number: int, line: bytes, known: Mapping[str, Field]) -> Read:
    try:
        told = strict_json.parse(line)
        operation, cells = told["opType"], told["columns"]
        values = {each["name"]: each["value"] for each in cells}
    except (MalformedJson, KeyError, TypeError) as error:
        raise UnreadableFile(f"line {number}") from error
    if operation not in OPERATIONS.values():
        return Read(number, "", {}, "operation")
    if len(values) != len(cells):
        return Read(number, operation, {}, "column-twice")
    for name in values:
        if name not in known:
            return Read(number, operation, {}, "unknown-column", str(name)[:60])
    for each in known.values():
        if fault := _fault(each, values.get(each.name), operation):
            return Read(number, operation, {}, fault, each.name[:60])
    return Read(number, operation, values)


def _fault(told: Field, value: Any, operation: str) -> str:
    """Tell what is wrong with a value; a deletion needs its key and nothing else."""
    if value is None or value == "":
        return "missing" if told.is_key or (not told.nullable and operation != "delete") else ""
    if not isinstance(value, str):
        return "not-text"
    if told.type in JDBC_TEXT:
        return "too-long" if told.length is not None and len(value) > told.length else ""
    try:
        if told.type in JDBC_WHOLE:
            int(value)
        elif told.type in {91, 93}:
            datetime.fromisoformat(value)
        else:
            float(value)
    except ValueError:
        return "not-a-value-of-its-type"
    return ""
