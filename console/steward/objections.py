"""Objections to data: what is to be verified, who was told of the answer, and each act that its reader may do now."""

from typing import Any, Final

from flask import Blueprint, Response, url_for
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import Pager
from base.web import caller, parts
from console import working
from console.login import for_people
from console.steward import acts, shown
from console.steward.shown import Act, Cell, Column, Entry, Section
from exchange import substitutions
from exchange.objections import objections as verbs
from exchange.objections import reading
from exchange.objections.life import MOVES, ROLE_OF, Side, State, Step
from exchange.objections.models import Objection
from exchange.objections.received import About
from exchange.objections.receivers import HEARING
from exchange.objections.schemas import (
    NewObjectionSchema,
    ObjectionAnswerSchema,
    ObjectionQuery,
    ObjectionReasonSchema,
    ObjectionRulingSchema,
)
from exchange.objections.wiring import Objecting

objection_pages = Blueprint("objection_pages", __name__)
BLUEPRINTS = (objection_pages,)

OBJECTORS = set(verbs.OBJECTORS)
ACTORS = OBJECTORS | {"provider", "issuer", "requester", "authority"}
READERS = ACTORS | {"auditor"}
PLACE = "/console/objections/<objection_id>"
DECIDED: Final = {
    Step.CORRECT: ObjectionAnswerSchema,
    Step.KEEP: ObjectionAnswerSchema,
    Step.UPHOLD: ObjectionRulingSchema,
    Step.REDO: ObjectionRulingSchema,
}


@objection_pages.get("/console/objections")
@for_people(READERS)
def listed() -> Response:
    """List the objections that one made, has to verify, was told of, or rules on."""
    told, by = shown.asked(ObjectionQuery), caller()
    with parts(Database).reading() as session:
        query = reading.seen_by(session, by)
        if told["state"] is not None:
            query = query.where(Objection.state == told["state"])
        page = parts(Pager).page(session, query, (Objection.created_at, Objection.id), told["page"], "objections")
        names = shown.names(session, [code for each in page.items for code in (each.objector, each.provider)])
        rows = [
            [
                shown.link(each.title, url_for("objection_pages.one", objection_id=each.id)),
                shown.state(each.state),
                shown.words_of("outcome", each.outcome),
                shown.words_of("about", each.about),
                shown.text(names[each.objector]),
                shown.text(names[each.provider]),
                shown.time(each.created_at),
            ]
            for each in page.items
        ]
        return shown.listing(
            "objections",
            [Column(key) for key in ("title", "state", "outcome", "about", "objector", "verifier", "since")],
            rows,
            next_cursor=page.next_cursor,
            filters=shown.filters(Entry("state", "states", choices=[(each.value, "") for each in State])),
            links=[("new_objection", url_for("objection_pages.form"))] if by.roles & OBJECTORS else [],
        )


@objection_pages.get("/console/objections/new")
@for_people(OBJECTORS)
def form() -> Response:
    """Show the form of an objection."""
    return _form()


@objection_pages.post("/console/objections/new")
@for_people(OBJECTORS)
def begin() -> Response:
    """Object to a record, a field, a certificate that one received, or to a use of one's data."""

    def act(session: Session) -> Response:
        told: dict[str, Any] = working.filled("usage_id", "about", "field", "certificate", "text")
        told["subject"] = acts.number("subject") or 0
        told["evidence"] = [
            {"title": title.strip(), "sm3": digest.strip().lower()}
            for title, _, digest in (each.rpartition(" ") for each in acts.lines("evidence"))
        ]
        new = working.loaded(NewObjectionSchema(), told)
        row = verbs.begin(session, parts(Objecting), new, caller(), clock.now())
        return working.leads("objection_pages.one", done="objected", objection_id=row.id)

    return acts.done(act, _form)


@objection_pages.get("/console/objection-hearings/<path:name>")
@for_people(READERS)
def named(name: str) -> Response:
    """Lead to the objection of which a task says whom it asks."""
    return working.leads("objection_pages.one", objection_id=name.partition("#")[0])


@objection_pages.get(PLACE)
@for_people(READERS)
def one(objection_id: str) -> Response:
    """Show an objection, its evidence, who was told, its story, and what its reader may do now."""
    keys = parts(Objecting).keys
    with parts(Database).reading() as session:
        row = reading.seen(session, objection_id, caller())
        said, told = reading.told(session, keys, row), HEARING.of(session, row.id)
        names = shown.names(session, [row.objector, row.provider, *(each.organisation for each in told)])
        evidence = [f"{each['title']} · {each['sm3']}" for each in said["evidence"]]
        facts = [
            ("about", shown.words_of("about", row.about)),
            ("usage", shown.code(row.usage)),
            ("field", shown.text(row.field)),
            ("objector", shown.text(names[row.objector])),
            ("verifier", shown.text(names[row.provider])),
            ("outcome", shown.words_of("outcome", row.outcome)),
            ("said", shown.text(said["text"])),
            ("evidence", Cell("list", evidence)),
        ]
        heard = [
            [
                shown.text(names[each.organisation]),
                shown.text(each.uses),
                shown.words_of("heard", each.heard),
                shown.time(each.told_at),
                shown.time(each.said_at),
            ]
            for each in told
        ]
        columns = [
            Column("receiver"),
            Column("uses", number=True),
            *(Column(k) for k in ("heard", "told_at", "said_at")),
        ]
        return shown.thing(
            "objections",
            row.title,
            row.state,
            facts,
            back=url_for("objection_pages.listed"),
            acts=_acts(session, row, {each.organisation for each in told}),
            sections=[Section("receivers", columns, heard)],
            story=shown.story(reading.history(session, keys, row)),
        )


@objection_pages.get(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act_form(objection_id: str, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(objection_id, step)


@objection_pages.post(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act(objection_id: str, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        wanted, said = acts.step_of(Step, step), working.filled("reason")
        schema = DECIDED.get(wanted, ObjectionReasonSchema)
        given = working.loaded(schema(), {**said, "decision": step} if wanted in DECIDED else said)
        row = reading.seen(session, objection_id, caller(), locked=True)
        verbs.take(session, parts(Objecting), row, wanted, given["reason"], caller(), clock.now())
        return working.leads("objection_pages.one", done="step_taken", objection_id=objection_id)

    return acts.done(taken, lambda refusal: _act_page(objection_id, step, refusal))


def _acts(session: Session, row: Objection, receivers: set[str]) -> list[Act]:
    by = caller()
    held = set(substitutions.roles_of(session, by, clock.now()))
    speaks = bool(held & OBJECTORS)
    sides = {
        Side.OBJECTOR: by.organisation == row.objector and speaks,
        Side.PROVIDER: by.organisation == row.provider and row.provider_role in held,
        Side.RECEIVER: by.organisation in receivers and speaks,
        Side.AUTHORITY: by.organisation == row.judge and ROLE_OF[Side.AUTHORITY] in held,
    }
    return [
        Act(
            step.value, url_for("objection_pages.act_form", objection_id=row.id, step=step.value), step is Step.WITHDRAW
        )
        for step, move in MOVES.items()
        if State(row.state) is move.source and sides.get(move.side)
    ]


def _act_page(objection_id: str, step: str, refusal: DomainError | None = None) -> Response:
    wanted = acts.step_of(Step, step)
    with parts(Database).reading() as session:
        row = reading.seen(session, objection_id, caller())
        said = reading.told(session, parts(Objecting).keys, row)
        facts = [("field", shown.text(row.field)), ("said", shown.text(said["text"]))]
        back = url_for("objection_pages.one", objection_id=row.id)
        return acts.page(
            "objections", step, row.title, back, [acts.reason()], refusal, facts, danger=wanted is Step.WITHDRAW
        )


def _form(refusal: DomainError | None = None) -> Response:
    entries = [
        Entry("usage_id", hint="usage"),
        Entry("about", "word", choices=[(each.value, "") for each in About]),
        Entry("field", hint="field"),
        Entry("subject", value="0", hint="subject"),
        Entry("certificate", hint="certificate"),
        Entry("text", "textarea"),
        Entry("evidence", "textarea", hint="evidence"),
    ]
    return acts.page("objections", "object", "", url_for("objection_pages.listed"), entries, refusal)
