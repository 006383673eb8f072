"""What records say and platforms answer, as it is kept: canonical JSON under a data key, bound to its row."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json, canonical, read
from catalog_sync.models import Outbox
from catalog_sync.record import Operation, Record, Subject
from certs.contents import Keys

# A platform's words are for a person to read; a page of them is enough.
LONGEST_WORDS: Final = 2000


def sealed(session: Session, keys: Keys, target: str, record: Record, what: str = "content") -> bytes:
    """Encrypt what a record says."""
    return keys.seal(session, canonical(dict(record.content)), _bound(target, record.subject, record.version, what))


def opened(session: Session, keys: Keys, row: Outbox, *, as_written: bool = False) -> Mapping[str, Json]:
    """Decrypt what a row says: as it was corrected last, unless it is wanted as it was written."""
    subject, corrected = Subject(row.kind, row.thing), None if as_written else row.corrected
    content, what = (row.content, "content") if corrected is None else (corrected, "corrected")
    told: Any = read(keys.open(session, content, _bound(row.target, subject, row.version, what)))
    return dict(told)


def record_of(session: Session, keys: Keys, row: Outbox) -> Record:
    """Make the record again that a row stands for."""
    needs = tuple(Subject(*each) for each in row.needs)
    content = opened(session, keys, row)
    subject, operation = Subject(row.kind, row.thing), Operation(row.operation)
    return Record(subject, row.version, operation, content, needs, row.day.isoformat())


def sealed_words(session: Session, keys: Keys, words: str) -> bytes | None:
    """Encrypt a platform's words: they quote what they refuse. None where there are none."""
    return keys.seal(session, words[:LONGEST_WORDS].encode("utf-8", "replace"), b"sync:words") if words else None


def opened_words(session: Session, keys: Keys, words: bytes | None) -> str:
    """Decrypt a platform's words."""
    return keys.open(session, words, b"sync:words").decode() if words else ""


def sealed_evidence(session: Session, keys: Keys, content: bytes) -> bytes:
    """Encrypt what was not believed."""
    return keys.seal(session, content, b"sync:evidence")


def opened_evidence(session: Session, keys: Keys, content: bytes) -> bytes:
    """Decrypt what was not believed."""
    return keys.open(session, content, b"sync:evidence")


def _bound(target: str, subject: Subject, version: int, what: str) -> bytes:
    return "\x1f".join(("sync", target, subject.kind, subject.id, str(version), what)).encode()
