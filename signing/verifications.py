"""Verifying for the public, as an act: a document comes in, is verified in a process of its own, and is forgotten.

What is kept, for a day and under a random id of 128 bits that nobody can guess, is the report. The ledger learns the
document's digest and the verdict; it does not learn the id, which opens the report to whoever has it.
"""

import secrets
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.trust import Trust
from signing.acting import ROOM
from signing.seal_standing import NO_WORDS, SealWords
from signing.verification_errors import DocumentTooLarge, MomentNotPast, NoDocument, NoSuchVerification
from signing.verification_models import VERIFICATION_ID_LENGTH, Verification
from signing.workers.job import NO_PICTURES, Answer, Job, Pictures
from signing.workers.pool import Workers

KEPT: Final = timedelta(hours=24)
ID_BYTES: Final = 16
NAME_LENGTH: Final = 200

WordsOf = Callable[[Sequence[str]], SealWords]
# What is deflated here was made here; nothing of it is larger.
LARGEST_INFLATED: Final = 64 * 1024 * 1024


def no_words(codes: Sequence[str]) -> SealWords:
    """Say nothing of any seal."""
    del codes
    return NO_WORDS


@dataclass(frozen=True)
class Handed:
    """A document as it was handed in."""

    document: bytes = field(repr=False)
    name: str
    policy: str = "default"
    as_of: datetime | None = None


@dataclass(frozen=True)
class KeptReport:
    """A report that is kept, and the pictures where it was just made."""

    id: str
    ends_at: datetime
    report: Mapping[str, Any]
    pictures: Pictures = NO_PICTURES


def examined(
    workers: Workers,
    handed: Handed,
    trust: Trust,
    limit: int,
    at: datetime,
    words_of: WordsOf = no_words,
) -> Answer:
    """Verify a document in a process of its own; the one step that must not hold a transaction open.

    Which seals it bears is known when it was read: where `words_of` has something to say of one whose signature is
    trusted, the document is judged once more with that.

    Raises `NoDocument`, `DocumentTooLarge`, `MomentNotPast`, `VerifierBusy`, `VerifierUnavailable`, `UnknownPolicy`.
    """
    if not handed.document:
        raise NoDocument("empty")
    if len(handed.document) > limit:
        raise DocumentTooLarge(limit)
    moment = as_of(handed, at)
    job = Job(handed.document, plain_name(handed.name), handed.policy, moment)
    answer = workers.examine(job, trust)
    words = words_of(codes) if (codes := seal_codes(answer.report)) else NO_WORDS
    if not words:
        return answer
    # What it looks like was drawn already, and does not depend on it.
    again = workers.examine(replace(job, with_pictures=False, words=dict(words)), trust)
    return replace(again, pictures=answer.pictures)


def seal_codes(report: Mapping[str, Any]) -> list[str]:
    """Give the codes of the seals whose signature is trusted: of no other a word would say anything."""
    sealed = (each for each in report["signatures"] if each["seal"] is not None and each["trusted"] is True)
    return list(dict.fromkeys(str(each["seal"]["id"]) for each in sealed))


def as_of(handed: Handed, at: datetime) -> datetime:
    """Tell as of when a document is verified. Raises `MomentNotPast`."""
    if handed.as_of is None:
        return at
    if handed.as_of > at:
        raise MomentNotPast(handed.as_of.isoformat())
    return handed.as_of


def keep(session: Session, answer: Answer, by: Caller, at: datetime, kept: timedelta = KEPT) -> KeptReport:
    """Keep a report, and note on the ledger that this document was verified and how it came out."""
    row = Verification(
        id=secrets.token_urlsafe(ID_BYTES),
        made_at=at,
        ends_at=at + kept,
        report=dict(answer.report),
        xml=zlib.compress(answer.xml.encode()),
        evidence=None if answer.evidence is None else zlib.compress(answer.evidence.encode()),
    )
    session.add(row)
    document = answer.report["document"]
    ROOM.record(
        session,
        by,
        at,
        "signing.verification",
        Thing("document", document["sm3"]),
        verdict=answer.report["verdict"],
        sub_indication=answer.report["sub_indication"] or "",
        policy=answer.report["policy"]["name"],
        trust=answer.report["trust"]["digest"],
    )
    session.flush()
    return KeptReport(row.id, row.ends_at, row.report, answer.pictures)


def fetch(session: Session, verification: str, at: datetime) -> KeptReport:
    """Give a report that is still kept. Raises `NoSuchVerification`."""
    row = _row(session, verification, at)
    return KeptReport(row.id, row.ends_at, row.report)


def xml(session: Session, verification: str, at: datetime) -> bytes:
    """Give the report as ETSI TS 119 102-2 has it. Raises `NoSuchVerification`."""
    return _inflated(_row(session, verification, at).xml)


def evidence(session: Session, verification: str, at: datetime) -> bytes | None:
    """Give what the report rests on, if it was kept. Raises `NoSuchVerification`."""
    found = _row(session, verification, at).evidence
    return None if found is None else _inflated(found)


def pdf(session: Session, verification: str, at: datetime) -> bytes | None:
    """Give the report as a PDF, if it was made already. Raises `NoSuchVerification`."""
    return _row(session, verification, at).pdf


def keep_pdf(session: Session, verification: str, made: bytes, at: datetime) -> bytes:
    """Keep the PDF of a report beside it; the first that was made stays. Raises `NoSuchVerification`."""
    row = _row(session, verification, at)
    if row.pdf is None:
        row.pdf = made
        session.flush()
    return row.pdf


def purge(session: Session, at: datetime) -> int:
    """Forget the reports whose day is over, and tell how many."""
    found = session.execute(delete(Verification).where(Verification.ends_at <= at))
    return int(found.rowcount)  # type: ignore[attr-defined]


def plain_name(name: str) -> str:
    """Give a file's name without folders and without what cannot be read; the report shows it to others."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(each for each in last if each.isprintable())[:NAME_LENGTH]


def _row(session: Session, verification: str, at: datetime) -> Verification:
    row = session.get(Verification, verification) if len(verification) == VERIFICATION_ID_LENGTH else None
    if row is None or row.ends_at <= at:
        raise NoSuchVerification
    return row


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj().decompress(data, LARGEST_INFLATED)
