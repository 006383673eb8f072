"""Exports of the ledger: one person asks with a reason, another agrees, and then the file is made as it is taken.

Each step is on record. The file holds whole entries with the proof that they stand in today's tree, in the form that
`base/ledger_check.py` reads without us; it is never kept, so that what is handed out is what the ledger holds now.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit, ledger_export
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from keys.auditing.errors import LedgerExportNotOpen, NoSuchLedgerExport, OwnLedgerExport, UnfitLedgerRange
from keys.auditing.models import AGREED, ASKED, REFUSED, LedgerExport
from keys.parties.acting import record

THING: Final = "ledger-export"
# A year of a quiet site, a day of a busy one: about 100 MB, which a browser still takes and a checker reads in minutes.
MOST_ENTRIES: Final = 200_000
MOST_LISTED: Final = 200


def ask(session: Session, first: int, last: int, reason: str, by: Caller, at: datetime) -> LedgerExport:
    """Ask for entries first … last-1.

    Raises `UnfitLedgerRange`.
    """
    size = audit.tree_size(session)
    if not 0 <= first < last <= size or last - first > MOST_ENTRIES:
        raise UnfitLedgerRange(first, last, size, MOST_ENTRIES)
    row = LedgerExport(
        first=first, last=last, reason=reason, state=ASKED, asked_by=actor(by), asked_at=at, times_taken=0
    )
    session.add(row)
    session.flush()
    _recorded(session, row, by, at, "asked", first=first, last=last, reason=reason)
    return row


def decide(session: Session, number: int, reason: str, by: Caller, at: datetime, *, agrees: bool) -> LedgerExport:
    """Agree to an export that another person asked for, or refuse it.

    Raises `NoSuchLedgerExport`, `LedgerExportNotOpen` and `OwnLedgerExport`.
    """
    row = _locked(session, number)
    if row.state != ASKED:
        raise LedgerExportNotOpen(number, row.state)
    if row.asked_by == actor(by):
        raise OwnLedgerExport(number)
    row.state, row.decided_by, row.decided_at, row.decided_why = AGREED if agrees else REFUSED, actor(by), at, reason
    _recorded(session, row, by, at, row.state, reason=reason)
    return row


def take(session: Session, number: int, by: Caller, at: datetime) -> LedgerExport:
    """Note that the file is taken now.

    Raises `NoSuchLedgerExport` and `LedgerExportNotOpen`.
    """
    row = _locked(session, number)
    if row.state != AGREED:
        raise LedgerExportNotOpen(number, row.state)
    row.taken_at, row.times_taken = at, row.times_taken + 1
    _recorded(session, row, by, at, "taken", times=row.times_taken)
    return row


def lines(database: Database, first: int, last: int) -> Iterator[str]:
    """Write the file line by line, from one view of the ledger."""
    with database.reading() as session:
        for line in ledger_export.export(session, first, last):
            yield f"{line}\n"


def listed(session: Session) -> Sequence[LedgerExport]:
    """List the exports, newest first."""
    return session.scalars(select(LedgerExport).order_by(LedgerExport.number.desc()).limit(MOST_LISTED)).all()


def _locked(session: Session, number: int) -> LedgerExport:
    row = session.get(LedgerExport, number, with_for_update=True)
    if row is None:
        raise NoSuchLedgerExport(number)
    return row


def _recorded(session: Session, row: LedgerExport, by: Caller, at: datetime, step: str, **facts: str | int) -> None:
    record(session, by, at, f"ledger-export.{step}", Thing(THING, str(row.number)), **facts)
