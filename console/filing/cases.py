"""Cases at the window: the list, one case with its materials and steps, what stands in for papers, and its papers.

Which step may follow which, and whose it is, is decided by the life of a case; a page offers what the present state and
the person's side allow, and what is refused is told. The key of a step is the form's own, so that it is taken once.
"""

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts, reads
from certs.copies.wiring import Copying
from certs.filing.cases import cases, parties, reading
from certs.filing.cases.life import MOVES, Act, Side, State
from certs.filing.cases.models import Case
from certs.filing.cases.schemas import NewCaseStepSchema, told_step
from certs.filing.cases.wiring import Cases
from certs.filing.sheets import making, sheets
from certs.filing.sheets.edges import SheetSealer
from certs.filing.sheets.schemas import CaseNoticeAskedSchema
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.schemas import (
    NewAssistanceLetterSchema,
    NewLaterPaperSchema,
    UndertakingStepSchema,
)
from certs.filing.undertakings.undertaking import Step as UndertakingStep
from certs.queries.wiring import Queries
from certs.wiring import Certs
from console import working
from console.filing.desk import ANSWERS
from console.login import for_people
from keys.authority.wiring import Authority
from keys.parties import organisations
from signing.edges import Sealer
from signing.wiring import Signing

filing_cases = Blueprint("filing_cases", __name__)
CLERKS: Final = {"window", "operator"}
FORM_BYTES: Final = 64 * 1024
PLACE: Final = "/console/cases/<string:number>"
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
MARKS: Final = {
    State.GRANTED: "ok",
    State.DELIVERED: "ok",
    **dict.fromkeys((State.REFUSED, State.NOT_ACCEPTED, State.VOID), "bad"),
    **dict.fromkeys((State.SUPPLEMENTING, State.SPECIAL), "warn"),
}
# The steps that a page offers; granting, which says what a certificate shall say, is told by the organ's own system.
OFFERED: Final = (
    Act.SUPPLEMENT,
    Act.ASK_SUPPLEMENT,
    Act.ACCEPT,
    Act.NOT_ACCEPT,
    Act.REFUSE,
    Act.DELIVER,
    Act.WITHDRAW,
)


@filing_cases.get("/console/cases")
@for_people(CLERKS)
@reads
def listed(session: Session) -> Response:
    """List the cases of the clerk's organisation, on either side."""
    state = request.args.get("state", "")
    wanted: dict[str, Any] = {"overdue_at": clock.now() if request.args.get("overdue") == "1" else None}
    if state in set(State):
        wanted["state"] = state
    asked = PageAsked(cursor=request.args.get("cursor") or None)
    page = parts(Pager).page(session, reading.seen_by(caller(), wanted), (Case.number,), asked, "case-pages")
    at = clock.now()
    return working.page(
        "filing/cases.html",
        rows=[{"case": each, "overdue": _is_overdue(each, at)} for each in page.items],
        wanted={"state": state, "overdue": request.args.get("overdue", "")},
        states=list(State),
        marks=MARKS,
        following=page.next_cursor,
        is_first=asked.cursor is None,
    )


@filing_cases.get(PLACE)
@for_people(CLERKS)
def one(number: str) -> Response:
    """Show a case."""
    return _one(number)


@filing_cases.post(f"{PLACE}/steps/<string:act>")
@limited(FORM_BYTES)
@for_people(CLERKS)
def take(number: str, act: str) -> Response:
    """Take a step."""

    def taken(session: Session) -> Response:
        by = caller()
        words = working.filled("reason")
        told = working.loaded(
            NewCaseStepSchema(),
            {"key": request.form.get(working.ONCE, ""), "act": act, "words": words, "facts": working.filled("result")},
        )
        operator = cases.operator_for(by, None, organisations.organisation_of(session, by.organisation).name)
        cases.take(session, parts(Cases), number, told_step(told, operator), by, clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(taken, lambda refusal: _one(number, refusal))


@filing_cases.post(f"{PLACE}/assistance-letters")
@limited(FORM_BYTES)
@for_people(CLERKS)
def ask(number: str) -> Response:
    """Ask another organ about a material (行政协助函)."""

    def asked(session: Session) -> Response:
        told = working.loaded(NewAssistanceLetterSchema(), _about("to", "question"))
        undertakings.ask(session, parts(Cases), number, told, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(asked, lambda refusal: _one(number, refusal))


@filing_cases.post(f"{PLACE}/later-materials")
@limited(FORM_BYTES)
@for_people(CLERKS)
def let_come_later(number: str) -> Response:
    """Let a material come later (容缺受理)."""

    def let(session: Session) -> Response:
        told = working.loaded(NewLaterPaperSchema(), _about("reason"))
        undertakings.let_come_later(session, parts(Cases), number, told, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(let, lambda refusal: _one(number, refusal))


@filing_cases.post(f"{PLACE}/undertakings/<string:known>")
@limited(FORM_BYTES)
@for_people(CLERKS)
def settle(number: str, known: str) -> Response:
    """Fulfil, break or cancel what stands in for a paper."""

    def settled(session: Session) -> Response:
        told = working.loaded(UndertakingStepSchema(), working.filled("step", "reason"))
        words = {"reason": told["reason"]}
        step = UndertakingStep(told["step"])
        undertakings.settle(session, parts(Cases), known, step, words, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(settled, lambda refusal: _one(number, refusal))


@filing_cases.post(f"{PLACE}/notices")
@limited(FORM_BYTES)
@for_people(CLERKS)
def notice(number: str) -> Response:
    """Make the one-time notice of a case, and lead to its file."""

    def made(session: Session) -> Response:
        asked = working.loaded(CaseNoticeAskedSchema(), {})
        known = parts(Queries), parts(Cases)
        row, _, _ = making.notice_of_case(session, *known, number, asked, caller(), clock.now())
        return working.leads("filing_cases.notice_file", number=row.id, form="pdf")

    parts(Queries).open(parts(Database))
    return working.posted(made, lambda refusal: _one(number, refusal))


@filing_cases.get("/console/notices/<string:number>.<any(pdf, ofd):form>")
@for_people(CLERKS)
def notice_file(number: str, form: str) -> Response:
    """Give the sealed notice to who made it, or to a side of its case."""
    database = parts(Database)
    with database.reading() as session:
        making.document_of(session, number, caller())

    def sealer(platform: Caller) -> Sealer:
        return Sealer(database, parts(Signing), parts(Authority), platform, clock.now)

    made = SheetSealer(database, parts(Certs), parts(Copying), sealer, caller(), clock.now).file(number, form)
    response = Response(made.content, mimetype=sheets.MEDIA_TYPES[made.format], headers=PRIVATE)
    response.headers.set("Content-Disposition", "attachment", filename=made.name)
    return response


def _one(number: str, refusal: DomainError | None = None) -> Response:
    at, by = clock.now(), caller()
    with parts(Database).reading() as session:
        row = reading.case_of(session, number, by)
        content = reading.content_of(session, parts(Cases), row)
        steps = reading.steps_of(session, row.number)
        words = [reading.words_of(session, parts(Cases), each) for each in steps]
        materials = reading.materials_of(session, row.number)
        known = undertakings.of_case(session, number, by)
        organs = organisations.known(session, sorted({row.organ, row.receiving_organ}))
        others = parties.of_case(session, parts(Cases), row)
    sides = {Side.IMPLEMENTING} if by.organisation == row.organ else set()
    sides |= {Side.RECEIVING} if by.organisation == row.receiving_organ else set()
    state = State(row.state)
    return working.page(
        "filing/case.html",
        refusal,
        here="filing_cases.listed",
        case=row,
        content=content,
        steps=list(zip(reversed(steps), reversed(words), strict=True)),
        materials=materials,
        undertakings=known,
        organs=organs,
        parties=others,
        answers_mark=ANSWERS,
        acts=[each.value for each in OFFERED if state in MOVES[each].sources and MOVES[each].sides & sides],
        marks=MARKS,
        overdue=_is_overdue(row, at),
        typed={name: request.form.get(name, "") for name in ("reason", "material", "to", "question")},
    )


def _about(*names: str) -> dict[str, str]:
    """Read which material is meant, by key and name together, and what else is told of it."""
    key, _, name = request.form.get("material", "").partition(" ")
    return {"material": key, "name": name, **working.filled(*names)}


def _is_overdue(row: Case, at: datetime) -> bool:
    return row.due_at is not None and at >= row.due_at
