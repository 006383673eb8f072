"""Packages (一件事) below `/api/v1`: one receipt, one set of papers, one supplement, one delivery, one view."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint, PageQuery
from base.callers import Caller
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, writes
from certs.filing.cases import cases
from certs.filing.cases.life import CLOSED, State
from certs.filing.cases.told import Operator, Received
from certs.filing.cases.wiring import Cases
from certs.filing.packages import packages
from certs.filing.packages.models import Package, PackageKind
from certs.filing.packages.package import Member
from certs.filing.packages.packages import Filed, Laid
from certs.filing.packages.schemas import (
    NewPackageKindSchema,
    NewPackageSchema,
    PackageDeliverySchema,
    PackageKindSchema,
    PackageKindsSchema,
    PackageNoteSchema,
    PackageNoticeSchema,
    PackagePage,
    PackageSchema,
    PackageSupplementSchema,
)
from certs.routes.cases import BODY_BYTES, CLERKS, READERS, SCOPE, shown
from keys.parties.organisations import organisation_of

package_routes = Blueprint("packages", __name__, description="一件事 · packages")

ONE = "/case-packages/<string:number>"


@package_routes.route("/case-package-kinds/<string:code>", methods=["PUT"])
@guarded(scope="case:write", roles={"authority", "operator"})
@writes
@takes(NewPackageKindSchema)
@gives(PackageKindSchema)
def lay_down(session: Session, told: dict[str, Any], code: str) -> dict[str, Any]:
    """Lay down a kind of package, as its lead department · 一件事事项清单."""
    laid = Laid(code, told["name"], tuple(told["members"]))
    row = packages.lay_down(session, laid, caller(), clock.now())
    items = next(items for known, items in packages.kinds(session) if known.code == row.code)
    return _kind(row, items)


@package_routes.route("/case-package-kinds", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS | {"authority"})
@reads
@gives(PackageKindsSchema)
def kinds(session: Session) -> dict[str, Any]:
    """List the kinds of packages, with the items that each comes to · 一件事目录."""
    return {"items": [_kind(row, items) for row, items in packages.kinds(session)]}


@package_routes.route("/case-packages", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewPackageSchema)
@gives(PackageSchema, 201)
def file(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """File a package: a case for each matter that was chosen, with one set of papers · 一件事申办."""
    by, told = caller(), dict(told)
    kind, choice = told.pop("kind"), tuple(told.pop("chosen"))
    operator = _operator(session, told.pop("operator"), by)
    lists = {name: tuple(told[name]) for name in ("materials", "parties")}
    receipt = Received(**{**told, **lists, "matter": kind, "operator": operator})
    return _shown(session, packages.file(session, parts(Cases), Filed(kind, choice, receipt), by, clock.now()))


@package_routes.route("/case-packages", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(PageQuery, location="query")
@gives(PackagePage)
def listed(session: Session, asked: dict[str, Any]) -> Page[Package]:
    """List the packages that one's organisation leads or received · 一件事列表."""
    query = packages.seen_by(caller())
    return parts(Pager).page(session, query, (Package.number,), asked["page"], "case-packages")


@package_routes.route(ONE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(PackageSchema)
def one(session: Session, number: str) -> dict[str, Any]:
    """Give a package with all its cases · 一件事进度."""
    return _shown(session, packages.package_of(session, number, caller()))


@package_routes.route(f"{ONE}/notes", methods=["POST"])
@guarded(scope=SCOPE, roles={"operator"})
@writes
@takes(PackageNoteSchema)
@gives(PackageSchema, 201)
def note(session: Session, told: dict[str, str], number: str) -> dict[str, Any]:
    """Note what is missing in one's case, for the one notice · 登记所缺材料."""
    by = caller()
    row = packages.package_of(session, number, by, locked=True)
    packages.note_missing(session, parts(Cases), row, told["case"], told["missing"], by, clock.now())
    return _shown(session, row)


@package_routes.route(f"{ONE}/notices", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(PackageNoticeSchema)
@gives(PackageSchema, 201)
def ask_supplement(session: Session, told: dict[str, Any], number: str) -> dict[str, Any]:
    """Send the one notice of all that is missing · 一次告知补正."""
    by = caller()
    row = packages.package_of(session, number, by, locked=True)
    operator = _operator(session, told["operator"], by)
    packages.ask_supplement(session, parts(Cases), row, told["days"], operator, by, clock.now())
    return _shown(session, row)


@package_routes.route(f"{ONE}/supplements", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(PackageSupplementSchema)
@gives(PackageSchema, 201)
def supplement(session: Session, told: dict[str, Any], number: str) -> dict[str, Any]:
    """Hand in what was missing, once · 一次补正."""
    by = caller()
    row = packages.package_of(session, number, by, locked=True)
    operator = _operator(session, told["operator"], by)
    packages.supplement(session, parts(Cases), row, tuple(told["materials"]), operator, by, clock.now())
    return _shown(session, row)


@package_routes.route(f"{ONE}/deliveries", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(PackageDeliverySchema)
@gives(PackageSchema, 201)
def deliver(session: Session, told: dict[str, Any], number: str) -> dict[str, Any]:
    """Hand over the results together · 一窗出件."""
    by = caller()
    row = packages.package_of(session, number, by, locked=True)
    packages.deliver(session, parts(Cases), row, told, _operator(session, told["operator"], by), by, clock.now())
    return _shown(session, row)


def _operator(session: Session, told: Operator | None, by: Caller) -> Operator:
    return cases.operator_for(by, told, organisation_of(session, by.organisation).name)


def _kind(row: PackageKind, items: tuple[Member, ...]) -> dict[str, Any]:
    return {"code": row.code, "name": row.name, "lead": row.lead, "version": row.version, "items_": items}


def _shown(session: Session, row: Package) -> dict[str, Any]:
    """Show a package in one view; what is missing is told to those who have a part in it."""
    found = packages.cases_of(session, row)
    due = [each.due_at for each in found if each.due_at is not None]
    told = {column.key: getattr(row, column.key) for column in Package.__table__.columns}
    theirs = {row.lead, row.receiving_organ} | {each.organ for each in found}
    return {
        **told,
        "state": packages.state_of(row, found),
        "done": sum(State(each.state) in CLOSED for each in found),
        "due_at": min(due) if due else None,
        "cases": [shown(each) for each in found],
        "missing": packages.notes_of(session, parts(Cases), row) if caller().organisation in theirs else {},
    }
