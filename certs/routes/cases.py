"""Cases below `/api/v1`: received at a window, worked on by the organ that decides, each step told once."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.db import Database
from base.paging import Page, Pager
from base.web import caller, gives, guarded, limited, parts, reads, takes, transacts, writes
from certs.filing.cases import cases, centre, deliveries, evaluations, matter_terms, parties, reading, receiving, upward
from certs.filing.cases.certificates import Follower, require_pending
from certs.filing.cases.errors import NoSuchCase
from certs.filing.cases.evaluation_schemas import (
    CaseEvaluationAnswerSchema,
    CaseEvaluationSchema,
    CaseEvaluationsSchema,
    NewCaseEvaluationSchema,
)
from certs.filing.cases.evaluations import Rated
from certs.filing.cases.models import Case, CaseDelivery, CaseEvaluation, CaseStep
from certs.filing.cases.party_schemas import CasePartyCodeSchema, CasePartyShownSchema
from certs.filing.cases.schemas import (
    CaseDeliveriesSchema,
    CaseDeliverySchema,
    CasePage,
    CaseReceiptSchema,
    CaseRowsSchema,
    CaseSchema,
    CasesQuery,
    CaseStepsSchema,
    CaseStepTakenSchema,
    CaseTermsListSchema,
    CaseTermsSchema,
    CaseWholeSchema,
    NewCaseSchema,
    NewCaseStepSchema,
    told_receipt,
    told_step,
)
from certs.filing.cases.terms import Terms
from certs.filing.cases.told import Operator
from certs.filing.cases.wiring import Cases
from certs.wiring import Certs
from keys.authority.wiring import Authority
from keys.parties.organisations import organisation_of
from signing.edges import Sealer
from signing.wiring import Signing

case_routes = Blueprint("cases", __name__, description="办件 · cases")

SCOPE = "case:write"
WINDOWS = {"window"}
CLERKS = {"window", "operator"}
READERS = CLERKS | {"auditor"}
# Scanned materials in base64: some ten of 1 MiB, and a third more for the writing.
BODY_BYTES = 16 * 1024 * 1024
CASE = "/cases/<string:number>"


@case_routes.route("/cases", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewCaseSchema)
@gives(CaseWholeSchema, 201)
def receive(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Receive a case, for an organ here or elsewhere; the same key is the same case · 收件（含异地代收）."""
    by = caller()
    receipt = told_receipt(told, _operator(session, told, by))
    return _whole(session, receiving.receive(session, parts(Cases), receipt, by, clock.now()).case)


@case_routes.route("/cases", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@takes(CasesQuery, location="query")
@gives(CasePage)
def listed(session: Session, asked: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the cases of one's organisation, on either side · 办件列表."""
    page, at = asked.pop("page"), clock.now()
    asked["overdue_at"] = at if asked.pop("overdue") else None
    found = parts(Pager).page(session, reading.seen_by(caller(), asked), (Case.number,), page, "cases")
    return Page([shown(each) for each in found.items], found.next_cursor)


@case_routes.route(CASE, methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(CaseWholeSchema)
def one(session: Session, number: str) -> dict[str, Any]:
    """Give a case · 办件详情."""
    return _whole(session, reading.case_of(session, number, caller()))


@case_routes.route(f"{CASE}/steps", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(NewCaseStepSchema)
@gives(CaseStepTakenSchema)
def take(session: Session, told: dict[str, Any], number: str) -> dict[str, Any]:
    """Take a step; told again under its key it is recognised · 告知办件环节."""
    by = caller()
    step = told_step(told, _operator(session, told, by))
    taken = cases.take(session, parts(Cases), number, step, by, clock.now())
    return {"step": _step(session, taken.step), "is_new": taken.is_new, "case": shown(taken.case)}


@case_routes.route(f"{CASE}/steps", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(CaseStepsSchema)
def steps(session: Session, number: str) -> dict[str, Any]:
    """List the steps of a case · 办件环节."""
    row = reading.case_of(session, number, caller())
    return {"items": [_step(session, each) for each in reading.steps_of(session, row.number)]}


@case_routes.route(f"{CASE}/steps/<int:sequence>/rows", methods=["GET"])
@guarded(scope=SCOPE, roles={"operator"})
@reads
@gives(CaseRowsSchema)
def rows(session: Session, number: str, sequence: int) -> dict[str, Any]:
    """Give a step as rows of the national tables, to the two sides of the case · 国家办件库表行."""
    row = reading.case_of(session, number, caller())
    if not 1 <= sequence <= row.version:
        raise NoSuchCase(number)
    return {"items": upward.rows_of(session, parts(Cases), row, sequence)}


@case_routes.route(f"{CASE}/certificate", methods=["POST"])
@guarded(scope=SCOPE, roles={"operator"})
@transacts
@gives(CaseSchema)
def issue(database: Database, number: str) -> dict[str, Any]:
    """Issue the certificate of a granted case now, or tell why it is still pending · 制发结果证照."""
    by = caller()
    with database.reading() as session:
        require_pending(reading.case_of(session, number, by), by)

    def sealer(sealing: Caller) -> Sealer:
        return Sealer(database, parts(Signing), parts(Authority), sealing, clock.now)

    Follower(database, parts(Cases), parts(Certs), sealer, clock.now).issue(number)
    with database.reading() as session:
        return shown(reading.case_of(session, number, by))


@case_routes.route(f"{CASE}/parties/<int:place>/codes", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(CasePartyCodeSchema)
@gives(CasePartyShownSchema, 201)
def bind(session: Session, told: tuple[str, str], number: str, place: int) -> dict[str, Any]:
    """Give somebody of the case the code that there was none of yet · 补录号码（如新生儿）."""
    by = caller()
    row = reading.case_of(session, number, by, locked=True)
    kept = parties.bind(session, parts(Cases), row, place, told, by, clock.now())
    return parties.shown(session, parts(Cases), kept)


@case_routes.route(f"{CASE}/evaluations", methods=["POST"])
@guarded(scope=SCOPE, roles=WINDOWS)
@writes
@takes(NewCaseEvaluationSchema)
@gives(CaseEvaluationSchema, 201)
def evaluate(session: Session, told: Rated, number: str) -> dict[str, Any]:
    """Keep what the applicant thinks of the case, or of one use of a certificate in it · 好差评."""
    by = caller()
    row = reading.case_of(session, number, by, locked=True)
    return _evaluation(session, evaluations.evaluate(session, parts(Cases), row, told, by, clock.now()))


@case_routes.route(f"{CASE}/evaluations", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS)
@reads
@gives(CaseEvaluationsSchema)
def evaluated(session: Session, number: str) -> dict[str, Any]:
    """List the evaluations of a case · 办件评价."""
    row = reading.case_of(session, number, caller())
    return {"items": [_evaluation(session, each) for each in evaluations.of_case(session, row)]}


@case_routes.route(f"{CASE}/evaluations/<int:rated>/answers", methods=["POST"])
@guarded(scope=SCOPE, roles={"operator"})
@writes
@takes(CaseEvaluationAnswerSchema)
@gives(CaseEvaluationSchema, 201)
def answer(session: Session, told: dict[str, Any], number: str, rated: int) -> dict[str, Any]:
    """Answer a bad evaluation, and say what was put right · 差评答复与整改."""
    by = caller()
    row = reading.case_of(session, number, by, locked=True)
    return _evaluation(session, evaluations.answer(session, parts(Cases), row, rated, told, by, clock.now()))


@case_routes.route("/case-deliveries", methods=["GET"])
@guarded(scope=SCOPE, roles=CLERKS)
@reads
@gives(CaseDeliveriesSchema)
def waiting(session: Session) -> dict[str, Any]:
    """Fetch the steps that the other side took and that were not acknowledged yet · 取回办件环节."""
    return {"items": [_delivery(session, each) for each in deliveries.waiting(session, caller())]}


@case_routes.route("/case-deliveries/<int:delivery>/receipts", methods=["POST"])
@guarded(scope=SCOPE, roles=CLERKS)
@writes
@takes(CaseReceiptSchema)
@gives(CaseDeliverySchema, 201)
def acknowledge(session: Session, told: dict[str, str], delivery: int) -> dict[str, Any]:
    """Acknowledge a step that was fetched · 回执."""
    row = deliveries.acknowledge(session, delivery, told["receipt"], caller(), clock.now())
    return _delivery(session, row)


@case_routes.route(f"{CASE}/steps/<int:sequence>/resends", methods=["POST"])
@guarded(scope=SCOPE, roles={"operator"})
@writes
@gives(CaseDeliverySchema, 201)
def resend(session: Session, number: str, sequence: int) -> dict[str, Any]:
    """Have a step that the case centre refused told again · 重报办件中心."""
    by = caller()
    row = reading.case_of(session, number, by, locked=True)
    return _delivery(session, centre.resend(session, row, sequence, by, clock.now()))


@case_routes.route("/case-terms", methods=["GET"])
@guarded(scope=SCOPE, roles=READERS | {"authority"})
@reads
@gives(CaseTermsListSchema)
def laid_down(session: Session) -> dict[str, Any]:
    """List the working days that are laid down, for all matters and for some · 办件时限列表."""
    return {"items": matter_terms.laid_down(session)}


@case_routes.route("/case-terms/<string:scope>", methods=["PUT"])
@guarded(roles={"authority", "operator"})
@writes
@takes(CaseTermsSchema)
@gives(CaseTermsSchema)
def lay_down(session: Session, told: tuple[Terms, str], scope: str) -> Any:
    """Lay down the working days of a matter's cases · 办件时限."""
    terms, basis = told
    return matter_terms.lay_down(session, scope, terms, basis, caller(), clock.now())


def shown(row: Case) -> dict[str, Any]:
    """Give a case as lists and answers show it."""
    told = {column.key: getattr(row, column.key) for column in Case.__table__.columns if column.key != "content"}
    return {**told, "is_overdue": row.due_at is not None and clock.now() >= row.due_at}


def _whole(session: Session, row: Case) -> dict[str, Any]:
    is_theirs = caller().organisation in {row.organ, row.receiving_organ}
    content = reading.content_of(session, parts(Cases), row) if is_theirs else {}
    return {
        **shown(row),
        "applicant": content.get("applicant"),
        "contact": content.get("contact"),
        "project_name": content.get("project_name", ""),
        "address": content.get("address", ""),
        "form": content.get("form", {}),
        "materials": reading.materials_of(session, row.number) if is_theirs else [],
        "parties": parties.of_case(session, parts(Cases), row) if is_theirs else [],
    }


def _step(session: Session, step: CaseStep) -> dict[str, Any]:
    row = session.get_one(Case, step.case)
    is_theirs = caller().organisation in {row.organ, row.receiving_organ}
    words = reading.words_of(session, parts(Cases), step) if is_theirs else {}
    told = {column.key: getattr(step, column.key) for column in CaseStep.__table__.columns if column.key != "content"}
    return {**told, "words": words}


def _evaluation(session: Session, kept: CaseEvaluation) -> dict[str, Any]:
    row = session.get_one(Case, kept.case)
    told = {column.key: getattr(kept, column.key) for column in CaseEvaluation.__table__.columns}
    hidden = {"text": "", "answer": "", "rectified": ""}
    is_theirs = caller().organisation in {row.organ, row.receiving_organ}
    return {**told, **(evaluations.words_of(session, parts(Cases), kept) if is_theirs else hidden)}


def _delivery(session: Session, row: CaseDelivery) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "case", "sequence", "state", "receipt")}
    return {**told, "step": _step(session, session.get_one(CaseStep, (row.case, row.sequence)))}


def _operator(session: Session, told: Mapping[str, Any], by: Caller) -> Operator:
    return cases.operator_for(by, told["operator"], organisation_of(session, by.organisation).name)
