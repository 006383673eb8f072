"""Every use of what is mine: who, for what, which fields, the receipt; what I say to it, and what became of that."""

from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs import types
from certs.holders import objections, uses, voices
from certs.holders.models import HolderUse
from certs.holders.schemas import UseEvaluationSchema, UseObjectionSchema
from certs.wiring import Certs
from console import working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people
from exchange.door import receipts
from exchange.door.wiring import Gateway

use_pages = Blueprint("holder_uses", __name__, template_folder="templates")
# A reason of two thousand characters, and a few words.
FORM_LIMIT: Final = 32 * 1024
MARKS: Final = {"found": "ok", "not_found": "unknown", "not_covered": "unknown", "pending": "unknown"}
STATES: Final = {"verifying": "warn", "telling": "unknown", "ruling": "warn", "settled": "ok"}


@use_pages.get("/my/uses")
@for_people(HOLDERS)
def mine() -> Response:
    """List the uses that may be told now, and how many are told later."""
    with parts(Database).reading() as session:
        shown = uses.shown(session, telling.hashes(session), clock.now())
        told = [_told(session, each) for each in shown.uses]
        return working.page("holder/uses.html", uses=told, hidden=shown.hidden)


@use_pages.get("/my/uses/<string:usage>")
@for_people(HOLDERS)
def one(usage: str) -> Response:
    """Show one use with its receipt, and what can be said to it."""
    return _one(usage, None)


@use_pages.post("/my/uses/<string:usage>/objections")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def object_to(usage: str) -> Response:
    """Object to what a certificate says, or to its use."""

    def begun(session: Session) -> Response:
        told = working.loaded(UseObjectionSchema(), working.filled("about", "text"))
        use = uses.shown_one(session, telling.hashes(session), usage, clock.now())
        objections.begin(session, parts(Certs), use, told["about"], told["text"], caller(), clock.now())
        return working.leads("holder_uses.objected", done="objection_begun")

    return working.posted(begun, lambda refusal: _one(usage, refusal))


@use_pages.post("/my/uses/<string:usage>/evaluations")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def evaluate(usage: str) -> Response:
    """Say how content one is with a use, once."""

    def said(session: Session) -> Response:
        told = working.loaded(UseEvaluationSchema(), working.filled("level", "text"))
        use = uses.shown_one(session, telling.hashes(session), usage, clock.now())
        voices.evaluate(session, use, told["level"], told["text"], caller(), clock.now())
        return working.leads("holder_uses.one", done="use_evaluated", usage=usage)

    return working.posted(said, lambda refusal: _one(usage, refusal))


@use_pages.get("/my/objections")
@for_people(HOLDERS)
def objected() -> Response:
    """List one's objections, who answers until when, and how they ended."""
    return _objected(None)


@use_pages.post("/my/objections/<string:objection>/withdrawal")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def withdraw(objection: str) -> Response:
    """Take an objection back before it is answered."""

    def taken(session: Session) -> Response:
        row = objections.of_holder(session, objection, telling.hashes(session))
        objections.withdraw(session, parts(Certs).keys, row, caller(), clock.now())
        return working.leads("holder_uses.objected", done="objection_withdrawn")

    return working.posted(taken, _objected)


def _one(usage: str, refusal: DomainError | None) -> Response:
    gateway = parts(Gateway)
    gateway.open(parts(Database))
    with parts(Database).reading() as session:
        hashes = telling.hashes(session)
        use = uses.shown_one(session, hashes, usage, clock.now())
        return working.page(
            "holder/use.html",
            refusal,
            here="holder_uses.mine",
            use=_told(session, use),
            receipt=receipts.document(session, gateway, use.usage),
            evaluation=voices.given(session, hashes, [usage]).get(usage),
            objection=objections.states(session, hashes, [usage]).get(usage),
            levels=range(5, 0, -1),
            asked=request.form,
        )


def _told(session: Session, use: HolderUse) -> dict[str, Any]:
    names = {} if use.kind == uses.DATA else telling.field_words(types.type_of(parts(Certs).types, use.type))
    return {
        "row": use,
        "by": telling.named(session, [use.organisation])[use.organisation],
        "what": uses.name_of(session, parts(Certs).types, use)
        if use.kind == uses.DATA or problems.language() == "zh"
        else telling.type_name(types.type_of(parts(Certs).types, use.type)),
        "fields": [names.get(each, each) for each in use.fields],
        "mark": MARKS.get(use.outcome, "warn"),
    }


def _objected(refusal: DomainError | None) -> Response:
    with parts(Database).reading() as session:
        found = objections.own(session, parts(Certs).keys, telling.hashes(session))
        names = telling.named(session, [each.row.addressee for each in found])
        told = [
            {
                "told": each,
                "to": names[each.row.addressee],
                "mark": "bad" if each.is_overdue(clock.now()) else STATES.get(each.row.state, "unknown"),
                "is_overdue": each.is_overdue(clock.now()),
            }
            for each in found
        ]
        return working.page("holder/objections.html", refusal, here="holder_uses.objected", objections=told)
