"""What comes back through the front library, noted once in the order in which we saw it.

Refusals have no number and no order of their own, and rows vanish after some days. So each is read once into
`yinxin_taken` under a serial, from which receipts are read on; and so is each record that nobody has refused for as
long as the site waits, which is all that a front library ever says of what it kept.
"""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, or_, select, update

from base.workdays import SHANGHAI
from catalog_sync.targets.front import refusals, scanning, writing
from catalog_sync.targets.front.columns import Layout, Rejects
from catalog_sync.targets.front.ddl import KNOWN_BY, ROWS, SENT, TAKEN
from catalog_sync.targets.front.refusals import Refusal
from catalog_sync.targets.target import Outcome, Receipt, Receipts, Reply

# A row may be written late with an earlier time, by a clock that is wrong or a transaction that was slow.
OVERLAP: Final = timedelta(days=2)
# Of one reading; the next takes the rest.
MOST_NEW: Final = 1000
MOST_TOLD: Final = 500
# Rows of the overlap that are looked through before the table is held to be no table of refusals.
MOST_SCANNED: Final = 200_000
SILENCE: Final = "not-refused"


@dataclass(frozen=True)
class Waiting:
    """How long a record must stand unrefused before it counts as stored; never, where it is none."""

    hours: int

    def words(self) -> str:
        """Say what that rests on."""
        return f"not refused within {self.hours} h"


def take(connection: Connection, layout: Layout, tables: Mapping[str, Any], waiting: Waiting, at: datetime) -> None:
    """Note what is new: refusals first, and silence only where every refusal was read. Raises `Unbelievable`."""
    left = MOST_NEW
    for rejects in (each for name, each in layout.rejects.items() if name in tables):
        left -= _take_refusals(connection, layout, rejects, tables[rejects.name], left, at)
    if left > 0 and waiting.hours:
        _take_silence(connection, waiting, at)


def told(connection: Connection, mark: str) -> Receipts:
    """Give what was noted after a mark."""
    after = int(mark) if mark.isdecimal() else 0
    rows = connection.execute(select(TAKEN).where(TAKEN.c.serial > after).order_by(TAKEN.c.serial).limit(MOST_TOLD))
    receipts = []
    for row in rows:
        receipts.append(Receipt(row.number, row.about, Reply(Outcome(row.outcome), None, None, row.code, row.words)))
        after = row.serial
    return Receipts(tuple(receipts), str(after) if receipts else mark)


def _take_refusals(
    connection: Connection, layout: Layout, rejects: Rejects, table: Any, most: int, at: datetime
) -> int:
    since = _since(connection, rejects, at)
    numbers = set(connection.execute(_numbers(rejects, since)).scalars())
    new: list[Refusal] = []
    with closing(_scanned(connection, rejects, table, since)) as rows:
        for raw in rows:
            read = refusals.refusal(layout, rejects, raw)
            if read.number not in numbers:
                numbers.add(read.number)
                new.append(read)
                if len(new) >= most:
                    break
    for each in new:
        _note(connection, _about(connection, rejects, each), rejects.name, each)
    return len(new)


def _since(connection: Connection, rejects: Rejects, at: datetime) -> datetime | None:
    """Give the time from which rows are looked at again; none where no row has been read yet.

    A row of tomorrow does not count: its clock is wrong, and what comes after it would never be read.
    """
    now = at.astimezone(SHANGHAI).replace(tzinfo=None).isoformat()
    query = select(func.max(TAKEN.c.told_at)).where(TAKEN.c.source == rejects.name, TAKEN.c.told_at <= now)
    last = connection.execute(query).scalar()
    return datetime.fromisoformat(last) - OVERLAP if last else None


def _numbers(rejects: Rejects, since: datetime | None) -> Select[str]:
    query = select(TAKEN.c.number).where(TAKEN.c.source == rejects.name)
    if since is None:
        return query
    return query.where(or_(TAKEN.c.told_at >= since.isoformat(), TAKEN.c.told_at == ""))


def _scanned(
    connection: Connection, rejects: Rejects, table: Any, since: datetime | None
) -> Generator[Mapping[str, Any]]:
    """Read the rows as the database has them: what our types would refuse must be seen, not stumbled over."""
    columns = [scanning.cell(connection, table.c[each.name]) for each in rejects.columns]
    query = select(*columns)
    if since is not None:
        query = query.where(or_(table.c[rejects.time] >= since, table.c[rejects.time].is_(None)))
    query = query.order_by(table.c[rejects.time]).execution_options(yield_per=500)
    with connection.execute(query) as result:
        for count, row in enumerate(result.mappings()):
            if count >= MOST_SCANNED:
                raise refusals.Unbelievable(f"{rejects.name} has more than {MOST_SCANNED} rows in two days", b"")
            yield dict(row)


def _about(connection: Connection, rejects: Rejects, told: Refusal) -> str:
    """Find the record that a refusal is about: by its guid, else the one that was written last under its key."""
    query = select(SENT.c.record_key).join(ROWS, ROWS.c.record_key == SENT.c.record_key)
    if told.guid:
        found = connection.execute(query.where(ROWS.c.row_guid == told.guid).limit(1)).scalar()
        if found:
            return str(found)
    query = query.where(ROWS.c.natural_key == told.natural, ROWS.c.table_name.in_(rejects.about))
    if told.batch:
        found = connection.execute(_last(query.where(SENT.c.batch == told.batch))).scalar()
        if found:
            return str(found)
    if told.told_at:
        # Written in seconds by two clocks: one that is some minutes slow must not lose what it answers.
        until = datetime.fromisoformat(told.told_at).replace(tzinfo=SHANGHAI) + timedelta(hours=1)
        query = query.where(SENT.c.sent_at <= writing.stamp(until))
    return str(connection.execute(_last(query)).scalar() or "")


def _last(query: Select[Any]) -> Select[Any]:
    return query.order_by(SENT.c.version.desc()).limit(1)


def _note(connection: Connection, about: str, source: str, told: Refusal) -> None:
    named = about or told.natural[:KNOWN_BY] or told.number
    reply = Reply(Outcome.REFUSED, code=told.code, words=told.words)
    note(connection, Receipt(told.number, named, reply), source, told.told_at)


def note(connection: Connection, receipt: Receipt, source: str, told_at: str) -> None:
    """Note a receipt under the next serial, and how its record ended."""
    reply = receipt.reply
    connection.execute(update(SENT).where(SENT.c.record_key == receipt.about).values(outcome=reply.outcome.value))
    row = {
        "number": receipt.number,
        "source": source,
        "told_at": told_at,
        "about": receipt.about,
        "outcome": reply.outcome.value,
        "code": reply.code,
        "words": reply.words,
    }
    connection.execute(insert(TAKEN), {"serial": _next(connection), **row})


def _take_silence(connection: Connection, waiting: Waiting, at: datetime) -> None:
    until = writing.stamp(at - timedelta(hours=waiting.hours))
    query = select(SENT.c.record_key).where(SENT.c.outcome == Outcome.ACCEPTED.value, SENT.c.sent_at <= until)
    keys = list(connection.execute(query.order_by(SENT.c.sent_at).limit(MOST_NEW)).scalars())
    if not keys:
        return
    first = _next(connection)
    rows = [
        {
            "serial": first + place,
            "number": f"{SILENCE}:{key}",
            "source": SILENCE,
            "told_at": writing.stamp(at),
            "about": key,
            "outcome": Outcome.STORED.value,
            "code": SILENCE,
            "words": waiting.words(),
        }
        for place, key in enumerate(keys)
    ]
    connection.execute(insert(TAKEN), rows)
    for start in range(0, len(keys), writing.PIECE):
        piece = keys[start : start + writing.PIECE]
        connection.execute(update(SENT).where(SENT.c.record_key.in_(piece)).values(outcome=Outcome.STORED.value))


def _next(connection: Connection) -> int:
    """Give the next serial; of two processes that draw the same, one is refused and reads again."""
    return (connection.execute(select(func.max(TAKEN.c.serial))).scalar() or 0) + 1
