"""Requests for data: the board, the form, one request with its story, and each act that its reader may do now."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, request, url_for
from sqlalchemy import func
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.paging import Pager
from base.web import caller, parts
from console import working
from console.login import for_people
from console.steward import acts, clauses_form, shown
from console.steward.shown import Act, Cell, Column, Entry, Section
from exchange import seeing
from exchange.agreements import clauses, sharing
from exchange.agreements.granting import items_of
from exchange.agreements.life import MOVES, RequestState, RequestStep
from exchange.agreements.models import ShareRequest
from exchange.agreements.schemas import (
    AnswerSchema,
    DecisionSchema,
    NewMessageSchema,
    NewShareRequestSchema,
    OwnCheckSchema,
    RulingSchema,
    ShareReasonSchema,
    ShareRequestQuery,
)
from exchange.agreements.seeing import requests_seen_by, seen_request

share_pages = Blueprint("share_pages", __name__)
BLUEPRINTS = (share_pages,)

READERS = {"requester", "reviewer", "provider", "authority", "auditor"}
ACTORS = READERS - {"auditor"}
# Each step by the schema of the API that reads what is said with it; those without a decision take a reason alone.
DECIDED: Final = {
    RequestStep.FORWARD: OwnCheckSchema,
    RequestStep.RETURN: OwnCheckSchema,
    RequestStep.APPROVE: DecisionSchema,
    RequestStep.OFFER: DecisionSchema,
    RequestStep.REFUSE: DecisionSchema,
    RequestStep.ACCEPT: AnswerSchema,
    RequestStep.DECLINE: AnswerSchema,
    RequestStep.GRANT: RulingSchema,
    RequestStep.UPHOLD: RulingSchema,
}
ENDING: Final = frozenset({RequestStep.REFUSE, RequestStep.UPHOLD, RequestStep.WITHDRAW})
WAITING: Final = frozenset({RequestState.CHECKING, RequestState.DECIDING, RequestState.OFFERED, RequestState.RULING})
PLACE = "/console/share-requests/<request_id>"


@share_pages.get("/console/share-requests")
@for_people(READERS)
def listed() -> Response:
    """Show the board: the requests by where they stand, with what is left of their terms."""
    told, by, at = shown.asked(ShareRequestQuery), caller(), clock.now()
    with parts(Database).reading() as session:
        seen = requests_seen_by(session, by)
        if told["side"] is not None:
            seen = seen.where(getattr(ShareRequest, told["side"]) == by.organisation)
        if told["directory"] is not None:
            seen = seen.where(ShareRequest.directory == told["directory"])
        query = seen if told["state"] is None else seen.where(ShareRequest.state == told["state"])
        order = (ShareRequest.created_at, ShareRequest.id)
        page = parts(Pager).page(session, query, order, told["page"], "share-requests")
        counted = seen.with_only_columns(ShareRequest.state, func.count()).group_by(ShareRequest.state)
        found = dict(session.execute(counted).all())
        figures: dict[str, int] = {each.value: found[each.value] for each in RequestState if each.value in found}
        names = shown.names(session, [code for each in page.items for code in (each.requester, each.provider)])
        days = shown.calendar_of(session)
        rows = [
            [
                shown.link(each.title, url_for("share_pages.one", request_id=each.id)),
                shown.state(each.state),
                shown.due(days, each.due_at if RequestState(each.state) in WAITING else None, at),
                shown.text(names[each.requester]),
                shown.text(names[each.provider]),
                shown.coded("share_type", each.share_type),
                shown.time(each.created_at),
            ]
            for each in page.items
        ]
        return shown.listing(
            "share_requests",
            [Column(key) for key in ("title", "state", "left", "requester", "provider", "share_type", "since")],
            rows,
            next_cursor=page.next_cursor,
            filters=shown.filters(
                Entry("state", "states", choices=[(each.value, "") for each in RequestState]),
                Entry("side", "word", choices=[("", ""), ("requester", ""), ("provider", "")]),
            ),
            facets=[("state", shown.facet("state", figures, told["state"]))],
            links=[("find_directory", url_for("directory_lists.listed"))] if "requester" in by.roles else [],
        )


@share_pages.get("/console/share-requests/new")
@for_people({"requester"})
def form() -> Response:
    """Show the form of a new request for a directory."""
    return _form("", {})


@share_pages.post("/console/share-requests/new")
@for_people({"requester"})
def begin() -> Response:
    """Keep a new request as a draft."""

    def act(session: Session) -> Response:
        new = working.loaded(NewShareRequestSchema(), _told({}))
        row = sharing.begin(session, new, caller(), clock.now())
        return working.leads("share_pages.one", done="share_kept", request_id=row.id)

    return acts.done(act, lambda refusal: _form("", {}, refusal))


@share_pages.get(PLACE)
@for_people(READERS)
def one(request_id: str) -> Response:
    """Show a request, its story, and what its reader may do now."""
    return _shown(request_id)


@share_pages.get(f"{PLACE}/draft")
@for_people({"requester"})
def draft(request_id: str) -> Response:
    """Show the form of a draft."""
    with parts(Database).reading() as session:
        row = seen_request(session, request_id, caller())
        told = {"directory": row.directory, "legal_basis": row.legal_basis, "scene": row.scene, **row.asked}
        return _form(row.id, {**told, acts.SEEN: row.version})


@share_pages.post(f"{PLACE}/draft")
@for_people({"requester"})
def write(request_id: str) -> Response:
    """Change a draft, if nobody else changed it meanwhile."""

    def act(session: Session) -> Response:
        row = seen_request(session, request_id, caller(), locked=True)
        acts.require_unchanged(row.version)
        sharing.write(session, row, working.loaded(NewShareRequestSchema(), _told(row.asked)), caller(), clock.now())
        return working.leads("share_pages.one", done="share_kept", request_id=row.id)

    with parts(Database).reading() as session:
        row = seen_request(session, request_id, caller())
        now = {"directory": row.directory, acts.SEEN: row.version}
    return acts.done(act, lambda refusal: _form(request_id, now, refusal))


@share_pages.get(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act_form(request_id: str, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(request_id, step)


@share_pages.post(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act(request_id: str, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        row = seen_request(session, request_id, caller(), locked=True)
        wanted = acts.step_of(RequestStep, step)
        schema, said = DECIDED.get(wanted, ShareReasonSchema), working.filled("reason")
        told: dict[str, Any] = {**said} if schema is ShareReasonSchema else {**said, "decision": step}
        if wanted is RequestStep.OFFER:
            told["clauses"] = clauses_form.filled(row.asked)
        given = working.loaded(schema(), told)
        sharing.take(session, row, wanted, given["reason"], caller(), clock.now(), given.get("clauses"))
        return working.leads("share_pages.one", done="step_taken", request_id=row.id)

    return acts.done(taken, lambda refusal: _act_page(request_id, step, refusal))


@share_pages.post(f"{PLACE}/messages")
@for_people(ACTORS)
def say(request_id: str) -> Response:
    """Say something to the other side."""

    def said(session: Session) -> Response:
        told = working.loaded(NewMessageSchema(), working.filled("text"))
        sharing.say(session, seen_request(session, request_id, caller()), told["text"], caller(), clock.now())
        return working.leads("share_pages.one", done="said", request_id=request_id)

    return acts.done(said, lambda refusal: _shown(request_id, refusal))


def clause_facts(told: Mapping[str, Any]) -> list[tuple[str, Cell]]:
    """Say clauses as they were written down."""
    read, quota = clauses.read(told), told.get("quota") or {}
    bounds = [(name, shown.text(quota[name])) for name in clauses_form.BOUNDS if quota.get(name) is not None]
    lists = [(name, getattr(read, name)) for name in ("matters", "regions", "systems")]
    return [
        ("purpose", shown.text(read.purpose)),
        ("fields", Cell("list", read.fields)),
        *((name, Cell("list", sorted(values))) for name, values in lists if values),
        *(
            (name, shown.words_of_all(name, [each.value for each in getattr(read, name)]))
            for name in clauses_form.SEVERAL
        ),
        ("begins", shown.time(read.begins)),
        ("ends", shown.time(read.ends)),
        *bounds,
        *([("agreement", shown.code(read.agreement))] if read.agreement else []),
    ]


def _shown(request_id: str, refusal: DomainError | None = None) -> Response:
    by, at = caller(), clock.now()
    with parts(Database).reading() as session:
        row = seen_request(session, request_id, by)
        names = shown.names(session, (row.requester, row.provider))
        days = shown.calendar_of(session)
        said = sharing.messages(session, row)
        waits = RequestState(row.state) in WAITING
        facts = [
            ("directory", shown.link(row.title, url_for("directory_pages.one", code=row.directory))),
            ("requester", shown.text(names[row.requester])),
            ("provider", shown.text(names[row.provider])),
            ("share_type", shown.coded("share_type", row.share_type)),
            ("legal_basis", shown.text(row.legal_basis)),
            ("scene", shown.text(row.scene)),
            *clause_facts(row.asked),
        ]
        if row.grant:
            facts.append(("grant", shown.link(row.grant, url_for("grant_pages.one", code=row.grant))))
        sections = [Section("offered", (Column("clause"), Column("value")), _offered(row))] if row.offered else []
        return shown.thing(
            "share_requests",
            row.title,
            row.state,
            facts,
            acts.kindly(refusal),
            back=url_for("share_pages.listed"),
            notes=[shown.due(days, row.due_at, at)] if waits and row.due_at else (),
            acts=_acts(session, row),
            sections=sections,
            story=shown.story(sharing.steps(session, row)),
            template="steward/request.html",
            messages=said,
            speaks=bool(by.roles & ACTORS),
            say=url_for("share_pages.say", request_id=row.id),
            text=request.form.get("text", ""),
        )


def _offered(row: ShareRequest) -> Sequence[Sequence[Cell]]:
    """Show what was offered, clause by clause, where it is less than was asked."""
    asked, offered = dict(clause_facts(row.asked)), dict(clause_facts(row.offered or {}))
    return [[Cell("fact", name), value] for name, value in offered.items() if asked.get(name) != value]


def _acts(session: Session, row: ShareRequest) -> list[Act]:
    sides = sharing.sides_of(session, row, caller(), clock.now())
    state = RequestState(row.state)
    found = [step for step, move in MOVES.items() if state in move.sources and move.side in sides]
    told = [
        Act(each.value, url_for("share_pages.act_form", request_id=row.id, step=each.value), each in ENDING)
        for each in found
        if each is not RequestStep.EXTEND or not row.extended
    ]
    if RequestStep.SUBMIT in found:
        told.insert(1, Act("edit", url_for("share_pages.draft", request_id=row.id)))
    return told


def _act_page(request_id: str, step: str, refusal: DomainError | None = None) -> Response:
    wanted = acts.step_of(RequestStep, step)
    with parts(Database).reading() as session:
        row = seen_request(session, request_id, caller())
        entries = [acts.reason()]
        if wanted is RequestStep.OFFER:
            entries += clauses_form.entries(row.asked["fields"], row.asked)
        return acts.page(
            "share_requests",
            step,
            row.title,
            url_for("share_pages.one", request_id=row.id),
            entries,
            refusal,
            [("purpose", shown.text(row.asked["purpose"])), ("legal_basis", shown.text(row.legal_basis))],
            danger=wanted in ENDING,
        )


def _form(request_id: str, told: Mapping[str, Any], refusal: DomainError | None = None) -> Response:
    known = str(told.get("directory") or request.values.get("directory", ""))[:64]
    with parts(Database).reading() as session:
        row = seeing.seen(session, known, caller())
        items = list(items_of(session, row))
        back = url_for("share_pages.one", request_id=request_id) if request_id else url_for("share_pages.listed")
        entries = [
            Entry("directory", "hidden", row.code),
            Entry("legal_basis", "textarea", told.get("legal_basis", ""), hint="legal_basis"),
            Entry("scene", "textarea", told.get("scene", ""), hint="scene"),
            *clauses_form.entries(items, told),
        ]
        facts = [("directory", shown.text(row.name)), ("share_type", shown.coded("share_type", row.share_type))]
        seen = [Entry(acts.SEEN, "hidden", str(told[acts.SEEN]))] if acts.SEEN in told else []
        return acts.page("share_requests", "save", row.name, back, entries, refusal, facts, fixed=seen)


def _told(before: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: request.form.get(name, "").strip() for name in ("directory", "legal_basis", "scene")}
    return {**said, "clauses": clauses_form.filled(before)}
