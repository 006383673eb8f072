"""Impressions are taken in and kept; and an organisation's own seal is applied for from one, by its filing number.

A package taken in twice changes nothing. An impression is never replaced: a seal cut anew is filed under a number of
its own. From one impression one seal is made at a time; when that one has ended, refused or revoked, the impression is
free again, unless the office that keeps the filings has withdrawn it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from signing import life
from signing.acting import ROOM
from signing.errors import NotTheOwners
from signing.impressions.errors import ImpressionInUse, ImpressionWithdrawn, NoSuchImpression
from signing.impressions.models import SealImpression
from signing.impressions.packages import Fault, Impression, Package
from signing.models import SealEdition
from signing.register import Application

THING: Final = "seal-impression"
_SAME: Final = ("organisation", "kind", "name", "width_mm", "height_mm", "sm3")


@dataclass(frozen=True)
class Import:
    """What became of a package: how many are new, how many were known, and what is wrong with the other rows."""

    added: int
    unchanged: int
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class FilingNumber:
    """An application for the seal whose impression was filed under a number."""

    owner: str
    impression: str
    valid_from: datetime
    valid_until: datetime
    basis: str
    person: str | None = None


def take_in(session: Session, package: Package, source: str, by: Caller, at: datetime) -> Import:
    """Keep what is new in a package; what is known under the same number and differs is a fault of its row."""
    known = _known(session, (each.filing for each in package.impressions))
    added, unchanged, faults = 0, 0, list(package.faults)
    for each in package.impressions:
        row = known.get(each.filing)
        if row is None:
            session.add(_row(each, source, by, at))
            added += 1
        elif all(getattr(row, name) == getattr(each, name) for name in _SAME):
            unchanged += 1
        else:
            faults.append(Fault(each.row, "filing", "known-otherwise"))
    session.flush()
    thing = Thing("organisation", by.organisation)
    ROOM.record(session, by, at, "seal-impressions.imported", thing, added=added, refused=len(faults), source=source)
    return Import(added, unchanged, tuple(sorted(faults, key=lambda fault: fault.row)))


def impression_of(session: Session, filing: str) -> SealImpression:
    """Give an impression by its filing number, whoever's it is. Raises `NoSuchImpression`."""
    found = session.scalars(select(SealImpression).where(SealImpression.filing == filing)).one_or_none()
    if found is None:
        raise NoSuchImpression(filing)
    return found


def withdraw(session: Session, row: SealImpression, reason: str, by: Caller, at: datetime) -> SealImpression:
    """Let nothing be made from an impression any more: the real seal was lost, or the filing was wrong.

    A seal that was made from it already is not stopped by this: that is decided by those who watch over seals.
    """
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_because = at, reason
        ROOM.changed(session, by, at, "seal-impression.withdrawn", Thing(THING, row.filing), 2)
    return row


def application(session: Session, asked: FilingNumber, by: Caller) -> Application:
    """Find the impression that an organisation's own person names, and make the application from it.

    An unknown number and another organisation's are answered alike. Raises `NotTheOwners`, `NoSuchImpression`,
    `ImpressionWithdrawn`, `ImpressionInUse`.
    """
    if by.organisation != asked.owner:
        raise NotTheOwners("")
    row = _own(session, asked.impression, by.organisation)
    return Application(
        asked.owner,
        row.kind,
        row.name,
        asked.valid_from,
        asked.valid_until,
        row.picture,
        row.width_mm,
        row.height_mm,
        asked.basis,
        asked.person,
        row.filing,
    )


def used_for(session: Session, filing: str) -> str | None:
    """Name the seal that lives, or is on its way, and was made from an impression."""
    query = select(SealEdition.seal).where(SealEdition.impression == filing, SealEdition.state.not_in(life.ENDED))
    return session.scalars(query.limit(1)).first()


def _own(session: Session, filing: str, organisation: str) -> SealImpression:
    """Give an organisation's own impression that is free, locked, so that two at once cannot both have it."""
    query = select(SealImpression).where(SealImpression.filing == filing, SealImpression.organisation == organisation)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NoSuchImpression(filing)
    if row.withdrawn_at is not None:
        raise ImpressionWithdrawn(filing)
    seal = used_for(session, filing)
    if seal is not None:
        raise ImpressionInUse(filing, seal)
    return row


def _known(session: Session, filings: Iterable[str]) -> dict[str, SealImpression]:
    query = select(SealImpression).where(SealImpression.filing.in_(list(filings)))
    return {row.filing: row for row in session.scalars(query)}


def _row(told: Impression, source: str, by: Caller, at: datetime) -> SealImpression:
    return SealImpression(
        id=new_id(),
        filing=told.filing,
        organisation=told.organisation,
        kind=told.kind,
        name=told.name,
        picture=told.picture,
        sm3=told.sm3,
        original_sm3=told.original_sm3,
        width_mm=told.width_mm,
        height_mm=told.height_mm,
        source=source,
        imported_by=actor(by),
        imported_at=at,
        withdrawn_at=None,
        withdrawn_because=None,
    )
