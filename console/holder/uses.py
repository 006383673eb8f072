"""Every use of what is mine: who, for what, which fields, the receipt; what I say to it, and what became of that."""

from collections.abc import Sequence
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs import types
from certs.holders import hearing, objections, uses, voices
from certs.holders.hearing import Disputing
from certs.holders.models import HolderObjection, HolderUse
from certs.holders.schemas import HolderObjectionWordSchema, UseEvaluationSchema, UseObjectionSchema
from certs.models import Certificate
from certs.wiring import Certs
from console import working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people
from exchange.door import receipts
from exchange.door.wiring import Gateway
from exchange.objections import life
from exchange.objections.life import Step
from exchange.objections.wiring import Objecting

use_pages = Blueprint("holder_uses", __name__, template_folder="templates")
# A reason of two thousand characters, and a few words.
FORM_LIMIT: Final = 32 * 1024
MARKS: Final = {"found": "ok", "not_found": "unknown", "not_covered": "unknown", "pending": "unknown"}
TELLING: Final = life.State.TELLING.value
STATES: Final = {"verifying": "warn", "telling": "unknown", "ruling": "warn", "settled": "ok"}


@use_pages.get("/my/uses")
@for_people(HOLDERS)
def mine() -> Response:
    """List the uses that may be told now, and how many are told later."""
    with parts(Database).reading() as session:
        shown = uses.shown(session, telling.hashes(session), clock.now())
        told = _told(session, shown.uses)
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
        told = working.loaded(UseObjectionSchema(), _meant())
        by, at = caller(), clock.now()
        use = uses.shown_one(session, telling.hashes(session), usage, at)
        objections.begin(session, parts(Certs), use, told["about"], told["text"], by, at, item=told["field"])
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


@use_pages.post("/my/objections/<string:objection>/words")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def say(objection: str) -> Response:
    """Accept the answer to one's objection, or dispute it before an authority that is no party."""

    def said(session: Session) -> Response:
        told = working.loaded(HolderObjectionWordSchema(), working.filled("decision", "reason"))
        row = objections.of_holder(session, objection, telling.hashes(session))
        house, step = Disputing(parts(Certs), parts(Objecting)), Step(told["decision"])
        hearing.say(session, house, row, step, told["reason"], caller(), clock.now())
        if step is Step.CONFIRM:
            return working.leads("holder_uses.objected", done="answer_accepted")
        return working.leads("holder_uses.objected", done="answer_disputed")

    return working.posted(said, _objected)


def _meant() -> dict[str, str]:
    """Read what is objected to: the contents, the use, or one field, which the choice names after a dot."""
    about, _, item = request.form.get("about", "").partition(".")
    return {"about": about, **({"field": item} if item else {}), **working.filled("text")}


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
            use=_told(session, [use])[0],
            receipt=receipts.document(session, gateway, use.usage),
            evaluation=voices.given(session, hashes, [usage]).get(usage),
            objection=objections.states(session, hashes, [usage]).get(usage),
            levels=range(5, 0, -1),
            asked=request.form,
        )


def _told(session: Session, found: Sequence[HolderUse]) -> list[dict[str, Any]]:
    by = telling.named(session, [each.organisation for each in found])
    known, is_zh = parts(Certs).types, problems.language() == "zh"
    directories = uses.directory_names(session, found)
    told = []
    for use in found:
        type_ = None if use.kind == uses.DATA else types.type_of(known, use.type)
        names = {} if type_ is None else telling.field_words(type_)
        told.append(
            {
                "row": use,
                "by": by[use.organisation],
                "what": directories[use.identifier] if type_ is None else type_.name if is_zh else type_.name_en,
                "fields": [names.get(each, each) for each in use.fields],
                "items": [(f"{objections.About.FIELD.value}.{each}", names.get(each, each)) for each in use.fields],
                "mark": MARKS.get(use.outcome, "warn"),
            }
        )
    return told


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
                "may_say": each.row.state == TELLING and each.row.heard == life.Heard.TOLD.value,
                "item": _item(session, each.row),
            }
            for each in found
        ]
        return working.page(
            "holder/objections.html", refusal, here="holder_uses.objected", objections=told, asked=request.form
        )


def _item(session: Session, row: HolderObjection) -> str:
    """Name the field that is objected to, if it was one."""
    certificate = session.get(Certificate, row.identifier) if row.field and row.identifier else None
    if certificate is None:
        return row.field
    return telling.field_words(types.type_of(parts(Certs).types, certificate.type)).get(row.field, row.field)
