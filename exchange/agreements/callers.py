"""The register of callers: of which kind an organisation is, and which department's mandate an agent acts under.

An organisation without a row is a department. The authority keeps the register for the organisations of its region;
grants already given keep the kind they were given for, so that a change of kind refuses the next call.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import authorities
from exchange.acting import ROOM
from exchange.agreements.caller_kinds import CallerKind, Need, kinds
from exchange.agreements.errors import NotYourCaller, UnusableCallerKind
from exchange.agreements.models import RegisteredCaller
from keys.parties.organisations import active_organisation

THING = "caller"


@dataclass(frozen=True)
class Standing:
    """Of which kind a caller is now, and whose mandate it holds now, if any."""

    kind: CallerKind = CallerKind.DEPARTMENT
    mandate: str | None = None


@dataclass(frozen=True)
class Registration:
    """What is to stand in the register: the kind, for an agent the mandating department and until when, the paper."""

    kind: CallerKind
    mandate: str | None
    paper: str
    valid_until: datetime | None


def registered(session: Session, organisation: str, at: datetime) -> Standing:
    """Tell what an organisation is, and under whose mandate."""
    row = session.get(RegisteredCaller, organisation, populate_existing=True)
    return Standing() if row is None else standing_of(row.kind, row.mandate, row.valid_until, at)


def standing_of(kind: str | None, mandate: str | None, valid_until: datetime | None, at: datetime) -> Standing:
    """Read what the register says, no kind where it says nothing; a mandate that is over counts no more."""
    if kind is None:
        return Standing()
    over = valid_until is not None and at >= valid_until
    return Standing(CallerKind(kind), None if over else mandate)


def register(session: Session, organisation: str, told: Registration, by: Caller, at: datetime) -> RegisteredCaller:
    """Say what an organisation is. Raises `NotYourCaller`, `UnusableCallerKind`, `NoSuchOrganisation`."""
    active_organisation(session, organisation)
    _require_authority(session, organisation, by)
    _require_usable(session, organisation, told)
    row = session.get(RegisteredCaller, organisation, with_for_update=True)
    if row is None:
        row = RegisteredCaller(organisation=organisation, version=0)
        session.add(row)
    row.kind, row.mandate, row.paper = told.kind.value, told.mandate, told.paper
    row.valid_until = told.valid_until
    row.version += 1
    row.changed_by, row.changed_at = actor(by), at
    session.flush()
    facts = {
        "kind": row.kind,
        "mandate": row.mandate,
        "until": told.valid_until.isoformat() if told.valid_until else None,
    }
    ROOM.changed(session, by, at, "caller.registered", Thing(THING, organisation), row.version, **facts)
    return row


def all_registered(session: Session) -> list[RegisteredCaller]:
    """List every organisation that is something else than a department, or was."""
    return list(session.scalars(select(RegisteredCaller).order_by(RegisteredCaller.organisation)))


def _require_authority(session: Session, organisation: str, by: Caller) -> None:
    held = authorities.ROLE in by.roles and authorities.has_authority_over(session, by.organisation, organisation)
    if not held:
        raise NotYourCaller(organisation)


def _require_usable(session: Session, organisation: str, told: Registration) -> None:
    needs_mandate = Need.MANDATE in kinds()[told.kind].needs
    if needs_mandate and told.mandate is None:
        raise UnusableCallerKind(organisation, "mandate-needed")
    if not needs_mandate and told.mandate is not None:
        raise UnusableCallerKind(organisation, "no-mandate-for-this-kind")
    if told.mandate == organisation:
        raise UnusableCallerKind(organisation, "own-mandate")
    if told.mandate is not None:
        active_organisation(session, told.mandate)
