"""Lays out for each partner what this site has of its region (数据回流), and hands it out page by page.

Laying out reads the events that follow the partner's place, as an outbox does: what of this house's own changed, and
what other sites told. What belongs to the partner's region is put on its shelf at its newest state, once; what left the
region, or is gone, stands there as a deletion. Place and rows move in one transaction, and the partner's row is held
meanwhile, so numbers stand in commit order and a page that begins after a mark misses nothing. What the partner told
itself is not returned to it. A thing has one place on the shelf, and whose word stands there is decided by who has it:
this house's own first, else that of the site that told it first; what another site says or takes back of it changes
nothing. The shelf is read with no more than its mark: a page may be asked for again.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import events
from base.canonical import NotCanonical
from base.events import Told
from base.workdays import local_day
from catalog_sync import changes
from catalog_sync.cascade import contents, judging, shapes
from catalog_sync.cascade.answering import number_of
from catalog_sync.cascade.contents import LAID_OUT
from catalog_sync.cascade.holding import HELD_EVENT
from catalog_sync.cascade.models import TOLD, CascadePartner, Held, LaidOut
from catalog_sync.kinds.kind import Content
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.wiring import Sync
from keys.parties.models import Organisation

# A page of directories with all their items stays below some megabytes.
MOST_RETURNED: Final = 50
# What another site told may weigh as much as its batch: a page ends before it is more than the reader takes (8 MB, in
# which each Chinese character may be written as six bytes for its three). One record alone is a page, however large.
MOST_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True)
class LaidOutCount:
    """What a piece of the feed came to: events read, things laid out, things taken back."""

    events: int = 0
    laid_out: int = 0
    taken_back: int = 0

    def __add__(self, other: "LaidOutCount") -> "LaidOutCount":
        """Add up."""
        return LaidOutCount(
            self.events + other.events, self.laid_out + other.laid_out, self.taken_back + other.taken_back
        )


def reader(partner: str) -> str:
    """Name a partner's place among the events."""
    return f"cascade:{partner}"


def lay_out(session: Session, sync: Sync, partner: CascadePartner, at: datetime) -> LaidOutCount:
    """Lay out what the next events changed; the caller holds the partner's row. Raises `CursorMoved`."""
    seen = events.cursor(session, reader(partner.name))
    told = events.since(session, seen, sync.settings.changes_at_once)
    if not told:
        return LaidOutCount()
    events.move(session, reader(partner.name), seen, told[-1].position)
    total = LaidOutCount(events=len(told))
    kinds = [sync.kinds[name] for name in sorted(set(partner.returns) & set(sync.kinds))]
    for subject, version in changes.things_of(told, kinds).items():
        total += _shelved(session, sync, partner, subject, _own(session, sync, partner, subject, version), at)
    for subject in _held_in(session, told):
        if subject.kind in partner.returns and not _is_ours(session, sync, subject):
            total += _shelved(session, sync, partner, subject, _others(session, sync, partner, subject), at)
    return total


def page(session: Session, sync: Sync, partner: CascadePartner, mark: str) -> tuple[list[Record], str, bool]:
    """Give a page of what lies there for a partner, the mark to read on from, and whether there is more.

    Raises `UnknownCascadeMark`.
    """
    query = select(LaidOut).where(
        LaidOut.partner == partner.name, LaidOut.kind.in_(partner.returns), LaidOut.number > number_of(mark)
    )
    shown, weight = list[LaidOut](), 0
    told = session.scalars(query.order_by(LaidOut.number).limit(MOST_RETURNED + 1).execution_options(yield_per=10))
    for row in told:
        weight += len(row.content)
        if shown and (len(shown) == MOST_RETURNED or weight > MOST_BYTES):
            told.close()
            return [_record(session, sync, each) for each in shown], str(shown[-1].number), True
        shown.append(row)
    return [_record(session, sync, each) for each in shown], str(shown[-1].number) if shown else mark, False


def _own(session: Session, sync: Sync, partner: CascadePartner, subject: Subject, version: int) -> Record | None:
    """Read a thing of this house, else what another site told of it; none where nobody has it in the region."""
    found = changes.read(session, sync, subject)
    if found is None:
        return _others(session, sync, partner, subject)
    if not isinstance(found, Content) or shapes.misshapen(subject.kind, subject.id, found.members) is not None:
        return None
    whose = shapes.owner(subject.kind, found.members)
    organisation = session.get(Organisation, whose.organisation) if whose.organisation else None
    region = judging.region_of(whose, None if organisation is None else organisation.region)
    if not judging.lies_in(region, partner.region):
        return None
    return Record(subject, version, Operation.UPDATE, found.members, found.needs)


def _is_ours(session: Session, sync: Sync, subject: Subject) -> bool:
    """Tell whether this house has a thing itself: then its own word is laid out, whatever another says of it."""
    return subject.kind in sync.kinds and changes.read(session, sync, subject) is not None


def _others(session: Session, sync: Sync, partner: CascadePartner, subject: Subject) -> Record | None:
    """Read what the site told that told it first; none where all took it back, or it is not of the region."""
    query = select(Held).where(
        Held.kind == subject.kind,
        Held.thing == subject.id,
        Held.way == TOLD,
        Held.partner != partner.name,
        Held.is_gone.is_(False),
    )
    rows = session.scalars(query.order_by(Held.id))
    row = next((each for each in rows if judging.lies_in(each.region, partner.region)), None)
    if row is None:
        return None
    needs = tuple(Subject(*each) for each in row.needs)
    return Record(subject, row.version, Operation.UPDATE, contents.of_held(session, sync.keys, row), needs)


def _held_in(session: Session, told: list[Told]) -> list[Subject]:
    numbers = dict.fromkeys(int(each.event.thing.id) for each in told if each.event.name == HELD_EVENT)
    rows = (session.get(Held, number) for number in numbers)
    return list(dict.fromkeys(Subject(row.kind, row.thing) for row in rows if row is not None))


def _shelved(
    session: Session, sync: Sync, partner: CascadePartner, subject: Subject, record: Record | None, at: datetime
) -> LaidOutCount:
    query = select(LaidOut).where(
        LaidOut.partner == partner.name, LaidOut.kind == subject.kind, LaidOut.thing == subject.id
    )
    row = session.scalars(query).one_or_none()
    told = record if record is not None else _taken_back(session, sync, row)
    if told is None or (row is not None and _is_same(row, told)):
        return LaidOutCount()
    if row is not None:
        # What another site told may count its versions from elsewhere: on the shelf a thing's only ever grow.
        told = replace(told, version=max(told.version, row.version + 1))
    session.add(_row(session, sync, partner.name, told, at))
    session.flush()
    if row is not None:
        session.delete(row)
        session.flush()
    return LaidOutCount(taken_back=1) if record is None else LaidOutCount(laid_out=1)


def _taken_back(session: Session, sync: Sync, row: LaidOut | None) -> Record | None:
    """Say that a thing which lies there is no longer there; none where it never lay there."""
    if row is None or row.operation == Operation.DELETE.value:
        return None
    before = _record(session, sync, row)
    return replace(before, version=row.version + 1, operation=Operation.DELETE)


def _is_same(row: LaidOut, record: Record) -> bool:
    try:
        return (row.operation, row.digest) == (record.operation.value, record.digest)
    except NotCanonical:
        return False


def _record(session: Session, sync: Sync, row: LaidOut) -> Record:
    needs = tuple(Subject(*each) for each in row.needs)
    content = contents.of_laid_out(session, sync.keys, row)
    day = local_day(row.at).isoformat()
    return Record(Subject(row.kind, row.thing), row.version, Operation(row.operation), content, needs, day)


def _row(session: Session, sync: Sync, partner: str, record: Record, at: datetime) -> LaidOut:
    return LaidOut(
        partner=partner,
        kind=record.subject.kind,
        thing=record.subject.id,
        version=record.version,
        operation=record.operation.value,
        digest=record.digest,
        needs=[[each.kind, each.id] for each in record.needs],
        content=contents.sealed(session, sync.keys, LAID_OUT, partner, record),
        at=at,
    )
