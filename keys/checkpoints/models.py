"""The tables of signed tree heads: logs, keys, heads, what witnesses were shown, and alarms. No rules but constraints.

A head's row is there before it is signed (`note` is empty then); a signed row is never changed or removed.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment

WAITING: Final = "waiting"
SHOWN: Final = "shown"
PASSED: Final = "passed"

ORIGIN_LENGTH: Final = 200
NAME_LENGTH: Final = 64
KEY_ID_LENGTH: Final = 200
HEX_ROOT_LENGTH: Final = 64
HASH_LENGTH: Final = 8
ACTOR_LENGTH: Final = 200
REASON_LENGTH: Final = 500
CODE_LENGTH: Final = 64

_OPEN: Final = text("settled_at is null")


class CheckpointLog(Base):
    """A ledger under the name that its heads carry; after a restore from a backup another one is begun."""

    __tablename__ = "keys_checkpoint_logs"

    origin: Mapped[str] = mapped_column(String(ORIGIN_LENGTH), primary_key=True)
    begun_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    begun_at: Mapped[datetime] = mapped_column(Moment)
    begun_why: Mapped[str] = mapped_column(String(REASON_LENGTH))
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class CheckpointKey(Base):
    """The public half of a key that signed heads of a log; heads of a key that was replaced stay verifiable."""

    __tablename__ = "keys_checkpoint_keys"

    origin: Mapped[str] = mapped_column(ForeignKey(CheckpointLog.origin), primary_key=True)
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    point: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime] = mapped_column(Moment)


class Checkpoint(Base):
    """A tree head: intended, then signed."""

    __tablename__ = "keys_checkpoints"
    __table_args__ = (
        CheckConstraint("(note is null) = (signed_at is null)", name="signed"),
        UniqueConstraint("origin", "size"),
        Index(
            "ix_keys_checkpoints_intended",
            "number",
            sqlite_where=text("note is null"),
            postgresql_where=text("note is null"),
        ),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(ForeignKey(CheckpointLog.origin))
    size: Mapped[int] = mapped_column(BigInteger)
    root: Mapped[str] = mapped_column(String(HEX_ROOT_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
    key_id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    key_hash: Mapped[str] = mapped_column(String(HASH_LENGTH))
    note: Mapped[str | None] = mapped_column(Text)
    signed_at: Mapped[datetime | None] = mapped_column(Moment)


class WitnessDelivery(Base):
    """A head that a witness is to be shown, and what came of it; `passed`: it knew a newer one already."""

    __tablename__ = "keys_witness_deliveries"
    __table_args__ = (
        CheckConstraint(f"state in ('{WAITING}', '{SHOWN}', '{PASSED}')", name="state"),
        CheckConstraint(f"(state = '{WAITING}') = (settled_at is null)", name="settled"),
        UniqueConstraint("witness", "number"),
        Index(None, "witness", "state", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    witness: Mapped[str] = mapped_column(String(NAME_LENGTH))
    number: Mapped[int] = mapped_column(ForeignKey(Checkpoint.number))
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int]
    next_try_at: Mapped[datetime] = mapped_column(Moment)
    last_try_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    receipt: Mapped[str] = mapped_column(Text)


class CheckpointAlarm(Base):
    """Something found wrong with the ledger or a witness; one row until it is settled, however often it is met."""

    __tablename__ = "keys_checkpoint_alarms"
    __table_args__ = (
        CheckConstraint("(settled_by is null) = (settled_at is null)", name="settled"),
        Index(
            "ix_keys_checkpoint_alarms_open",
            "origin",
            "code",
            "witness",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    origin: Mapped[str] = mapped_column(String(ORIGIN_LENGTH))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    witness: Mapped[str] = mapped_column(String(NAME_LENGTH))
    detail: Mapped[str] = mapped_column(Text)
    stops: Mapped[bool]
    evidence: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime] = mapped_column(Moment)
    times: Mapped[int]
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    settled_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
