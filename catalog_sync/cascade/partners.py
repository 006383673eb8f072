"""Which other sites may tell us records: each is a system of this house, with the region that it may tell of.

A site proves itself as any system does (a token, and a signature over each request); what it may do here beyond that of
its scopes is decided by its row. One that is closed tells nothing and fetches nothing, and what it told stays held.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.identifiers import InvalidRegionCode, RegionCode
from catalog_sync.acting import ROOM
from catalog_sync.cascade.errors import (
    CascadeCallerRefused,
    CascadePartnerKnown,
    NoSuchCascadePartner,
    UnusableCascadePartner,
)
from catalog_sync.cascade.models import ACTIVE, CLOSED, CascadePartner
from catalog_sync.cascade.shapes import SHAPES
from keys.parties import systems

THING: Final = "cascade-partner"
# The scope that a site's system holds: it tells directories.
SCOPE: Final = "directory:write"
# What lower levels are given back unless said otherwise: what is theirs and was made elsewhere. What parties agree on
# between themselves, and the people of this site, stay here.
RETURNS: Final = ("case-step", "certificate", "directory", "item", "organisation", "resource")
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{1,39}")


@dataclass(frozen=True)
class NewPartner:
    """What must be told of a site."""

    name: str
    system: str
    region: str
    returns: Sequence[str] = RETURNS


def add(session: Session, new: NewPartner, by: Caller, at: datetime) -> CascadePartner:
    """Register a site, or open one again that was closed; what lies there for it is of its region, which stays.

    Raises `UnusableCascadePartner`, `CascadePartnerKnown`, `NoSuchSystem`.
    """
    _require_usable(new)
    systems.system_of(session, new.system)
    taken = or_(CascadePartner.name == new.name, CascadePartner.system == new.system)
    rows = session.scalars(select(CascadePartner).where(taken).with_for_update()).all()
    if any(each.state == ACTIVE or each.name != new.name for each in rows):
        raise CascadePartnerKnown(new.name)
    if any(each.region != new.region for each in rows):
        raise UnusableCascadePartner("#/region", f"{rows[0].region}, as before; another region takes another name")
    row = rows[0] if rows else CascadePartner(name=new.name, version=0)
    row.system, row.region, row.returns, row.state = new.system, new.region, sorted(set(new.returns)), ACTIVE
    session.add(row)
    _changed(session, row, "cascade-partner.added", by, at)
    return row


def close(session: Session, name: str, by: Caller, at: datetime) -> CascadePartner:
    """Take nothing from a site any more, and give it nothing. Raises `NoSuchCascadePartner`."""
    row = locked(session, name)
    row.state = CLOSED
    _changed(session, row, "cascade-partner.closed", by, at)
    return row


def partners(session: Session) -> list[CascadePartner]:
    """List every site, closed ones too."""
    return list(session.scalars(select(CascadePartner).order_by(CascadePartner.name)))


def locked(session: Session, name: str) -> CascadePartner:
    """Give a site that is open, and keep others from writing for it. Raises `NoSuchCascadePartner`."""
    query = select(CascadePartner).where(CascadePartner.name == name).with_for_update()
    row = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.state != ACTIVE:
        raise NoSuchCascadePartner(name)
    return row


def partner_of(session: Session, by: Caller) -> CascadePartner:
    """Give the site that a system speaks for. Raises `CascadeCallerRefused`."""
    query = select(CascadePartner).where(CascadePartner.system == by.id, CascadePartner.state == ACTIVE)
    row = session.scalars(query).one_or_none() if by.kind == "system" else None
    if row is None:
        raise CascadeCallerRefused("cascade-partner")
    return row


def _require_usable(new: NewPartner) -> None:
    if not _NAME.fullmatch(new.name):
        raise UnusableCascadePartner("#/name", "a-z, 0-9 and -, at most 40")
    try:
        RegionCode(new.region)
    except InvalidRegionCode as error:
        raise UnusableCascadePartner("#/region", "a region code") from error
    if unknown := set(new.returns) - SHAPES.keys():
        raise UnusableCascadePartner("#/returns", min(unknown))


def _changed(session: Session, row: CascadePartner, act: str, by: Caller, at: datetime) -> None:
    row.version += 1
    row.changed_by, row.changed_at = actor(by), at
    session.flush()
    facts: dict[str, Json] = {"system": row.system, "region": row.region, "returns": tuple(row.returns)}
    ROOM.changed(session, by, at, act, Thing(THING, row.name), row.version, **facts)
