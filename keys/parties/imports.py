"""Registers taken in as tables: every fault is told with its row, column and cell, and nothing is taken in by halves.

Two steps. Staging reads the heading and each cell into values and gathers the faults, without the database. Writing
happens inside a savepoint: what it does is counted and its faults are told, and it stays only where the table was to be
applied and has no fault at all. Parents may stand in the same table, in any order.
An account taken in has no roles: those are given one by one, by someone else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from base.callers import Caller
from keys.parties import organisations, people
from keys.parties.errors import (
    NoSuchOrganisation,
    OrganisationSuspended,
    TableRefused,
    UnfitParent,
)
from keys.parties.models import Organisation
from keys.parties.organisations import NewOrganisation
from keys.parties.people import NewPerson, PersonChange
from keys.parties.schemas import NewOrganisationSchema, NewPersonSchema
from keys.parties.staging import (
    FAULTS_TOLD,
    ORGANISATION_HEADINGS,
    PERSON_HEADINGS,
    Fault,
    Staged,
    staged,
)


@dataclass
class Written:
    """What writing staged rows did, and the faults that it met on the way."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """What taking a table in did, or would do."""

    applied: bool
    rows: int
    added: int
    changed: int
    unchanged: int
    faults: tuple[Fault, ...]

    def document(self) -> dict[str, object]:
        """Give it as JSON."""
        told = {name: getattr(self, name) for name in ("applied", "rows", "added", "changed", "unchanged")}
        return {**told, "faults": [fault.document() for fault in self.faults[:FAULTS_TOLD]]}


def take_in_organisations(session: Session, content: bytes, by: Caller, at: datetime, *, apply: bool) -> Outcome:
    """Take a table of organisations in, or only tell what that would do.

    Raises `UnreadableTable`, `TableTooLarge`, and `TableRefused` where it should be applied and has faults.
    """
    rows: list[Staged[NewOrganisation]]
    rows, faults = staged(content, ORGANISATION_HEADINGS, NewOrganisationSchema(), "code")
    return _taken(session, rows, faults, lambda: _write_organisations(session, rows, by, at), apply=apply)


def take_in_people(session: Session, content: bytes, by: Caller, at: datetime, *, apply: bool) -> Outcome:
    """Take a table of accounts in, or only tell what that would do; the accounts have no roles.

    Raises `UnreadableTable`, `TableTooLarge`, and `TableRefused` where it should be applied and has faults.
    """
    rows: list[Staged[NewPerson]]
    rows, faults = staged(content, PERSON_HEADINGS, NewPersonSchema(), "login")
    return _taken(session, rows, faults, lambda: _write_people(session, rows, by, at), apply=apply)


def _taken(
    session: Session, rows: Sequence[object], faults: list[Fault], write: Callable[[], Written], *, apply: bool
) -> Outcome:
    """Write inside a savepoint, which goes away where there is a fault or nothing was to be applied."""
    savepoint = session.begin_nested()
    written = write()
    found = sorted([*faults, *written.faults], key=lambda fault: (fault.row, fault.cell))
    if apply and not found:
        savepoint.commit()
    else:
        savepoint.rollback()
    if apply and found:
        raise TableRefused(len(found)).with_places([fault.document() for fault in found[:FAULTS_TOLD]])
    return Outcome(apply, len(rows), written.added, written.changed, written.unchanged, tuple(found))


def _write_organisations(session: Session, rows: list[Staged[NewOrganisation]], by: Caller, at: datetime) -> Written:
    """Write what each row says, then the parents, then hold every one and its children against its parent.

    In this order a table may move a whole branch at once; a state that fits is reached only at its end.
    """
    written = Written()
    known = organisations.known(session, [row.value.code.text for row in rows])
    touched: list[tuple[Staged[NewOrganisation], Organisation]] = []
    for row in rows:
        found = known.get(row.value.code.text)
        if found is not None and _same(found, row.value):
            written.unchanged += 1
            continue
        touched.append((row, organisations.written_over(session, found, row.value, by, at)))
        written.added, written.changed = written.added + (found is None), written.changed + (found is not None)
    session.flush()
    for row, organisation in touched:
        parent = row.value.parent
        if parent is not None and session.get(Organisation, parent.text) is None:
            written.faults.append(row.fault("parent", "no-such-organisation"))
        else:
            organisation.parent = parent.text if parent else None
    session.flush()
    for row, organisation in touched:
        try:
            organisations.require_place(session, organisation)
        except UnfitParent:
            written.faults.append(row.fault("parent", "unfit-parent"))
    return written


def _same(found: Organisation, told: NewOrganisation) -> bool:
    parent = told.parent.text if told.parent else None
    return (found.name, found.region, found.level, found.parent) == (told.name, told.region.text, told.level, parent)


def _write_people(session: Session, rows: list[Staged[NewPerson]], by: Caller, at: datetime) -> Written:
    written = Written()
    for row in rows:
        told = row.value
        found = people.person_by_login(session, told.login)
        try:
            if found is None:
                people.add(session, told, by, at)
                written.added += 1
            elif (found.name, found.organisation, found.email) == (told.name, told.organisation, told.email):
                written.unchanged += 1
            else:
                people.change(session, found, PersonChange(told.name, told.organisation, told.email), by, at)
                written.changed += 1
        except (NoSuchOrganisation, OrganisationSuspended) as refusal:
            written.faults.append(row.fault("organisation", refusal.code))
    return written
