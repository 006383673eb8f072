"""Packages as acts: laid down, filed, supplemented once, delivered once; their cases run side by side in between.

1. Filing makes one case for each item that was chosen, in one transaction; the papers are one set, and each case gets
   those that its matter asks for (all of them where a matter does not say).
2. An organ that finds something missing notes it; the lead sends one notice for all, with one term, and one supplement
   answers it. Cases in which nothing is missing go on meanwhile.
3. Results are handed over together once all are decided, or earlier in part where the applicant wants that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical, read
from base.db import inserting
from base.workdays import local_day
from certs.acting import ROOM
from certs.filing.cases import cases, receiving
from certs.filing.cases.errors import CaseStepDiffers
from certs.filing.cases.life import CLOSED, Act, State
from certs.filing.cases.models import Case, CaseSerial
from certs.filing.cases.told import MaterialIn, Operator, Received, Told, receipt_of
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import PENDING
from certs.filing.matter import Matter
from certs.filing.packages.errors import (
    NoSuchPackage,
    NoSuchPackageKind,
    PackageKindNotYours,
    PackageStepNotAllowed,
    PackageStepNotYours,
)
from certs.filing.packages.models import Package, PackageKind, PackageNote
from certs.filing.packages.package import Member, chosen, items_of
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import organisation_of

THING: Final = "package"
KIND: Final = "package-kind"
AUDITOR: Final = "auditor"
_DECIDED: Final = frozenset({State.GRANTED, State.REFUSED})


@dataclass(frozen=True)
class Laid:
    """A kind of package as it is laid down."""

    code: str
    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True)
class Filed:
    """A package that is filed: of which kind, what was chosen of it, and the receipt that all its cases share."""

    kind: str
    choice: tuple[str, ...]
    receipt: Received


def lay_down(session: Session, told: Laid, by: Caller, at: datetime) -> PackageKind:
    """Lay down a kind of package, as its lead department.

    Raises `PackageKindNotYours`, `NoSuchPackageKind`, `CircularPackage`, `UnusablePackageKind`.
    """
    row = session.get(PackageKind, told.code, with_for_update=True)
    if row is not None and row.lead != by.organisation:
        raise PackageKindNotYours(told.code)
    items_of(told.code, {**_kinds(session), told.code: told.members})
    members = [[each.code, each.required] for each in told.members]
    row = row or PackageKind(code=told.code, lead=by.organisation, version=0)
    row.name, row.members, row.version = told.name, members, row.version + 1
    row.changed_by, row.changed_at = actor(by), at
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "package-kind.laid-down", Thing(KIND, told.code), row.version, members=len(members))
    return row


def file(session: Session, parts: Cases, told: Filed, by: Caller, at: datetime) -> Package:
    """File a package; the same key is the same one.

    Raises `NoSuchPackageKind`, `UnusableChoice`, `CaseStepDiffers`, and what receiving a case raises.
    """
    request: dict[str, Json] = {"kind": told.kind, "choice": list(told.choice), "receipt": receipt_of(told.receipt)}
    digest = SM3.of(canonical(request)).hex()
    if (again := _filed_before(session, told.receipt.key, digest, by)) is not None:
        return again
    kind = kind_of(session, told.kind)
    items = chosen(items_of(told.kind, _kinds(session)), told.choice)
    row = _new(session, kind, told.receipt, digest, by, at)
    if row is None:
        return file(session, parts, told, by, at)
    matters = [parts.matter_of(session, item, at, told.receipt.region) for item in items]
    for place, matter in enumerate(matters, 1):
        papers = _papers_for(matter, matters, told.receipt.materials)
        key = f"{row.number}.{place:02d}"
        of_case = replace(
            told.receipt, key=key, matter=matter.item_code, materials=papers, package=row.number, number=None
        )
        receiving.receive(session, parts, of_case, by, at)
    _tell(session, row, "package.filed", by, at, cases=len(items))
    return row


def note_missing(session: Session, parts: Cases, row: Package, case: str, text: str, by: Caller, at: datetime) -> None:
    """Note what is missing in one case, for the one notice; noted again it takes the place of the first.

    Raises `PackageStepNotYours`, `PackageStepNotAllowed`.
    """
    found = next((each for each in cases_of(session, row) if each.number == case), None)
    if found is None or found.organ != by.organisation:
        raise PackageStepNotYours("note-missing")
    if row.supplement_asked_at is not None:
        raise PackageStepNotAllowed(row.number, "note-missing", "asked-already")
    if found.state != State.RECEIVED.value:
        raise PackageStepNotAllowed(row.number, "note-missing", found.state)
    content = parts.keys.seal(session, canonical({"missing": text}), _bound(row.number, case))
    session.merge(PackageNote(package=row.number, case=case, content=content, by=actor(by), at=at))
    _tell(session, row, "package.missing-noted", by, at, case=case)


def ask_supplement(
    session: Session, parts: Cases, row: Package, days: int | None, operator: Operator, by: Caller, at: datetime
) -> list[str]:
    """Send the one notice of all that is missing, with one term; name the cases that it concerns.

    Raises `PackageStepNotYours`, `PackageStepNotAllowed`.
    """
    _require_lead(row, by, "ask-supplement")
    if row.supplement_asked_at is not None:
        raise PackageStepNotAllowed(row.number, "ask-supplement", "asked-already")
    notes = notes_of(session, parts, row)
    if not notes:
        raise PackageStepNotAllowed(row.number, "ask-supplement", "nothing-noted")
    for number, missing in notes.items():
        told = Told(f"{row.number}.ask", Act.ASK_SUPPLEMENT, operator, days=days, words={"reason": missing})
        cases.take(session, parts, number, told, by, at, for_package=True)
    row.supplement_asked_at = at
    _tell(session, row, "package.supplement-asked", by, at, cases=len(notes))
    return list(notes)


def supplement(
    session: Session,
    parts: Cases,
    row: Package,
    materials: tuple[MaterialIn, ...],
    operator: Operator,
    by: Caller,
    at: datetime,
) -> list[str]:
    """Hand in what was missing, once for all cases that wait for it; name them.

    Raises `PackageStepNotYours`, `PackageStepNotAllowed`.
    """
    if by.organisation != row.receiving_organ:
        raise PackageStepNotYours("supplement")
    waiting = [each for each in cases_of(session, row) if each.state == State.SUPPLEMENTING.value]
    if not waiting:
        raise PackageStepNotAllowed(row.number, "supplement", "nothing-asked")
    matters = [parts.matter_of(session, each.item_code, at, each.region) for each in waiting]
    for case, matter in zip(waiting, matters, strict=True):
        papers = _papers_for(matter, matters, materials)
        # A case of whose papers none came goes on all the same: its organ decides on what there is.
        told = Told(f"{row.number}.supplement", Act.SUPPLEMENT, operator, materials=papers or materials)
        cases.take(session, parts, case.number, told, by, at, for_package=True)
    row.supplemented_at = at
    _tell(session, row, "package.supplemented", by, at, cases=len(waiting))
    return [each.number for each in waiting]


def deliver(
    session: Session,
    parts: Cases,
    row: Package,
    told: Mapping[str, Any],
    operator: Operator,
    by: Caller,
    at: datetime,
) -> list[str]:
    """Hand over the results together; with `in_part`, those that there are; name their cases.

    Raises `PackageStepNotYours`, `PackageStepNotAllowed`.
    """
    if by.organisation not in {row.lead, row.receiving_organ}:
        raise PackageStepNotYours("deliver")
    found = cases_of(session, row)
    ready = [each for each in found if State(each.state) in _DECIDED and each.certificate_state != PENDING]
    undecided = [each for each in found if each not in ready and State(each.state) not in CLOSED]
    if undecided and not told.get("in_part"):
        raise PackageStepNotAllowed(row.number, "deliver", "undecided")
    if not ready:
        raise PackageStepNotAllowed(row.number, "deliver", "nothing-to-deliver")
    facts = {name: told[name] for name in ("delivery_type", "delivery_number") if told.get(name)}
    for case in ready:
        step = Told(f"{row.number}.deliver", Act.DELIVER, operator, facts=facts)
        cases.take(session, parts, case.number, step, by, at, for_package=True)
    if not undecided:
        row.delivered_at = at
    _tell(session, row, "package.delivered", by, at, cases=len(ready))
    return [each.number for each in ready]


def package_of(session: Session, number: str, by: Caller, *, locked: bool = False) -> Package:
    """Give a package to its lead, its window, the organs of its cases, or an auditor. Raises `NoSuchPackage`."""
    query = select(Package).where(Package.number == number)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None:
        raise NoSuchPackage(number)
    theirs = {row.lead, row.receiving_organ} | {each.organ for each in cases_of(session, row)}
    if by.organisation not in theirs and AUDITOR not in by.roles:
        raise NoSuchPackage(number)
    return row


def cases_of(session: Session, row: Package) -> list[Case]:
    """List the cases of a package, in the order of its items."""
    return list(session.scalars(select(Case).where(Case.package == row.number).order_by(Case.intake_key, Case.number)))


def cases_of_each(session: Session, rows: Sequence[Package]) -> dict[str, list[Case]]:
    """List the cases of each of some packages, asking once for all of them."""
    found: dict[str, list[Case]] = {row.number: [] for row in rows}
    for case in session.scalars(select(Case).where(Case.package.in_(found)).order_by(Case.intake_key, Case.number)):
        found[case.package or ""].append(case)
    return found


def notes_of(session: Session, parts: Cases, row: Package) -> dict[str, str]:
    """Open what was noted as missing, by case."""
    query = select(PackageNote).where(PackageNote.package == row.number).order_by(PackageNote.case)
    found: dict[str, str] = {}
    for note in session.scalars(query):
        told: Any = read(parts.keys.open(session, note.content, _bound(note.package, note.case)))
        found[note.case] = told["missing"]
    return found


def kind_of(session: Session, code: str) -> PackageKind:
    """Give a kind of package. Raises `NoSuchPackageKind`."""
    row = session.get(PackageKind, code)
    if row is None:
        raise NoSuchPackageKind(code)
    return row


def kinds(session: Session) -> list[tuple[PackageKind, tuple[Member, ...]]]:
    """List the kinds of packages, with the items that each comes to."""
    known = _kinds(session)
    rows = session.scalars(select(PackageKind).order_by(PackageKind.code))
    return [(row, items_of(row.code, known)) for row in rows]


def state_of(row: Package, found: Collection[Case]) -> str:
    """Tell how far a package is: in words, from where its cases stand."""
    states = {State(each.state) for each in found}
    if states <= CLOSED:
        return "closed"
    if State.SUPPLEMENTING in states:
        return "supplementing"
    if states <= CLOSED | _DECIDED:
        return "decided"
    return "supplement-asked" if row.supplement_asked_at and not row.supplemented_at else "open"


def _filed_before(session: Session, key: str, digest: str, by: Caller) -> Package | None:
    same = select(Package).where(Package.receiving_organ == by.organisation, Package.intake_key == key)
    row = session.scalars(same).one_or_none()
    if row is not None and row.request_sm3 != digest:
        raise CaseStepDiffers(row.number, key)
    return row


def _require_lead(row: Package, by: Caller, step: str) -> None:
    if by.organisation != row.lead:
        raise PackageStepNotYours(step)


def _kinds(session: Session) -> dict[str, tuple[Member, ...]]:
    rows = session.scalars(select(PackageKind))
    return {row.code: tuple(Member(code, required) for code, required in row.members) for row in rows}


def _new(
    session: Session, kind: PackageKind, receipt: Received, digest: str, by: Caller, at: datetime
) -> Package | None:
    """Write the package's row; give none where the same was filed at once and was first."""
    organisation_of(session, kind.lead)
    counter = f"P{receipt.receiving_region[:6]}{local_day(at):%Y%m%d}"
    counted = inserting(session, CaseSerial).values(counter=counter, last=1)
    counted = counted.on_conflict_do_update(index_elements=[CaseSerial.counter], set_={"last": CaseSerial.last + 1})
    serial = session.execute(counted.returning(CaseSerial.last)).scalar_one()
    values = {
        "number": f"{counter}{serial:06d}",
        "kind": kind.code,
        "name": kind.name,
        "lead": kind.lead,
        "receiving_organ": by.organisation,
        "receiving_region": receipt.receiving_region,
        "intake_key": receipt.key,
        "request_sm3": digest,
        "received_at": at,
        "version": 0,
    }
    made = inserting(session, Package).values(values).on_conflict_do_nothing()
    written = session.execute(made.returning(Package.number)).first()
    return None if written is None else session.get_one(Package, written[0])


def _papers_for(matter: Matter, matters: Collection[Matter], papers: Collection[MaterialIn]) -> tuple[MaterialIn, ...]:
    """Give a case the papers that its matter asks for, under its own keys, and those that no matter names.

    Matters of different organs number their materials alike, so a paper is known by its name first: a business licence
    that two matters ask for is handed in once and serves both. By its key alone one whose name no matter has.
    """
    keys = {each.key for known in matters for each in known.materials}
    names = {each.name for known in matters for each in known.materials}
    own = {each.name: each.key for each in matter.materials}
    found: dict[str, MaterialIn] = {}
    for paper in sorted(papers, key=lambda each: each.name not in own):
        if paper.name in own:
            found[own[paper.name]] = replace(paper, key=own[paper.name])
        elif paper.name not in names and (not own or paper.key in own.values() or paper.key not in keys):
            found.setdefault(paper.key, paper)
    return tuple(found.values())


def _tell(session: Session, row: Package, act: str, by: Caller, at: datetime, **facts: Json) -> None:
    row.version += 1
    session.flush()
    ROOM.changed(session, by, at, act, Thing(THING, row.number), row.version, kind=row.kind, **facts)


def seen_by(by: Caller) -> Any:
    """Ask for the packages that an organisation leads or received."""
    query = select(Package)
    if AUDITOR in by.roles:
        return query
    return query.where(or_(Package.lead == by.organisation, Package.receiving_organ == by.organisation))


def _bound(package: str, case: str) -> bytes:
    return f"certs_package_notes:{package}:{case}".encode()
