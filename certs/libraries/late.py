"""Answers that come late: a question is kept until its answer is fetched, and found by whoever asks the same again.

Nobody waits longer than a library's deadline, and no thread hangs on: a job asks again, with time, and keeps what comes
for as long as an answer is good. After some tries it gives up, and the library counts as down until that is over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from base.db import inserting
from certs.contents import Keys
from certs.libraries.answers import Awaited
from certs.libraries.models import ANSWERED, AWAITED, FAILED, LibraryAnswer, LibraryEvidence

# Between a question and its answer a clerk goes on with the case; an hour later the question is a new one.
KEPT: Final = timedelta(hours=1)
# A status can change any minute; an answer that was fetched for somebody who waits is good for as long as they do.
GOOD: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(seconds=10)
MOST_TRIES: Final = 5
# What a library may take, at a minute each, fits into one run of the job.
MOST_AT_ONCE: Final = 8
_KNOWN: Final = select(LibraryAnswer).where(
    LibraryAnswer.key.in_(bindparam("keys", expanding=True)), LibraryAnswer.expires_at > bindparam("at")
)


def known(session: Session, keys: Sequence[str], at: datetime) -> Mapping[str, LibraryAnswer]:
    """Give the questions that were kept, by their keys."""
    return {row.key: row for row in session.scalars(_KNOWN, {"keys": list(keys), "at": at})}


def keep(session: Session, data_keys: Keys, awaited: Awaited, at: datetime) -> None:
    """Keep a question whose answer comes later; one that is kept already stays, one that is over begins anew."""
    session.execute(delete(LibraryAnswer).where(LibraryAnswer.key == awaited.key, LibraryAnswer.expires_at <= at))
    row = {
        "key": awaited.key,
        "library": awaited.library,
        "state": AWAITED,
        "question": data_keys.seal(session, awaited.body, bound(awaited.key, "question")),
        "answer": None,
        "tries": 0,
        "asked_at": at,
        "next_at": at,
        "expires_at": at + KEPT,
    }
    session.execute(inserting(session, LibraryAnswer).values(row).on_conflict_do_nothing())


def due(session: Session, library: str, at: datetime) -> list[LibraryAnswer]:
    """Give the questions of a library that are to be asked again, the oldest first."""
    query = select(LibraryAnswer).where(
        LibraryAnswer.state == AWAITED, LibraryAnswer.next_at <= at, LibraryAnswer.library == library
    )
    return list(session.scalars(query.order_by(LibraryAnswer.next_at).limit(MOST_AT_ONCE)))


def settle(session: Session, data_keys: Keys, key: str, answer: bytes | None, at: datetime) -> None:
    """Keep what came, or that nothing came this time."""
    row = session.get(LibraryAnswer, key, with_for_update=True)
    if row is None or row.state != AWAITED:
        return
    row.tries += 1
    if answer is not None:
        row.state, row.expires_at = ANSWERED, at + GOOD
        row.answer = data_keys.seal(session, answer, bound(key, "answer"))
    elif row.tries >= MOST_TRIES:
        row.state, row.expires_at = FAILED, at + GOOD
    row.next_at = at + PAUSE


def forget(session: Session, at: datetime) -> None:
    """Forget what is over."""
    over = delete(LibraryAnswer).where(LibraryAnswer.expires_at <= at)
    session.execute(over.execution_options(synchronize_session=False))


def keep_evidence(
    session: Session, data_keys: Keys, usage: str, library: str, reason: str, answer: bytes, at: datetime
) -> None:
    """Keep an answer that was not believed."""
    sealed = data_keys.seal(session, answer, bound(usage, f"evidence:{library}"))
    session.add(LibraryEvidence(usage=usage, library=library, reason=reason, answer=sealed, at=at))
    session.flush()


def bound(key: str, what: str) -> bytes:
    """Name the place of what is sealed."""
    return f"certs_library:{key}:{what}".encode()
