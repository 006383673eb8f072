"""Packages (一件事) at the window: what one is made of, part of it chosen and filed at once, all cases in one view.

Every organ notes what is missing in its own case; the lead sends the one notice, one supplement answers it, and results
are handed over together. Who may do what, and when, is decided by `certs.filing.packages`; refusals are told in words.
"""

from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts, reads
from certs.filing.cases import cases
from certs.filing.cases.life import CLOSED, State
from certs.filing.cases.models import Case
from certs.filing.cases.told import Operator, Received
from certs.filing.cases.wiring import Cases
from certs.filing.matter import Material
from certs.filing.packages import packages
from certs.filing.packages.models import Package
from certs.filing.packages.package import Member
from certs.filing.packages.packages import Filed
from certs.filing.packages.schemas import (
    NewPackageSchema,
    PackageDeliverySchema,
    PackageNoteSchema,
    PackageNoticeSchema,
    PackageSupplementSchema,
)
from certs.holder_codes import holder_codes
from console import working
from console.filing.cases import CLERKS, FORM_BYTES, MARKS
from console.login import for_people
from keys.parties import organisations

filing_packages = Blueprint("filing_packages", __name__)
HERE: Final = "filing_packages.listed"
KIND: Final = "/console/package-kinds/<string:code>"
ONE: Final = "/console/packages/<string:number>"
PAPER: Final = "paper"
CONCERNED: Final = ("code", "type", "name")
STATES: Final = {
    "closed": "ok",
    "decided": "ok",
    "supplementing": "warn",
    "supplement-asked": "warn",
    "open": "unknown",
}
DELIVERIES: Final = ("window", "courier")


@filing_packages.get("/console/packages")
@for_people(CLERKS)
@reads
def listed(session: Session) -> Response:
    """List the kinds of packages, and those that the clerk's organisation leads or received."""
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, packages.seen_by(caller()), (Package.number,), asked, "package-pages")
    found = packages.cases_of_each(session, page.items)
    rows = [{"package": each, "state": packages.state_of(each, found[each.number])} for each in page.items]
    return working.page(
        "filing/packages.html",
        kinds=packages.kinds(session),
        rows=rows,
        marks=STATES,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@filing_packages.get(KIND)
@for_people(CLERKS)
def choose(code: str) -> Response:
    """Show what a package is made of, to choose from it and to file it."""
    return _choose(code)


@filing_packages.post(KIND)
@limited(FORM_BYTES)
@for_people(CLERKS)
def file(code: str) -> Response:
    """File what was chosen of a package: one receipt, one set of papers, a case for each matter."""

    def filed(session: Session) -> Response:
        by = caller()
        told = dict(working.loaded(NewPackageSchema(), _receipt(code)))
        kind, choice = told.pop("kind"), tuple(told.pop("chosen"))
        told |= {name: tuple(told[name]) for name in ("materials", "parties")} | {"operator": _operator(session, by)}
        receipt = Received(**{**told, "matter": kind})
        row = packages.file(session, parts(Cases), Filed(kind, choice, receipt), by, clock.now())
        return working.leads("filing_packages.one", done="package_filed", number=row.number)

    return working.posted(filed, lambda refusal: _choose(code, refusal))


@filing_packages.get(ONE)
@for_people(CLERKS)
def one(number: str) -> Response:
    """Show a package with all its cases."""
    return _one(number)


@filing_packages.post(f"{ONE}/notes")
@limited(FORM_BYTES)
@for_people({"operator"})
def note(number: str) -> Response:
    """Note what is missing in the case of one's own organ, for the one notice."""

    def noted(session: Session, row: Package) -> None:
        told = working.loaded(PackageNoteSchema(), working.filled("case", "missing"))
        packages.note_missing(session, parts(Cases), row, told["case"], told["missing"], caller(), clock.now())

    return _stepped(number, noted)


@filing_packages.post(f"{ONE}/notices")
@limited(FORM_BYTES)
@for_people(CLERKS)
def ask_supplement(number: str) -> Response:
    """Send the one notice of all that is missing, with one term."""

    def asked(session: Session, row: Package) -> None:
        told, by = working.loaded(PackageNoticeSchema(), working.filled("days")), caller()
        operator = _operator(session, by)
        packages.ask_supplement(session, parts(Cases), row, told["days"], operator, by, clock.now())

    return _stepped(number, asked)


@filing_packages.post(f"{ONE}/supplements")
@limited(FORM_BYTES)
@for_people(CLERKS)
def supplement(number: str) -> Response:
    """Hand in what was missing, once for all cases."""

    def supplemented(session: Session, row: Package) -> None:
        told, by = working.loaded(PackageSupplementSchema(), {"materials": _papers()}), caller()
        papers = tuple(told["materials"])
        packages.supplement(session, parts(Cases), row, papers, _operator(session, by), by, clock.now())

    return _stepped(number, supplemented)


@filing_packages.post(f"{ONE}/deliveries")
@limited(FORM_BYTES)
@for_people(CLERKS)
def deliver(number: str) -> Response:
    """Hand over the results together, or those that there are."""

    def delivered(session: Session, row: Package) -> None:
        filled = working.filled("delivery_type", "delivery_number")
        told, by = working.loaded(PackageDeliverySchema(), {**filled, "in_part": "in_part" in request.form}), caller()
        packages.deliver(session, parts(Cases), row, told, _operator(session, by), by, clock.now())

    return _stepped(number, delivered)


def _stepped(number: str, step: Any) -> Response:
    """Take a step of a package under its lock."""

    def taken(session: Session) -> Response:
        step(session, packages.package_of(session, number, caller(), locked=True))
        return working.leads("filing_packages.one", done="case_step", number=number)

    return working.posted(taken, lambda refusal: _one(number, refusal))


# --- what is read of the forms ------------------------------------------------------------------------------------


def _operator(session: Session, by: Caller) -> Operator:
    return cases.operator_for(by, None, organisations.organisation_of(session, by.organisation).name)


def _papers() -> list[dict[str, str]]:
    """Read the papers that were ticked, each by key and name together."""
    told = (value.partition(" ") for value in request.form.getlist(PAPER))
    return [{"key": key, "name": name} for key, _, name in told]


def _receipt(code: str) -> dict[str, Any]:
    """Gather a receipt, as the API's schema takes it."""
    applicant = working.filled(*CONCERNED)
    known = holder_codes().get(applicant.get("type", ""))
    return {
        "kind": code,
        "chosen": request.form.getlist("chosen"),
        **working.filled("key", "receiving_region", "receiving_window", "project_name", "region"),
        "applicant": {"kind": "person" if known and known.is_person else "organisation", **applicant},
        "materials": _papers(),
    }


# --- the pages ----------------------------------------------------------------------------------------------------


def _choose(code: str, refusal: DomainError | None = None) -> Response:
    at, by = clock.now(), caller()
    with parts(Database).reading() as session:
        kind = packages.kind_of(session, code)
        items = next(items for row, items in packages.kinds(session) if row.code == kind.code)
        members = [_member(session, each, at) for each in items]
        lead = organisations.known(session, [kind.lead])[kind.lead]
        unit = organisations.organisation_of(session, by.organisation)
    return working.page(
        "filing/package_kind.html",
        refusal,
        here=HERE,
        kind=kind,
        lead=lead,
        unit=unit,
        members=members,
        papers=_once(each for member in members for each in member["materials"]),
        holder_types=list(holder_codes().values()),
        chosen=set(request.form.getlist("chosen")) if request.method == "POST" else {each.code for each in items},
        ticked=set(request.form.getlist(PAPER)),
        typed=request.form,
    )


def _member(session: Session, member: Member, at: Any) -> dict[str, Any]:
    """Tell one matter of a package; one that is published no more stands by its code."""
    try:
        matter = parts(Cases).matter_of(session, member.code, at, "")
    except DomainError:
        return {"code": member.code, "name": member.code, "required": member.required, "materials": ()}
    return {
        "code": member.code,
        "name": matter.name,
        "required": member.required,
        "materials": [_paper(each) for each in matter.materials],
    }


def _paper(material: Material) -> tuple[str, str]:
    return f"{material.key} {material.name}", material.name


def _once(papers: Any) -> list[tuple[str, str]]:
    """Give each paper once: several matters ask for it under one name, and it is handed in once."""
    return [(value, name) for name, value in {name: value for value, name in papers}.items()]


def _one(number: str, refusal: DomainError | None = None) -> Response:
    at, by = clock.now(), caller()
    with parts(Database).reading() as session:
        row = packages.package_of(session, number, by)
        found = packages.cases_of(session, row)
        missing = packages.notes_of(session, parts(Cases), row)
        organs = organisations.known(session, sorted({row.lead, row.receiving_organ, *(each.organ for each in found)}))
        waiting = [each for each in found if each.state == State.SUPPLEMENTING.value]
        papers = [each for case in waiting for each in _member(session, Member(case.item_code), at)["materials"]]
    return working.page(
        "filing/package.html",
        refusal,
        here=HERE,
        package=row,
        state=packages.state_of(row, found),
        done_cases=sum(State(each.state) in CLOSED for each in found),
        rows=[{"case": each, "missing": missing.get(each.number, ""), "is_ours": _is_ours(each, by)} for each in found],
        organs=organs,
        marks=MARKS,
        package_marks=STATES,
        papers=_once(papers),
        may=_may(row, found, missing, by),
        deliveries=DELIVERIES,
        typed=request.form,
    )


def _is_ours(case: Case, by: Caller) -> bool:
    return by.organisation in {case.organ, case.receiving_organ}


def _may(row: Package, found: list[Case], missing: dict[str, str], by: Caller) -> dict[str, Any]:
    """Tell which forms a page offers; each is judged once more when it is sent."""
    is_asked = row.supplement_asked_at is not None
    own = [each for each in found if each.organ == by.organisation and each.state == State.RECEIVED.value]
    states = {each.state for each in found}
    decided = {State.GRANTED.value, State.REFUSED.value}
    return {
        "note": [each.number for each in own] if not is_asked and "operator" in by.roles else [],
        "ask": by.organisation == row.lead and not is_asked and bool(missing),
        "supplement": by.organisation == row.receiving_organ and State.SUPPLEMENTING.value in states,
        "deliver": by.organisation in {row.lead, row.receiving_organ} and bool(decided & states),
    }
