"""Demands: what is open, what departments have to provide, what may not be asked; each with its story and acts."""

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
from exchange import authorities
from exchange.demands import asking, lists, negative, offered, steps
from exchange.demands.demand import Target
from exchange.demands.life import MOVES, OPEN, Ground, Side, State, Step
from exchange.demands.models import Demand, NegativeEntry
from exchange.demands.schemas import (
    DemandAnswerSchema,
    DemandAssignmentSchema,
    DemandDecisionSchema,
    DemandQuery,
    DemandReasonSchema,
    DemandRulingSchema,
    NegativeQuery,
    NewDemandSchema,
    NewNegativeSchema,
)
from exchange.demands.steps import Said

demand_pages = Blueprint("demand_pages", __name__)
BLUEPRINTS = (demand_pages,)

ASKERS = {"requester"}
READERS = {"requester", "reviewer", "steward", "provider", "authority", "auditor"}
ACTORS = {"requester", "provider", "authority"}
PLACE = "/console/demands/<demand_id>"
SCHEMAS: Final[dict[Side, Any]] = {Side.ASKER: DemandAnswerSchema, Side.AUTHORITY: DemandRulingSchema}
# What is said with a step beside the reason: the API's members by the steps that need them.
NEEDS: Final = {
    Step.ASSIGN: ("provider",),
    Step.SATISFY: ("directory",),
    Step.REFUSE: ("ground", "rule"),
}
LEAVE: Final = "leave"
ENDING: Final = frozenset({Step.CLOSE, Step.REFUSE, Step.UPHOLD})


@demand_pages.get("/console/demands")
@for_people(READERS)
def listed() -> Response:
    """Show one of the lists: the demands that are open, or what departments have to provide."""
    told, by, at = shown.asked(DemandQuery), caller(), clock.now()
    with parts(Database).reading() as session:
        query = lists.listed(session, told, by)
        page = parts(Pager).page(session, query, (Demand.created_at, Demand.id), told["page"], "demands")
        names = shown.names(session, [code for each in page.items for code in (each.asker, each.provider)])
        days = shown.calendar_of(session)
        rows = [
            [
                shown.link(each.name, url_for("demand_pages.one", demand_id=each.id)),
                shown.state(each.state),
                shown.due(days, each.due_at if State(each.state) in OPEN else None, at),
                shown.text(names[each.asker]),
                shown.text(names.get(each.provider or "", "")),
                shown.time(each.created_at),
            ]
            for each in page.items
        ]
        return shown.listing(
            "demands",
            [Column(key) for key in ("title", "state", "left", "asker", "provider", "since")],
            rows,
            next_cursor=page.next_cursor,
            tabs=_tabs(told["list"]),
            filters=shown.filters(
                Entry("list", "hidden"), Entry("state", "states", choices=[(each.value, "") for each in State])
            ),
            links=[("new_demand", url_for("demand_pages.form"))] if by.roles & ASKERS else [],
        )


@demand_pages.get("/console/negative-entries")
@for_people(READERS)
def negatives() -> Response:
    """Show what may not be demanded, and by what rule."""
    told, by = shown.asked(NegativeQuery), caller()
    is_authority = authorities.ROLE in by.roles
    with parts(Database).reading() as session:
        order = (NegativeEntry.since, NegativeEntry.id)
        query = negative.listed(told["provider"])
        page = parts(Pager).page(session, query, order, told["page"], "negative-entries")
        names = shown.names(session, [each.provider for each in page.items])
        rows = [
            [
                shown.text(each.text),
                shown.words_of("target", each.target),
                shown.text(names.get(each.provider or "", "")),
                shown.text(each.basis),
                shown.text(each.reason),
                shown.time(each.since),
                *([Cell("act", url_for("demand_pages.end_form", entry_id=each.id), "end")] if is_authority else []),
            ]
            for each in page.items
        ]
        columns = [Column(key) for key in ("text", "target", "provider", "basis", "reason", "since")]
        return shown.listing(
            "negatives",
            [*columns, *([Column("act")] if is_authority else [])],
            rows,
            next_cursor=page.next_cursor,
            tabs=_tabs(lists.NEGATIVES),
            links=[("new_negative", url_for("demand_pages.enter_form"))] if is_authority else [],
        )


@demand_pages.get("/console/negative-entries/new")
@for_people({"authority"})
def enter_form() -> Response:
    """Show the form of an entry."""
    return _enter_page()


@demand_pages.post("/console/negative-entries/new")
@for_people({"authority"})
def enter() -> Response:
    """Put an entry on the negative list."""

    def act(session: Session) -> Response:
        told: dict[str, Any] = working.filled("target", "text", "basis", "reason", "provider")
        told["anywhere"] = bool(working.filled("anywhere"))
        negative.enter(session, working.loaded(NewNegativeSchema(), told), caller(), clock.now())
        return working.leads("demand_pages.negatives", done="negative_entered")

    return acts.done(act, _enter_page)


@demand_pages.get("/console/negative-entries/<entry_id>/end")
@for_people({"authority"})
def end_form(entry_id: str) -> Response:
    """Ask whether an entry is to be taken off."""
    return _end_page(entry_id)


@demand_pages.post("/console/negative-entries/<entry_id>/end")
@for_people({"authority"})
def end(entry_id: str) -> Response:
    """Take an entry off the negative list; its record stays."""

    def act(session: Session) -> Response:
        told = working.loaded(DemandReasonSchema(), working.filled("reason"))
        negative.end(session, entry_id, told["reason"], caller(), clock.now())
        return working.leads("demand_pages.negatives", done="negative_ended")

    return acts.done(act, lambda refusal: _end_page(entry_id, refusal))


@demand_pages.get("/console/demands/new")
@for_people(ASKERS)
def form() -> Response:
    """Show the form of a new demand."""
    return _form()


@demand_pages.post("/console/demands/new")
@for_people(ASKERS)
def begin() -> Response:
    """Ask for data; what others ask for already is joined."""

    def act(session: Session) -> Response:
        told: dict[str, Any] = working.filled(
            "provider", "name", "update_cycle", "delivery", "scope", "basis", "purpose"
        )
        told["items"] = acts.lines("items")
        row = asking.begin(session, working.loaded(NewDemandSchema(), told), caller(), clock.now())
        return working.leads("demand_pages.one", done="demand_begun", demand_id=row.id)

    return acts.done(act, _form)


@demand_pages.get(PLACE)
@for_people(READERS)
def one(demand_id: str) -> Response:
    """Show a demand: who asks, which directories come near it, its story, and what its reader may do now."""
    by, at = caller(), clock.now()
    with parts(Database).reading() as session:
        row = lists.seen(session, demand_id, by)
        askers = steps.askers(session, row)
        near = offered.near(session, steps.wanted_of(row))
        names = shown.names(session, [row.provider, *(each.organisation for each in askers), *(m.owner for m in near)])
        facts = [
            ("provider", shown.text(names.get(row.provider or "", ""))),
            ("items", Cell("list", row.items)),
            ("update_cycle", shown.coded("update_cycle", row.update_cycle)),
            ("delivery", shown.coded("share_mode", row.delivery)),
            ("scope", shown.text(row.scope)),
        ]
        if row.directory:
            facts.append(("directory", shown.link(row.directory, url_for("directory_pages.one", code=row.directory))))
        if row.ground:
            facts += [("ground", shown.words_of("ground", row.ground)), ("rule", shown.text(row.rule))]
        who = [
            [
                shown.text(names[each.organisation]),
                shown.words_of("origin", each.origin),
                shown.text(each.basis),
                shown.text(each.purpose),
                shown.time(each.joined_at),
                shown.time(each.left_at),
            ]
            for each in askers
        ]
        matches = [
            [
                shown.link(each.name, url_for("directory_pages.one", code=each.directory)),
                shown.text(names[each.owner]),
                Cell("list", each.missing) if each.missing else shown.text(""),
            ]
            for each in near
        ]
        days = shown.calendar_of(session)
        return shown.thing(
            "demands",
            row.name,
            row.state,
            facts,
            back=url_for("demand_pages.listed"),
            notes=[shown.due(days, row.due_at, at)] if row.due_at and State(row.state) in OPEN else (),
            acts=_acts(session, row),
            sections=[
                Section(
                    "askers", [Column(k) for k in ("asker", "origin", "basis", "purpose", "since", "left_at")], who
                ),
                Section("matches", [Column(key) for key in ("title", "owner", "missing")], matches),
            ],
            story=shown.story(steps.history(session, row)),
        )


@demand_pages.get(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act_form(demand_id: str, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(demand_id, step)


@demand_pages.post(f"{PLACE}/acts/<step>")
@for_people(ACTORS)
def act(demand_id: str, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        row = lists.seen(session, demand_id, caller(), locked=True)
        told = working.filled("reason", "provider", "directory", "ground", "rule")
        if step == LEAVE:
            said = working.loaded(DemandReasonSchema(), {k: v for k, v in told.items() if k == "reason"})
            asking.leave(session, row, said["reason"], caller(), clock.now())
        else:
            wanted = acts.step_of(Step, step)
            given = working.loaded(_schema(wanted), told if wanted is Step.DISPUTE else {**told, "decision": step})
            given.pop("decision", None)
            steps.take(session, row, wanted, Said(**given), caller(), clock.now())
        return working.leads("demand_pages.one", done="step_taken", demand_id=demand_id)

    return acts.done(taken, lambda refusal: _act_page(demand_id, step, refusal))


def _schema(step: Step) -> Any:
    """Give the schema by which the API reads what is said with a step."""
    if step is Step.DISPUTE:
        return DemandReasonSchema()
    if step in {Step.ASSIGN, Step.CLOSE}:
        return DemandAssignmentSchema()
    side = MOVES[step].side
    return DemandDecisionSchema() if side is Side.PROVIDER else acts.among(SCHEMAS, side)()


def _acts(session: Session, row: Demand) -> list[Act]:
    sides = steps.sides_of(session, row, caller(), clock.now())
    found = [step for step, move in MOVES.items() if State(row.state) in move.sources and move.side in sides]
    told = [
        Act(each.value, url_for("demand_pages.act_form", demand_id=row.id, step=each.value), each in ENDING)
        for each in found
    ]
    if Side.ASKER in sides and State(row.state) in OPEN:
        told.append(Act(LEAVE, url_for("demand_pages.act_form", demand_id=row.id, step=LEAVE), danger=True))
    return told


def _act_page(demand_id: str, step: str, refusal: DomainError | None = None) -> Response:
    wanted = None if step == LEAVE else acts.step_of(Step, step)
    with parts(Database).reading() as session:
        row = lists.seen(session, demand_id, caller())
        near = offered.near(session, steps.wanted_of(row)) if wanted is Step.SATISFY else []
        kinds = {
            "provider": Entry("provider", hint="credit_code"),
            "directory": Entry("directory", "select", choices=[(each.directory, each.name) for each in near]),
            "ground": Entry("ground", "word", choices=[(each.value, "") for each in Ground]),
            "rule": Entry("rule", "textarea", hint="rule"),
        }
        entries = [*(kinds[name] for name in NEEDS.get(wanted, ())), acts.reason()] if wanted else [acts.reason()]
        facts = [("items", Cell("list", row.items)), ("scope", shown.text(row.scope))]
        back, danger = url_for("demand_pages.one", demand_id=row.id), wanted is None or wanted in ENDING
        return acts.page("demands", step, row.name, back, entries, refusal, facts, danger=danger)


def _form(refusal: DomainError | None = None) -> Response:
    entries = [
        Entry("name", hint="demand_name"),
        Entry("items", "textarea", hint="one_a_line"),
        Entry("provider", hint="credit_code_or_none"),
        Entry("update_cycle", "select", choices=shown.choices("update_cycle")),
        Entry("delivery", "select", choices=shown.choices("share_mode")),
        Entry("scope", "textarea"),
        Entry("basis", "textarea", hint="legal_basis"),
        Entry("purpose", "textarea", hint="purpose"),
    ]
    return acts.page("demands", "ask", "", url_for("demand_pages.listed"), entries, refusal)


def _enter_page(refusal: DomainError | None = None) -> Response:
    entries = [
        Entry("target", "word", choices=[(each.value, "") for each in Target]),
        Entry("text"),
        Entry("basis", "textarea", hint="legal_basis"),
        acts.reason(),
        Entry("provider", hint="credit_code_or_all"),
        Entry("anywhere", "words", [], [("1", "")]),
    ]
    return acts.page("negatives", "enter", "", url_for("demand_pages.negatives"), entries, refusal)


def _end_page(entry_id: str, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        row = session.get(NegativeEntry, entry_id)
        name = row.text if row is not None else entry_id
    return acts.page("negatives", "end", name, url_for("demand_pages.negatives"), [acts.reason()], refusal, danger=True)


def _tabs(chosen: str | None) -> list[tuple[str, str, bool]]:
    return [
        ("all", url_for("demand_pages.listed"), chosen is None),
        ("demands", url_for("demand_pages.listed", list=lists.DEMANDS), chosen == lists.DEMANDS),
        (
            "responsibilities",
            url_for("demand_pages.listed", list=lists.RESPONSIBILITIES),
            chosen == lists.RESPONSIBILITIES,
        ),
        ("negatives", url_for("demand_pages.negatives"), chosen == lists.NEGATIVES),
    ]
