"""Takes in what is seen: opens a ticket, counts one up, or finds that all of it is known.

A ticket and its notice are written in one transaction, and the database lets one be open at a time: a process that dies
leaves neither, two that look at once make one. `take_in` is also the port by which others raise what they find.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar, workdays
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import inserting
from base.workdays import CalendarYearUnknown
from exchange import terms
from exchange.acting import ROOM
from exchange.monitoring import life, telling
from exchange.monitoring.life import Effect, Known, Severity, State
from exchange.monitoring.models import SUBJECT_LENGTH, Ticket
from exchange.monitoring.monitor import Monitor, Sighting
from exchange.monitoring.wiring import Monitoring

BY: Final = Caller("system", "exchange", "exchange")
THING: Final = "ticket"
BASIS: Final = "本平台默认"
OWN: Final = "own"
Seed = Callable[[Session, Caller, datetime], list[str]]


def seed_of(monitors: Iterable[Monitor], named: str) -> Seed:
    """Give the seed that lays down the terms of a room's monitors."""
    told = {
        each.duty: {
            "zh": f"处置预警：{each.zh}",
            "en": f"Deal with: {each.en}",
            "days": each.days,
            "hours": each.hours,
            "basis": BASIS,
            "confidence": OWN,
        }
        for each in monitors
    }

    def seed(session: Session, by: Caller, at: datetime) -> list[str]:
        return terms.lay_down(session, told, named, by, at)

    return seed


def take_in(
    session: Session, monitoring: Monitoring, monitor: str, sighting: Sighting, at: datetime, by: Caller = BY
) -> Ticket | None:
    """Take in what a monitor sees, or somebody raises; give the ticket about it, none where all of it was known.

    Raises `NoSuchTerm` before the site's terms are laid down.
    """
    row = monitoring.monitors[monitor]
    last = _last(session, monitor, sighting.subject)
    known = None if last is None else Known(last.evidence_at, last.closed_at)
    found = life.effect(known, sighting.evidence_at)
    if found is Effect.NOTHING:
        return None
    if last is None or found is Effect.RECURS:
        return _open(session, monitoring, row, sighting, last, at, by)
    return _seen(session, row, last, sighting, at, counts=found is Effect.COUNTS)


def ticket_of(session: Session, number: int, *, locked: bool = False) -> Ticket | None:
    """Give a ticket, if there is one."""
    query = select(Ticket).where(Ticket.id == number).execution_options(populate_existing=locked)
    return session.scalars(query.with_for_update() if locked else query).one_or_none()


def _last(session: Session, monitor: str, subject: str) -> Ticket | None:
    query = select(Ticket).where(Ticket.monitor == monitor, Ticket.subject == subject[:SUBJECT_LENGTH])
    newest = query.order_by(Ticket.id.desc()).limit(1).with_for_update()
    return session.scalars(newest.execution_options(populate_existing=True)).one_or_none()


def _open(
    session: Session,
    monitoring: Monitoring,
    monitor: Monitor,
    sighting: Sighting,
    earlier: Ticket | None,
    at: datetime,
    by: Caller,
) -> Ticket | None:
    said_zh, said_en = monitor.said(sighting.facts)
    row = {
        "monitor": monitor.name,
        "subject": sighting.subject[:SUBJECT_LENGTH],
        "facts": dict(sighting.facts),
        "said_zh": said_zh,
        "said_en": said_en,
        "severity": sighting.severity.value,
        "organisation": sighting.organisation or monitoring.settings.organisation,
        "role": sighting.role,
        "state": State.OPEN.value,
        "first_seen_at": at,
        "last_seen_at": at,
        "evidence_at": sighting.evidence_at,
        "due_at": _due(session, monitor, at),
        "follows": earlier.id if earlier else None,
        "count": 1,
        "version": 1,
    }
    added = inserting(session, Ticket).values(row).on_conflict_do_nothing().returning(Ticket.id)
    number = session.scalar(added)
    if number is None:
        return None  # another process saw it at the same time, and its ticket stands
    ticket = session.get_one(Ticket, number)
    facts: dict[str, Json] = {"monitor": monitor.name, "about": ticket.subject, "severity": ticket.severity}
    whose: dict[str, Json] = {"owner": ticket.organisation, "role": ticket.role, "due": ticket.due_at.isoformat()}
    follows: dict[str, Json] = {"follows": earlier.id} if earlier else {}
    ROOM.record(session, by, at, "ticket.opened", Thing(THING, str(number)), **facts, **whose, **follows)
    telling.of_opening(session, monitoring, ticket, at)
    return ticket


def _seen(
    session: Session, monitor: Monitor, ticket: Ticket, sighting: Sighting, at: datetime, *, counts: bool
) -> Ticket:
    ticket.last_seen_at, ticket.facts = max(ticket.last_seen_at, at), dict(sighting.facts)
    ticket.said_zh, ticket.said_en = monitor.said(sighting.facts)
    if counts:
        ticket.count, ticket.evidence_at = ticket.count + 1, sighting.evidence_at
    before = Severity(ticket.severity)
    ticket.severity = life.worst((before, sighting.severity)).value
    if ticket.severity != before.value:
        ROOM.record(session, BY, at, "ticket.worsened", Thing(THING, str(ticket.id)), severity=ticket.severity)
    return ticket


def _due(session: Session, monitor: Monitor, at: datetime) -> datetime:
    """Count the term; where the calendar ends, every day counts, so that a ticket comes due early and never late."""
    term = terms.term_of(session, monitor.duty)
    if term.hours is not None:
        return at + timedelta(hours=term.hours)
    try:
        return workdays.deadline(calendar.calendar(session), at, term.days).ends_at
    except CalendarYearUnknown:
        return at + timedelta(days=term.days)
