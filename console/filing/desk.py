"""The filing desk: choose a matter, answer its questions, see the plan, call up what it says, open the case.

The plan and every reason come from `certs.filing.plans`; what is called up passes the same gate as everywhere, for the
purpose that the clerk states, and is kept by no page. A look-up that is sent twice has one number; its sources are
asked again, since an answer that is kept would be somebody's data, kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.acting import request_id
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts, reads
from certs.filing.cases import cases, receiving
from certs.filing.cases.schemas import NewCaseSchema, told_receipt
from certs.filing.cases.wiring import Cases
from certs.filing.lookups import lookups
from certs.filing.lookups import telling as lookup_telling
from certs.filing.lookups.models import FilingLookup
from certs.filing.lookups.schemas import FilingLookupAskedSchema
from certs.filing.matters import matters
from certs.filing.matters.models import MatterItem
from certs.filing.plans import planning, telling
from certs.filing.plans.plan import Plan
from certs.filing.plans.schemas import PlanAskedSchema
from certs.filing.sheets import making
from certs.filing.sheets.schemas import PlanNoticeAskedSchema
from certs.holder_codes import holder_codes
from certs.missing import reports
from certs.missing.schemas import NewMissingReportSchema
from certs.queries.wiring import Queries
from certs.wiring import Certs
from console import working
from console.login import for_people
from exchange.agreements.purposes import BasisKind, Ground, Stage
from exchange.door.edges import attempts_recorded, judged_signature
from exchange.mounting.wiring import MountParts
from keys.parties.organisations import organisation_of

filing_desk = Blueprint("filing_desk", __name__)
CLERKS: Final = {"window", "operator"}
WINDOWS: Final = {"window"}
# Four persons, sixty answers and the fields of a purpose.
FORM_BYTES: Final = 128 * 1024
PLACE: Final = "/console/filing/<string:code>"
ANSWER: Final = "answer."
# Parents and a child, or partners of one firm; more come by the panel or the API.
PERSONS: Final = 4
LONGEST: Final = 200
# How each answer of a plan, and each outcome of a look-up, is coloured; its word says the same.
ANSWERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("certificate", "shared", "reused", "cancelled"), "ok"),
    **dict.fromkeys(("checked", "assisted"), "unknown"),
    **dict.fromkeys(("promised", "later"), "warn"),
    "submit": "plain",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "found": "ok",
    "source_down": "bad",
    "denied": "bad",
    "pending": "unknown",
    "not_covered": "plain",
    "not_found": "warn",
}
# The stages at which a window stands, each with the kind of number that carries it.
STAGES: Final = (Stage.GUIDANCE, Stage.INTAKE, Stage.ACCEPTANCE)


@filing_desk.get("/console/filing")
@for_people(CLERKS)
@reads
def choose(session: Session) -> Response:
    """Find a matter by words or code."""
    wanted = request.args.get("q", "").strip()[:LONGEST]
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    query = matters.listed(session, wanted, "", "")
    page = parts(Pager).page(session, query, (MatterItem.item_code,), asked, "filing-matters")
    return working.page(
        "filing/choose.html",
        matters=page.items,
        wanted=wanted,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@filing_desk.get(PLACE)
@for_people(CLERKS)
def plan(code: str) -> Response:
    """Put the questions that are open, and show the plan for what was answered."""
    return plan_page(code)


@filing_desk.post(f"{PLACE}/lookups")
@limited(FORM_BYTES)
@for_people(CLERKS)
def look_up(code: str) -> Response:
    """Call up everything that the case needs about its persons, and show it once."""
    try:
        row, answer = _called_up(code=code)
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return plan_page(code, refusal)
    return working.page(
        "filing/results.html",
        here="filing_desk.choose",
        matter=answer.plan.matter,
        region=answer.plan.region,
        situation=_situation(),
        lookup=row,
        items=answer.items,
        mismatches=answer.hints,
        notice=answer.notice,
        to_bring=lookup_telling.to_bring(answer.notice),
        is_complete=answer.is_complete,
        has_questions=bool(answer.plan.open_questions),
        typed=_typed(),
        holders=_holders(),
        marks=OUTCOMES,
        answers=ANSWERS,
        types=parts(Certs).types,
        may_report=bool(WINDOWS & caller().roles),
        showing=_showing(),
    )


@filing_desk.post(f"{PLACE}/missing-reports")
@limited(FORM_BYTES)
@for_people(WINDOWS)
def report(code: str) -> Response:
    """Report that the holder has what the library has not."""

    def reported(session: Session) -> Response:
        told = working.filled("usage_id", "certificate_type", "number", "note")
        holder = {name: request.form.get(f"holder.{name}", "") for name in ("code", "type", "name")}
        made = working.loaded(NewMissingReportSchema(), {**told, "holder": holder})
        known = parts(Certs)
        row = reports.report(session, known.keys, known.types, made, caller(), clock.now())
        return working.leads("officer_missing.one", done="report_made", report=row.id)

    return working.posted(reported, lambda refusal: plan_page(code, refusal))


@filing_desk.post(f"{PLACE}/notices")
@limited(FORM_BYTES)
@for_people(CLERKS)
def notice(code: str) -> Response:
    """Make the one-time notice (一次告知单) from the plan alone, and lead to its file."""

    def made(session: Session) -> Response:
        told = {"matter": code, "region": request.form.get("region", ""), "situation": _situation()}
        asked, forms = working.loaded(PlanNoticeAskedSchema(), told)
        row, _, _ = making.notice_of_plan(session, parts(Queries), asked, forms, caller(), clock.now())
        return working.leads("filing_cases.notice_file", number=row.id, form="pdf")

    parts(Queries).open(parts(Database))
    return working.posted(made, lambda refusal: plan_page(code, refusal))


@filing_desk.post(f"{PLACE}/cases")
@limited(FORM_BYTES)
@for_people(CLERKS)
def receive(code: str) -> Response:
    """Open the case with its materials; what was called up stands in for its papers."""

    def received(session: Session) -> Response:
        by = caller()
        told = working.loaded(NewCaseSchema(), {"matter": code, **_case()})
        operator = cases.operator_for(by, told["operator"], organisation_of(session, by.organisation).name)
        case = receiving.receive(session, parts(Cases), told_receipt(told, operator), by, clock.now()).case
        return working.leads("filing_cases.one", done="case_received", number=case.number)

    return working.posted(received, lambda refusal: plan_page(code, refusal))


@attempts_recorded
def _called_up(code: str) -> tuple[FilingLookup, lookups.Answer]:
    looking = working.loaded(FilingLookupAskedSchema(), {"matter": code, **_told(code)})
    key = request.form.get(working.ONCE) or None
    return lookups.look_up(desk(), replace(looking, key=key), judged_signature)


def desk() -> lookups.Desk:
    """Make who looks up: this clerk, now."""
    return lookups.Desk(parts(Database), parts(Queries), parts(MountParts), caller(), clock.now(), request_id())


# --- what is read of the forms ------------------------------------------------------------------------------------


def _situation() -> dict[str, str]:
    """Read the answers to a matter's questions, of the address or of the form."""
    found = (request.form if request.method == "POST" else request.args).items()
    return {name.removeprefix(ANSWER): each for name, each in found if name.startswith(ANSWER) and each}


def _holders() -> list[dict[str, str]]:
    rows = (
        {name: request.form.get(f"holders.{place}.{name}", "").strip() for name in ("code", "type", "name", "role")}
        for place in range(PERSONS)
    )
    return [{name: each for name, each in row.items() if each} for row in rows if row["code"] or row["name"]]


def _showing() -> list[tuple[str, str]]:
    """Read what a code showed, as the form carries it along: type and certificate, without a word of what it says."""
    told = zip(request.form.getlist("shown.type"), request.form.getlist("shown.identifier"), strict=False)
    return list(dict.fromkeys(told))


def _told(code: str) -> dict[str, Any]:
    return {"purpose": stated_purpose(code), "holders": _holders(), "situation": _situation()}


def stated_purpose(code: str) -> dict[str, Any]:
    """Gather the purpose that a form states, as the API's schema takes it; who works is this person of this unit."""
    database = parts(Database)
    parts(Queries).open(database)
    with database.reading() as session:
        matter = matters.matter_of(session, code, clock.now(), request.form.get("region", ""))
        unit = organisation_of(session, caller().organisation)
    basis = request.form.get("basis", "").strip()
    kind = BasisKind.CASE if request.form.get("stage") == Stage.ACCEPTANCE else BasisKind.INTAKE
    return {
        "item_code": matter.item_code,
        "item_name": matter.name,
        "stage": request.form.get("stage", ""),
        "basis": {"kind": kind.value, "number": basis} if basis else None,
        "ground": request.form.get("ground", ""),
        "grant_code": request.form.get("grant_code", "").strip() or None,
        "operator": {"kind": "person", "name": caller().name, "unit": unit.name},
        "handling_region": request.form.get("region", "") or unit.region,
        "reason": request.form.get("reason", "").strip(),
    }


def _case() -> dict[str, Any]:
    """Gather a receipt, as the API's schema takes it."""
    (applicant, *others) = _holders() or [{}]
    kind = "person" if applicant.get("type") in holder_codes() and holder_codes()[applicant["type"]].is_person else ""
    materials = [
        {"key": key, "name": name, "answer": answer or "submit", "source": source}
        for key, name, answer, source in zip(
            *(request.form.getlist(f"material.{each}") for each in ("key", "name", "answer", "source")), strict=False
        )
    ]
    return {
        "key": request.form.get("key", "").strip(),
        "region": request.form.get("region", ""),
        "receiving_region": request.form.get("receiving_region", "").strip(),
        "receiving_window": request.form.get("receiving_window", "").strip(),
        "project_name": request.form.get("project_name", "").strip(),
        "applicant": {
            "kind": kind or "organisation",
            **{name: applicant[name] for name in ("code", "type", "name") if name in applicant},
        },
        "parties": [each for each in others if each.get("role")],
        "materials": materials,
    }


def _typed() -> dict[str, str]:
    return {name: value for name, value in request.form.items() if name not in {"csrf_token", working.ONCE}}


# --- the page of a plan -------------------------------------------------------------------------------------------


def plan_page(code: str, refusal: DomainError | None = None, shown: Sequence[Mapping[str, Any]] = ()) -> Response:
    """Show the plan of a matter; `shown` is what a redeemed code was good for, told this once."""
    region = (request.form.get("region", "") or request.args.get("region", ""))[:12]
    told = {"matter": code, "region": region, "situation": _situation()}
    database = parts(Database)
    parts(Queries).open(database)
    with database.reading() as session:
        found: Plan = planning.planned(
            session, parts(Queries), working.loaded(PlanAskedSchema(), told), caller(), clock.now()
        )
        unit = organisation_of(session, caller().organisation)
    return working.page(
        "filing/plan.html",
        refusal,
        here="filing_desk.choose",
        plan=telling.plan(found, {}),
        matter=found.matter,
        questions=found.open_questions,
        situation=_situation(),
        region=region,
        unit=unit,
        typed=_typed(),
        persons=PERSONS,
        roles=sorted({each.role for each in found.matter.materials} | {"applicant"}),
        worded=ROLES,
        stages=STAGES,
        grounds=list(Ground),
        holder_types=list(holder_codes().values()),
        answers=ANSWERS,
        shown=shown,
        showing=[(each["type"], each["identifier"]) for each in shown if each["outcome"] == "found"] or _showing(),
        marks=OUTCOMES,
        types=parts(Certs).types,
        may_redeem=bool(WINDOWS & caller().roles),
    )


# Roles of persons that have words; a matter's own stands as it is.
ROLES: Final = frozenset({"applicant", "spouse", "guardian", "vehicle_owner", "child", "parent", "agent"})
