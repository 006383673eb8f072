"""Takes in the data that lies in a front library's `dn_*` tables: 1. look, 2. read a page, 3. judge and stage it.

2 holds no transaction of this house; 3 is one for each page, under the channel's row: of two processes the second finds
that every row was read. Rows have no number and lie there for days. So each run looks at what is not older than
`OVERLAP` before the newest row that was read, and a row is known again by all that it says; whoever dies between 2 and
3 reads the page again, and nothing is staged twice.

What is not believed is kept as evidence and pauses the channel, and nothing of that page is staged; when a person lets
the channel go on, what was evidence is passed over, and the rest comes in. A row that is only not what it should be is
staged as a reject with what it said. So are two more: one of a batch that was read before (`batch-doubled`), and one
whose thing was told of later than it (`overtaken`): taking either would undo what is true.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from base import clock
from base.canonical import canonical
from base.db import Database, inserting
from base.workdays import SHANGHAI
from catalog_sync import channels
from catalog_sync.arrivals import from_sites, staging
from catalog_sync.arrivals.front_models import BATCH_LENGTH, FrontBatch, FrontRow
from catalog_sync.arrivals.staging import Taken
from catalog_sync.channels import channel_of
from catalog_sync.targets.files.coming_down import Arrived
from catalog_sync.targets.files.data_file import Read
from catalog_sync.targets.front.columns import BATCH, TIME, Data
from catalog_sync.targets.front.connection import RowsNotTaken
from catalog_sync.targets.front.down import DOUBLED, OVERTAKEN, Down
from catalog_sync.targets.front_library import FrontLibrary
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer
from catalog_sync.wiring import Sync

ASKED: Final = "front-rows"
PURPOSE: Final = "sync-front-rows"
PAGE: Final = 200
# A platform clears rows away after a week; what it writes later than this behind its newest row is not looked at.
OVERLAP: Final = timedelta(days=8)
# New rows of one run; the next takes the rest.
MOST_NEW: Final = 100_000
# Rows of one page that are kept as evidence; of a table that is spoilt throughout a few say enough.
MOST_HOSTILE: Final = 20


@dataclass(frozen=True)
class Known:
    """A row beside the hashes by which it is known again."""

    row: Down
    row_as: str
    said_as: str
    thing_as: str


@dataclass(frozen=True)
class Begun:
    """From when on a run looks, as the platform's clock has it; from the beginning where it is none."""

    since: datetime | None


@dataclass(frozen=True)
class Staged:
    """What became of a page: whether to go on, and how many rows and rejects were new."""

    goes_on: bool = False
    arrivals: int = 0
    rows: int = 0
    rejects: int = 0
    refused: int = 0


def collect(
    database: Database, sync: Sync, target: FrontLibrary, table: str, now: Callable[[], datetime] = clock.now
) -> tuple[Taken, str]:
    """Take in what lies in a table of data; and why it gives nothing, where it does not."""
    done, data, after = Taken(), target.data(table), 0
    begun = None if data is None else database.repeat(partial(_begun, sync=sync, target=target, table=table, at=now()))
    if data is None or begun is None:
        return done, "" if data is not None else f"no-table:{table}"
    while done.rows < MOST_NEW:
        try:
            found = target.lying(data, begun.since, after, PAGE)
        except (ChannelDown, ChannelRefused, HostileAnswer) as error:
            failed = partial(from_sites.failed, sync=sync, name=target.name, error=error, asked=ASKED, at=now())
            database.repeat(failed)
            return done, error.reason
        except RowsNotTaken as reason:
            return done, str(reason)
        if not found.rows:
            return done, found.lacks
        page = partial(take_in, sync=sync, target=target, data=data, page=found.rows, at=now())
        staged = database.repeat(page)
        done.staged, done.refused = done.staged + staged.arrivals, done.refused + staged.refused
        done.rows, done.rejects = done.rows + staged.rows, done.rejects + staged.rejects
        after += len(found.rows)
        if not staged.goes_on or len(found.rows) < PAGE:
            break
    return done, ""


def take_in(
    session: Session, sync: Sync, target: FrontLibrary, data: Data, page: Sequence[Mapping[str, Any]], at: datetime
) -> Staged:
    """Judge a page and stage what is new of it; where something is not believed, only that is kept."""
    channel = channel_of(session, target.name, locked=True)
    if not channels.is_open(channel, sync, at):
        return Staged()
    rows = [_known(session, sync, data, target.down(data, raw, at)) for raw in page]
    new = _new(session, target.name, data.name, rows)
    hostile = [each for each in new if each.row.is_hostile][:MOST_HOSTILE]
    if hostile:
        for each in hostile:
            _evidence(session, sync, target, data, each, at)
        return Staged(refused=len(hostile))
    channels.answered(channel, at)
    placed = _placed(session, target.name, data.name, new)
    arrivals = 0
    for batch, told in groupby(placed, key=lambda each: each.row.batch[:BATCH_LENGTH]):
        arrivals += 1
        _stage(session, sync, target, data, batch, [each.row for each in told], at)
    _note(session, target.name, data.name, placed)
    return Staged(True, arrivals, len(placed), sum(bool(each.row.fault) for each in placed))


def _begun(session: Session, sync: Sync, target: FrontLibrary, table: str, at: datetime) -> Begun | None:
    """See whether the channel may be used, from when on to look, and forget the rows that no reading meets any more."""
    channel = channel_of(session, target.name, locked=True)
    channels.set_right(session, channel, at)
    if not channels.is_open(channel, sync, at):
        return None
    mine = (FrontRow.target == target.name, FrontRow.table_name == table)
    newest = session.scalar(select(func.max(FrontRow.told_at)).where(*mine, FrontRow.told_at <= at))
    if newest is None:
        return Begun(None)
    since = newest - OVERLAP
    session.execute(delete(FrontRow).where(*mine, FrontRow.told_at < since))
    return Begun(since.astimezone(SHANGHAI).replace(tzinfo=None))


def _known(session: Session, sync: Sync, data: Data, row: Down) -> Known:
    def hashed(*told: str) -> str:
        return sync.keys.matching_hash(session, PURPOSE, json.dumps([data.name, *told]))

    return Known(row, hashed("row", row.digest), hashed("said", *row.said), hashed("thing", row.natural))


def _new(session: Session, target: str, table: str, rows: Sequence[Known]) -> list[Known]:
    """Give the rows that were not read before, each once."""
    query = select(FrontRow.row_as).where(FrontRow.target == target, FrontRow.table_name == table)
    before = set(session.scalars(query.where(FrontRow.row_as.in_([each.row_as for each in rows]))))
    return list({each.row_as: each for each in rows if each.row_as not in before}.values())


def _placed(session: Session, target: str, table: str, rows: Sequence[Known]) -> list[Known]:
    """Put rows in their order, and reject what was said before and what something later was said of."""
    said, newest = _before(session, target, table, rows)
    batches = _batches(session, target, table, {each.row.batch for each in rows})
    placed = []
    for each in sorted(rows, key=lambda known: known.row.place):
        row = each.row
        if not row.fault:
            if each.said_as in said or _is_again(batches.get(row.batch), row):
                row = row.rejected(DOUBLED, BATCH)
            elif newest.get(each.thing_as, ("", "", 0)) > row.place:
                row = row.rejected(OVERTAKEN, TIME)
            else:
                newest[each.thing_as] = row.place
                said.add(each.said_as)
        placed.append(Known(row, each.row_as, each.said_as, each.thing_as))
    return placed


def _before(
    session: Session, target: str, table: str, rows: Sequence[Known]
) -> tuple[set[str], dict[str, tuple[str, str, int]]]:
    """Give what batches said before of the things of these rows, and the newest place at which each was taken."""
    query = select(FrontRow.said_as, FrontRow.thing_as, FrontRow.place)
    mine = query.where(FrontRow.target == target, FrontRow.table_name == table)
    said: set[str] = set()
    newest: dict[str, tuple[str, str, int]] = {}
    things = sorted({each.thing_as for each in rows})
    for row in session.execute(mine.where(FrontRow.thing_as.in_(things))):
        if row.place:
            said.add(row.said_as)
            place: Any = tuple(json.loads(row.place))
            newest[row.thing_as] = max(newest.get(row.thing_as, place), place)
    return said, newest


def _batches(session: Session, target: str, table: str, numbers: set[str]) -> dict[str, FrontBatch]:
    mine = (FrontBatch.target == target, FrontBatch.table_name == table)
    query = select(FrontBatch).where(*mine, FrontBatch.batch.in_(sorted(numbers)))
    return {each.batch: each for each in session.scalars(query)}


def _is_again(batch: FrontBatch | None, row: Down) -> bool:
    """Tell whether a batch that ended long ago comes once more: of its rows nothing is known any longer."""
    if batch is None or batch.last_at is None or row.told_at is None:
        return False
    return row.told_at > batch.last_at + OVERLAP


def _evidence(session: Session, sync: Sync, target: FrontLibrary, data: Data, known: Known, at: datetime) -> None:
    """Keep a row that is not believed, which pauses the channel; the next reading passes it over."""
    row = known.row
    reason = f"cells: {data.name}.{row.column} {row.fault}"
    arrived = Arrived(f"{data.name}!{row.digest}", data.name, row.raw, (), reason)
    staging.take_in(session, sync, target, arrived, at)
    _note(session, target.name, data.name, [known])


def _stage(
    session: Session, sync: Sync, target: FrontLibrary, data: Data, batch: str, rows: Sequence[Down], at: datetime
) -> None:
    """Stage what is new of a batch as one arrival, and count it."""
    key = {"target": target.name, "table_name": data.name, "batch": batch}
    session.execute(inserting(session, FrontBatch).values(**key, arrivals=0, rows=0).on_conflict_do_nothing())
    told = session.get_one(FrontBatch, tuple(key.values()))
    told.arrivals, told.rows = told.arrivals + 1, told.rows + len(rows)
    times = [each.told_at for each in rows if each.told_at is not None and not each.fault]
    told.last_at = max([*times, *([told.last_at] if told.last_at else [])], default=None)
    read = tuple(
        Read(number, each.operation, each.kept(), each.fault, each.column) for number, each in enumerate(rows, start=1)
    )
    content = canonical([each.digest for each in rows])
    arrived = Arrived(f"{data.name}@{batch}#{told.arrivals}", data.name, content, read)
    staging.take_in(session, sync, target, arrived, at)


def _note(session: Session, target: str, table: str, rows: Sequence[Known]) -> None:
    """Note that rows were read; where one was taken, also its place."""
    values = [
        {
            "target": target,
            "table_name": table,
            "row_as": each.row_as,
            "said_as": each.said_as,
            "thing_as": each.thing_as,
            "place": "" if each.row.fault else json.dumps(each.row.place),
            "told_at": each.row.told_at,
        }
        for each in rows
    ]
    for start in range(0, len(values), PAGE):
        session.execute(insert(FrontRow), values[start : start + PAGE])
