"""Monitoring tickets below `/api/v1/monitoring`: seen, taken, dealt with, closed with feedback."""

from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller
from base.paging import PageAsked, Pager
from base.web import caller, gives, guarded, parts, reads, takes, writes
from exchange.monitoring import life, reading, steps
from exchange.monitoring.life import State, Step
from exchange.monitoring.models import Ticket
from exchange.monitoring.schemas import (
    TicketClosingSchema,
    TicketDetailSchema,
    TicketHandlingSchema,
    TicketSchema,
    TicketsQuery,
    TicketsSchema,
)
from exchange.monitoring.wiring import Monitoring
from exchange.substitutions import LENT

monitored = Blueprint("monitoring", __name__, description="监测预警 · monitoring tickets")

# Whoever may own a ticket, or have one escalated to them.
OWNERS = LENT | {"operator", "issuer", "window"}
READERS = OWNERS | {"auditor"}
ONE = "/monitoring/tickets/<int:number>"
NAMES = frozenset(TicketSchema().fields) - {"title_zh", "title_en", "is_overdue"}


@monitored.route("/monitoring/tickets", methods=["GET"])
@guarded(roles=READERS)
@reads
@takes(TicketsQuery, location="query")
@gives(TicketsSchema)
def tickets(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """List the tickets of the caller's organisation, the oldest first, with how many there are of each sort."""
    by, at = caller(), clock.now()
    page: PageAsked = asked.pop("page")
    found = parts(Pager).page(session, reading.listed(by, asked, at), (Ticket.id,), page, "monitoring-tickets")
    told = {"items": [_told(each) for each in found.items], "next_cursor": found.next_cursor}
    return {**told, "facets": reading.facets(session, by, asked, at)}


@monitored.route(ONE, methods=["GET"])
@guarded(roles=READERS)
@reads
@gives(TicketDetailSchema)
def one(session: Session, number: int) -> dict[str, Any]:
    """Give a ticket with what was done about it."""
    return _detail(session, reading.one(session, number, caller()))


@monitored.route(f"{ONE}/acknowledgements", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@gives(TicketDetailSchema)
def acknowledge(session: Session, number: int) -> dict[str, Any]:
    """Take a ticket: somebody has seen it and looks into it."""
    return _taken(session, number, Step.ACKNOWLEDGE, "", caller())


@monitored.route(f"{ONE}/handlings", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@takes(TicketHandlingSchema)
@gives(TicketDetailSchema)
def handle(session: Session, told: dict[str, Any], number: int) -> dict[str, Any]:
    """Tell what was done about it."""
    return _taken(session, number, Step.HANDLE, told["done"], caller())


@monitored.route(f"{ONE}/closings", methods=["POST"])
@guarded(roles=OWNERS)
@writes
@takes(TicketClosingSchema)
@gives(TicketDetailSchema)
def close(session: Session, told: dict[str, Any], number: int) -> dict[str, Any]:
    """Close a ticket with feedback."""
    return _taken(session, number, Step.CLOSE, told["feedback"], caller())


def _taken(session: Session, number: int, step: Step, words: str, by: Caller) -> dict[str, Any]:
    reading.one(session, number, by)
    return _detail(session, steps.take(session, number, step, words, by, clock.now()))


def _detail(session: Session, ticket: Ticket) -> dict[str, Any]:
    return {**_told(ticket), "steps": steps.steps_of(session, ticket.id)}


def _told(ticket: Ticket) -> dict[str, Any]:
    monitor = parts(Monitoring).monitor_of(ticket.monitor)
    late = life.is_overdue(State(ticket.state), ticket.due_at, clock.now())
    members = {name: getattr(ticket, name) for name in NAMES}
    return {**members, "title_zh": monitor.zh, "title_en": monitor.en, "is_overdue": late}
