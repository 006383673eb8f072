"""Pushes as they are kept: ordered by the receiving organisation, paused, resumed and ended; never without a grant.

    active ⇄ paused ─end→ ended

What a push may bring is asked when it is ordered and again with every chunk of every run. Its destination names only
what the operator laid out for the organisation; the modes that a destination can do, its kind says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.acting import new_id
from base.audit import Thing
from base.callers import Caller
from exchange import directories
from exchange.acting import ROOM
from exchange.agreements.caller_kinds import Mode as Handing
from exchange.agreements.contracts import Allowed
from exchange.agreements.purposes import Purpose
from exchange.door import masking
from exchange.feeds.errors import NoSuchPush, PushNotServed, PushStepNotAllowed, TooManyPushes, UnusablePush
from exchange.feeds.models import ACTIVE, ENDED, PAUSED, Push
from exchange.feeds.pushes import gate
from exchange.feeds.pushes.destinations import KINDS
from exchange.feeds.pushes.plan import Cell, Mode, Order, cells_of
from exchange.feeds.wiring import Pushes
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.wiring import Plan
from keys.parties.organisations import active_organisation

THING: Final = "push"
MOST_PUSHES: Final = 50
# What a version can be: something that grows.
VERSION_TYPES: Final = frozenset({"integer", "date", "datetime", "decimal", "string"})


@dataclass(frozen=True)
class NewPush:
    """A push as it is ordered."""

    name: str
    directory: str
    purpose: Purpose
    fields: tuple[str, ...]
    key: str
    mode: Mode
    kind: str
    destination: Mapping[str, Any] = field(repr=False)
    version_item: str | None = None
    every_minutes: int | None = None


@dataclass(frozen=True)
class Source:
    """Where the rows of a push come from now, in which shape they arrive, and under which grant."""

    plan: Plan
    order: Order
    names: Mapping[str, str]
    allowed: Allowed

    @property
    def form(self) -> str:
        """Tell under which grant, in which version, rows of which shape arrive."""
        contract = self.allowed.contract
        return f"{contract.id}#{contract.version}#{self.order.shape}"


def add(session: Session, new: NewPush, parts: Pushes, by: Caller, at: datetime) -> Push:
    """Keep an order; the first run is due at once where a schedule is given.

    Raises `NotGranted`, `UnusablePush`, `PushNotServed`, `TooManyPushes`, `NoSuchDirectory`.
    """
    organisation = active_organisation(session, by.organisation)
    mine = select(func.count()).where(Push.organisation == organisation.code, Push.state != ENDED)
    if session.execute(mine).scalar_one() >= MOST_PUSHES:
        raise TooManyPushes(MOST_PUSHES)
    kind = KINDS.get(new.kind)
    if kind is None:
        raise UnusablePush("#/kind", " | ".join(KINDS))
    if new.mode not in kind.modes:
        raise UnusablePush("#/mode", " | ".join(sorted(kind.modes)))
    if (new.mode is Mode.VERSION) != (new.version_item is not None):
        raise UnusablePush("#/version_item", "with the mode version, and only there")
    row = Push(
        id=new_id(),
        organisation=organisation.code,
        directory=new.directory,
        name=new.name,
        purpose=gate.written(new.purpose),
        fields=list(new.fields),
        key=new.key,
        mode=new.mode.value,
        version_item=new.version_item,
        kind=new.kind,
        destination=kind.read(new.destination),
        every_minutes=new.every_minutes,
        state=ACTIVE,
        next_run_at=at if new.every_minutes else None,
        floor=None,
        seen=None,
        shape_sm3="",
        created_by=gate.told_of(by),
        created_at=at,
        changed_at=at,
        version=1,
    )
    found = source_of(session, row, parts, by, at)
    session.add(row)
    session.flush()
    facts = {"directory": row.directory, "kind": row.kind, "mode": row.mode, "contract": found.allowed.contract.id}
    ROOM.record(session, by, at, "push.ordered", thing(row), **facts)
    return row


def push_of(session: Session, push: str, *, locked: bool = False) -> Push:
    """Give the push. Raises `NoSuchPush`."""
    query = select(Push).where(Push.id == push)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchPush(push)
    return found


def pause(session: Session, row: Push, by: Caller, at: datetime) -> Push:
    """Start no run, and let one that is under way end with its next chunk. Raises `PushStepNotAllowed`."""
    _require(row, "pause", ACTIVE)
    return _turn(session, row, PAUSED, "push.paused", by, at)


def resume(session: Session, row: Push, by: Caller, at: datetime) -> Push:
    """Start runs again. Raises `PushStepNotAllowed`."""
    _require(row, "resume", PAUSED)
    row.next_run_at = at if row.every_minutes else None
    return _turn(session, row, ACTIVE, "push.resumed", by, at)


def end(session: Session, row: Push, by: Caller, at: datetime) -> Push:
    """End a push for good; what it brought stays with the subscriber. Raises `PushStepNotAllowed`."""
    _require(row, "end", ACTIVE, PAUSED)
    return _turn(session, row, ENDED, "push.ended", by, at)


def source_of(
    session: Session, row: Push, parts: Pushes, by: Caller, at: datetime, mount: tuple[str, int] | None = None
) -> Source:
    """Ask the grant, and find where the rows are and in which shape they arrive; `mount` names one and its version.

    Raises `NotGranted`, `PushNotServed`, `UnusablePush`, `NoSuchDirectory`.
    """
    purpose = gate.purpose_of(row.purpose)
    allowed = parts.gate(session, by, row.directory, purpose, tuple(row.fields), Handing.PUSH, at)
    directory = directories.directory_of(session, row.directory)
    served = [each for each in mounts.serving_of(session, directory) if mount in {None, (each.mount, each.version)}]
    if not served:
        raise PushNotServed(row.directory)
    if allowed.encrypted or allowed.consent:
        # Rows of a table lie open at the subscriber's, and nobody could ask a million holders.
        raise UnusablePush("#/purpose", "encrypted" if allowed.encrypted else "consent-needed")
    plan = served[0]
    cells = cells_of(plan.columns, allowed.fields, _columns(session, directory), _masks(allowed))
    order = Order(row.id, row.kind, row.destination, cells, row.key, Mode(row.mode))
    _require_shape(row, order, allowed)
    return Source(plan, order, {each.item: each.name for each in plan.columns}, allowed)


def due(session: Session, at: datetime, limit: int) -> Sequence[str]:
    """Name the pushes whose run is due, the longest waiting first."""
    query = select(Push.id).where(Push.state == ACTIVE, Push.next_run_at <= at)
    return session.scalars(query.order_by(Push.next_run_at, Push.id).limit(limit)).all()


def following(row: Push, at: datetime) -> datetime | None:
    """Tell when the next run is due: the schedule goes on from where it was, and missed runs are not made up."""
    if row.every_minutes is None or row.next_run_at is None:
        return None
    step = timedelta(minutes=row.every_minutes)
    missed = max(0, (at - row.next_run_at) // step)
    return row.next_run_at + step * (missed + 1)


def thing(row: Push) -> Thing:
    """Name the push in records."""
    return Thing(THING, row.id)


def _require_shape(row: Push, order: Order, allowed: Allowed) -> None:
    """Have the key, and the version, among what arrives. Raises `UnusablePush`."""
    known: dict[str, Cell] = {cell.item: cell for cell in order.cells}
    if row.key not in known:
        raise UnusablePush("#/key", "not among the granted fields")
    if known[row.key].masked and allowed.masks.get(row.key) != masking.HASH:
        raise UnusablePush("#/key", "masked")
    missing = [name for name in row.fields if name not in known]
    if missing:
        raise UnusablePush("#/fields", "not an item that can be asked for")
    if row.version_item is not None and row.version_item not in known:
        raise UnusablePush("#/version_item", "not among the granted fields")
    if row.version_item is not None and known[row.version_item].type.value not in VERSION_TYPES:
        raise UnusablePush("#/version_item", "has no order")


def _masks(allowed: Allowed) -> Mapping[str, str]:
    return {name: rule for name, rule in allowed.masks.items() if rule != masking.KEEP}


def _columns(session: Session, directory: Directory) -> dict[str, str]:
    """Give what the directory calls the column of each item, where it says one."""
    if directory.published is None:
        return {}
    items = directories.version_of(session, directory, directory.published).content.get("items", [])
    return {item["name"]: item["column"] for item in items if isinstance(item, Mapping) and item.get("column")}


def _require(row: Push, step: str, *states: str) -> None:
    if row.state not in states:
        raise PushStepNotAllowed(step, row.state)


def _turn(session: Session, row: Push, state: str, act: str, by: Caller, at: datetime) -> Push:
    row.state, row.changed_at = state, at
    row.version += 1
    session.flush()
    ROOM.record(session, by, at, act, thing(row))
    return row
