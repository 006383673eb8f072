"""What departments deliver directly (直达): declared by the data's department, withdrawn by it, released when held."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import directories, substitutions
from exchange.acting import ROOM
from exchange.agreements import granting
from exchange.agreements.errors import NotShareable
from exchange.agreements.life import NEVER
from exchange.direct import following
from exchange.direct.errors import DirectStepNotAllowed, NotOfferedDirectly, UnusableDirectOffer
from exchange.direct.models import DirectOffer, DirectSubscription
from exchange.direct.standing import COMPARED_AS_NUMBERS, HELD, OFFERED, TAKEN_BACK
from exchange.direct.wiring import Directs
from exchange.errors import NotYourDirectory
from exchange.life import READABLE, State
from exchange.models import Directory
from keys.parties.models import LEVELS

THING: Final = "direct-offer"
ROLE: Final = "provider"
KEYS: Final = frozenset({"string", "integer"})


@dataclass(frozen=True)
class NewOffer:
    """An offer as it is declared: which item names a row, which holds its region, to which levels without asking."""

    directory: str
    key_item: str
    region_item: str
    levels: tuple[str, ...] = ()


def offer(session: Session, new: NewOffer, by: Caller, at: datetime) -> DirectOffer:
    """Declare a directory, or declare it anew.

    Raises `NoSuchDirectory`, `NotYourDirectory`, `NotShareable`, `UnusableDirectOffer`.
    """
    directory = directories.directory_of(session, new.directory, locked=True)
    _require_own(session, directory, by, at)
    if State(directory.state) not in READABLE or directory.share_type == NEVER:
        raise NotShareable(directory.code, "never" if directory.share_type == NEVER else "not-published")
    _require_usable(granting.items_of(session, directory), new)
    row = session.get(DirectOffer, directory.code, with_for_update=True)
    told: dict[str, Any] = {"key_item": new.key_item, "region_item": new.region_item, "levels": list(new.levels)}
    if row is None:
        begun = {"serial": 0, "reading": 1, "cursor": None, "mount": "", "mount_version": 0, "version": 0}
        counts = dict.fromkeys(("rows", "nowhere", "doubles", "read_rows", "read_nowhere", "read_doubles"), 0)
        row = DirectOffer(directory=directory.code, read_at=None, **begun, **counts, **told)
        session.add(row)
    elif (row.key_item, row.region_item) != (new.key_item, new.region_item):
        # Grants that were made are bounded by the former item.
        if session.scalar(select(DirectSubscription.id).where(*_standing(row)).limit(1)) is not None:
            raise DirectStepNotAllowed("offer", "subscribed")
        # Everything is read anew under the new items before anything is delivered.
        row.read_at = None
    for name, value in told.items():
        setattr(row, name, value)
    row.cursor, row.rows, row.nowhere, row.doubles = None, 0, 0, 0
    row.reading += 1
    return _turned(session, row, OFFERED, "", "direct.offered", by, at)


def offer_of(session: Session, directory: str, *, locked: bool = False) -> DirectOffer:
    """Give the offer of a directory, also one that was withdrawn. Raises `NotOfferedDirectly`."""
    query = select(DirectOffer).where(DirectOffer.directory == directory)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NotOfferedDirectly(directory)
    return found


def withdraw(session: Session, row: DirectOffer, reason: str, by: Caller, at: datetime) -> DirectOffer:
    """Deliver it no more. Raises `NotYourDirectory`, `DirectStepNotAllowed`."""
    _require_own(session, directories.directory_of(session, row.directory), by, at)
    if row.state == TAKEN_BACK:
        raise DirectStepNotAllowed("withdraw", row.state)
    return _turned(session, row, TAKEN_BACK, reason, "direct.withdrawn", by, at)


def release(session: Session, parts: Directs, row: DirectOffer, reason: str, by: Caller, at: datetime) -> DirectOffer:
    """Let what is held go on: what a reading no longer found is told as gone; a source is looked at once more.

    Raises `NotYourDirectory`, `DirectStepNotAllowed`.
    """
    _require_own(session, directories.directory_of(session, row.directory), by, at)
    if row.state != HELD:
        raise DirectStepNotAllowed("release", row.state)
    if row.reason != COMPARED_AS_NUMBERS:
        following.sweep(session, parts, row, at)
    return _turned(session, row, OFFERED, "", "direct.released", by, at, because=reason)


def _require_own(session: Session, directory: Directory, by: Caller, at: datetime) -> None:
    if by.organisation != directory.owner or ROLE not in substitutions.roles_of(session, by, at):
        raise NotYourDirectory(directory.code, "direct")


def _standing(row: DirectOffer) -> tuple[Any, ...]:
    return DirectSubscription.directory == row.directory, DirectSubscription.open_as.is_not(None)


def _require_usable(items: dict[str, dict[str, Any]], new: NewOffer) -> None:
    kinds = {name: str(each.get("type")) for name, each in items.items()}
    if kinds.get(new.key_item) not in KEYS:
        raise UnusableDirectOffer("#/key_item", "an item that is a text or a whole number")
    if kinds.get(new.region_item) != "string":
        # Codes of six and of twelve digits lie side by side: as numbers, a range of them means something else.
        raise UnusableDirectOffer("#/region_item", "an item that is a text")
    unknown = [each for each in new.levels if each not in LEVELS]
    if unknown:
        raise UnusableDirectOffer("#/levels", " | ".join(LEVELS))


def _turned(
    session: Session, row: DirectOffer, state: str, reason: str, act: str, by: Caller, at: datetime, **facts: Any
) -> DirectOffer:
    row.state, row.reason, row.changed_by, row.changed_at = state, reason, actor(by), at
    row.version += 1
    session.flush()
    told = {"levels": list(row.levels), "reason": reason, **facts}
    ROOM.changed(session, by, at, act, Thing(THING, row.directory), row.version, **told)
    return row
