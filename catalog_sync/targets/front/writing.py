"""Records written into the front library: their rows and our note of them in one transaction, so a repeat is seen.

Acts on an open connection and decides nothing about when. The note is written first: of two processes that send the
same record, one is refused by its key.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from catalog_sync.record import Record
from catalog_sync.targets.front.connection import FrontDatabase
from catalog_sync.targets.front.ddl import ROWS, SENT
from catalog_sync.targets.front.rows import Row, keeps_changes
from catalog_sync.targets.target import Outcome, Reply

STAMP: Final = "%Y-%m-%dT%H:%M:%SZ"
# Of one statement; SQLite takes some thousands of parameters.
PIECE: Final = 500
OVERTAKEN: Final = "overtaken"


@dataclass(frozen=True)
class Prepared:
    """A record with its rows, ready to be written."""

    record: Record
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Batch:
    """One sending: its number, where its rows are said to come from, and when."""

    number: str
    source: str
    at: datetime


def stamp(at: datetime) -> str:
    """Write a time as our own tables keep it."""
    return at.astimezone(UTC).strftime(STAMP)


def known(connection: Connection, keys: Iterable[str]) -> dict[str, Reply]:
    """Tell what became of records that were written before."""
    told = sorted(set(keys))
    found: dict[str, Reply] = {}
    for start in range(0, len(told), PIECE):
        query = select(SENT.c.record_key, SENT.c.batch, SENT.c.outcome, SENT.c.subject)
        for row in connection.execute(query.where(SENT.c.record_key.in_(told[start : start + PIECE]))):
            found[row.record_key] = Reply(Outcome(row.outcome), row.batch, row.subject)
    return found


def write(database: FrontDatabase, connection: Connection, told: Sequence[Prepared], batch: Batch) -> dict[str, Reply]:
    """Write records that are not there yet, and again those that were refused; tell of each what it is now."""
    replies = known(connection, (each.record.key for each in told))
    for each in told:
        key = each.record.key
        before = replies.get(key)
        if before is not None and before.outcome is not Outcome.REFUSED:
            continue
        if before is not None:
            _forget(database, connection, each)
        overtaken = _newest(connection, each.record) > each.record.version
        note(connection, each, batch, Outcome.STORED if overtaken else Outcome.ACCEPTED)
        for row in () if overtaken else each.rows:
            _put(database, connection, row, batch)
        replies[key] = _reply(each.record, batch, overtaken=overtaken)
    return replies


def _forget(database: FrontDatabase, connection: Connection, told: Prepared) -> None:
    """Take away what was refused: the platform has not kept it, and it is to be told again."""
    connection.execute(delete(ROWS).where(ROWS.c.record_key == told.record.key))
    connection.execute(delete(SENT).where(SENT.c.record_key == told.record.key))
    for row in told.rows:
        table = database.table(row.table.name)
        connection.execute(delete(table).where(table.c[row.table.key] == row.values[row.table.key]))


def _reply(record: Record, batch: Batch, *, overtaken: bool) -> Reply:
    if overtaken:
        return Reply(Outcome.STORED, batch.number, record.subject.id, OVERTAKEN, "a later version had been written")
    return Reply(Outcome.ACCEPTED, batch.number, record.subject.id)


def _newest(connection: Connection, record: Record) -> int:
    """Give the newest version of the thing that was written; an earlier one must not take its place."""
    query = select(SENT.c.version).where(SENT.c.kind == record.subject.kind, SENT.c.subject == record.subject.id)
    query = query.where(SENT.c.outcome != Outcome.REFUSED.value)
    return connection.execute(query.order_by(SENT.c.version.desc()).limit(1)).scalar() or 0


def note(connection: Connection, told: Prepared, batch: Batch, outcome: Outcome) -> None:
    """Note a record and its rows."""
    record = told.record
    row = {
        "record_key": record.key,
        "kind": record.subject.kind,
        "subject": record.subject.id,
        "version": record.version,
        "operation": record.operation.value,
        "content_sm3": record.digest,
        "batch": batch.number,
        "sent_at": stamp(batch.at),
        "outcome": outcome.value,
    }
    connection.execute(insert(SENT), row)
    rows = [_row(record.key, place, each) for place, each in enumerate(told.rows)]
    if rows:
        connection.execute(insert(ROWS), rows)


def _row(key: str, place: int, row: Row) -> Mapping[str, Any]:
    return {
        "record_key": key,
        "place": place,
        "table_name": row.table.name,
        "row_guid": row.guid,
        "natural_key": row.natural,
        "row_sm3": row.sm3,
    }


def _put(database: FrontDatabase, connection: Connection, row: Row, batch: Batch) -> None:
    """Put a row beside the former ones, or in the place of the one of its thing."""
    table = database.table(row.table.name)
    if not keeps_changes(row):
        connection.execute(delete(table).where(table.c[row.table.key] == row.values[row.table.key]))
    connection.execute(insert(table), row.sent(batch.number, batch.source, batch.at))
