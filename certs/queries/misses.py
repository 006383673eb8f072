"""Who tries out codes: look-ups that find nothing are counted for each caller, and after too many nothing is answered.

A department's system finds most of whom it asks about, since people apply with their papers. Codes that are tried out
find nothing, nearly always; so misses are bounded, not look-ups. Whoever is over the bound is refused whatever there
is, until the window is over, and the alarm is raised: in the ledger, as an event, and in the metrics, once a minute.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.metrics import ENUMERATION_ALARMS
from certs.acting import ROOM
from certs.queries.errors import TooManyMisses
from certs.queries.wiring import Queries
from exchange.agreements.contracts import Quota
from exchange.door import quotas
from exchange.door.errors import QuotaExceeded
from exchange.door.quotas import Taking

ALARM: Final = "certificate-query.codes-tried-out"
# One a minute: an alarm that repeats with every call would fill the ledger on the caller's behalf.
ALARMS: Final = Quota(per_minute=1)
# What fits beside a word into the code of a count.
HASH_CHARACTERS: Final = 40


def taking(parts: Queries, by: Caller, calls: int = 1) -> Taking:
    """Give what a miss takes."""
    return Taking(f"misses:{_named(by)}", parts.settings.misses, calls)


def holder_takings(parts: Queries, holders: Iterable[str]) -> tuple[Taking, ...]:
    """Give what looking holders up takes: each may be asked about so often a day, by whomever."""
    bound = Quota(per_day=parts.settings.holder_per_day)
    return tuple(Taking(f"holder:{each[:HASH_CHARACTERS]}", bound, 1) for each in holders)


def look(session: Session, parts: Queries, by: Caller, at: datetime) -> None:
    """Turn away who is over the bound, before anything is looked for. Raises `TooManyMisses`."""
    try:
        quotas.look(session, [taking(parts, by)], at)
    except QuotaExceeded as over:
        raise TooManyMisses(over.window, over.limit, over.retry_after) from over


def refused(database: Database, parts: Queries, refusal: DomainError, by: Caller, at: datetime) -> DomainError:
    """Tell whether a refusal to record a miss was for too many of them, or for the grant's own quota."""
    if not isinstance(refusal, QuotaExceeded):
        return refusal
    try:
        with database.reading() as session:
            look(session, parts, by, at)
    except TooManyMisses as over:
        return over
    return refusal


def alarm(database: Database, parts: Queries, refusal: DomainError, by: Caller, at: datetime) -> None:
    """Raise the alarm, once a minute, where a call was refused for too many misses."""
    if not isinstance(refusal, TooManyMisses):
        return
    once = Taking(f"alarm:{_named(by)}", ALARMS, 1)
    with database.reading() as session:
        if quotas.used(session, once.grant, ALARMS, at).this_minute:
            return
    with database.transaction() as session:
        if quotas.take(session, [once], at):
            return
        ROOM.changed(session, by, at, ALARM, Thing("caller", by.id), window=refusal.window, limit=refusal.limit)
    parts.counted.count(ENUMERATION_ALARMS)


def _named(by: Caller) -> str:
    """Name a caller as a count does: short, whatever its id."""
    return hashlib.sha256(actor(by).encode()).hexdigest()[:HASH_CHARACTERS]
