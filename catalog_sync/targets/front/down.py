"""Rows of the tables of data that come down (`dn_*`), read strictly: what each is about, or what is wrong. Pure.

A row is not believed (`is_hostile`) where a cell cannot be in a column of its kind: bytes where a text should be, a
text of more than 65,535 characters, a NUL, a number or a time that is none. Where a value is only not what it should
be, the row is a reject with its column: what is needed is missing, a text is longer than its column, the letter of the
operation is unknown, the time lies ahead. Rows have no number: one is known by all that it says, and it is placed among
the others of its thing by `cd_time`, `cd_batch` and `cd_operation`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from base.workdays import SHANGHAI
from catalog_sync.record import Operation
from catalog_sync.targets.files.data_file import OPERATIONS
from catalog_sync.targets.front.columns import BATCH, LONGEST_TEXT, OPERATION, TIME, Column, Data

# Two clocks differ by minutes, zones by hours; what is later than this would hide what truly comes after it.
AHEAD: Final = timedelta(days=1)
# What of a reject is kept beside its digest.
MOST_KEPT: Final = 64 * 1024
RANK: Final = {"": 9, **{OPERATIONS[each]: place for place, each in enumerate(Operation)}}
UNKNOWN_OPERATION, IN_FUTURE = "operation", "time-ahead"
DOUBLED, OVERTAKEN = "batch-doubled", "overtaken"
# Where a row stands among the others of its thing: time, batch, operation.
Place = tuple[str, str, int]


@dataclass(frozen=True)
class Down:
    """A row that came down: its place, what it is about, and its values; or what is wrong with which column."""

    digest: str
    raw: bytes = field(repr=False)
    batch: str = ""
    told_at: datetime | None = None
    operation: str = ""
    natural: str = field(default="", repr=False)
    values: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    fault: str = ""
    column: str = ""
    is_hostile: bool = False

    @property
    def place(self) -> Place:
        """Give where it stands among the others of its thing."""
        return ("" if self.told_at is None else self.told_at.isoformat(), self.batch, RANK[self.operation])

    @property
    def said(self) -> tuple[str, str, str]:
        """Give what a batch says once: its number, the thing, what became of it."""
        return (self.batch, self.natural, self.operation)

    def rejected(self, fault: str, column: str) -> "Down":
        """Give the row as a reject, with what it says as evidence."""
        return replace(self, fault=fault, column=column)

    def kept(self) -> Mapping[str, str | None]:
        """Give what is staged: the values, or the row as it was read where it is a reject."""
        if not self.fault:
            return self.values
        return {"row": self.raw[:MOST_KEPT].decode("utf-8", "replace"), "sm3": self.digest}


class _Wrong(Exception):
    """A cell is wrong: why, and whether no honest database has it so."""

    def __init__(self, reason: str, *, is_hostile: bool = True) -> None:
        super().__init__(reason)
        self.reason, self.is_hostile = reason, is_hostile


def read(data: Data, operations: Mapping[str, Operation], raw: Mapping[str, Any], at: datetime) -> Down:
    """Read a row. The first that is wrong in a way that nobody honest is wrong counts before all other faults."""
    written = _written(raw)
    row = Down(hashlib.new("sm3", data.name.encode() + b"\0" + written).hexdigest(), written)
    cells: dict[str, Any] = {}
    faults: list[tuple[str, str]] = []
    for column in data.columns:
        try:
            cells[column.name] = _cell(column, raw[column.name])
        except _Wrong as wrong:
            if wrong.is_hostile:
                return replace(row, fault=wrong.reason, column=column.name, is_hostile=True)
            faults.append((wrong.reason, column.name))
    told: Any = cells.get(TIME)
    operation = operations.get(str(cells.get(OPERATION)))
    if operation is None and OPERATION in cells:
        faults.append((UNKNOWN_OPERATION, OPERATION))
    moment = told.replace(tzinfo=SHANGHAI) if isinstance(told, datetime) else None
    if moment is not None and moment > at + AHEAD:
        faults.append((IN_FUTURE, TIME))
    if operation is Operation.DELETE:  # it needs its name and its place, and nothing else
        faults = [each for each in faults if each[0] != "too-long" or each[1] in {data.natural, BATCH}]
    fault, column_name = faults[0] if faults else ("", "")
    return replace(
        row,
        batch=str(cells.get(BATCH) or ""),
        told_at=moment,
        operation=OPERATIONS[operation] if operation else "",
        natural=str(cells.get(data.natural) or ""),
        values={name: _text(each) for name, each in cells.items()},
        fault=fault,
        column=column_name,
    )


def _cell(column: Column, value: Any) -> Any:
    if value is None or value == "":
        if column.needed:
            raise _Wrong("missing", is_hostile=False)
        return value
    if column.type in {"varchar", "longtext"}:
        return _words(column, value)
    if column.type == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            raise _Wrong("not-a-number")
        return value
    return _moment(value)


def _words(column: Column, value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("not-text")
    if "\0" in value:
        raise _Wrong("nul")
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise _Wrong("not-text")
    if len(value) > LONGEST_TEXT:
        raise _Wrong("huge")
    if column.length is not None and len(value) > column.length:
        raise _Wrong("too-long", is_hostile=False)
    return value


def _moment(value: Any) -> date | datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise _Wrong("not-a-time") from error
    if isinstance(found, datetime):
        return (found.astimezone(SHANGHAI) if found.tzinfo else found).replace(tzinfo=None)
    if isinstance(found, date):
        return found
    raise _Wrong("not-a-time")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat(" ", "seconds") if isinstance(value, datetime) else str(value)


def _written(raw: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(raw), ensure_ascii=True, sort_keys=True, default=repr).encode()
