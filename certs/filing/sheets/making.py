"""Receipts and notices as acts: what stands on them is read and kept; their seal comes when a file is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.callers import Caller
from base.workdays import local_day
from certs.filing.cases import life
from certs.filing.cases.models import Case
from certs.filing.cases.reading import case_of, content_of, materials_of, steps_of, words_of
from certs.filing.cases.wiring import Cases
from certs.filing.lookups import lookups
from certs.filing.lookups.models import FilingLookup
from certs.filing.plans import planning
from certs.filing.plans.offers import HandedIn
from certs.filing.plans.plan import Plan
from certs.filing.plans.planning import Asked
from certs.filing.sheets import notice, receipt, sheets
from certs.filing.sheets.errors import NoSuchFilingDocument
from certs.filing.sheets.models import NOTICE, FilingSheet
from certs.filing.sheets.notice import Noticed, OfCase, Received, Undertaken
from certs.filing.sheets.receipt import Looked
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import STANDING, Kind
from certs.queries.wiring import Queries
from certs.wiring import Certs
from exchange.door.models import Usage
from exchange.models import Directory
from keys.parties.organisations import organisation_of

# What may stand on the code of a document begins with the site's address, as the codes of certificates do.
CODES: Final = "/v/"
OF_UNDERTAKING: Final = frozenset({Kind.PROMISE.value, Kind.LATER.value})
AUDITOR: Final = "auditor"


@dataclass(frozen=True)
class NoticeAsked:
    """What a notice is asked for with: the situation, and the forms of papers that the clerk names."""

    situation: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)


def receipt_of(session: Session, parts: Certs, lookup: str, by: Caller, at: datetime) -> FilingSheet:
    """Keep the receipt of a look-up as it stands now. Raises `NoSuchLookup`."""
    row = lookups.lookup_of(session, lookup, by)
    return kept_receipt(session, parts, row, by, at)


def kept_receipt(session: Session, parts: Certs, row: FilingLookup, by: Caller, at: datetime) -> FilingSheet:
    """Keep the receipt of a look-up, in the name of who asked."""
    asking = Caller(by.kind, by.id, by.name, row.organisation, by.roles, by.scopes)
    grounds = select(Usage.ground).where(Usage.id.in_(row.usages)).distinct().order_by(Usage.ground)
    looked = Looked(
        row.id,
        organisation_of(session, row.organisation).name,
        row.item_code,
        row.item_name,
        row.organ_name,
        row.region,
        row.stage,
        row.basis,
        row.bound_to or "",
        row.complete,
        row.runs,
        row.last_at,
        row.items,
        tuple(session.scalars(grounds)),
    )
    told = receipt.receipt(looked, _names(session, parts, row), site_of(parts), at)
    return sheets.keep(session, parts.keys, told, row.id, row.item_code, asking, at)[0]


def notice_of_plan(
    session: Session, parts: Queries, asked: Asked, forms: Mapping[str, str], by: Caller, at: datetime
) -> tuple[FilingSheet, dict[str, Any], bool]:
    """Keep the notice of a plan without a case. Raises as `planning.planned` does."""
    found = planning.planned(session, parts, asked, by, at)
    noticed = Noticed(found, asked.situation, organisation_of(session, by.organisation).name, forms=forms)
    return _kept(session, parts.certs, noticed, by, at)


def notice_of_case(
    session: Session, parts: Queries, cases: Cases, number: str, asked: NoticeAsked, by: Caller, at: datetime
) -> tuple[FilingSheet, dict[str, Any], bool]:
    """Keep the notice of a case, as it stands now. Raises `NoSuchCase`, and as `planning.planned` does."""
    row = case_of(session, number, by)
    if by.organisation not in {row.organ, row.receiving_organ}:
        raise NoSuchFilingDocument(number)
    of = _of_case(session, cases, row)
    handed = {each.key: HandedIn(f"办件 {number}", each.at) for each in of.received}
    plan = planning.planned(session, parts, Asked(row.item_code, asked.situation, row.region, handed_in=handed), by, at)
    noticed = Noticed(plan, asked.situation, organisation_of(session, by.organisation).name, of, asked.forms)
    return _kept(session, parts.certs, noticed, by, at)


def document_of(session: Session, number: str, by: Caller) -> FilingSheet:
    """Give a notice to who made it, or to a side of its case. Raises `NoSuchFilingDocument`."""
    row = session.get(FilingSheet, number)
    if row is None or row.kind != NOTICE:
        raise NoSuchFilingDocument(number)
    case = session.get(Case, row.about) if row.about else None
    theirs = {row.organisation} | ({case.organ, case.receiving_organ} if case is not None else set())
    if by.organisation not in theirs:
        raise NoSuchFilingDocument(number)
    return row


def site_of(parts: Certs) -> str:
    """Give the address of this site, from what the codes on certificates begin with."""
    return parts.links.removesuffix(CODES).rstrip("/")


def _kept(
    session: Session, parts: Certs, noticed: Noticed, by: Caller, at: datetime
) -> tuple[FilingSheet, dict[str, Any], bool]:
    plan: Plan = noticed.plan
    told = notice.notice(noticed, site_of(parts), at)
    row, is_new = sheets.keep(session, parts.keys, told, noticed.case.number, plan.matter.item_code, by, at)
    return row, notice.told(noticed), is_new


def _of_case(session: Session, cases: Cases, row: Case) -> OfCase:
    query = select(Undertaking).where(Undertaking.case == row.number, Undertaking.kind.in_(OF_UNDERTAKING))
    undertaken = tuple(
        Undertaken(each.material, each.kind, _last_day(each.due_at), each.state)
        for each in session.scalars(query.order_by(Undertaking.id))
        if each.state in STANDING
    )
    received = tuple(
        Received(each.key, each.name, each.answer, each.handed_in_at) for each in materials_of(session, row.number)
    )
    is_asked = row.state == life.State.SUPPLEMENTING.value
    asked = [each for each in steps_of(session, row.number) if each.act == life.Act.ASK_SUPPLEMENT.value]
    said = str(words_of(session, cases, asked[-1]).get("reason", "")) if is_asked and asked else ""
    applicant = str(content_of(session, cases, row)["applicant"]["name"])
    due = _last_day(row.due_at) if is_asked and row.due_at is not None else None
    return OfCase(row.number, applicant, due, said, received, undertaken)


def _last_day(ends_at: datetime) -> date:
    """Give the last day of a term, which ends with the day's last moment."""
    return local_day(ends_at - timedelta(microseconds=1))


def _names(session: Session, parts: Certs, row: FilingLookup) -> dict[str, str]:
    codes = {each["type"] for each in row.items if each["type"]}
    types = {code: parts.types[code].name for code in codes if code in parts.types}
    query = select(Directory.code, Directory.name).where(Directory.code.in_(codes))
    return {**{each.code: each.name for each in session.execute(query)}, **types}
