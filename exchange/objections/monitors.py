"""The monitor of objections: who received something, was asked whether its correction arrived, and never said."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from exchange import authorities
from exchange.errors import NoAuthority
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting
from exchange.objections.life import Heard
from exchange.objections.receivers import HEARING, Hearing
from keys.parties.organisations import organisation_of

# Seen again each time for so long; a ticket that was dealt with by then is not opened anew by the same silence.
SEEN_FOR: Final = timedelta(days=60)
NAME: Final = "objection-unconfirmed"


def unconfirmed(session: Session, hearing: Hearing, at: datetime) -> Iterator[Sighting]:
    """Tell of each that was silent, to the authority over it."""
    table: Any = hearing.table
    query = select(table).where(table.heard == Heard.UNCONFIRMED.value, table.said_at > at - SEEN_FOR)
    for each in session.scalars(query.order_by(table.said_at, table.objection, table.organisation)):
        facts: Facts = {
            "objection": each.objection,
            "receiver": organisation_of(session, each.organisation).name,
            "uses": each.uses,
        }
        subject = hearing.duty_of(each.objection, each.organisation).id
        owner = superior_of(session, each.organisation)
        yield Sighting(subject, Severity.WARNING, each.said_at, facts, owner, authorities.ROLE)


def superior_of(session: Session, organisation: str) -> str:
    """Give the nearest authority over an organisation that is another one; none is the platform's own operator."""
    try:
        found = authorities.authority_over(session, organisation)
    except NoAuthority:
        return ""
    return found if found != organisation else authorities.authority_above(session, found) or ""


def _look(session: Session, _looking: Looking, at: datetime) -> Iterator[Sighting]:
    yield from unconfirmed(session, HEARING, at)


MONITORS: Final = (
    Monitor(
        NAME,
        "接收单位未确认校核结果",
        "A receiver never confirmed",
        "「{receiver}」曾 {uses} 次接收有误的数据，至期未确认校核结果（异议 {objection}）。",
        "{receiver} received the data {uses} times and never confirmed the answer to objection {objection}.",
        days=5,
        look=_look,
    ),
)
