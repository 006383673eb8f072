"""Substitutes: someone who for a while holds another's roles in the exchange, beside their own.

Only within one organisation, for a time, and by the one who is away or their security administrator. What a substitute
does is on record under their own name, with whose place they took; and who wrote something does not check it in
another's place either.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange.acting import ROOM
from exchange.errors import NoSuchSubstitution, UnusableSubstitution
from exchange.models import Substitution
from keys.parties import people
from keys.parties.models import Person

THING: Final = "substitution"
# What can be lent: the roles of this room. Duties that must stay apart are never among them.
LENT: Final = frozenset({"steward", "reviewer", "authority", "provider", "requester"})
LONGEST: Final = timedelta(days=200)
# More than anybody gives or takes in ten years.
MOST_LISTED: Final = 200


def substitution_of(session: Session, number: int, by: Caller) -> Substitution:
    """Give a substitution that the caller may see, to be changed. Raises `NoSuchSubstitution`."""
    query = select(Substitution).where(Substitution.id == number)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None or not _is_seen(session, row, by):
        raise NoSuchSubstitution(number)
    return row


def substitutions_of(session: Session, by: Caller) -> Sequence[Substitution]:
    """List those that the caller gave or takes, the newest first; a security administrator sees the organisation's."""
    mine: ColumnElement[bool] = (Substitution.person == by.id) | (Substitution.substitute == by.id)
    if "secadmin" in by.roles:
        mine = Substitution.person.in_(select(Person.id).where(Person.organisation == by.organisation))
    query = select(Substitution).where(mine).order_by(Substitution.id.desc()).limit(MOST_LISTED)
    return session.scalars(query).all()


def appoint(
    session: Session, person: str, substitute: str, since: datetime, until: datetime, by: Caller, at: datetime
) -> Substitution:
    """Let someone take a person's place for a while. Raises `UnusableSubstitution`, `NoSuchPerson`."""
    away, acting = people.person_of(session, person), people.person_of(session, substitute)
    if away.id == acting.id:
        raise UnusableSubstitution("oneself")
    if away.organisation != acting.organisation or by.organisation != away.organisation:
        raise UnusableSubstitution("other-organisation")
    if by.id != away.id and "secadmin" not in by.roles:
        raise UnusableSubstitution("not-yours")
    if not at < until or not since < until or until - since > LONGEST:
        raise UnusableSubstitution("period")
    row = Substitution(
        person=away.id,
        substitute=acting.id,
        valid_from=since,
        valid_until=until,
        ended_at=None,
        created_by=actor(by),
        created_at=at,
    )
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "substitution.appointed", Thing(THING, str(row.id)), away=person, acting=substitute)
    return row


def end(session: Session, row: Substitution, by: Caller, at: datetime) -> Substitution:
    """End a substitution before its time. Raises `UnusableSubstitution`."""
    if by.id != row.person and "secadmin" not in by.roles:
        raise UnusableSubstitution("not-yours")
    if row.ended_at is not None or row.valid_until <= at:
        raise UnusableSubstitution("over")
    row.ended_at = at
    ROOM.changed(session, by, at, "substitution.ended", Thing(THING, str(row.id)), 2)
    return row


def roles_of(session: Session, by: Caller, at: datetime) -> Mapping[str, str | None]:
    """Give the roles that a caller holds now, each with the person in whose place, or None for their own."""
    held: dict[str, str | None] = dict.fromkeys(by.roles)
    if by.kind != "person":
        return held
    query = select(Substitution).where(
        Substitution.substitute == by.id,
        Substitution.valid_from <= at,
        Substitution.valid_until > at,
        Substitution.ended_at.is_(None),
    )
    for row in session.scalars(query.order_by(Substitution.id)):
        for role in sorted(people.roles_of(session, row.person) & LENT):
            held.setdefault(role, row.person)
    return held


def _is_seen(session: Session, row: Substitution, by: Caller) -> bool:
    if by.id in {row.person, row.substitute}:
        return True
    away = session.get(Person, row.person)
    return "secadmin" in by.roles and away is not None and away.organisation == by.organisation
