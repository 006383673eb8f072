"""Takes in the files that came down: 1. look, 2. judge, 3. stage and note, 4. tell the other side.

1, 2 and 4 hold no transaction of this house; 3 is one for each file. A file is taken in once, by its description: who
dies between 3 and 4 tells the other side later and stages nothing again. A file that is none is kept as evidence with
its reason, and the others go on; one that was meant to do harm also pauses the channel. What becomes of the rows is
`catalog_sync.returns`'.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from base import clock
from base.audit import Thing
from base.canonical import canonical
from base.db import Database
from catalog_sync import channels
from catalog_sync.acting import BY, ROOM
from catalog_sync.arrivals.models import REFUSED, STAGED, Arrival, ArrivalRow
from catalog_sync.channels import channel_of
from catalog_sync.models import REASON_LENGTH
from catalog_sync.targets.file_exchange import FileExchange
from catalog_sync.targets.files import coming_down, signatures
from catalog_sync.targets.files.coming_down import Arrived
from catalog_sync.targets.target import ChannelDown, ChannelRefused, HostileAnswer, Target
from catalog_sync.wiring import Sync

ASKED: Final = "arrivals"
# What of a bad file is kept: enough to see what it was, and its digest says the rest.
MOST_EVIDENCE: Final = 64 * 1024
PIECE: Final = 500


@dataclass
class Taken:
    """What a run took in."""

    staged: int = 0
    refused: int = 0
    rows: int = 0
    rejects: int = 0


def collect(database: Database, sync: Sync, target: FileExchange, now: Callable[[], datetime] = clock.now) -> Taken:
    """Take in what waits, until there is no more or the channel may not be used."""
    done, seen = Taken(), set[str]()
    while database.repeat(partial(_may, sync=sync, target=target, at=now())):
        try:
            described = [each for each in coming_down.waiting(target) if str(each["id"]) not in seen]
            for each in described:
                seen.add(str(each["id"]))
                _one(database, sync, target, each, done, now)
        except (ChannelDown, ChannelRefused, HostileAnswer) as error:
            database.repeat(partial(_failed, sync=sync, target=target, error=error, at=now()))
            break
        if not described:
            break
    return done


def _one(
    database: Database,
    sync: Sync,
    target: FileExchange,
    described: Mapping[str, Any],
    done: Taken,
    now: Callable[[], datetime],
) -> None:
    """Take in one file; of one that was taken in before, only the other side is told again."""
    before = database.repeat(partial(_before, target=target, described_as=str(described["id"])))
    if before is not None:
        coming_down.taken(target, Arrived(str(described["id"]), reason=before), now())
        return
    arrived = coming_down.opened(target, described, now())
    database.repeat(partial(take_in, sync=sync, target=target, arrived=arrived, at=now()))
    coming_down.taken(target, arrived, now())
    _count(done, arrived)


def take_in(session: Session, sync: Sync, target: Target, arrived: Arrived, at: datetime) -> Arrival:
    """Stage a file, or keep it as evidence; one that was taken in before is left as it is."""
    query = select(Arrival).where(Arrival.target == target.name, Arrival.described_as == arrived.id)
    found = session.scalars(query).one_or_none()
    if found is not None:
        return found
    bad = bool(arrived.reason)
    evidence = sync.keys.seal(session, arrived.content[:MOST_EVIDENCE], bound(arrived.id, "file")) if bad else None
    row = Arrival(
        target=target.name,
        described_as=arrived.id,
        table_name=arrived.table[:128],
        state=REFUSED if bad else STAGED,
        reason=arrived.reason[:REASON_LENGTH],
        size=len(arrived.content),
        sm3=signatures.sm3(arrived.content),
        rows=len(arrived.rows),
        rejects=sum(bool(each.fault) for each in arrived.rows),
        evidence=evidence,
        received_at=at,
    )
    session.add(row)
    session.flush()
    _stage(session, sync, row.id, arrived)
    thing = Thing("sync-arrival", str(row.id))
    act = f"sync.arrival-{row.state}"
    ROOM.changed(session, BY, at, act, thing, rows=row.rows, rejects=row.rejects, reason=row.reason)
    if arrived.is_hostile:
        channel = channel_of(session, target.name, locked=True)
        error = HostileAnswer(target.name, f"{arrived.reason} ({arrived.id})", arrived.content)
        channels.not_believed(session, sync, channel, error, ASKED, (), at)
    return row


def _stage(session: Session, sync: Sync, arrival: int, arrived: Arrived) -> None:
    for start in range(0, len(arrived.rows), PIECE):
        values = [
            {
                "arrival": arrival,
                "number": each.number,
                "operation": each.operation,
                "content": sync.keys.seal(session, canonical(dict(each.values)), bound(arrived.id, str(each.number))),
                "fault": each.fault,
                "column_name": each.column,
            }
            for each in arrived.rows[start : start + PIECE]
        ]
        session.execute(insert(ArrivalRow), values)


def _may(session: Session, sync: Sync, target: FileExchange, at: datetime) -> bool:
    channel = channel_of(session, target.name)
    channels.set_right(session, channel, at)
    return channels.is_open(channel, sync, at)


def _before(session: Session, target: FileExchange, described_as: str) -> str | None:
    """Give the reason of a file that was taken in before (empty where it was staged); none where it was not."""
    query = select(Arrival.reason).where(Arrival.target == target.name, Arrival.described_as == described_as)
    return session.scalars(query).one_or_none()


def _failed(
    session: Session,
    sync: Sync,
    target: FileExchange,
    error: ChannelDown | ChannelRefused | HostileAnswer,
    at: datetime,
) -> None:
    channel = channel_of(session, target.name, locked=True)
    if isinstance(error, HostileAnswer):
        channels.not_believed(session, sync, channel, error, ASKED, (), at)
    elif isinstance(error, ChannelRefused):
        channels.refused(session, channel, error, at)
    else:
        channels.down(session, channel, error, at)


def _count(done: Taken, arrived: Arrived) -> None:
    if arrived.reason:
        done.refused += 1
        return
    done.staged += 1
    done.rows += len(arrived.rows)
    done.rejects += sum(bool(each.fault) for each in arrived.rows)


def bound(described_as: str, what: str) -> bytes:
    """Say to which place a sealed row or file belongs."""
    return f"sync:arrival:{described_as}:{what}".encode()
