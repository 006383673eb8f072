"""Tells of tickets: to the owner on the pages and by mail, to the site's own people by mail and webhook.

Written in the transaction of the step it tells of, and sent afterwards by the job that sends all notices: once when a
ticket is opened, once when it is overdue. A notice says what to look at and names nobody.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import notices
from base.errors import Fact
from base.notices import Mail, Notice, Role, kinds_in
from base.notices.errors import UnusableRecipient
from base.notices.kinds import Recipient
from base.workdays import SHANGHAI
from exchange.monitoring.models import Ticket
from exchange.monitoring.wiring import Monitoring
from keys.parties.models import ACTIVE, Person, PersonRole

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
OPENED: Final = "ticket-opened"
OVERDUE: Final = "ticket-overdue"
# Of one role in one organisation; whoever comes after them reads the page.
MOST_MAILED: Final = 50


def of_opening(session: Session, monitoring: Monitoring, ticket: Ticket, at: datetime) -> None:
    """Tell the owner and the site's own that there is a ticket."""
    _tell(session, monitoring, ticket, OPENED, ((ticket.organisation, ticket.role),), at)


def of_overdue(
    session: Session, monitoring: Monitoring, ticket: Ticket, above: tuple[str, str] | None, at: datetime
) -> None:
    """Tell the same, and the authority above, that it was not closed in time."""
    whom = ((ticket.organisation, ticket.role), *((above,) if above else ()))
    _tell(session, monitoring, ticket, OVERDUE, whom, at)


def _tell(
    session: Session,
    monitoring: Monitoring,
    ticket: Ticket,
    kind: str,
    whom: Iterable[tuple[str, str]],
    at: datetime,
) -> None:
    monitor = monitoring.monitor_of(ticket.monitor)
    facts: dict[str, Fact] = {
        "ticket": ticket.id,
        "monitor": ticket.monitor,
        "title_zh": monitor.zh,
        "title_en": monitor.en,
        "said_zh": ticket.said_zh,
        "said_en": ticket.said_en,
        "severity": ticket.severity,
        "due": ticket.due_at.astimezone(SHANGHAI).isoformat(sep=" ", timespec="minutes"),
    }
    readers: list[Recipient] = []
    for organisation, role in whom:
        if organisation:
            readers += [Role(organisation, role), *_mails(session, organisation, role)]
    notices.tell(session, Notice(KINDS[kind], facts, (*readers, *monitoring.outside)), at)


def _mails(session: Session, organisation: str, role: str) -> list[Mail]:
    query = (
        select(Person.email)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(Person.organisation == organisation, Person.state == ACTIVE, PersonRole.role == role)
        .order_by(Person.id)
        .limit(MOST_MAILED)
    )
    found: list[Mail] = []
    for address in session.scalars(query):
        # An account may have no address, or one that mail cannot take; its holder still has the page.
        with suppress(UnusableRecipient):
            found.append(Mail(address or ""))
    return found
