"""Who has to be told of a step: the other side of the case, which fetches it and says so, and the case centre.

A step is offered until its receipt is there, in whatever order steps came in; so nothing is missed, and what was
fetched twice is known by case and sequence. Whoever wants to be rung up has a webhook in the settings: it says only
that something waits.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import notices
from base.callers import Caller
from base.errors import Fact
from base.notices import Notice, kinds_in
from certs.filing.cases.errors import NoSuchCaseDelivery
from certs.filing.cases.models import CENTRE, PULL, TAKEN, WAITING, Case, CaseDelivery, CaseStep
from certs.filing.cases.wiring import Cases

KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
STEP: Final = "case-step"
CENTRE_NAME: Final = "centre"
# As whom projects of the centre are received; what it told us itself it is not told again.
CENTRE_CALLER: Final = "case-centre"
# A page of steps; whoever has fetched these asks for the next.
MOST_AT_ONCE: Final = 100


def write(session: Session, parts: Cases, row: Case, step: CaseStep, by: Caller, at: datetime) -> None:
    """Offer a step to the side that did not take it, and to the centre."""
    sides = {row.organ, row.receiving_organ} - {by.organisation}
    for recipient in sorted(sides):
        session.add(_delivery(row, step, recipient, PULL, at))
        if (webhook := parts.webhooks.get(recipient)) is not None:
            facts: dict[str, Fact] = {
                "case": row.number,
                "step": step.act,
                "sequence": step.sequence,
                "state": row.state,
            }
            notices.tell(session, Notice(KINDS[STEP], facts, (webhook,)), at)
    if parts.centre is not None and by.id != CENTRE_CALLER:
        session.add(_delivery(row, step, CENTRE_NAME, CENTRE, at))


def waiting(session: Session, by: Caller, limit: int = MOST_AT_ONCE) -> Sequence[CaseDelivery]:
    """List what waits for an organisation, the oldest first."""
    query = select(CaseDelivery).where(
        CaseDelivery.recipient == by.organisation, CaseDelivery.state == WAITING, CaseDelivery.channel == PULL
    )
    return session.scalars(query.order_by(CaseDelivery.id).limit(min(limit, MOST_AT_ONCE))).all()


def acknowledge(session: Session, number: int, receipt: str, by: Caller, at: datetime) -> CaseDelivery:
    """Note that a step has arrived; the first receipt stays. Raises `NoSuchCaseDelivery`."""
    row = session.get(CaseDelivery, number, with_for_update=True)
    if row is None or row.recipient != by.organisation or row.channel != PULL:
        raise NoSuchCaseDelivery(number)
    if row.state == WAITING:
        row.state, row.receipt, row.settled_at = TAKEN, receipt, at
    return row


def _delivery(row: Case, step: CaseStep, recipient: str, channel: str, at: datetime) -> CaseDelivery:
    return CaseDelivery(
        recipient=recipient,
        channel=channel,
        case=row.number,
        sequence=step.sequence,
        state=WAITING,
        tries=0,
        next_at=at,
        receipt="",
        code="",
        written_at=at,
        settled_at=None,
    )
