"""Rows of the control tables, read as they are and judged before anything follows from them.

The other side writes into these rows: into which state it brought a file, and its words. A cell that is no text, not
readable as one, longer than anybody writes, or a time that is none, is no answer: `HostileAnswer`, with the row.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from base.workdays import SHANGHAI
from catalog_sync.targets.front import scanning
from catalog_sync.targets.target import HostileAnswer

TIMES: Final = frozenset({"createTime", "lastReadTime"})
# What a reader writes about one file; its state is a digit or two.
LONGEST_WORDS, LONGEST_STATE = 4000, 16
STATE, WORDS = "operatStat", "reserved1"


def rows(
    connection: Connection, target: str, table: Any, *where: Any, limit: int | None = None
) -> Sequence[Mapping[str, Any]]:
    """Read descriptions, the oldest first. Raises `HostileAnswer`."""
    asked = (scanning.cell(connection, each) for each in table.c)
    query = select(*asked).where(*where).order_by(table.c.createTime, table.c.id).limit(limit)
    return [believed(target, table.name, dict(each)) for each in connection.execute(query).mappings()]


def believed(target: str, table: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give a description with its times read. Raises `HostileAnswer`."""
    told = dict(row)
    for name in TIMES & row.keys():
        told[name] = _moment(target, table, name, row)
    state = row.get(STATE)
    if not isinstance(state, str) or len(state) > LONGEST_STATE:
        raise _hostile(target, table, STATE, row)
    words = row.get(WORDS)
    if words is not None and (not isinstance(words, str) or "\0" in words or len(words) > LONGEST_WORDS):
        raise _hostile(target, table, WORDS, row)
    return told


def _moment(target: str, table: str, name: str, row: Mapping[str, Any]) -> datetime | None:
    value = row[name]
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise _hostile(target, table, name, row) from error
    if found is None:
        return None
    if not isinstance(found, datetime):
        raise _hostile(target, table, name, row)
    return (found.astimezone(SHANGHAI) if found.tzinfo else found).replace(tzinfo=None)


def _hostile(target: str, table: str, name: str, row: Mapping[str, Any]) -> HostileAnswer:
    evidence = json.dumps(dict(row), ensure_ascii=True, sort_keys=True, default=repr).encode()
    return HostileAnswer(target, f"{table}.{name} is not what it should be", evidence)
