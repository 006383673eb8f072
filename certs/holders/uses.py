"""Each use of a certificate, or of data, kept so that its holder finds it; and which of them the holder may see yet.

Every use is kept, found or denied. Shown is what need not be hidden: an inspection that is under way would be spoilt
by telling whom it is about, so its uses are told after it was closed, or when the longest time for that is over. That
something is hidden, and why, is told as a number, so that nobody takes the list for the whole. A use of data is one
through the gateway whose conditions name the holder; who only lies in a range that was asked for is named nowhere.
"""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Insert, insert, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import Base, inserting
from certs import types
from certs.acting import ROOM
from certs.holders.errors import NoSuchHolderUse
from certs.holders.models import HolderClosing, HolderUse
from certs.types import Types
from exchange.agreements.purposes import Purpose, Stage
from exchange.door.errors import NoSuchUsage
from exchange.door.usages import usage_of
from exchange.models import Directory

# Uses at these stages are told later; the others at once.
DELAYED: Final = frozenset({Stage.INSPECTION.value})
# An inspection that nobody closed is told of all the same: hiding has an end (PIPL article 18).
HIDDEN_AT_MOST: Final = timedelta(days=180)
# A use of what a directory says of a holder, through the gateway: `identifier` is the directory's code then.
DATA: Final = "data"
UNDER_INSPECTION: Final = "inspection-not-closed"
# A holder with more uses reads them page by page, the newest first.
MOST_SHOWN: Final = 200
_ADDING: Final = insert(Base.metadata.tables[HolderUse.__tablename__])


@dataclass(frozen=True)
class Seen:
    """A use as its holder is to find it."""

    kind: str
    type: str
    organisation: str
    item_code: str
    item_name: str
    stage: str
    ground: str
    fields: tuple[str, ...]
    outcome: str
    identifier: str = ""
    consent: str = ""


@dataclass(frozen=True)
class Shown:
    """The uses that a holder may see, and how many are told later, and why."""

    uses: tuple[HolderUse, ...]
    hidden: int
    reason: str = UNDER_INSPECTION


def seen(kind: str, type_code: str, organisation: str, purpose: Purpose, outcome: str, **told: Any) -> Seen:
    """Put a use into words."""
    stage, ground = purpose.stage.value, purpose.ground.value
    told = {"fields": (), **told}
    return Seen(
        kind, type_code, organisation, purpose.item_code, purpose.item_name, stage, ground, outcome=outcome, **told
    )


def rows(usage: str, holders: Collection[str], told: Seen, at: datetime) -> list[tuple[Insert, dict[str, Any]]]:
    """Give the rows of a use, one for each holder, to be written with its record."""
    row = {**asdict(told), "fields": list(told.fields), "usage": usage, "at": at}
    return [(_ADDING, {**row, "holder_hash": each}) for each in sorted(set(holders))]


def note(session: Session, usage: str, holders: Collection[str], told: Seen, at: datetime) -> None:
    """Keep a use."""
    for statement, row in rows(usage, holders, told, at):
        session.connection().execute(statement, row)


def shown(session: Session, holders: Sequence[str], at: datetime) -> Shown:
    """Give the uses that holders may see now, newest first."""
    query = select(HolderUse).where(HolderUse.holder_hash.in_(holders)).order_by(HolderUse.usage.desc())
    found = list(session.scalars(query.limit(MOST_SHOWN)))
    closed = _closed(session, found)
    told = tuple(each for each in found if not is_hidden(each.stage, each.at, at, is_closed=_key(each) in closed))
    return Shown(told, len(found) - len(told))


def shown_one(session: Session, holders: Sequence[str], usage: str, at: datetime) -> HolderUse:
    """Give one use that holders may see. Raises `NoSuchHolderUse`, also where it is hidden still."""
    query = select(HolderUse).where(HolderUse.holder_hash.in_(holders), HolderUse.usage == usage)
    row = session.scalars(query.order_by(HolderUse.type, HolderUse.identifier).limit(1)).one_or_none()
    if row is None or is_hidden(row.stage, row.at, at, is_closed=_key(row) in _closed(session, [row])):
        raise NoSuchHolderUse(usage)
    return row


def directory_names(session: Session, found: Sequence[HolderUse]) -> dict[str, str]:
    """Name the directories that some uses were of, asking once for all of them."""
    codes = {use.identifier for use in found if use.kind == DATA}
    known = session.execute(select(Directory.code, Directory.name).where(Directory.code.in_(codes)))
    return {**{code: code for code in codes}, **{each.code: each.name for each in known}}


def name_of(session: Session, known: Types, use: HolderUse) -> str:
    """Name what was used: the type of certificate, or the directory."""
    if use.kind != DATA:
        return types.type_of(known, use.type).name
    row = session.get(Directory, use.identifier)
    return row.name if row is not None else use.identifier


def is_hidden(stage: str, used_at: datetime, at: datetime, *, is_closed: bool) -> bool:
    """Tell whether a use is told later."""
    return stage in DELAYED and not is_closed and at < used_at + HIDDEN_AT_MOST


def close(session: Session, usage: str, by: Caller, at: datetime) -> None:
    """Note that the inspection is closed in which something was used. Raises `NoSuchUsage`."""
    row = usage_of(session, usage, by)
    if row.organisation != by.organisation:
        raise NoSuchUsage(usage)
    told = {"organisation": row.organisation, "usage": usage, "closed_by": actor(by), "closed_at": at}
    added = inserting(session, HolderClosing).values(told).on_conflict_do_nothing().returning(HolderClosing.usage)
    if session.execute(added).first() is not None:
        ROOM.changed(session, by, at, "inspection.closed", Thing("usage", usage), organisation=row.organisation)


def _closed(session: Session, found: Sequence[HolderUse]) -> set[tuple[str, str]]:
    wanted = [each.usage for each in found if each.stage in DELAYED]
    if not wanted:
        return set()
    query = select(HolderClosing.organisation, HolderClosing.usage).where(HolderClosing.usage.in_(wanted))
    return {(organisation, usage) for organisation, usage in session.execute(query)}


def _key(row: HolderUse) -> tuple[str, str]:
    return row.organisation, row.usage
