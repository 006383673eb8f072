"""What is done about archives by the clock: closed cases get theirs, one a case, and what failed is tried again."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.bulk import refusal_of
from base.callers import Caller
from base.db import Database
from base.scheduling import Every, Job, Run
from certs.copies.wiring import Copying
from certs.evidence.material import house_asking
from certs.evidence.wiring import Evidencing
from certs.filing.archives.making import ArchiveMaker, for_organ
from certs.filing.archives.models import Archive, ArchiveAttempt
from certs.filing.cases.models import Case
from certs.filing.cases.wiring import Cases
from certs.filing.sheets.edges import SheetSealer
from certs.wiring import Certs
from keys.authority.wiring import Authority
from keys.checkpoints.wiring import Checkpoints
from signing.edges import Sealer
from signing.stamping import HouseStamper
from signing.wiring import Signing

log = structlog.get_logger(__name__)

BY_CLOCK: Final = Caller("system", "certs", "certs")
# The applicant's evaluation and corrections of the day belong into the file; whoever needs it sooner asks for it.
SETTLES: Final = timedelta(days=1)
# One run takes these, the next the rest.
MOST_AT_ONCE: Final = 50
# Pauses between tries; the last is repeated, since somebody has to mend what is wrong first.
WAITS: Final = tuple(timedelta(minutes=each) for each in (10, 60, 720, 1440))
_CODE_LENGTH: Final = 80


def make_archives(run: Run) -> None:
    """Make the archives that closed cases wait for."""
    make_due(run.database, lambda: maker_of(run), clock.now)


def make_due(database: Database, maker: Callable[[], ArchiveMaker], now: Callable[[], datetime]) -> int:
    """Make what is due, each by itself; count what was made."""
    with database.reading() as session:
        waiting = due(session, now())
    if not waiting:
        return 0
    made = maker()
    return sum(_made(database, for_organ(made, organ), number, organ, now()) for number, organ in waiting)


def due(session: Session, at: datetime) -> list[tuple[str, str]]:
    """Name the closed cases that have no archive yet, with their organs, the oldest first."""
    has_one = select(Archive.id).where(Archive.case == Case.number).exists()
    waits = select(ArchiveAttempt.case).where(ArchiveAttempt.case == Case.number, ArchiveAttempt.next_at > at).exists()
    query = select(Case.number, Case.organ).where(Case.closed_at <= at - SETTLES, ~has_one, ~waits)
    return [(each.number, each.organ) for each in session.execute(query.order_by(Case.closed_at).limit(MOST_AT_ONCE))]


def maker_of(run: Run) -> ArchiveMaker:
    """Put the maker together of the parts of the house."""
    database, authority, signing = run.database, run.part(Authority), run.part(Signing)

    def sealer(by: Caller) -> Sealer:
        return Sealer(database, signing, authority, by, clock.now)

    certs = run.part(Certs)
    return ArchiveMaker(
        database,
        run.part(Cases),
        certs,
        run.part(Evidencing),
        run.part(Checkpoints),
        signing.trust_at,
        signing.stamper or HouseStamper(database, authority, BY_CLOCK, clock.now),
        house_asking(database, authority, clock.now),
        SheetSealer(database, certs, run.part(Copying), sealer, BY_CLOCK, clock.now),
        BY_CLOCK,
        clock.now,
    )


def _made(database: Database, maker: ArchiveMaker, number: str, organ: str, at: datetime) -> bool:
    try:
        _, is_new = maker.make(number)
    except Exception as fault:
        code = refusal_of(fault).code
        log.exception("archive_failed", case=number, code=code)
        _put_off(database, number, organ, code, at)
        return False
    with database.transaction() as session:
        row = session.get(ArchiveAttempt, number)
        if row is not None:
            session.delete(row)
    return is_new


def _put_off(database: Database, number: str, organ: str, code: str, at: datetime) -> None:
    with database.transaction() as session:
        row = session.get(ArchiveAttempt, number) or ArchiveAttempt(case=number, organ=organ, tries=0)
        row.code, row.next_at = code[:_CODE_LENGTH], at + WAITS[min(row.tries, len(WAITS) - 1)]
        row.tries += 1
        session.add(row)


JOBS: Final = (Job("certs.archives.make", Every(3600), make_archives, deadline=timedelta(hours=1)),)
