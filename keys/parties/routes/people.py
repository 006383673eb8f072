"""People's accounts and roles below `/api/v1`.

The system administrator makes accounts, the security administrator gives roles: two people at least, and no system.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, require_match, tagged, takes, writes
from keys.parties import people as verbs
from keys.parties.models import Person, PersonRole
from keys.parties.people import Account, NewPerson, PersonChange, person_of
from keys.parties.schemas import (
    NewPersonSchema,
    PersonChangeSchema,
    PersonPage,
    PersonQuery,
    PersonSchema,
    ReasonSchema,
    RolesSchema,
)

people = Blueprint("people", __name__, description="人员和角色 · people and roles")

READERS = {"sysadmin", "secadmin", "auditor"}
WRITERS = {"sysadmin"}
GRANTERS = {"secadmin"}


@people.route("/people", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@takes(PersonQuery, "query")
@gives(PersonPage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Account]:
    """List accounts, by login name."""
    query = select(Person)
    for name in ("organisation", "state"):
        if asked[name] is not None:
            query = query.where(getattr(Person, name) == asked[name])
    if asked["role"] is not None:
        query = query.where(Person.id.in_(select(PersonRole.person).where(PersonRole.role == asked["role"])))
    page = parts(Pager).page(session, query, (Person.login,), asked["page"], "people")
    return Page(verbs.accounts(session, page.items), page.next_cursor)


@people.route("/people", methods=["POST"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(NewPersonSchema)
@gives(PersonSchema, 201)
def add(session: Session, new: NewPerson) -> Account:
    """Make an account, without roles."""
    return _shown(session, verbs.add(session, new, caller(), clock.now()))


@people.route("/people/<person>", methods=["GET"])
@guarded(scope="admin", roles=READERS)
@reads
@gives(PersonSchema)
def one(session: Session, person: str) -> Account:
    """Give one account."""
    return _shown(session, person_of(session, person))


@people.route("/people/<person>", methods=["PATCH"])
@guarded(scope="admin", roles=WRITERS)
@writes
@takes(PersonChangeSchema)
@gives(PersonSchema)
def change(session: Session, told: PersonChange, person: str) -> Account:
    """Change an account; If-Match names the version it is changed from."""
    row = person_of(session, person, locked=True)
    require_match(_version(row))
    return _shown(session, verbs.change(session, row, told, caller(), clock.now()))


@people.route("/people/<person>/roles", methods=["PUT"])
@guarded(roles=GRANTERS)
@writes
@takes(RolesSchema)
@gives(PersonSchema)
def assign_roles(session: Session, told: dict[str, Any], person: str) -> Account:
    """Set the roles of an account, never one's own; If-Match names the version it is changed from."""
    row = person_of(session, person, locked=True)
    require_match(_version(row))
    return _shown(session, verbs.assign_roles(session, row, told["roles"], caller(), clock.now()))


@people.route("/people/<person>/suspensions", methods=["POST"])
@guarded(roles=WRITERS | GRANTERS)
@writes
@takes(ReasonSchema)
@gives(PersonSchema)
def suspend(session: Session, told: dict[str, Any], person: str) -> Account:
    """Suspend an account."""
    row = person_of(session, person, locked=True)
    return _shown(session, verbs.suspend(session, row, told["reason"], caller(), clock.now()))


@people.route("/people/<person>/resumptions", methods=["POST"])
@guarded(roles=WRITERS | GRANTERS)
@writes
@takes(ReasonSchema)
@gives(PersonSchema)
def resume(session: Session, told: dict[str, Any], person: str) -> Account:
    """Let a suspended account act again."""
    row = person_of(session, person, locked=True)
    return _shown(session, verbs.resume(session, row, told["reason"], caller(), clock.now()))


def _shown(session: Session, row: Person) -> Account:
    tagged(_version(row))
    return verbs.accounts(session, [row])[0]


def _version(row: Person) -> str:
    return f"person:{row.id}:{row.version}"
