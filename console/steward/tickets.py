"""Tickets of monitoring: what is wrong, whose it is, until when; taken, dealt with, closed with feedback."""

from typing import Any, Final

from flask import Blueprint, Response, url_for
from sqlalchemy.orm import Session

from base import clock, problems
from base.db import Database
from base.errors import DomainError
from base.paging import Pager
from base.web import caller, parts
from console import working
from console.login import for_people
from console.steward import acts, shown
from console.steward.shown import Act, Column, Entry
from exchange.monitoring import life, reading, steps
from exchange.monitoring.life import Severity, State, Step
from exchange.monitoring.models import Ticket
from exchange.monitoring.schemas import TicketClosingSchema, TicketHandlingSchema, TicketsQuery
from exchange.monitoring.wiring import Monitoring
from exchange.substitutions import LENT

ticket_pages = Blueprint("ticket_pages", __name__)
BLUEPRINTS = (ticket_pages,)

OWNERS = LENT | {"operator", "issuer", "window"}
READERS = OWNERS | {"auditor"}
PLACE = "/console/tickets/<int:number>"
# Each step by the schema of the API and the member in which its words stand.
WORDS: Final[dict[Step, tuple[Any, str]]] = {
    Step.HANDLE: (TicketHandlingSchema, "done"),
    Step.CLOSE: (TicketClosingSchema, "feedback"),
}
FACETS: Final = ("state", "severity")


@ticket_pages.get("/console/tickets")
@for_people(READERS)
def listed() -> Response:
    """List the tickets of the caller's organisation, the oldest first, with how many there are of each sort."""
    told, by, at = shown.asked(TicketsQuery), caller(), clock.now()
    asked = told.pop("page")
    with parts(Database).reading() as session:
        page = parts(Pager).page(session, reading.listed(by, told, at), (Ticket.id,), asked, "monitoring-tickets")
        counted = reading.facets(session, by, told, at)
        names = shown.names(session, [each.organisation for each in page.items])
        days = shown.calendar_of(session)
        rows = [
            [
                shown.link(_said(each), url_for("ticket_pages.one", number=each.id)),
                shown.state(each.severity),
                shown.state(each.state),
                shown.due(days, None if each.state == State.CLOSED else each.due_at, at),
                shown.text(names.get(each.organisation, "")),
                shown.text(each.count),
                shown.time(each.last_seen_at),
            ]
            for each in page.items
        ]
        columns = [Column(key) for key in ("said", "severity", "state", "left", "owner")]
        return shown.listing(
            "tickets",
            [*columns, Column("count", number=True), Column("last_seen")],
            rows,
            next_cursor=page.next_cursor,
            facets=[(name, shown.facet(name, counted[name], told[name])) for name in FACETS],
            filters=shown.filters(
                Entry("state", "states", choices=[(each.value, "") for each in State]),
                Entry("severity", "states", choices=[(each.value, "") for each in Severity]),
            ),
        )


@ticket_pages.get(PLACE)
@for_people(READERS)
def one(number: int) -> Response:
    """Show a ticket with what was done about it."""
    at = clock.now()
    with parts(Database).reading() as session:
        row = reading.one(session, number, caller())
        monitor = parts(Monitoring).monitor_of(row.monitor)
        names = shown.names(session, [row.organisation, row.escalated_to])
        facts = [
            ("monitor", shown.text(getattr(monitor, problems.language()))),
            ("said", shown.text(_said(row))),
            ("subject", shown.code(row.subject)),
            ("owner", shown.text(names.get(row.organisation, ""))),
            ("first_seen", shown.time(row.first_seen_at)),
            ("last_seen", shown.time(row.last_seen_at)),
            ("count", shown.text(row.count)),
            ("due", shown.time(row.due_at)),
        ]
        if row.escalated_to:
            facts.append(("escalated_to", shown.text(names[row.escalated_to])))
        if row.follows:
            facts.append(("follows", shown.link(str(row.follows), url_for("ticket_pages.one", number=row.follows))))
        if row.feedback:
            facts.append(("feedback", shown.text(row.feedback)))
        open_until = None if row.state == State.CLOSED else row.due_at
        due = shown.due(shown.calendar_of(session), open_until, at)
        return shown.thing(
            "tickets",
            _said(row),
            row.state,
            facts,
            back=url_for("ticket_pages.listed"),
            notes=[shown.state(row.severity), *([due] if open_until else [])],
            acts=_acts(row),
            story=shown.story(steps.steps_of(session, row.id)),
        )


@ticket_pages.get(f"{PLACE}/acts/<step>")
@for_people(OWNERS)
def act_form(number: int, step: str) -> Response:
    """Show what belongs to an act."""
    return _act_page(number, step)


@ticket_pages.post(f"{PLACE}/acts/<step>")
@for_people(OWNERS)
def act(number: int, step: str) -> Response:
    """Do it."""

    def taken(session: Session) -> Response:
        wanted = acts.step_of(Step, step)
        reading.one(session, number, caller())
        said = ""
        if wanted in WORDS:
            schema, member = WORDS[wanted]
            said = working.loaded(schema(), working.filled(member))[member]
        steps.take(session, number, wanted, said, caller(), clock.now())
        return working.leads("ticket_pages.one", done="step_taken", number=number)

    return acts.done(taken, lambda refusal: _act_page(number, step, refusal))


def _acts(row: Ticket) -> list[Act]:
    if not caller().roles & OWNERS:
        return []
    return [
        Act(step.value, url_for("ticket_pages.act_form", number=row.id, step=step.value))
        for step, (begins, _) in life.STEPS.items()
        if State(row.state) is begins
    ]


def _act_page(number: int, step: str, refusal: DomainError | None = None) -> Response:
    wanted = acts.step_of(Step, step)
    with parts(Database).reading() as session:
        row = reading.one(session, number, caller())
        entries = [Entry(WORDS[wanted][1], "textarea", hint="no_names")] if wanted in WORDS else []
        facts = [("subject", shown.code(row.subject)), ("count", shown.text(row.count))]
        back = url_for("ticket_pages.one", number=row.id)
        return acts.page("tickets", step, _said(row), back, entries, refusal, facts)


def _said(row: Ticket) -> str:
    return row.said_zh if problems.language() == "zh" else row.said_en
