"""The edge of filing: on record, then the office is asked with no transaction open, then its answer is noted."""

from collections.abc import Callable
from datetime import datetime

from base import clock
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.scheduling import Run
from signing import register
from signing.filings import by_hand, keeping
from signing.filings.errors import FilingByHand, FilingNotByHand
from signing.filings.filing import Registrar
from signing.filings.models import SealFiling
from signing.wiring import Signing


def file(
    database: Database, registrar: Registrar, seal_id: str, number: str | None, by: Caller, now: Callable[[], datetime]
) -> None:
    """File a seal as this site does: by the number that is told, or by asking the office.

    An office that is not heard is no error here: it is asked again by the job. Raises `FilingByHand`,
    `FilingNotByHand`, `FilingUnderWay`, and what the register refuses.
    """
    is_by_hand = registrar.name == by_hand.NAME
    if is_by_hand and number is None:
        raise FilingByHand
    if not is_by_hand and number is not None:
        raise FilingNotByHand(registrar.name)
    with database.transaction() as session:
        seal = register.seal_of(session, seal_id, locked=True)
        if number is not None:
            keeping.by_hand(session, seal, number, registrar.name, by, now())
            return
        edition = keeping.ask(session, seal, registrar.name, by, now()).edition
    go_on(database, registrar, seal_id, edition, now)


def go_on(database: Database, registrar: Registrar, seal_id: str, edition: int, now: Callable[[], datetime]) -> None:
    """Ask the office, and note what it answers, or that it could not be heard."""
    with database.reading() as session:
        filing = keeping.told(session, session.get_one(SealFiling, (seal_id, edition)))
    try:
        answer = registrar.file(filing)
    except DomainError as silence:
        with database.transaction() as session:
            keeping.missed(session, session.get_one(SealFiling, (seal_id, edition)), silence.code, now())
        return
    with database.transaction() as session:
        row = session.get_one(SealFiling, (seal_id, edition), with_for_update=True)
        keeping.note(session, row, answer, now())


def ask_again(run: Run) -> None:
    """Ask the office once more about every filing that is due."""
    database, registrar = run.database, run.part(Signing).registrar
    with database.reading() as session:
        waiting = keeping.due(session, clock.now())
    for done, (seal_id, edition) in enumerate(waiting, 1):
        go_on(database, registrar, seal_id, edition, clock.now)
        run.progress(done, len(waiting))
