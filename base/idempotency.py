"""Idempotency keys: the same key and body get the same answer, however often the caller has to ask.

A key is claimed in a transaction of its own, so that a second request meanwhile is told *running*; the answer is
stored in the act's own transaction, so that an act without its stored answer cannot exist. A claim whose act died is
free again after the lease.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import structlog
from sqlalchemy import Index, String, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from base.db import Base, Database, DatabaseBusy, Moment
from base.errors import DomainError, Kind

KEY_LENGTH_LIMIT = 200
# Long enough for a night job that retries in the morning.
KEPT = timedelta(hours=24)
# No act runs longer than a request may; after this the claimant is dead.
LEASE = timedelta(seconds=120)
# Each waits as long as any writer does; a database that is busy for longer than all of them refuses the retry as well.
RELEASE_TRIES = 3

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class KeyReused(DomainError):
    """The idempotency key was used before with another request."""

    code: ClassVar[str] = "idempotency-key-reused"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class StillRunning(DomainError):
    """The first request with this idempotency key has not ended yet."""

    code: ClassVar[str] = "idempotency-key-running"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


class IdempotencyKey(Base):
    """One claimed key of one caller, and the answer once there is one."""

    __tablename__ = "base_idempotency_keys"
    __table_args__ = (Index(None, "claimed_at"),)

    caller: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH_LIMIT), primary_key=True)
    request: Mapped[str] = mapped_column(String(64))
    claimed_at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[int | None]
    headers: Mapped[str | None]
    body: Mapped[bytes | None]


@dataclass(frozen=True)
class Claim:
    """The right to act once under a key."""

    caller: str
    key: str
    claimed_at: datetime


@dataclass(frozen=True)
class StoredAnswer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def claim(database: Database, caller: str, key: str, request: str, at: datetime) -> Claim | StoredAnswer:
    """Claim the key for a request (named by its digest), or give the answer stored for it.

    Raises `KeyReused` and `StillRunning`.
    """
    try:
        with database.transaction() as session:
            session.execute(delete(IdempotencyKey).where(IdempotencyKey.claimed_at < at - KEPT))
            session.add(IdempotencyKey(caller=caller, key=key, request=request, claimed_at=at))
    except IntegrityError:
        with database.transaction() as session:
            return _met(session, caller, key, request, at)
    return Claim(caller, key, at)


def keep(session: Session, held: Claim, answer: StoredAnswer) -> None:
    """Store the answer in the act's own transaction.

    Raises `StillRunning` when the lease was lost to another request meanwhile, which takes the act back.
    """
    kept = session.execute(
        update(IdempotencyKey)
        .where(
            IdempotencyKey.caller == held.caller,
            IdempotencyKey.key == held.key,
            IdempotencyKey.claimed_at == held.claimed_at,
            IdempotencyKey.status.is_(None),
        )
        .values(status=answer.status, headers=_lines(answer.headers), body=answer.body)
        .returning(IdempotencyKey.key)
    ).first()
    if kept is None:
        raise StillRunning


def release(database: Database, held: Claim) -> None:
    """Free a key whose act was refused: the next request may try again.

    An act is often refused because the database is busy, and then it may be so here too. Who gives up leaves the key to
    its lease and says so in the log; the caller is told of the act's refusal, and not of this one.
    """
    for _ in range(RELEASE_TRIES):
        with suppress(DatabaseBusy):
            _release(database, held)
            return
    log.warning("idempotency_key_left_to_its_lease", seconds=LEASE.total_seconds())


def _release(database: Database, held: Claim) -> None:
    with database.transaction() as session:
        session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.caller == held.caller,
                IdempotencyKey.key == held.key,
                IdempotencyKey.claimed_at == held.claimed_at,
                IdempotencyKey.status.is_(None),
            )
        )


def _met(session: Session, caller: str, key: str, request: str, at: datetime) -> Claim | StoredAnswer:
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.caller == caller, IdempotencyKey.key == key).with_for_update()
    ).one_or_none()
    if row is None:
        raise StillRunning  # it was released between our two looks
    if row.request != request:
        raise KeyReused
    if row.status is not None:
        headers = dict(line.split(": ", 1) for line in (row.headers or "").splitlines())
        return StoredAnswer(row.status, headers, row.body or b"")
    if row.claimed_at > at - LEASE:
        raise StillRunning
    row.claimed_at = at
    return Claim(caller, key, at)


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())
