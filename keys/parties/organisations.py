"""Organisations: taken in under their unified social credit code, placed below a parent, changed, suspended, resumed.

A parent stands on the same level or above and its region covers the child's; no circle can form. Suspending an
organisation stops its systems and people at once, since whoever authenticates them asks for its state; what stands
below it goes on.
Whether a code was ever given out is not decided here, only that its check characters are right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.identifiers import CreditCode, RegionCode
from keys.parties.acting import changed
from keys.parties.errors import (
    NoSuchOrganisation,
    OrganisationKnown,
    OrganisationSuspended,
    PartyStateConflict,
    UnfitParent,
)
from keys.parties.models import ACTIVE, LEVELS, SUSPENDED, Organisation

THING = "organisation"
# Below what either database takes as parameters of one statement.
ASKED_AT_ONCE = 500


@dataclass(frozen=True)
class NewOrganisation:
    """What must be told of an organisation; its codes are sound because their types are."""

    code: CreditCode
    name: str
    region: RegionCode
    level: str
    parent: CreditCode | None = None


@dataclass(frozen=True)
class OrganisationChange:
    """What of an organisation is to become; None leaves it as it is, `top` takes the parent away."""

    name: str | None = None
    region: RegionCode | None = None
    level: str | None = None
    parent: CreditCode | None = None
    top: bool = False


def organisation_of(session: Session, code: str, *, locked: bool = False) -> Organisation:
    """Give the organisation; `locked` keeps others from changing it until the transaction ends.

    Raises `NoSuchOrganisation`.
    """
    query = select(Organisation).where(Organisation.code == code)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchOrganisation(code)
    return found


def active_organisation(session: Session, code: str) -> Organisation:
    """Give the organisation if it may act.

    Raises `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    found = organisation_of(session, code)
    if found.state != ACTIVE:
        raise OrganisationSuspended(code)
    return found


def known(session: Session, codes: Sequence[str]) -> dict[str, Organisation]:
    """Give those of the codes that are known."""
    found: dict[str, Organisation] = {}
    for start in range(0, len(codes), ASKED_AT_ONCE):
        query = select(Organisation).where(Organisation.code.in_(codes[start : start + ASKED_AT_ONCE]))
        found |= {row.code: row for row in session.scalars(query)}
    return found


def add(session: Session, new: NewOrganisation, by: Caller, at: datetime) -> Organisation:
    """Take an organisation in.

    Raises `OrganisationKnown`, `NoSuchOrganisation` for an unknown parent, `UnfitParent`.
    """
    if session.get(Organisation, new.code.text) is not None:
        raise OrganisationKnown(new.code.text)
    row = _new(new, at)
    if new.parent is not None:
        _place(session, row, new.parent.text)
    session.add(row)
    session.flush()
    changed(session, by, at, "organisation.added", Thing(THING, row.code), region=row.region, level=row.level)
    return row


def change(session: Session, row: Organisation, told: OrganisationChange, by: Caller, at: datetime) -> Organisation:
    """Change what is told; the row was read with `locked`, and its children still fit afterwards.

    Raises `NoSuchOrganisation`, `UnfitParent`.
    """
    row.name = told.name or row.name
    row.region = told.region.text if told.region else row.region
    row.level = told.level or row.level
    if told.top:
        row.parent = None
    parent = told.parent.text if told.parent else row.parent
    if parent is not None:
        _place(session, row, parent)
    _require_children(session, row)
    _touch(row, at)
    changed(session, by, at, "organisation.changed", Thing(THING, row.code), row.version)
    return row


def written_over(
    session: Session, row: Organisation | None, told: NewOrganisation, by: Caller, at: datetime
) -> Organisation:
    """Write what a register says over a known organisation, or take it in; the caller places it afterwards."""
    thing = Thing(THING, told.code.text)
    if row is None:
        row = _new(told, at)
        session.add(row)
        changed(session, by, at, "organisation.added", thing, region=row.region, level=row.level)
        return row
    row.name, row.region, row.level = told.name, told.region.text, told.level
    _touch(row, at)
    changed(session, by, at, "organisation.changed", thing, row.version)
    return row


def require_place(session: Session, row: Organisation) -> None:
    """Say whether an organisation that was written already stands where it may.

    Raises `NoSuchOrganisation`, `UnfitParent`.
    """
    if row.parent is not None:
        above = organisation_of(session, row.parent, locked=True)
        _require_fit(row, above)
        _require_no_circle(session, row.code, above)
    _require_children(session, row)


def suspend(session: Session, row: Organisation, reason: str, by: Caller, at: datetime) -> Organisation:
    """Stop the organisation's systems and people.

    Raises `PartyStateConflict`.
    """
    return _turn(session, row, SUSPENDED, reason, by, at)


def resume(session: Session, row: Organisation, reason: str, by: Caller, at: datetime) -> Organisation:
    """Let the organisation's systems and people act again; their own suspensions stay.

    Raises `PartyStateConflict`.
    """
    return _turn(session, row, ACTIVE, reason, by, at)


def require_fit(code: str, level: str, region: RegionCode, parent: tuple[str, str, RegionCode]) -> None:
    """Say whether an organisation may stand below another, given as code, level and region.

    Raises `UnfitParent`.
    """
    parent_code, parent_level, parent_region = parent
    if code == parent_code:
        raise UnfitParent(code, parent_code, "itself")
    if LEVELS.index(parent_level) > LEVELS.index(level):
        raise UnfitParent(code, parent_code, "lower-level")
    if not parent_region.covers(region):
        raise UnfitParent(code, parent_code, "other-region")


def _new(new: NewOrganisation, at: datetime) -> Organisation:
    return Organisation(
        code=new.code.text,
        name=new.name,
        region=new.region.text,
        level=new.level,
        parent=None,
        state=ACTIVE,
        version=1,
        created_at=at,
        changed_at=at,
    )


def _place(session: Session, row: Organisation, parent: str) -> None:
    above = organisation_of(session, parent, locked=True)
    _require_fit(row, above)
    _require_no_circle(session, row.code, above)
    row.parent = above.code


def _require_children(session: Session, row: Organisation) -> None:
    for child in session.scalars(select(Organisation).where(Organisation.parent == row.code)):
        _require_fit(child, row)


def _require_fit(row: Organisation, above: Organisation) -> None:
    parent = (above.code, above.level, RegionCode(above.region))
    require_fit(row.code, row.level, RegionCode(row.region), parent)


def _require_no_circle(session: Session, code: str, above: Organisation) -> None:
    """Walk up from the parent: departments of one level may stand below each other, so levels alone settle nothing.

    Each step is locked, so that two changes cannot close a circle between them.
    """
    walked: Organisation | None = above
    while walked is not None:
        if walked.code == code:
            raise UnfitParent(code, above.code, "circle")
        walked = session.get(Organisation, walked.parent, with_for_update=True) if walked.parent else None


def _turn(session: Session, row: Organisation, state: str, reason: str, by: Caller, at: datetime) -> Organisation:
    if row.state == state:
        raise PartyStateConflict(row.code, state)
    row.state = state
    _touch(row, at)
    act = "organisation.suspended" if state == SUSPENDED else "organisation.resumed"
    changed(session, by, at, act, Thing(THING, row.code), row.version, reason=reason)
    return row


def _touch(row: Organisation, at: datetime) -> None:
    row.version += 1
    row.changed_at = at
