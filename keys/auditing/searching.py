"""Looks for entries of the ledger. Who looks, for what and why is an entry itself, in the same transaction.

What an entry says is shown whole: by `base.audit`'s rule it holds no personal data, a holder is a keyed pseudonym.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import audit, clock
from base.audit import Recorded, Search, Thing
from base.callers import Caller
from base.canonical import Json
from keys.parties.acting import record

# What a person reads on one page; the next begins before its last.
MOST_FOUND: Final = 100


def search(
    session: Session,
    wanted: Search,
    reason: str,
    by: Caller,
    at: datetime,
    before: int | None = None,
    limit: int = MOST_FOUND,
) -> list[Recorded]:
    """Find entries, newest first, and keep on record that they were looked for."""
    found = audit.search(session, wanted, before=before, limit=min(limit, MOST_FOUND))
    asked: dict[str, Json] = {name: _written(value) for name, value in asdict(wanted).items() if value is not None}
    record(session, by, at, "ledger.searched", Thing("ledger", "entries"), asked=asked, reason=reason, found=len(found))
    return found


def _written(value: object) -> str:
    return clock.rfc3339(value) if isinstance(value, datetime) else str(value)
