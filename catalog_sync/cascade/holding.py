"""Takes in what another site hands over, record by record: judged, ordered by version, each decision once by its key.

For each record: 1. what was stored under this key before is stored still; 2. it is judged in itself, then by where it
belongs (`judging`); 3. a version older than what is held undoes nothing; the same version with another content is a
correction and takes its place; 4. what it needs must be held first, else *later*; 5. it takes its thing's place, and
its version is kept beside those before. What was refused is judged anew when it comes again: the agreement may have
changed.

The caller holds the partner's row, so batches of one site stand in one order. Nothing is applied to this house's own
tables: what another site says stays what another site says.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from base import events
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.events import Event
from catalog_sync.acting import ROOM
from catalog_sync.cascade import contents, judging, shapes
from catalog_sync.cascade.judging import Refused
from catalog_sync.cascade.models import TOLD, Held, HeldVersion
from catalog_sync.cascade.shapes import Owner
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.target import Outcome, Reply
from certs.contents import Keys
from keys.parties.models import Organisation

HELD: Final = "cascade-record"
HELD_EVENT: Final = "cascade.held"
ORGANISATION: Final = "organisation"


@dataclass(frozen=True)
class Source:
    """From where records come: by which way, from whom, and to which region they must belong (empty: to any)."""

    way: str
    name: str
    region: str


@dataclass(frozen=True)
class Handed:
    """A record as it was handed over, with the key that came with it."""

    record: Record = field(repr=False)
    key: str


def take_in(
    session: Session, keys: Keys, source: Source, handed: Sequence[Handed], by: Caller, at: datetime
) -> list[Reply]:
    """Take records in, in their order, and say of each what came of it; the batch is one entry of the audit."""
    batch = _Batch(session, keys, source, at)
    before = _stored(session, source, [each.key for each in handed])
    replies = []
    for each in handed:
        number = before.get(each.key)
        reply = batch.one(each) if number is None else Reply(Outcome.STORED, str(number), str(number))
        if reply.outcome is Outcome.STORED and reply.receipt is not None:
            before[each.key] = int(reply.receipt)
        replies.append(reply)
    if handed:
        counted = Counter(each.outcome.value for each in replies)
        refusals = Counter(each.code for each in replies if each.outcome is Outcome.REFUSED)
        thing = Thing(HELD, f"{source.way}:{source.name}")
        told: dict[str, Json] = {"records": len(handed), **counted, "refusals": {**refusals}}
        ROOM.record(session, by, at, f"cascade.{source.way}", thing, **told)
    return replies


def held(session: Session, source: Source, subject: Subject) -> Held | None:
    """Give what is held of a thing, also one that was taken back."""
    return session.scalars(
        select(Held).where(
            Held.way == source.way, Held.partner == source.name, Held.kind == subject.kind, Held.thing == subject.id
        )
    ).one_or_none()


@dataclass
class _Batch:
    """The records of one batch, taken in one after the other."""

    session: Session
    keys: Keys
    source: Source
    at: datetime

    def one(self, handed: Handed) -> Reply:
        """Judge a record that was not stored before, and store it."""
        record = handed.record
        refused = judging.fault(record, handed.key)
        if refused is not None:
            return self._refused(handed, refused)
        kind = record.subject.kind
        whose = shapes.owner(kind, record.content)
        stands_in = self._stands_in(kind, whose)
        region = judging.region_of(whose, stands_in)
        if self.source.region:
            refused = judging.outside(kind, whose, stands_in, self.source.region)
        row = held(self.session, self.source, record.subject)
        if refused is None and row is not None and record.version < row.version:
            refused = Refused(judging.OLDER_VERSION, "version")
        if refused is not None:
            return self._refused(handed, refused)
        missing = self._missing(record, whose, region)
        if missing is not None:
            return Reply(Outcome.LATER, code=judging.NEEDS_MISSING, words=f"{missing.kind} {missing.id}")
        return self._kept(handed, row, whose, region)

    def _kept(self, handed: Handed, row: Held | None, whose: Owner, region: str) -> Reply:
        record, content = handed.record, self._sealed(handed.record)
        if row is None:
            row = Held(way=self.source.way, partner=self.source.name, first_at=self.at)
            row.kind, row.thing = record.subject.kind, record.subject.id
        row.version, row.operation, row.key = record.version, record.operation.value, handed.key
        row.digest, row.content = record.digest, content
        row.organisation, row.region, row.day = whose.organisation, region, date.fromisoformat(record.day)
        row.needs = [[each.kind, each.id] for each in record.needs]
        row.is_gone, row.changed_at = record.operation is Operation.DELETE, self.at
        self.session.add(row)
        number = self._version(handed, Outcome.STORED, Refused("", ""), content)
        if self.source.way == TOLD:
            thing = Thing(HELD, str(row.id))
            events.tell(self.session, Event(HELD_EVENT, ROOM.name, thing, record.version, self.at))
        return Reply(Outcome.STORED, str(number), str(number))

    def _refused(self, handed: Handed, refused: Refused) -> Reply:
        query = select(HeldVersion.number).where(
            *_decisions(self.source, [handed.key]),
            HeldVersion.outcome == Outcome.REFUSED.value,
            HeldVersion.code == refused.code,
        )
        number = self.session.scalar(query)
        if number is None:
            number = self._version(handed, Outcome.REFUSED, refused, None)
        return Reply(Outcome.REFUSED, str(number), code=refused.code, words=refused.place)

    def _version(self, handed: Handed, outcome: Outcome, refused: Refused, content: bytes | None) -> int:
        record = handed.record
        row = HeldVersion(
            way=self.source.way,
            partner=self.source.name,
            kind=record.subject.kind,
            thing=record.subject.id,
            version=record.version,
            operation=record.operation.value,
            key=handed.key,
            outcome=outcome.value,
            code=refused.code,
            place=refused.place,
            content=content,
            at=self.at,
        )
        self.session.add(row)
        self.session.flush()
        return row.number

    def _missing(self, record: Record, whose: Owner, region: str) -> Subject | None:
        """Name what must come first; nothing is asked of what is returned, which is a part of what is there."""
        if self.source.way != TOLD or record.operation is Operation.DELETE:
            return None
        if whose.organisation and not region:
            return Subject(ORGANISATION, whose.organisation)
        return next((each for each in record.needs if not self._has(each)), None)

    def _has(self, subject: Subject) -> bool:
        row = held(self.session, self.source, subject)
        if row is not None and not row.is_gone:
            return True
        return subject.kind == ORGANISATION and self.session.get(Organisation, subject.id) is not None

    def _stands_in(self, kind: str, whose: Owner) -> str | None:
        """Look up where an organisation stands: as this house knows it, as this site told it, as another did.

        What a record says of an organisation itself does not count for where it stands.
        """
        if not whose.organisation:
            return None
        own = self.session.get(Organisation, whose.organisation)
        if own is not None:
            return own.region
        query = select(Held.partner, Held.region).where(
            Held.way == TOLD, Held.kind == ORGANISATION, Held.thing == whose.organisation, Held.is_gone.is_(False)
        )
        told: dict[str, str] = {
            each.partner: each.region for each in self.session.execute(query.order_by(Held.id.desc()))
        }
        mine = told.pop(self.source.name, None)
        if kind != ORGANISATION and mine is not None:
            return mine
        return next(iter(told.values()), None)

    def _sealed(self, record: Record) -> bytes:
        return contents.sealed(self.session, self.keys, self.source.way, self.source.name, record)


def _stored(session: Session, source: Source, keys: Sequence[str]) -> dict[str, int]:
    query = select(HeldVersion.key, HeldVersion.number).where(
        *_decisions(source, keys), HeldVersion.outcome == Outcome.STORED.value
    )
    return {each.key: each.number for each in session.execute(query)}


def _decisions(source: Source, keys: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return HeldVersion.way == source.way, HeldVersion.partner == source.name, HeldVersion.key.in_(keys)
