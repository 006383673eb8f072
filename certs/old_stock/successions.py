"""Who took over what an organ issued that is gone: kept with the basis, for mapping old issuers to those of today."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.old_stock.errors import CircularSuccession
from certs.old_stock.models import Succession
from certs.old_stock.profile import Ground, heir
from keys.parties import organisations
from keys.parties.models import ACTIVE, Organisation

THING: Final = "succession"


@dataclass(frozen=True)
class NewSuccession:
    """A former organ, by its code or its name, the organ that succeeded it, since when, and on what basis."""

    former: str
    successor: str
    since: date
    basis: str


def record(session: Session, new: NewSuccession, by: Caller, at: datetime) -> Succession:
    """Put a succession on record, or correct one; what was made by the former one stays.

    Raises `NoSuchOrganisation`, `CircularSuccession`.
    """
    successor = organisations.organisation_of(session, new.successor)
    known = {**successions(session), new.former: successor.code}
    if new.former == successor.code or heir(new.former, known) is None:
        raise CircularSuccession(new.former)
    row = session.merge(
        Succession(
            former=new.former,
            successor=successor.code,
            basis=new.basis,
            since=new.since,
            by=actor(by),
            organisation=by.organisation,
            at=at,
        )
    )
    session.flush()
    ROOM.changed(session, by, at, "succession.recorded", Thing(THING, new.former), successor=successor.code)
    return row


def listed(session: Session) -> list[Succession]:
    """List every succession; a province has some hundreds."""
    return list(session.scalars(select(Succession).order_by(Succession.former)))


def successions(session: Session) -> dict[str, str]:
    """Give the successors by the former organs."""
    return {each.former: each.successor for each in listed(session)}


def ground(session: Session, organ: str) -> Ground:
    """Give what rows of an organ's batch are judged against, numbers aside."""
    query = select(Organisation.code, Organisation.name).where(Organisation.state == ACTIVE)
    organs = {each[0]: each[1] for each in session.execute(query)}
    return Ground(organ, organs.get(organ, ""), organs, successions(session))
