"""A seal's filing is asked for, answered, and asked again until the office has decided; the register takes the step.

Who asked is on record before anybody is called, and the step *filed* is theirs when the office says yes, be it days
later by a job. Asking and answering are two transactions (`edges`): nobody waits for the office with a lock in hand.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import organisation_of
from signing import register
from signing.acting import ROOM
from signing.errors import SealStepNotAllowed
from signing.filings.errors import FilingUnderWay
from signing.filings.filing import Answer, Filed, Filing, Pending
from signing.filings.models import ASKED, FILED, PENDING, REFUSED, SealFiling
from signing.life import State, Step
from signing.models import Seal, SealEdition

# The office decides in hours or days: the first looks come soon, then one every six hours.
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=6)
DUE_AT_ONCE: Final = 50


def by_hand(session: Session, seal: Seal, number: str, registrar: str, by: Caller, at: datetime) -> SealFiling:
    """Note the number that the office gave to a person. Raises as `register.file` does."""
    edition = register.file(session, seal, number, by, at)
    row = _row(session, seal, edition, registrar, by, at)
    row.state, row.number, row.answered_at, row.next_at = FILED, number, at, None
    return row


def ask(session: Session, seal: Seal, registrar: str, by: Caller, at: datetime) -> SealFiling:
    """Put on record that the office is asked.

    Raises `FilingUnderWay`, and what `register.require_may` raises for who must not take the step.
    """
    edition = register.standing(session, seal, Step.FILE)
    register.require_may(session, seal, edition, Step.FILE, by)
    known = session.get(SealFiling, (seal.id, edition.number))
    if known is not None and known.state in {ASKED, PENDING}:
        raise FilingUnderWay(seal.id, known.receipt or "")
    row = _row(session, seal, edition, registrar, by, at)
    ROOM.record(session, by, at, "seal.filing-asked", Thing(register.THING, seal.id), edition=edition.number)
    session.flush()
    return row


def told(session: Session, row: SealFiling) -> Filing:
    """Gather what is told to the office. Raises `SealStepNotAllowed` where the seal is no longer to be filed."""
    seal = register.seal_of(session, row.seal)
    edition = session.get_one(SealEdition, (row.seal, row.edition))
    if edition.state != State.MADE or edition.content is None:
        raise SealStepNotAllowed(Step.FILE.value, edition.state)
    return Filing(
        f"{row.seal}-{row.edition}-{row.rounds}",
        seal.id,
        edition.number,
        seal.name,
        seal.kind,
        seal.owner,
        organisation_of(session, seal.owner).name,
        edition.valid_from,
        edition.valid_until,
        SM3.of(edition.content).hex(),
        SM3.of(edition.picture).hex(),
        edition.impression,
    )


def note(session: Session, row: SealFiling, answer: Answer, at: datetime) -> SealFiling:
    """Note what the office answered, and take the step when it has filed. Raises as `register.file` does."""
    row.answered_at, row.code, row.words = at, None, None
    if isinstance(answer, Filed):
        row.state, row.number, row.next_at = FILED, answer.number, None
        register.file(session, register.seal_of(session, row.seal, locked=True), answer.number, _asker(row), at)
    elif isinstance(answer, Pending):
        row.state, row.receipt, row.next_at = PENDING, answer.receipt, at + _pause(row.tries)
        row.tries += 1
    else:
        row.state, row.next_at = REFUSED, None
        row.code, row.words = answer.code, answer.words
        thing = Thing(register.THING, row.seal)
        ROOM.changed(session, _asker(row), at, "seal.filing-refused", thing, row.rounds, code=answer.code)
    return row


def missed(session: Session, row: SealFiling, code: str, at: datetime) -> SealFiling:
    """Note that the office could not be heard; it is asked again after a pause."""
    row.code, row.next_at = code, at + _pause(row.tries)
    row.tries += 1
    session.flush()
    return row


def due(session: Session, at: datetime) -> list[tuple[str, int]]:
    """Name the filings about which the office is to be asked again."""
    waiting = select(SealFiling.seal, SealFiling.edition).join(
        SealEdition, (SealEdition.seal == SealFiling.seal) & (SealEdition.number == SealFiling.edition)
    )
    waiting = waiting.where(SealFiling.state.in_((ASKED, PENDING)), SealFiling.next_at <= at)
    waiting = waiting.where(SealEdition.state == State.MADE.value).order_by(SealFiling.next_at).limit(DUE_AT_ONCE)
    return [(seal, edition) for seal, edition in session.execute(waiting)]


def filings(session: Session, seal: Seal) -> list[SealFiling]:
    """List the filings of a seal's editions, the first first."""
    return list(session.scalars(select(SealFiling).where(SealFiling.seal == seal.id).order_by(SealFiling.edition)))


def _row(session: Session, seal: Seal, edition: SealEdition, registrar: str, by: Caller, at: datetime) -> SealFiling:
    row = session.get(SealFiling, (seal.id, edition.number))
    if row is None:
        row = SealFiling(seal=seal.id, edition=edition.number, rounds=0)
        session.add(row)
    row.registrar, row.state, row.asked_by, row.organisation = registrar, ASKED, by.id, by.organisation
    row.receipt = row.number = row.code = row.words = row.answered_at = None
    row.rounds, row.tries, row.asked_at, row.next_at = row.rounds + 1, 0, at, at + FIRST_PAUSE
    return row


def _asker(row: SealFiling) -> Caller:
    """Give whoever asked; they may take this step as the guard found when they did."""
    return Caller("person", row.asked_by, row.asked_by, row.organisation)


def _pause(tries: int) -> timedelta:
    doubled: int = 1 << min(tries, 16)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
