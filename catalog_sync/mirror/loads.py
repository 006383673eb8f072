"""Loads: begun when due, filled page by page, then applied as a set, held for a person, or dropped.

A page's rows, the page that follows and the load's counts are one transaction; so are the copies, the mark and the end
of the load. Whoever dies in between goes on at the page that is on record, and nothing is staged or applied twice.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from catalog_sync.acting import BY, ROOM
from catalog_sync.mirror import entries, keeping, weighing
from catalog_sync.mirror.entries import Entry, Reject
from catalog_sync.mirror.errors import MirrorLoadNotHeld, NotMirrored
from catalog_sync.mirror.models import APPLIED, DROPPED, HELD, OPEN, READ, MirrorLoad, MirrorPlace, MirrorStaged
from catalog_sync.mirror.offering import CODE_TABLE, Page
from catalog_sync.mirror.weighing import Limits, Staged
from catalog_sync.models import REASON_LENGTH
from catalog_sync.wiring import SyncSettings

# A page that follows is asked for at once; a load that stands for a day is one whose platform went away.
LONGEST_LOAD: Final = timedelta(hours=24)
UNFINISHED: Final = (OPEN, READ)
FORGOTTEN: Final = "place-forgotten"
TOO_OLD: Final = "too-old"


def place_of(session: Session, target: str, kind: str) -> MirrorPlace:
    """Give how far a kind was read, locked; made when it is first asked for."""
    session.execute(inserting(session, MirrorPlace).values(target=target, kind=kind, mark="").on_conflict_do_nothing())
    query = select(MirrorPlace).where(MirrorPlace.target == target, MirrorPlace.kind == kind)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def going_on(session: Session, settings: SyncSettings, place: MirrorPlace, at: datetime) -> MirrorLoad | None:
    """Give the load to go on with: the unfinished one, or a new one where it is due; none while one is held."""
    query = select(MirrorLoad).where(MirrorLoad.target == place.target, MirrorLoad.kind == place.kind)
    states = (*UNFINISHED, HELD)
    load = session.scalars(query.where(MirrorLoad.state.in_(states)).with_for_update()).one_or_none()
    if load is not None and load.state == HELD:
        return None
    if load is not None and load.state == OPEN and not load.begun_at <= at <= load.begun_at + LONGEST_LOAD:
        drop(session, load, TOO_OLD, BY, at)
        load = None
    if load is None and _is_due(settings, place, at):
        load = _begun(session, settings, place, at)
    return load


def stage(session: Session, load: MirrorLoad, page: Page) -> None:
    """Keep the rows of a page, each checked, and the page that follows."""
    told = [entries.read(load.kind, each) for each in page.rows]
    ids = sorted({each.upstream_id for each in told})
    faults = _faults(session, load, told, ids)
    if told:
        values = [
            _row(load, load.rows + place, each, fault)
            for place, (each, fault) in enumerate(zip(told, faults, strict=True))
        ]
        session.execute(insert(MirrorStaged), values)
    # What changes while pages are read is told once more since the first page's mark.
    load.mark = load.mark if load.pages else page.mark
    load.rows, load.rejects, load.pages = load.rows + len(told), load.rejects + sum(map(bool, faults)), load.pages + 1
    load.token, load.state = page.token, OPEN if page.token else READ


def settle(session: Session, settings: SyncSettings, load: MirrorLoad, at: datetime) -> None:
    """Apply a load that is read, or hold it for a person."""
    query = select(
        MirrorStaged.number, MirrorStaged.upstream_id, MirrorStaged.digest, MirrorStaged.is_gone, MirrorStaged.fault
    ).where(MirrorStaged.load == load.id)
    staged = [Staged(*row) for row in session.execute(query.order_by(MirrorStaged.number))]
    limits = Limits(settings.most_gone_percent, settings.most_rejected_percent)
    kept = keeping.kept(session, load.kind, load.target)
    plan = weighing.plan(kept, staged, limits, is_whole=not load.since)
    load.added, load.changed, load.gone = len(plan.added), len(plan.changed), len(plan.gone)
    if plan.held and not load.decided_by:
        load.state, load.reason = HELD, plan.held
        ROOM.changed(session, BY, at, "sync.mirror-held", _thing(load), reason=plan.held, **_counts(load))
        return
    keeping.apply(session, load, plan, at)
    place = place_of(session, load.target, load.kind)
    place.mark, place.read_at = load.mark, at
    if not load.since:
        place.whole_at = at
    _ended(session, load, APPLIED, at)
    ROOM.changed(session, BY, at, "sync.mirror-applied", _thing(load), **_counts(load))


def drop(session: Session, load: MirrorLoad, reason: str, by: Caller, at: datetime) -> None:
    """Leave a load; nothing of it is applied. The next begins from the same mark: at once, unless a person said so."""
    load.reason = reason[:REASON_LENGTH]
    place = place_of(session, load.target, load.kind)
    if reason == FORGOTTEN:
        place.mark = ""
    if load.state == HELD:
        place.read_at = at
    _ended(session, load, DROPPED, at)
    ROOM.changed(session, by, at, "sync.mirror-dropped", _thing(load), reason=load.reason, **_counts(load))


def decide(
    session: Session, settings: SyncSettings, number: int, reason: str, by: Caller, at: datetime, *, applies: bool
) -> MirrorLoad:
    """Apply or drop a load that is held, by a person's word. Raises `NotMirrored`, `MirrorLoadNotHeld`."""
    load = load_of(session, number)
    place_of(session, load.target, load.kind)
    load = load_of(session, number, locked=True)
    if load.state != HELD:
        raise MirrorLoadNotHeld(number, load.state)
    load.decided_by = actor(by)
    ROOM.record(session, by, at, "sync.mirror-decided", _thing(load), applies=applies, reason=reason)
    if applies:
        settle(session, settings, load, at)
    else:
        drop(session, load, reason, by, at)
    return load


def load_of(session: Session, number: int, *, locked: bool = False) -> MirrorLoad:
    """Give a load, which is locked after its place. Raises `NotMirrored`."""
    query = select(MirrorLoad).where(MirrorLoad.id == number).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NotMirrored("load", str(number))
    return found


def _is_due(settings: SyncSettings, place: MirrorPlace, at: datetime) -> bool:
    if place.asked_at is not None or place.read_at is None:
        return True
    # A clock that was set back makes nobody wait for the other time.
    return not place.read_at <= at < place.read_at + timedelta(hours=settings.pull_hours)


def _begun(session: Session, settings: SyncSettings, place: MirrorPlace, at: datetime) -> MirrorLoad:
    until = None if place.whole_at is None else place.whole_at + timedelta(days=settings.whole_days)
    is_whole = place.whole_asked or until is None or not place.mark or at >= until
    load = MirrorLoad(target=place.target, kind=place.kind, since="" if is_whole else place.mark, begun_at=at)
    place.asked_at, place.whole_asked = None, False
    session.add(load)
    session.flush()
    return load


def _faults(session: Session, load: MirrorLoad, told: Sequence[Entry | Reject], ids: Sequence[str]) -> list[str]:
    """Give the fault of each row, also beside the rows of the load and the copies."""
    is_versioned = load.kind == CODE_TABLE
    query = select(MirrorStaged.upstream_id).where(MirrorStaged.load == load.id, MirrorStaged.upstream_id.in_(ids))
    seen = set(session.scalars(query))
    copies = keeping.kept(session, load.kind, load.target, ids)
    known = keeping.versions(session, load.kind, load.target, ids) if is_versioned else {}
    found: list[str] = []
    for each in told:
        if isinstance(each, Reject):
            found.append(each.fault)
        else:
            beside = known.get((each.upstream_id, each.version)) if is_versioned else copies.get(each.upstream_id)
            found.append(weighing.fault_of(each, seen, beside, is_versioned=is_versioned) or "")
        seen.add(each.upstream_id)
    return found


def _row(load: MirrorLoad, number: int, each: Entry | Reject, fault: str) -> dict[str, object]:
    told = each if isinstance(each, Entry) else None
    return {
        "load": load.id,
        "number": number,
        "upstream_id": each.upstream_id,
        "version": told.version if told else "",
        "digest": told.digest if told else "",
        "is_gone": told.is_gone if told else False,
        "content": dict(told.content) if told and not fault else {},
        "fault": fault,
        "member": "" if isinstance(each, Entry) else each.member,
    }


def _ended(session: Session, load: MirrorLoad, state: str, at: datetime) -> None:
    load.state, load.ended_at = state, at
    session.execute(delete(MirrorStaged).where(MirrorStaged.load == load.id, MirrorStaged.fault == ""))


def _counts(load: MirrorLoad) -> dict[str, int]:
    return {name: getattr(load, name) for name in ("rows", "rejects", "added", "changed", "gone")}


def _thing(load: MirrorLoad) -> Thing:
    return Thing("sync-mirror-load", str(load.id))
