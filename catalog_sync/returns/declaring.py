"""The list of returns (回流清单): declared by those who run synchronisation, paused, resumed and ended.

A return names the upper table, the directory of ours that it fills, the columns of its items, the item that names a row
and the one with its region. Its rows must be of the region of the directory's department. Where they are brought to
names only what the operator laid out for that department, as a push's destination does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from catalog_sync.acting import ROOM
from catalog_sync.returns.errors import NoSuchReturn, ReturnKnown, ReturnStepNotAllowed, UnusableReturn
from catalog_sync.returns.models import Return
from catalog_sync.returns.states import ACTIVE, ENDED, PAUSED, WHOLE
from catalog_sync.targets.front_library import FrontLibrary
from catalog_sync.wiring import Sync
from exchange import directories
from exchange.feeds.pushes.destinations import table
from exchange.feeds.pushes.plan import LONGEST_IDENTIFIER, Mode, Order, cells_of
from exchange.life import READABLE, State
from exchange.models import Directory
from exchange.sources.questions import columns_of
from exchange.sources.source import Column
from exchange.sources.values import ItemType
from keys.algorithms.sm3 import SM3
from keys.parties.models import Organisation

THING: Final = "return"
KEYS: Final = frozenset({ItemType.STRING, ItemType.INTEGER})
WIDEST: Final = "province"


@dataclass(frozen=True)
class NewReturn:
    """A return as it is declared."""

    name: str
    target: str
    table: str
    directory: str
    key_item: str
    columns: Mapping[str, str]
    mode: str
    destination: Mapping[str, Any] = field(repr=False)
    region_item: str | None = None


def declare(session: Session, sync: Sync, new: NewReturn, by: Caller, at: datetime) -> Return:
    """Put a return on the list.

    Raises `NoSuchDirectory`, `UnusableReturn`, `UnusablePush`, `ReturnKnown`.
    """
    directory = directories.directory_of(session, new.directory, locked=True)
    owner = session.get_one(Organisation, directory.owner)
    _require_usable(session, sync, new, directory, owner)
    destination = table.read(new.destination)
    open_as = _digest([new.target, new.table, directory.code])
    place_as = _digest([directory.owner, destination])
    known = select(Return.name).where((Return.open_as == open_as) | (Return.place_as == place_as)).limit(1)
    found = session.scalar(known)
    if found is not None:
        raise ReturnKnown(found)
    row = Return(
        id=new_id(),
        name=new.name,
        target=new.target,
        table_name=new.table,
        directory=directory.code,
        owner=directory.owner,
        region=owner.region,
        key_item=new.key_item,
        region_item=new.region_item,
        columns=dict(new.columns),
        mode=new.mode,
        destination=destination,
        state=ACTIVE,
        reason="",
        open_as=open_as,
        place_as=place_as,
        version=0,
        created_by=actor(by),
        created_at=at,
        changed_at=at,
    )
    order_of(session, row)
    session.add(row)
    return turned(session, row, ACTIVE, "", "sync.return-declared", by, at)


def return_of(session: Session, known: str, *, locked: bool = False) -> Return:
    """Give a return. Raises `NoSuchReturn`."""
    query = select(Return).where(Return.id == known).execution_options(populate_existing=True)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchReturn("return", known)
    return found


def pause(session: Session, row: Return, reason: str, by: Caller, at: datetime) -> Return:
    """Bring nothing more in for now. Raises `ReturnStepNotAllowed`."""
    _require(row, "pause", ACTIVE)
    return turned(session, row, PAUSED, reason, "sync.return-paused", by, at)


def resume(session: Session, row: Return, by: Caller, at: datetime) -> Return:
    """Go on with what arrived meanwhile, if the directory still has what it needs.

    Raises `ReturnStepNotAllowed`, `UnusablePush`, `UnusableReturn`.
    """
    _require(row, "resume", PAUSED)
    order_of(session, row)
    return turned(session, row, ACTIVE, "", "sync.return-resumed", by, at)


def end(session: Session, row: Return, reason: str, by: Caller, at: datetime) -> Return:
    """Take it off the list; what it brought stays. Raises `ReturnStepNotAllowed`."""
    _require(row, "end", ACTIVE, PAUSED)
    row.open_as = row.place_as = None
    return turned(session, row, ENDED, reason, "sync.return-ended", by, at)


def order_of(session: Session, row: Return) -> Order:
    """Lay out the shape that rows arrive in, by what the directory publishes now. Raises `UnusableReturn`."""
    directory = directories.directory_of(session, row.directory)
    columns = {each.item: each for each in published(session, directory)}
    gone = sorted(set(row.columns) - set(columns))
    if gone:
        raise UnusableReturn(f"#/columns/{gone[0]}", "no item of the directory")
    version = directories.version_of(session, directory, directory.published or 0)
    names = {str(each["name"]): str(each["column"]) for each in version.content["items"] if each.get("column")}
    cells = cells_of(tuple(columns.values()), tuple(row.columns), names, {})
    mode = Mode.DIFF if row.mode == "whole" else Mode.VERSION
    return Order(row.id, table.KIND, row.destination, cells, row.key_item, mode)


def published(session: Session, directory: Directory) -> tuple[Column, ...]:
    """Give the items that a directory publishes. Raises `UnusableReturn`."""
    if directory.published is None or State(directory.state) not in READABLE:
        raise UnusableReturn("#/directory", "not published")
    items = directories.version_of(session, directory, directory.published).content.get("items", [])
    return columns_of(items, {})


def turned(session: Session, row: Return, state: str, reason: str, act: str, by: Caller, at: datetime) -> Return:
    """Bring a return to a state, on record."""
    row.state, row.reason, row.changed_at = state, reason, at
    row.version += 1
    session.flush()
    facts: dict[str, Json] = {"table": row.table_name, "directory": row.directory, "reason": reason}
    ROOM.changed(session, by, at, act, Thing(THING, row.id), row.version, **facts)
    return row


def _require_usable(session: Session, sync: Sync, new: NewReturn, directory: Directory, owner: Organisation) -> None:
    if new.target not in sync.targets:
        raise UnusableReturn("#/target", " | ".join(sorted(sync.targets)) or "no target")
    known = {each.item: each for each in published(session, directory)}
    for place in new.columns:
        if place not in known:
            raise UnusableReturn(f"#/columns/{place}", "no item of the directory")
    if len(set(new.columns.values())) != len(new.columns):
        raise UnusableReturn("#/columns", "two items of one column")
    if not all(len(each.encode()) <= LONGEST_IDENTIFIER for each in new.columns.values()):
        raise UnusableReturn("#/columns", "name")
    target = sync.targets[new.target]
    if isinstance(target, FrontLibrary):
        _require_of_front_library(target, new)
    if new.key_item not in new.columns or known[new.key_item].type not in KEYS:
        raise UnusableReturn("#/key_item", "a text or whole number among the columns")
    if new.region_item is None and owner.level != WIDEST:
        raise UnusableReturn("#/region_item", "needed below the province")
    if new.region_item is not None and (
        new.region_item not in new.columns or known[new.region_item].type is not ItemType.STRING
    ):
        raise UnusableReturn("#/region_item", "a text among the columns")


def _require_of_front_library(target: FrontLibrary, new: NewReturn) -> None:
    """See that the table is one of data, the columns are its own, and the key is what its rows are ordered by."""
    data = target.data(new.table)
    if data is None:
        raise UnusableReturn("#/table", "no table of data that the front library's tables name")
    names = {each.name for each in data.columns}
    for item, column in new.columns.items():
        if column not in names:
            raise UnusableReturn(f"#/columns/{item}", f"no column of {new.table}")
    if new.columns.get(new.key_item) != data.natural:
        raise UnusableReturn("#/key_item", f"the item of {data.natural}")
    if new.mode == WHOLE:
        raise UnusableReturn("#/mode", "changes: what comes down there is never all there is")


def _digest(told: list[Json]) -> str:
    return SM3.of(canonical(told)).hex()


def _require(row: Return, step: str, *states: str) -> None:
    if row.state not in states:
        raise ReturnStepNotAllowed(step, row.state)
