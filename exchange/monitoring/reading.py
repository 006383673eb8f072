"""Reads tickets: which a caller may see, by what they ask for, and how many there are of each sort.

Whose organisation owns a ticket sees it, as does the authority that it was escalated to; auditors see all of them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange import authorities
from exchange.monitoring.errors import NoSuchTicket
from exchange.monitoring.life import State
from exchange.monitoring.models import Ticket
from exchange.monitoring.monitor import OPERATOR

AUDITOR: Final = "auditor"
FACETS: Final = {"state": Ticket.state, "monitor": Ticket.monitor, "severity": Ticket.severity, "role": Ticket.role}


def listed(by: Caller, asked: Mapping[str, Any], at: datetime) -> Select[Ticket]:
    """Give the query of the tickets that a caller may see and asks for."""
    return select(Ticket).where(_seen_by(by), *_asked(asked, at))


def facets(session: Session, by: Caller, asked: Mapping[str, Any], at: datetime) -> dict[str, dict[str, int]]:
    """Count, for each sort, what there would be of each value if nothing were asked of that sort."""
    told = {}
    for name, column in FACETS.items():
        others = {key: value for key, value in asked.items() if key != name}
        query = select(column, func.count()).where(_seen_by(by), *_asked(others, at)).group_by(column)
        told[name] = dict(session.execute(query.order_by(column)).all())
    return told


def one(session: Session, number: int, by: Caller) -> Ticket:
    """Give a ticket that the caller may see. Raises `NoSuchTicket`."""
    found = session.scalars(select(Ticket).where(Ticket.id == number, _seen_by(by))).one_or_none()
    if found is None:
        raise NoSuchTicket(number)
    return found


def unclosed(session: Session) -> dict[tuple[str, str], int]:
    """Count the tickets that are not closed, by monitor and severity."""
    named = (Ticket.monitor, Ticket.severity)
    query = select(*named, func.count()).where(Ticket.state != State.CLOSED.value).group_by(*named)
    return {(monitor, severity): count for monitor, severity, count in session.execute(query)}


def overdue(session: Session, at: datetime) -> int:
    """Count the tickets that should be closed by now."""
    late = select(func.count()).where(*_asked({"overdue": True}, at))
    return session.scalar(late) or 0


def _seen_by(by: Caller) -> ColumnElement[bool]:
    if AUDITOR in by.roles:
        return true()
    mine = [Ticket.organisation == by.organisation]
    if OPERATOR in by.roles:
        mine.append(Ticket.organisation == "")
    if authorities.ROLE in by.roles:
        mine.append(Ticket.escalated_to == by.organisation)
    return or_(*mine)


def _asked(asked: Mapping[str, Any], at: datetime) -> list[ColumnElement[bool]]:
    wanted = [column == asked[name] for name, column in FACETS.items() if asked.get(name) is not None]
    if asked.get("organisation") is not None:
        wanted.append(Ticket.organisation == asked["organisation"])
    if asked.get("overdue"):
        wanted += [Ticket.state != State.CLOSED.value, Ticket.due_at <= at]
    return wanted
