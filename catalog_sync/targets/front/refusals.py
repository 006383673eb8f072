"""Rows of the tables of refusals, read strictly: which record each is about, and what it says. Pure.

A row is believed when every cell is of its column's kind, not longer than it may be, and free of NULs, and when its
time can be read. Anything else is no answer: `Unbelievable`, with the row itself as evidence.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from base.redaction import redacted
from base.workdays import SHANGHAI
from catalog_sync.targets.front.columns import LONGEST_TEXT, Column, Layout, Rejects

# What a clerk writes about one row; the longest seen in such tables is some hundred characters.
LONGEST_REMARK: Final = 4000
# What of the words is handed on; the outbox keeps two pages.
LONGEST_WORDS: Final = 2000
REFUSED: Final = "refused"


class Unbelievable(Exception):
    """A row cannot be what it should be: the reason, and the row as evidence."""

    def __init__(self, reason: str, evidence: bytes) -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason, self.evidence = reason, evidence


@dataclass(frozen=True)
class Refusal:
    """One row of refusal: its number (made from the row), what it is about, the column that it names, its words."""

    number: str
    told_at: str
    natural: str = field(repr=False)
    guid: str
    batch: str
    code: str
    words: str = field(repr=False)


def refusal(layout: Layout, rejects: Rejects, row: Mapping[str, Any]) -> Refusal:
    """Read a row. Raises `Unbelievable`."""
    cells = {each.name: _cell(rejects, each, row) for each in rejects.columns if each.name in row}
    words = str(cells.get(rejects.words) or "")
    told_at = cells.get(rejects.time)
    return Refusal(
        number=hashlib.new("sm3", _canonical(rejects, cells)).hexdigest(),
        told_at=told_at.isoformat() if isinstance(told_at, datetime) else "",
        natural=str(cells.get(rejects.natural) or ""),
        guid=str(cells.get(rejects.guid) or "") if rejects.guid else "",
        batch=str(cells.get(rejects.batch) or ""),
        code=named_field(layout, rejects, words) or REFUSED,
        words=redacted(words)[:LONGEST_WORDS],
    )


def named_field(layout: Layout, rejects: Rejects, words: str) -> str:
    """Tell which column the words are about: the first that they name, by its name or in Chinese."""
    columns = [column for name in rejects.about for column in layout.tables[name].columns]
    by_name = sorted((words.find(each.name), -len(each.name), each.name) for each in columns if each.name in words)
    if by_name:
        return by_name[0][2]
    by_words = [(words.find(each.zh), -len(each.zh), each.name) for each in columns if each.zh and each.zh in words]
    # The longest of those that begin where the first one does: 证照类型代码 holds 证照类型.
    return min(by_words)[2] if by_words else ""


def _cell(rejects: Rejects, column: Column, row: Mapping[str, Any]) -> Any:
    value = row[column.name]
    if value is None:
        return None
    if column.type in {"varchar", "longtext"}:
        longest = LONGEST_REMARK if column.name == rejects.words else LONGEST_TEXT
        if not isinstance(value, str):
            raise _strange(f"{rejects.name}.{column.name} is no text", row)
        if "\0" in value:
            raise _strange(f"{rejects.name}.{column.name} holds a NUL", row)
        if len(value) > longest:
            raise _strange(f"{rejects.name}.{column.name} is longer than {longest}", row)
        return value
    if column.type == "int":
        if isinstance(value, bool) or not isinstance(value, int):
            raise _strange(f"{rejects.name}.{column.name} is no number", row)
        return value
    return _time(rejects, column, value, row)


def _time(rejects: Rejects, column: Column, value: Any, row: Mapping[str, Any]) -> date:
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return (value.astimezone(SHANGHAI) if value.tzinfo else value).replace(tzinfo=None)
        if isinstance(value, date):
            return value
    except ValueError:
        pass
    raise _strange(f"{rejects.name}.{column.name} is no time", row)


def _canonical(rejects: Rejects, cells: Mapping[str, Any]) -> bytes:
    return _written({"table": rejects.name, **cells})


def _strange(reason: str, row: Mapping[str, Any]) -> Unbelievable:
    return Unbelievable(reason, _written(dict(row)))


def _written(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=True, sort_keys=True, default=repr).encode()
