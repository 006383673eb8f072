"""Cases at the window: the list, one case with its materials and steps, what stands in for papers, and its papers.

Which step may follow which, and whose it is, is decided by the life of a case; a page offers what the present state and
the person's side allow, and what is refused is told. The key of a step is the form's own, so that it is taken once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock, errors
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.paging import PageAsked, Pager
from base.web import caller, limited, parts, reads
from certs.copies.wiring import Copying
from certs.filing.cases import cases, parties, reading
from certs.filing.cases.life import MOVES, Act, Side, State
from certs.filing.cases.models import Case, CaseMaterial
from certs.filing.cases.schemas import NewCaseStepSchema, told_step
from certs.filing.cases.wiring import Cases
from certs.filing.matter import Material
from certs.filing.sheets import making, sheets
from certs.filing.sheets.edges import SheetSealer
from certs.filing.sheets.schemas import CaseNoticeAskedSchema
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import STANDING, Kind, Step
from certs.filing.undertakings.undertaking import State as Standing
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

# What a form of a case that was refused shows again.
TYPED: Final = ("reason", "material", "to", "question", "text", "proof_kind", "proof_number", "days")
# The value of a choice, which names a paper by key and name together, and its words.
Paper = tuple[str, str]


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
    return case_page(number)


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

    return working.posted(taken, lambda refusal: case_page(number, refusal))


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
    return working.posted(made, lambda refusal: case_page(number, refusal))


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


def case_page(number: str, refusal: DomainError | None = None) -> Response:
    """Show a case, and again what was typed into a form that was refused."""
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
        about = [
            {
                "row": each,
                "words": undertakings.words_of(session, parts(Cases), each),
                "steps": _settling(each, row, by),
            }
            for each in known
        ]
        papers = _papers(session, row, materials, at)
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
        undertakings=about,
        papers=papers,
        organs=organs,
        parties=others,
        answers_mark=ANSWERS,
        acts=[each.value for each in OFFERED if state in MOVES[each].sources and MOVES[each].sides & sides],
        marks=MARKS,
        overdue=_is_overdue(row, at),
        is_side=bool(sides),
        typed={name: request.form.get(name, "") for name in TYPED},
    )


def _papers(session: Session, row: Case, handed: Sequence[CaseMaterial], at: datetime) -> dict[str, list[Paper]]:
    """Gather the papers that a letter, a promise or a later hand-in may be about: those handed in, and the matter's."""
    known = {each.key: each for each in _matters_own(session, row, at)}
    names = {**{key: each.name for key, each in known.items()}, **{each.key: each.name for each in handed}}
    told = [(f"{key} {name}", name, known.get(key)) for key, name in names.items()]
    return {
        Kind.ASSISTANCE.value: [(value, name) for value, name, _ in told],
        Kind.PROMISE.value: [(value, name) for value, name, of in told if of is None or of.may_be_promised],
        Kind.LATER.value: [
            (value, name) for value, name, of in told if of is None or of.later_working_days is not None
        ],
    }


def _matters_own(session: Session, row: Case, at: datetime) -> Sequence[Material]:
    """Give the materials that the matter names; none where the matter itself is published no more."""
    try:
        return parts(Cases).matter_of(session, row.item_code, at, row.region).materials
    except DomainError as gone:
        if gone.kind is not errors.Kind.MISSING:
            raise
        return ()


def _settling(row: Undertaking, case: Case, by: Caller) -> list[str]:
    """Name the steps by which somebody of this side may end an undertaking by their word."""
    if Standing(row.state) not in STANDING or by.organisation not in {case.organ, case.receiving_organ}:
        return []
    judging = (Step.FULFIL, Step.BREAK) if by.organisation == case.organ else ()
    steps = {Kind.PROMISE: judging, Kind.ASSISTANCE: (Step.LET_COME_LATER,), Kind.LATER: ()}[Kind(row.kind)]
    return [each.value for each in (*steps, Step.CANCEL)]


def _is_overdue(row: Case, at: datetime) -> bool:
    return row.due_at is not None and at >= row.due_at
