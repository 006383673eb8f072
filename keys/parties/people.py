"""People and their roles, with the three duties (system, security, audit) kept apart.

The system administrator makes accounts, the security administrator gives roles, the auditor watches both: no account
holds two of these, nobody changes the roles of their own, and the last active account of a duty stays, since without it
the site would be locked out or unwatched. How a person logs in is not decided here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import ROLES, Caller
from base.canonical import Json
from keys.parties.acting import actor, changed, new_id
from keys.parties.errors import (
    DutiesConflict,
    LastOfDuty,
    LoginTaken,
    NoSuchPerson,
    OwnRoles,
    PartyStateConflict,
    UnknownRole,
)
from keys.parties.models import ACTIVE, DUTIES, SUSPENDED, LoginSession, Organisation, Person, PersonRole
from keys.parties.organisations import active_organisation

THING = "person"


@dataclass(frozen=True)
class NewPerson:
    """What must be told of a person; an account begins without roles."""

    login: str
    name: str
    organisation: str
    email: str | None = None


@dataclass(frozen=True)
class PersonChange:
    """What of a person is to become; None leaves it as it is."""

    name: str | None = None
    organisation: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Account:
    """A person's account with its roles, as it is shown."""

    id: str
    login: str
    name: str
    organisation: str
    email: str | None
    state: str
    roles: tuple[str, ...]
    version: int
    created_at: datetime
    changed_at: datetime


def person_of(session: Session, person: str, *, locked: bool = False) -> Person:
    """Give the person; `locked` keeps others from changing the account until the transaction ends.

    Raises `NoSuchPerson`.
    """
    query = select(Person).where(Person.id == person)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchPerson(person)
    return found


def person_by_login(session: Session, login: str) -> Person | None:
    """Find the account of a login name."""
    return session.scalars(select(Person).where(Person.login == login.lower())).one_or_none()


def roles_of(session: Session, person: str) -> frozenset[str]:
    """Give the person's roles."""
    return frozenset(session.scalars(select(PersonRole.role).where(PersonRole.person == person)))


def accounts(session: Session, rows: Sequence[Person]) -> list[Account]:
    """Give people with their roles, in the order in which they came."""
    held: dict[str, list[str]] = {row.id: [] for row in rows}
    for person, role in session.execute(
        select(PersonRole.person, PersonRole.role).where(PersonRole.person.in_(held)).order_by(PersonRole.role)
    ):
        held[person].append(role)
    return [
        Account(
            row.id,
            row.login,
            row.name,
            row.organisation,
            row.email,
            row.state,
            tuple(held[row.id]),
            row.version,
            row.created_at,
            row.changed_at,
        )
        for row in rows
    ]


def caller_of(session: Session, person: Person) -> Caller | None:
    """Give the caller that this person is, or None while the account or its organisation is suspended."""
    organisation = session.get(Organisation, person.organisation)
    if person.state != ACTIVE or organisation is None or organisation.state != ACTIVE:
        return None
    return Caller("person", person.id, person.name, person.organisation, roles_of(session, person.id))


def add(session: Session, new: NewPerson, by: Caller, at: datetime) -> Person:
    """Make an account without roles.

    Raises `LoginTaken`, `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    login = new.login.lower()
    if person_by_login(session, login) is not None:
        raise LoginTaken(login)
    organisation = active_organisation(session, new.organisation)
    row = Person(
        id=new_id(),
        login=login,
        name=new.name,
        organisation=organisation.code,
        email=new.email,
        state=ACTIVE,
        version=1,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    changed(session, by, at, "person.added", Thing(THING, row.id), organisation=row.organisation)
    return row


def change(session: Session, row: Person, told: PersonChange, by: Caller, at: datetime) -> Person:
    """Change what is told.

    Raises `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    row.name = told.name or row.name
    row.email = told.email or row.email
    if told.organisation is not None:
        row.organisation = active_organisation(session, told.organisation).code
    return _touched(session, row, "person.changed", by, at)


def assign_roles(session: Session, row: Person, roles: Iterable[str], by: Caller, at: datetime) -> Person:
    """Let the person have exactly these roles from now on; whoever is logged in has to do so again.

    Raises `UnknownRole`, `DutiesConflict`, `OwnRoles`, `LastOfDuty`.
    """
    wanted, held = frozenset(roles), roles_of(session, row.id)
    require_separate(wanted)
    if by.kind == "person" and by.id == row.id:
        raise OwnRoles
    for role in (held - wanted) & set(DUTIES):
        _require_another(session, role, row)
    session.execute(delete(PersonRole).where(PersonRole.person == row.id, PersonRole.role.in_(held - wanted)))
    session.add_all(
        PersonRole(person=row.id, role=role, granted_by=actor(by), granted_at=at) for role in sorted(wanted - held)
    )
    session.flush()
    if wanted != held:
        _end_sessions(session, row)
    granted, taken = tuple(sorted(wanted - held)), tuple(sorted(held - wanted))
    return _touched(session, row, "person.roles-assigned", by, at, granted=granted, taken=taken)


def require_separate(roles: frozenset[str]) -> None:
    """Say whether one account may hold these roles together.

    Raises `UnknownRole`, `DutiesConflict`.
    """
    for role in sorted(roles):
        if role not in ROLES:
            raise UnknownRole(role)
    duties = sorted(roles & set(DUTIES))
    if len(duties) > 1:
        raise DutiesConflict(", ".join(duties))


def suspend(session: Session, row: Person, reason: str, by: Caller, at: datetime) -> Person:
    """Stop the account and end its sessions.

    Raises `PartyStateConflict`, `LastOfDuty`.
    """
    if row.state == SUSPENDED:
        raise PartyStateConflict(row.id, SUSPENDED)
    for role in roles_of(session, row.id) & set(DUTIES):
        _require_another(session, role, row)
    row.state = SUSPENDED
    _end_sessions(session, row)
    return _touched(session, row, "person.suspended", by, at, reason=reason)


def resume(session: Session, row: Person, reason: str, by: Caller, at: datetime) -> Person:
    """Let the account act again.

    Raises `PartyStateConflict`.
    """
    if row.state == ACTIVE:
        raise PartyStateConflict(row.id, ACTIVE)
    row.state = ACTIVE
    return _touched(session, row, "person.resumed", by, at, reason=reason)


def _require_another(session: Session, role: str, row: Person) -> None:
    """Insist that someone else holds the duty; a suspended account holds it in name only.

    The others are locked, so that two of them cannot leave at the same moment, each counting on the other.
    """
    others = (
        select(Person.id)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role == role, Person.state == ACTIVE, Person.id != row.id)
        .order_by(Person.id)
        .with_for_update()
    )
    if row.state == ACTIVE and not session.scalars(others).all():
        raise LastOfDuty(role)


def _end_sessions(session: Session, row: Person) -> None:
    """End what was opened under other rights; a session id that somebody else learnt is worth nothing under these."""
    ended = delete(LoginSession).where(LoginSession.person == row.id)
    session.execute(ended.execution_options(synchronize_session=False))


def accounts_with(session: Session, role: str) -> int:
    """Count the active accounts with a role: for the first set-up and for checks."""
    query = (
        select(func.count())
        .select_from(PersonRole)
        .join(Person, Person.id == PersonRole.person)
        .where(PersonRole.role == role, Person.state == ACTIVE)
    )
    return session.scalar(query) or 0


def _touched(session: Session, row: Person, act: str, by: Caller, at: datetime, **facts: Json) -> Person:
    row.version += 1
    row.changed_at = at
    changed(session, by, at, act, Thing(THING, row.id), row.version, **facts)
    return row
