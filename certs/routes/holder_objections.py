"""Objections of holders below `/api/v1`: what the holder says, what organisations answer, hear and rule."""

from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.paging import Page, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs.holders import hearing, objections, own, uses, using
from certs.holders.hearing import Disputing
from certs.holders.models import HolderObjection
from certs.holders.objections import Told
from certs.holders.schemas import (
    CertificateObjectionSchema,
    HolderObjectionAnswerSchema,
    HolderObjectionPage,
    HolderObjectionQuery,
    HolderObjectionSchema,
    HolderObjectionsSchema,
    HolderObjectionWordSchema,
    UseObjectionSchema,
)
from certs.wiring import Certs
from exchange.objections.life import Step
from exchange.objections.objections import OBJECTORS
from exchange.objections.schemas import ObjectionRulingSchema
from exchange.objections.wiring import Objecting
from keys.parties import organisations

holder_objections = Blueprint("holder_objections", __name__, description="持证主体异议 · objections of holders")

HOLDERS: Final = frozenset({"holder"})
ANSWERING: Final = frozenset({"issuer", "requester", "provider", "authority"})
HEARING: Final = OBJECTORS
READING: Final = ANSWERING | HEARING
PLACE: Final = "/holder-objections/<string:objection>"


@holder_objections.route("/my/uses/<string:usage>/objections", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@takes(UseObjectionSchema)
@gives(HolderObjectionSchema, 201)
def object_to(session: Session, told: dict[str, Any], usage: str) -> dict[str, Any]:
    """Object to what a use gave, to a field of it, or to the use; whoever has to answer has a task · 对使用提异议."""
    by, at = caller(), clock.now()
    use = uses.shown_one(session, own.hashes(session, parts(Certs).keys, by, at), usage, at)
    row = objections.begin(session, parts(Certs), use, told["about"], told["text"], by, at, item=told["field"])
    return _mine(session, row)


@holder_objections.route("/my/certificates/<string:identifier>/objections", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@takes(CertificateObjectionSchema)
@gives(HolderObjectionSchema, 201)
def object_to_certificate(session: Session, told: dict[str, Any], identifier: str) -> dict[str, Any]:
    """Object to what a certificate of one's own says, or to one of its fields · 对证照或其数据项提出异议."""
    by, at, keys = caller(), clock.now(), parts(Certs).keys
    certificate = own.certificate_of(session, keys, identifier, by, at)
    theirs = set(own.hashes(session, keys, by, at))
    holder = next(each for each in using.holders_of(session, certificate) if each in theirs)
    row = objections.begin_on(session, parts(Certs), certificate, holder, told["field"], told["text"], by, at)
    return _mine(session, row)


@holder_objections.route("/my/objections", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(HolderObjectionsSchema)
def my_objections(session: Session) -> dict[str, Any]:
    """List one's objections, who has to answer until when, who was told, and how they ended · 我的异议."""
    keys = parts(Certs).keys
    found = objections.own(session, keys, own.hashes(session, keys, caller(), clock.now()))
    return {"items": [_told(session, each, shows_text=True) for each in found]}


@holder_objections.route("/my/objections/<string:objection>/withdrawal", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@gives(HolderObjectionSchema)
def withdraw(session: Session, objection: str) -> dict[str, Any]:
    """Take an objection back before it is answered · 撤回异议."""
    row = _own(session, objection)
    return _mine(session, objections.withdraw(session, parts(Certs).keys, row, caller(), clock.now()))


@holder_objections.route("/my/objections/<string:objection>/words", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@takes(HolderObjectionWordSchema)
@gives(HolderObjectionSchema)
def say(session: Session, told: dict[str, Any], objection: str) -> dict[str, Any]:
    """Accept the answer, or dispute it before an authority that is no party · 认可或争议答复."""
    row, step = _own(session, objection), Step(told["decision"])
    return _mine(session, hearing.say(session, _house(), row, step, told["reason"], caller(), clock.now()))


@holder_objections.route("/holder-objections", methods=["GET"])
@guarded(scope="cert:issue", roles=READING)
@reads
@takes(HolderObjectionQuery, location="query")
@gives(HolderObjectionPage)
def to_answer(session: Session, asked: dict[str, Any]) -> Page[dict[str, Any]]:
    """List the objections that one's organisation answers, was told of or rules on, the oldest first · 待办异议."""
    query, order = objections.seen_by(caller(), asked.get("state")), (HolderObjection.at, HolderObjection.id)
    page = parts(Pager).page(session, query, order, asked["page"], "holder-objections")
    return Page([_seen(session, row, caller()) for row in page.items], page.next_cursor)


@holder_objections.route(f"{PLACE}/answers", methods=["POST"])
@guarded(scope="cert:issue", roles=ANSWERING)
@writes
@takes(HolderObjectionAnswerSchema)
@gives(HolderObjectionSchema, 201)
def answer(session: Session, told: dict[str, Any], objection: str) -> dict[str, Any]:
    """Answer an objection: kept or corrected, with the reason; its holder and who received it are told · 答复异议."""
    by = caller()
    row = objections.of_organisation(session, objection, by)
    hearing.answer(session, parts(Certs), row, told["outcome"], told["reason"], by, clock.now())
    return _seen(session, row, by)


@holder_objections.route(f"{PLACE}/words", methods=["POST"])
@guarded(roles=HEARING)
@writes
@takes(HolderObjectionWordSchema)
@gives(HolderObjectionSchema)
def hear(session: Session, told: dict[str, Any], objection: str) -> dict[str, Any]:
    """Confirm an answer, or dispute it, as one who received what was objected to · 接收单位确认或争议."""
    by = caller()
    row, step = objections.of_organisation(session, objection, by), Step(told["decision"])
    return _seen(session, hearing.hear(session, _house(), row, step, told["reason"], by, clock.now()), by)


@holder_objections.route(f"{PLACE}/rulings", methods=["POST"])
@guarded(roles={"authority"})
@writes
@takes(ObjectionRulingSchema)
@gives(HolderObjectionSchema)
def rule(session: Session, told: dict[str, Any], objection: str) -> dict[str, Any]:
    """Uphold a disputed answer, or have it verified again, as an authority that is no party · 裁定争议."""
    by = caller()
    row, step = objections.found(session, objection), Step(told["decision"])
    return _seen(session, hearing.rule(session, parts(Certs), row, step, told["reason"], by, clock.now()), by)


def _house() -> Disputing:
    return Disputing(parts(Certs), parts(Objecting))


def _own(session: Session, objection: str) -> HolderObjection:
    return objections.of_holder(session, objection, own.hashes(session, parts(Certs).keys, caller(), clock.now()))


def _mine(session: Session, row: HolderObjection) -> dict[str, Any]:
    return _told(session, objections.told(session, parts(Certs).keys, row), shows_text=True)


def _seen(session: Session, row: HolderObjection, by: Caller) -> dict[str, Any]:
    """Show it to an organisation; who only received what is wrong does not read what its holder said of it."""
    told = objections.told(session, parts(Certs).keys, row)
    only_told = by.organisation in {each.organisation for each in told.receivers} - {row.addressee, row.judge}
    return _told(session, told, shows_text=not only_told)


def _told(session: Session, told: Told, *, shows_text: bool) -> dict[str, Any]:
    row, answered = told.row, told.answer
    names = organisations.known(session, [row.addressee])
    own_members = (
        "id",
        "usage",
        "identifier",
        "about",
        "field",
        "addressee",
        "state",
        "outcome",
        "heard",
        "judge",
        "at",
    )
    steps = [
        each if shows_text or each.organisation else {**vars(each), "reason": ""}  # the holder's own words
        for each in told.steps
    ]
    return {
        **{name: getattr(row, name) for name in own_members},
        **{name: getattr(told, name) for name in ("due_at", "escalated_to", "reason", "receivers")},
        "text": told.text if shows_text else "",
        "steps": steps,
        "addressee_name": names[row.addressee].name if row.addressee in names else "",
        "is_overdue": told.is_overdue(clock.now()),
        "corrected_by": answered.identifier if answered else None,
        "answered_at": answered.answered_at if answered else None,
    }
