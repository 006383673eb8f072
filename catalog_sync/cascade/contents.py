"""What other sites' records say, as it is kept: canonical JSON under a data key, bound to its place."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from base.canonical import Json, canonical, read
from catalog_sync.cascade.models import Held, LaidOut
from catalog_sync.record import Record, Subject
from certs.contents import Keys

LAID_OUT = "laid-out"


def sealed(session: Session, keys: Keys, way: str, partner: str, record: Record) -> bytes:
    """Encrypt what a record says."""
    bound = _bound(way, partner, record.subject, record.version)
    return keys.seal(session, canonical(dict(record.content)), bound)


def of_held(session: Session, keys: Keys, row: Held) -> Mapping[str, Json]:
    """Decrypt what a held thing says."""
    return _opened(session, keys, row.content, _bound(row.way, row.partner, Subject(row.kind, row.thing), row.version))


def of_laid_out(session: Session, keys: Keys, row: LaidOut) -> Mapping[str, Json]:
    """Decrypt what is laid out for a partner."""
    return _opened(session, keys, row.content, _bound(LAID_OUT, row.partner, Subject(row.kind, row.thing), row.version))


def _opened(session: Session, keys: Keys, content: bytes, bound: bytes) -> Mapping[str, Json]:
    told: Any = read(keys.open(session, content, bound))
    return dict(told)


def _bound(way: str, partner: str, subject: Subject, version: int) -> bytes:
    return "\x1f".join(("cascade", way, partner, subject.kind, subject.id, str(version))).encode()
