"""Answers that are kept: late ones, until they are fetched, and any for the short time that they are good.

Nobody waits longer than a library's deadline, and no thread hangs on: a job asks again, with time, and keeps what comes
for as long as an answer is good. After some tries it gives up, and the library counts as down until that is over.

What was answered at once is kept as well, for less time: a clerk looks, has a copy made and looks again, and the other
house need not be asked each time. An answer is found again only by the same question for the same purpose, down to the
case and the operator, of the same organisation under the same grants; the question stands in the table as a keyed hash,
and the answer sealed. Whoever asks has been judged anew before, so that a grant or a consent that is gone here ends it
at once; what changes *there* is seen when the time is over. This house's own certificates are never kept so.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from base import strict_json
from base.canonical import Json
from base.db import inserting
from base.strict_json import MalformedJson
from certs.contents import Keys
from certs.libraries.answers import Answer, Awaited, Kept
from certs.libraries.models import ANSWERED, AWAITED, FAILED, LibraryAnswer, LibraryEvidence
from exchange.agreements.purposes import Purpose
from exchange.door.outcomes import Outcome

MATCHING: Final = "certs-library"
# Between a question and its answer a clerk goes on with the case; an hour later the question is a new one.
KEPT: Final = timedelta(hours=1)
# A status can change any minute; an answer that was fetched for somebody who waits is good for as long as they do.
GOOD: Final = timedelta(minutes=10)
PAUSE: Final = timedelta(seconds=10)
MOST_TRIES: Final = 5
# What a library may take, at a minute each, fits into one run of the job.
MOST_AT_ONCE: Final = 8
# A certificate's fields take some KiB; what is larger is a list that is asked for once.
LARGEST_KEPT: Final = 256 * 1024
_KNOWN: Final = select(LibraryAnswer).where(
    LibraryAnswer.key.in_(bindparam("keys", expanding=True)), LibraryAnswer.expires_at > bindparam("at")
)


@dataclass(frozen=True)
class Keeping:
    """How long answers of a library are good: those that found something, and those that found nothing."""

    found: timedelta
    missing: timedelta

    def kept(self, answer: Answer, key: str, library: str, content: bytes) -> Answer:
        """Have an answer kept, where it is one that stays true for a while."""
        good = {Outcome.FOUND: self.found, Outcome.NOT_FOUND: self.missing}.get(answer.outcome, timedelta())
        if not good or len(content) > LARGEST_KEPT:
            return answer
        return replace(answer, kept=Kept(key, library, content, good))


# A minute covers one look at one case; whoever is told that there is none asks the holder and looks again.
KEEPING: Final = Keeping(timedelta(seconds=60), timedelta(seconds=20))


def key(session: Session, data_keys: Keys, library: str, under: str, body: bytes) -> str:
    """Name a question as it is kept: of which library, by whom, under which grants, for what, about whom."""
    return data_keys.matching_hash(session, MATCHING, f"{library}\n{under}\n{body.decode()}")


def written(purpose: Purpose) -> dict[str, Json]:
    """Write a purpose down whole, case and operator included."""
    told: dict[str, Json] = json.loads(json.dumps(asdict(purpose)))
    return told


def known(session: Session, keys: Sequence[str], at: datetime) -> Mapping[str, LibraryAnswer]:
    """Give the questions that were kept, by their keys."""
    return {row.key: row for row in session.scalars(_KNOWN, {"keys": list(keys), "at": at})}


def content(session: Session, data_keys: Keys, row: LibraryAnswer) -> bytes | None:
    """Open the answer to a question, if it is there."""
    if row.state != ANSWERED or row.answer is None:
        return None
    return data_keys.open(session, row.answer, bound(row.key, "answer"))


def keep(session: Session, data_keys: Keys, awaited: Awaited, at: datetime) -> None:
    """Keep a question whose answer comes later; one that is kept already stays, one that is over begins anew."""
    question = data_keys.seal(session, awaited.body, bound(awaited.key, "question"))
    told = {"state": AWAITED, "question": question, "answer": None, "expires_at": at + KEPT}
    _keep(session, awaited.key, awaited.library, told, at)


def keep_answer(session: Session, data_keys: Keys, kept: Kept, at: datetime) -> None:
    """Keep an answer for the time that it is good; whoever was first with it keeps it."""
    answer = data_keys.seal(session, kept.content, bound(kept.key, "answer"))
    told = {"state": ANSWERED, "question": b"", "answer": answer, "expires_at": at + kept.good}
    _keep(session, kept.key, kept.library, told, at)


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


def is_pending(answer: bytes) -> bool:
    """Tell whether an answer is none yet: it says so, or cannot be read."""
    try:
        told = strict_json.parse(answer)
    except MalformedJson:
        return True
    return isinstance(told, dict) and told.get("outcome") == Outcome.PENDING


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


def _keep(session: Session, key: str, library: str, told: Mapping[str, Any], at: datetime) -> None:
    session.execute(delete(LibraryAnswer).where(LibraryAnswer.key == key, LibraryAnswer.expires_at <= at))
    row = {"key": key, "library": library, **told, "tries": 0, "asked_at": at, "next_at": at}
    session.execute(inserting(session, LibraryAnswer).values(row).on_conflict_do_nothing())
