"""Warnings before the certificate of a key in custody ends: 90, 30 and 7 days ahead, each told once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import notices
from base.errors import Fact
from base.notices import Notice, Role
from keys.custody.models import CustodyKey
from keys.custody.rules import ACTIVE
from keys.parties.models import ACTIVE as ACTIVE_ACCOUNT
from keys.parties.models import Person, PersonRole

# A new certificate of a seal takes an authority four to eight weeks; a week before, somebody has to run.
THRESHOLDS: Final = (90, 30, 7)
TOLD_ROLES: Final = ("sysadmin", "secadmin")
KINDS: Final = notices.kinds_in(Path(__file__).with_name("notices.toml"))
KIND: Final = "custody-key-ends"
DAY: Final = timedelta(days=1)


def due(not_after: datetime, warned: int | None, at: datetime) -> int | None:
    """Tell which threshold is to be told of now: the lowest one passed, unless it or a lower one was told of."""
    passed = [days for days in THRESHOLDS if not_after - at <= days * DAY]
    if not passed or (warned is not None and warned <= min(passed)):
        return None
    return min(passed)


def warn(session: Session, at: datetime) -> int:
    """Tell those who look after keys of every certificate that has come nearer to its end; give how many."""
    query = select(CustodyKey).where(CustodyKey.state == ACTIVE, CustodyKey.not_after <= at + max(THRESHOLDS) * DAY)
    told = 0
    for row in session.scalars(query.order_by(CustodyKey.id).with_for_update()).all():
        days = due(row.not_after, row.warned_days, at) if row.not_after else None
        if days is not None and row.not_after:
            left = max(0, (row.not_after - at) // DAY)
            facts: dict[str, Fact] = {
                "key": row.id,
                "use": row.key_use,
                "days": left,
                "not_after": row.not_after.date().isoformat(),
            }
            notices.tell(session, Notice(KINDS[KIND], facts, tuple(_readers(session))), at)
            row.warned_days = days
            told += 1
    return told


def _readers(session: Session) -> Iterable[Role]:
    query = (
        select(Person.organisation, PersonRole.role)
        .join(PersonRole, PersonRole.person == Person.id)
        .where(PersonRole.role.in_(TOLD_ROLES), Person.state == ACTIVE_ACCOUNT)
        .distinct()
        .order_by(Person.organisation, PersonRole.role)
    )
    return [Role(organisation, role) for organisation, role in session.execute(query)]
