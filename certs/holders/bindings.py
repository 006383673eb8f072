"""Which person of this site is which holder: bound by the security administrator, or for a firm by its basis.

A person is one holder by themselves, and may act for others (a firm whose legal representative they are, a child);
what the paper says is written down. Nobody is a holder by saying so.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical, read
from certs import contents
from certs.acting import ROOM
from certs.contents import Keys
from certs.drafts import Holder
from certs.holder_codes import holder_codes
from certs.holders.errors import NotBoundAsHolder, UnusableBinding
from certs.holders.models import HolderBinding
from keys.parties import people

THING: Final = "person"


class Capacity(enum.StrEnum):
    """As what a person stands for a holder."""

    SELF = "self"
    AGENT = "agent"
    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"


@dataclass(frozen=True)
class Bound:
    """A holder whom a person may speak for."""

    holder: Holder = field(repr=False)
    hash: str = field(repr=False)
    capacity: Capacity
    basis: str


@dataclass(frozen=True)
class Binding:
    """What is to be bound: a person, a holder, as what, on which basis, until when."""

    person: str
    holder: Holder = field(repr=False)
    capacity: Capacity
    basis: str = ""
    ends: datetime | None = None


def bind(session: Session, keys: Keys, told: Binding, by: Caller, at: datetime) -> HolderBinding:
    """Bind a person to a holder's code, or renew it. Raises `NoSuchPerson`, `UnusableBinding`."""
    people.person_of(session, told.person, locked=True)
    hashed = contents.holder_hash(session, keys, told.holder.type, told.holder.code)
    _require_usable(session, told, hashed, by, at)
    content = _sealed(session, keys, told, hashed)
    row = session.get(HolderBinding, (told.person, hashed))
    if row is None:
        row = HolderBinding(person=told.person, code_hash=hashed)
        session.add(row)
    row.capacity, row.basis, row.ends_at = told.capacity.value, told.basis, told.ends
    row.content, row.bound_by, row.bound_at = content, actor(by), at
    session.flush()
    ROOM.changed(session, by, at, "holder.bound", Thing(THING, told.person), capacity=row.capacity)
    return row


def bound(session: Session, keys: Keys, person: Caller, at: datetime) -> list[Bound]:
    """List the holders whom a person may speak for now; themselves first."""
    query = select(HolderBinding).where(HolderBinding.person == person.id)
    rows = [each for each in session.scalars(query) if each.ends_at is None or at < each.ends_at]
    rows.sort(key=lambda each: (each.capacity != Capacity.SELF.value, each.code_hash))
    return [Bound(_opened(session, keys, each), each.code_hash, Capacity(each.capacity), each.basis) for each in rows]


def own(session: Session, keys: Keys, person: Caller, at: datetime) -> list[Bound]:
    """Give the holders whom a person may speak for. Raises `NotBoundAsHolder` where there are none."""
    if found := bound(session, keys, person, at):
        return found
    raise NotBoundAsHolder


def as_holder(session: Session, keys: Keys, code: str | None, person: Caller, at: datetime) -> Bound:
    """Give the holder whom a person speaks for: of that code, or themselves. Raises `NotBoundAsHolder`."""
    found = own(session, keys, person, at)
    chosen = next((each for each in found if code is None or each.holder.code == code), None)
    if chosen is None:
        raise NotBoundAsHolder
    return chosen


def _require_usable(session: Session, told: Binding, hashed: str, by: Caller, at: datetime) -> None:
    if by.kind == "person" and by.id == told.person:
        raise UnusableBinding("own-account")
    kind = holder_codes().get(told.holder.type)
    if kind is None or kind.fault(told.holder.code, at):
        raise UnusableBinding("holder-code")
    if told.capacity is Capacity.SELF and not kind.is_person:
        raise UnusableBinding("not-a-person")
    if told.capacity is not Capacity.SELF and not told.basis.strip():
        raise UnusableBinding("basis-needed")
    if told.ends is not None and told.ends <= at:
        raise UnusableBinding("past")
    query = select(HolderBinding.code_hash).where(
        HolderBinding.person == told.person, HolderBinding.capacity == Capacity.SELF.value
    )
    if told.capacity is Capacity.SELF and set(session.scalars(query)) - {hashed}:
        raise UnusableBinding("is-another-holder")


def _sealed(session: Session, keys: Keys, told: Binding, hashed: str) -> bytes:
    holder = told.holder
    content = canonical({"code": holder.code, "type": holder.type, "name": holder.name})
    return keys.seal(session, content, _bound(told.person, hashed))


def _opened(session: Session, keys: Keys, row: HolderBinding) -> Holder:
    read_: Any = read(keys.open(session, row.content, _bound(row.person, row.code_hash)))
    told: Mapping[str, str] = read_
    return Holder(told["code"], told["type"], told["name"])


def _bound(person: str, hashed: str) -> bytes:
    return f"certs:holder-binding:{person}:{hashed}".encode()
