"""What stands in for a paper of a case: a letter to another organ, a promise, a paper that comes later.

Made and settled on the page of its case. Whose it is to settle, and what may be promised or come later, is decided by
the matter and by `certs.filing.undertakings`; the page offers what fits and tells what was refused.
"""

import base64
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.web import caller, limited, parts, reads
from certs.filing.cases.models import NAME_LENGTH
from certs.filing.cases.wiring import Cases
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.schemas import (
    HandedInSchema,
    NewAssistanceLetterSchema,
    NewLaterPaperSchema,
    NewPromiseSchema,
    UndertakingStepSchema,
)
from certs.filing.undertakings.undertaking import Step
from console import working
from console.filing.cases import CLERKS, FORM_BYTES, PLACE, case_page
from console.login import for_people

filing_undertakings = Blueprint("filing_undertakings", __name__)
# A scan of a few pages.
PAPER_BYTES: Final = 12 * 1024 * 1024


@filing_undertakings.get("/console/undertakings/<string:known>")
@for_people(CLERKS)
@reads
def named(session: Session, known: str) -> Response:
    """Lead to the case of an undertaking; a task names the undertaking alone."""
    row = undertakings.undertaking_of(session, known, caller())
    return working.leads("filing_cases.one", number=row.case)


@filing_undertakings.post(f"{PLACE}/assistance-letters")
@limited(FORM_BYTES)
@for_people(CLERKS)
def ask(number: str) -> Response:
    """Ask another organ about a material (行政协助函)."""

    def asked(session: Session) -> Response:
        told = working.loaded(NewAssistanceLetterSchema(), _about("to", "question"))
        undertakings.ask(session, parts(Cases), number, told, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(asked, lambda refusal: case_page(number, refusal))


@filing_undertakings.post(f"{PLACE}/promises")
@limited(FORM_BYTES)
@for_people(CLERKS)
def promise(number: str) -> Response:
    """Take a promise that the applicant has signed (告知承诺)."""

    def promised(session: Session) -> Response:
        told = working.loaded(NewPromiseSchema(), _about("text", "proof_kind", "proof_number", "days"))
        undertakings.promise(session, parts(Cases), number, told, caller(), clock.now())
        return working.leads("filing_cases.one", done="promise_made", number=number)

    return working.posted(promised, lambda refusal: case_page(number, refusal))


@filing_undertakings.post(f"{PLACE}/later-materials")
@limited(FORM_BYTES)
@for_people(CLERKS)
def let_come_later(number: str) -> Response:
    """Let a material come later (容缺受理)."""

    def let(session: Session) -> Response:
        told = working.loaded(NewLaterPaperSchema(), _about("reason", "days"))
        undertakings.let_come_later(session, parts(Cases), number, told, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(let, lambda refusal: case_page(number, refusal))


@filing_undertakings.post(f"{PLACE}/undertakings/<string:known>")
@limited(FORM_BYTES)
@for_people(CLERKS)
def settle(number: str, known: str) -> Response:
    """Fulfil, break or cancel what stands in for a paper."""

    def settled(session: Session) -> Response:
        told = working.loaded(UndertakingStepSchema(), working.filled("step", "reason"))
        words = {"reason": told["reason"]}
        step = Step(told["step"])
        undertakings.settle(session, parts(Cases), known, step, words, caller(), clock.now())
        return working.leads("filing_cases.one", done="case_step", number=number)

    return working.posted(settled, lambda refusal: case_page(number, refusal))


@filing_undertakings.post(f"{PLACE}/undertakings/<string:known>/paper")
@limited(PAPER_BYTES)
@for_people(CLERKS)
def hand_in(number: str, known: str) -> Response:
    """Take a later paper in, in time or after, with its scan where there is one."""

    def handed(session: Session) -> Response:
        told = working.loaded(HandedInSchema(), {"material": {**_about(key="key"), **_scan()}})
        undertakings.hand_in(session, parts(Cases), known, told["material"], caller(), clock.now())
        return working.leads("filing_cases.one", done="paper_in", number=number)

    return working.posted(handed, lambda refusal: case_page(number, refusal))


def _about(*names: str, key: str = "material") -> dict[str, str]:
    """Read which material is meant, by key and name together, and what else is told of it."""
    meant, _, name = request.form.get("material", "").partition(" ")
    return {key: meant, "name": name, **working.filled(*names)}


def _scan() -> dict[str, Any]:
    handed = request.files.get("file")
    content = handed.read() if handed is not None else b""
    if handed is None or not content:
        return {}
    name = (handed.filename or "")[-NAME_LENGTH:]
    return {"get_type": "electronic", "file_name": name, "content": base64.b64encode(content).decode()}
