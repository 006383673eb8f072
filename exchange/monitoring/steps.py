"""What people do with a ticket: take it, tell what was done, close it with feedback; and escalation by the clock.

The owner does these: who holds its role in its organisation, also in another's place, and that organisation's operators
and stewards. An authority that a ticket was escalated to sees it and presses on; it closes nobody else's.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from exchange import authorities, substitutions
from exchange.acting import ROOM
from exchange.errors import NoAuthority
from exchange.monitoring import life, telling
from exchange.monitoring.errors import NoSuchTicket, TicketNotYours
from exchange.monitoring.life import State, Step
from exchange.monitoring.models import Ticket, TicketStep
from exchange.monitoring.tickets import BY, THING, ticket_of
from exchange.monitoring.wiring import Monitoring
from keys.parties.errors import NoSuchOrganisation

ACTS: Final = {
    Step.ACKNOWLEDGE: "ticket.acknowledged",
    Step.HANDLE: "ticket.handled",
    Step.CLOSE: "ticket.closed",
}
HANDS: Final = frozenset({"operator", "steward"})
# One run; the next takes the rest.
MOST_AT_ONCE: Final = 200


def take(session: Session, number: int, step: Step, words: str, by: Caller, at: datetime) -> Ticket:
    """Take a step with a ticket that the caller owns.

    Raises `NoSuchTicket`, `TicketNotYours`, `TicketStepNotAllowed`, `TicketWordsMissing`.
    """
    ticket = ticket_of(session, number, locked=True)
    if ticket is None:
        raise NoSuchTicket(number)
    require_owner(session, ticket, by, at)
    ticket.state = life.after(State(ticket.state), step, words).value
    ticket.version += 1
    if step is Step.CLOSE:
        ticket.feedback, ticket.closed_at = words.strip(), at
    _keep(session, ticket, step.value, words.strip(), by, at)
    ROOM.record(
        session, by, at, ACTS[step], Thing(THING, str(number)), words=words.strip(), overdue=at >= ticket.due_at
    )
    return ticket


def require_owner(session: Session, ticket: Ticket, by: Caller, at: datetime) -> None:
    """Let the owner pass. Raises `TicketNotYours`."""
    held = set(substitutions.roles_of(session, by, at))
    is_inside = ticket.organisation in {"", by.organisation}
    wanted = {ticket.role} | (HANDS if ticket.organisation else set())
    if not is_inside or not held & wanted:
        raise TicketNotYours(ticket.id, ticket.organisation, ticket.role)


def escalate_due(session: Session, monitoring: Monitoring, at: datetime) -> list[int]:
    """Tell the authority above of every ticket that was not closed in time, once; give their numbers."""
    query = (
        select(Ticket)
        .where(Ticket.escalated_at.is_(None), Ticket.due_at <= at, Ticket.state != State.CLOSED.value)
        .order_by(Ticket.due_at, Ticket.id)
        .limit(MOST_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    late = session.scalars(query).all()
    for ticket in late:
        above = _above(session, ticket.organisation)
        ticket.escalated_at, ticket.escalated_to, ticket.version = at, above, ticket.version + 1
        _keep(session, ticket, "escalate", "", BY, at)
        ROOM.record(session, BY, at, "ticket.escalated", Thing(THING, str(ticket.id)), to=above or "")
        telling.of_overdue(session, monitoring, ticket, (above, authorities.ROLE) if above else None, at)
    return [each.id for each in late]


def steps_of(session: Session, number: int) -> Sequence[TicketStep]:
    """List what was done with a ticket, in its order."""
    return session.scalars(select(TicketStep).where(TicketStep.ticket == number).order_by(TicketStep.id)).all()


def _above(session: Session, organisation: str) -> str | None:
    """Give the authority over an owner; for an authority the one above it, or itself where it is the highest."""
    if not organisation:
        return None
    with suppress(NoAuthority, NoSuchOrganisation):
        found = authorities.authority_over(session, organisation)
        if found == organisation:
            found = authorities.authority_above(session, organisation) or found
        return found
    return None


def _keep(session: Session, ticket: Ticket, step: str, words: str, by: Caller, at: datetime) -> None:
    session.add(TicketStep(ticket=ticket.id, step=step, by=actor(by), organisation=by.organisation, words=words, at=at))
