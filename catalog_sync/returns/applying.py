"""Brings arrivals into the tables that they fill: in their order, each once, whole or not at all.

1. Find the next arrival of a return, and put its load on record. 2. Look through it once (`judging.fold`). 3. Stage it
piece by piece beside the table that stands; with each piece the rejects and the place are kept here. 4. Where too much
would go, or too much is rejected, hold it for a person. 5. Put it in place, in one transaction there. 6. Close the load
here, with its counts.

No transaction of ours is open while the other database works. The mark there and the rows it speaks of are one
transaction (`exchange.feeds.pushes`), so whoever goes on after a kill believes it: nothing is staged or applied twice.
A held load keeps those behind it waiting; a place that does not answer is tried again by the next run.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session

from base import clock
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.identifiers import RegionCode
from catalog_sync.acting import BY, ROOM
from catalog_sync.arrivals import reading
from catalog_sync.arrivals.models import FAULT_LENGTH, STAGED, Arrival
from catalog_sync.models import REASON_LENGTH
from catalog_sync.returns import declaring, judging, landing
from catalog_sync.returns.errors import NoSuchReturn, ReturnStepNotAllowed
from catalog_sync.returns.judging import ELSEWHERE, OTHER_REGION, Folded, Terms, Weighed
from catalog_sync.returns.landing import ReturnTable
from catalog_sync.returns.models import Return, ReturnLoad, ReturnReject
from catalog_sync.returns.states import ACTIVE, APPLIED, DROPPED, HELD, OPEN, PAUSED, UNFINISHED, WHOLE
from catalog_sync.targets.front.down import DOUBLED, OVERTAKEN
from catalog_sync.wiring import Sync
from exchange.feeds.errors import PushDestinationFailed
from exchange.feeds.pushes import rows as typing_rows
from exchange.feeds.pushes.plan import Applied, Load, Mark
from exchange.feeds.pushes.rows import Judged
from exchange.feeds.wiring import Pushes

THING: Final = "return-load"
# A place that takes no rows on so many tries of one piece refuses them for no reason that a row has.
ROUNDS: Final = 4
# Arrivals of one run and return; the next takes the rest.
MOST_LOADS: Final = 100
SHAPE_CHANGED: Final = "shape-changed"


@dataclass(frozen=True)
class Work:
    """A load to go on with: of which arrival, on which terms, for whom; `is_decided` where a person let it."""

    load: str
    returned: str
    arrival: int
    owner: str
    terms: Terms
    is_whole: bool
    is_decided: bool
    chunk: int


@dataclass
class Done:
    """What a run brought in."""

    applied: int = 0
    held: int = 0
    rows: int = 0
    rejects: int = 0
    failure: str = ""


def bring(
    database: Database, sync: Sync, pushes: Pushes, returned: str, now: Callable[[], datetime] = clock.now
) -> Done:
    """Bring in what waits for a return, until there is no more, one is held, or its place does not answer."""
    done = Done()
    for _ in range(MOST_LOADS):
        work = database.repeat(partial(_next, returned=returned, at=now()))
        if work is None:
            break
        try:
            place = landing.opened(work.terms.order, pushes.ground(work.owner))
            try:
                state = _brought(database, sync, pushes.settings.chunk_rows, work, place, now)
            finally:
                place.close()
        except PushDestinationFailed as error:
            done.failure = error.reason
            database.repeat(partial(note, returned=returned, failure=error.reason))
            break
        except DomainError as refusal:
            # What a person has to mend: a table that is somebody else's, or that has another shape.
            database.repeat(partial(_stop, returned=returned, reason=refusal.code, at=now()))
            done.failure = refusal.code
            break
        with database.reading() as session:
            load = load_of(session, work.load)
            done.rows, done.rejects = done.rows + load.rows, done.rejects + load.rejects
        database.repeat(partial(note, returned=returned, failure=""))
        done.applied, done.held = done.applied + (state == APPLIED), done.held + (state == HELD)
        if state != APPLIED:
            break
    return done


def decide(session: Session, known: str, reason: str, by: Caller, at: datetime, *, applies: bool) -> ReturnLoad:
    """Let a load that is held go on, or drop it. Raises `NoSuchReturn`, `ReturnStepNotAllowed`."""
    declaring.return_of(session, load_of(session, known).returned, locked=True)
    row = load_of(session, known, locked=True)
    if row.state != HELD:
        raise ReturnStepNotAllowed("decide", row.state)
    row.decided_by = actor(by)
    ROOM.record(session, by, at, "sync.return-decided", Thing(THING, row.id), applies=applies, reason=reason)
    if applies:
        row.state, row.reason = OPEN, ""
        session.flush()
    else:
        # What is staged for it is thrown away when the next load begins.
        _ended(session, row, DROPPED, reason, at)
    return row


def load_of(session: Session, known: str, *, locked: bool = False) -> ReturnLoad:
    """Give a load, which is locked after its return. Raises `NoSuchReturn`."""
    query = select(ReturnLoad).where(ReturnLoad.id == known).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchReturn("load", known)
    return found


def _next(session: Session, returned: str, at: datetime) -> Work | None:
    row = declaring.return_of(session, returned, locked=True)
    if row.state != ACTIVE:
        return None
    query = select(ReturnLoad).where(ReturnLoad.returned == row.id, ReturnLoad.state.in_(UNFINISHED))
    load = session.scalars(query.execution_options(populate_existing=True)).one_or_none() or _begun(session, row, at)
    if load is None or load.state == HELD:
        return None
    try:
        order = declaring.order_of(session, row)
    except DomainError as refusal:
        declaring.turned(session, row, PAUSED, refusal.code, "sync.return-paused", BY, at)
        return None
    terms = Terms(order, dict(row.columns), row.region_item, RegionCode(row.region))
    is_decided = bool(load.decided_by)
    return Work(load.id, row.id, load.arrival, row.owner, terms, row.mode == WHOLE, is_decided, load.chunk)


def _begun(session: Session, row: Return, at: datetime) -> ReturnLoad | None:
    """Put the oldest arrival that was not brought in on record as a load."""
    known = exists().where(ReturnLoad.arrival == Arrival.id, ReturnLoad.returned == row.id)
    of_it = (Arrival.target == row.target, Arrival.table_name == row.table_name, Arrival.state == STAGED)
    found = session.scalars(select(Arrival).where(*of_it, ~known).order_by(Arrival.id).limit(1)).one_or_none()
    if found is None:
        return None
    names = ("chunk", "staged", "rejects", "overtaken", "inserted", "updated", "deleted", "unchanged", "goes", "stood")
    load = ReturnLoad(id=new_id(), returned=row.id, arrival=found.id, state=OPEN, reason="", rows=found.rows)
    for name in names:
        setattr(load, name, 0)
    load.decided_by, load.begun_at = "", at
    session.add(load)
    session.flush()
    ROOM.record(session, BY, at, "sync.return-begun", Thing(THING, load.id), arrival=found.id, rows=found.rows)
    return load


def _brought(
    database: Database, sync: Sync, piece: int, work: Work, place: ReturnTable, now: Callable[[], datetime]
) -> str:
    """Stage, weigh and put in place; give the state that the load then has."""
    folded = judging.fold(reading.every(database, sync.keys, work.arrival, piece), work.terms)
    # Where a row has no name, nothing is called gone for its absence.
    load = Load(work.terms.order, work.load, work.is_whole and not folded.nameless)
    place.stands()
    if not load.whole and not place.has_shape():
        raise ReturnStepNotAllowed("bring-in", SHAPE_CHANGED)
    mark = place.begun(load)
    while True:
        database.repeat(partial(_keep, known=work.load, mark=mark))
        if mark.is_loaded:
            break
        with database.reading() as session:
            rows = reading.rows(session, sync.keys, work.arrival, mark.read, piece)
        mark = _staged(work, place, mark, judging.judged(rows, work.terms, folded), len(rows), folded)
    if mark.applied is None:
        spared = _spared(database, sync, work, piece) if load.whole else []
        place.told(sorted(folded.gone), spared)
        stood, goes = place.weighed(load)
        held = database.repeat(
            partial(_weigh, sync=sync, work=work, weighed=Weighed(stood, goes, folded.rows, mark.rejected), at=now())
        )
        if held:
            return HELD
        mark = place.finished(load, mark)
    applied = mark.applied or Applied()
    database.repeat(partial(_apply, known=work.load, mark=mark, applied=applied, folded=folded, at=now()))
    return APPLIED


def _staged(work: Work, place: ReturnTable, mark: Mark, judged: Judged, count: int, folded: Folded) -> Mark:
    """Stage a piece with its mark. Raises `PushDestinationFailed`."""
    for _ in range(ROUNDS):
        read = mark.read + count
        ahead = Mark(
            work.load,
            mark.chunk + 1,
            None,
            read,
            mark.staged + len(judged.rows),
            mark.rejected + judged.rejected,
            None,
            read >= folded.rows,
            None,
            judged.rejects,
        )
        refused = place.staged(judged.rows, ahead)
        if not refused:
            return ahead
        judged = typing_rows.without(judged, work.terms.order, refused)
    raise PushDestinationFailed("rows-refused")


def _keep(session: Session, known: str, mark: Mark) -> None:
    """Keep the rejects of a piece and how far the load is; a piece that was kept changes nothing."""
    row = load_of(session, known, locked=True)
    if row.state != OPEN or mark.chunk <= row.chunk:
        return
    told = [
        {"load": known, "row": each.row, "item": each.item, "reason": each.reason[:FAULT_LENGTH]}
        for each in mark.rejects
    ]
    if told:
        session.execute(insert(ReturnReject), told)
    row.chunk, row.staged, row.rejects = mark.chunk, mark.staged, mark.rejected
    session.flush()


def _spared(database: Database, sync: Sync, work: Work, piece: int) -> Sequence[str]:
    """Name the keys whose newest row could not be read: what stands under them stays."""
    with database.reading() as session:
        query = select(ReturnReject.row).where(
            ReturnReject.load == work.load, ReturnReject.reason.not_in(sorted(ELSEWHERE))
        )
        numbers = set(session.scalars(query))
    if not numbers:
        return []
    found = (each for each in reading.every(database, sync.keys, work.arrival, piece) if each.number in numbers)
    return sorted({key for each in found if (key := judging.key_of(each, work.terms)) is not None})


def _weigh(session: Session, sync: Sync, work: Work, weighed: Weighed, at: datetime) -> str:
    """Hold a load where a person has to look first, unless one has."""
    declaring.return_of(session, work.returned, locked=True)
    row = load_of(session, work.load, locked=True)
    row.goes, row.stood = weighed.goes, weighed.stood
    told = sync.settings
    # Rows of others come with what is sent to all, and what was told before or later says nothing against the rest.
    idle = (ReturnReject.load == row.id, ReturnReject.reason.in_((OTHER_REGION, DOUBLED, OVERTAKEN)))
    passed_over = session.scalar(select(func.count()).where(*idle)) or 0
    counted = replace(weighed, rows=weighed.rows - passed_over, rejects=weighed.rejects - passed_over)
    reason = judging.held(counted, told.most_gone_percent, told.most_rejected_percent)
    if row.state != OPEN or work.is_decided or not reason:
        session.flush()
        return "" if row.state == OPEN else row.state
    row.state, row.reason = HELD, reason
    session.flush()
    facts: dict[str, Any] = {"reason": reason, **_counts(row)}
    ROOM.changed(session, BY, at, "sync.return-held", Thing(THING, row.id), **facts)
    return reason


def _apply(session: Session, known: str, mark: Mark, applied: Applied, folded: Folded, at: datetime) -> None:
    row = load_of(session, known, locked=True)
    if row.state != OPEN:
        return
    row.staged, row.rejects, row.overtaken = mark.staged, mark.rejected, folded.overtaken
    row.inserted, row.updated = applied.inserted, applied.updated
    row.deleted, row.unchanged = applied.deleted, applied.unchanged
    _ended(session, row, APPLIED, "", at)


def _ended(session: Session, row: ReturnLoad, state: str, reason: str, at: datetime) -> None:
    row.state, row.reason, row.ended_at = state, reason[:REASON_LENGTH], at
    session.flush()
    ROOM.changed(session, BY, at, f"sync.return-{state}", Thing(THING, row.id), **_counts(row))


def note(session: Session, returned: str, failure: str) -> None:
    """Show why nothing comes in just now; the next run tries again."""
    row = declaring.return_of(session, returned, locked=True)
    if row.state == ACTIVE and row.reason != failure:
        row.reason = failure
        session.flush()


def _stop(session: Session, returned: str, reason: str, at: datetime) -> None:
    row = declaring.return_of(session, returned, locked=True)
    if row.state == ACTIVE:
        declaring.turned(session, row, PAUSED, reason, "sync.return-paused", BY, at)


def _counts(row: ReturnLoad) -> dict[str, Any]:
    names = ("arrival", "rows", "staged", "rejects", "inserted", "updated", "deleted", "unchanged", "goes", "stood")
    return {name: getattr(row, name) for name in names}
