"""The tables of synchronisation: what is to be told to whom, what came of it, and how each channel stands.

What a record says is kept sealed (`catalog_sync.contents`): it names holders. Transitions and the inbox are only added
to. A row's state is that of its last transition; both are written together.
"""

from datetime import date, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.states import State

# SQLite numbers rows by itself only in a column that is called INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

TARGET_LENGTH: Final = 64
KIND_LENGTH: Final = 32
THING_LENGTH: Final = 200
# Whose a thing is: a unified social credit code, or what a partner calls its organisation.
DEPARTMENT_LENGTH: Final = 64
DIGEST_LENGTH: Final = 64
CODE_LENGTH: Final = 64
# What a platform calls a thing or a receipt; the longest seen is 64.
OUTSIDE_LENGTH: Final = 200
MARK_LENGTH: Final = 1000
ACTOR_LENGTH: Final = 200
REASON_LENGTH: Final = 500

RUNNING: Final = "running"
PAUSED: Final = "paused"


class Outbox(Base):
    """One thing at one version, for one target.

    `attempts` counts how often it was sent, `tries` the times that counted against it. `next_at` is when it may be
    looked at again: the end of a pause, or of the claim of whoever is sending it now; `pause` is its length in seconds,
    so that a clock that is set back does not make it longer. `unsure` says that it may have arrived without our
    knowing: it was sent, and nobody has told yet what came of it. `portion` bounds the batch it may stand in, after a
    batch failed as a whole. `waiting_kind` and `waiting_thing` name the thing that has to arrive before it; `answers`
    is how many answers the channel had given when this row first failed. `department` is whose the thing is, by which
    two sides compare what they hold; rows that were written before that was kept have none until they are compared.
    `again` says that the target was found not to have what it had taken: what was told before says nothing about it.
    """

    __tablename__ = "catalog_sync_outbox"
    __table_args__ = (
        UniqueConstraint("target", "kind", "thing", "version"),
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        # What was never tried comes by its number, without being sorted; what was, by itself.
        Index("ix_catalog_sync_outbox_due", "target", "state", "waiting_kind", "tried_at", "number"),
        Index(None, "target", "state", "changed_at"),
        Index(None, "target", "tried_at"),
        Index(None, "target", "key"),
        Index(None, "target", "upstream_id"),
        Index(None, "target", "waiting_kind", "waiting_thing"),
        Index(None, "target", "day", "state"),
    )

    number: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    thing: Mapped[str] = mapped_column(String(THING_LENGTH))
    version: Mapped[int] = mapped_column(BigInteger)
    operation: Mapped[str] = mapped_column(String(1))
    key: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    content_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    corrected: Mapped[bytes | None] = mapped_column(LargeBinary)
    needs: Mapped[list[list[str]]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    answers: Mapped[int | None] = mapped_column(BigInteger)
    unsure: Mapped[bool] = mapped_column(default=False)
    portion: Mapped[int | None]
    waiting_kind: Mapped[str | None] = mapped_column(String(KIND_LENGTH))
    waiting_thing: Mapped[str | None] = mapped_column(String(THING_LENGTH))
    upstream_id: Mapped[str | None] = mapped_column(String(OUTSIDE_LENGTH))
    receipt: Mapped[str | None] = mapped_column(String(OUTSIDE_LENGTH))
    day: Mapped[date] = mapped_column(Date)
    department: Mapped[str | None] = mapped_column(String(DEPARTMENT_LENGTH))
    again: Mapped[bool] = mapped_column(default=False, server_default=false())
    written_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    tried_at: Mapped[datetime | None] = mapped_column(Moment)
    pause: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(Moment)


class Transition(Base):
    """A row that went from one state to another: when, by whom, with which code and (sealed) words. Never changed."""

    __tablename__ = "catalog_sync_transitions"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    row: Mapped[int] = mapped_column(ForeignKey("catalog_sync_outbox.number"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int]
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), default="")
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))


class Inbox(Base):
    """A receipt that came, once by its number; `row` is empty as long as nobody knows what it is about."""

    __tablename__ = "catalog_sync_inbox"
    __table_args__ = (UniqueConstraint("target", "number"), Index(None, "target", "row"))

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH))
    number: Mapped[str] = mapped_column(String(OUTSIDE_LENGTH))
    about: Mapped[str] = mapped_column(String(OUTSIDE_LENGTH))
    outcome: Mapped[str] = mapped_column(String(16))
    upstream_id: Mapped[str | None] = mapped_column(String(OUTSIDE_LENGTH))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH), default="")
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Moment)
    row: Mapped[int | None] = mapped_column(ForeignKey("catalog_sync_outbox.number"))
    changed: Mapped[bool] = mapped_column(default=False)


class Channel(Base):
    """How a channel stands: running or paused and why, until when it rests, how far its receipts were read.

    `answers` counts the answers that were believed, `failures` the exchanges that failed since the last of them;
    `asked_at` is when somebody asked for a run now, whatever the window says.
    """

    __tablename__ = "catalog_sync_channels"

    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), default=RUNNING)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH), default="")
    changed_at: Mapped[datetime | None] = mapped_column(Moment)
    receipt_mark: Mapped[str] = mapped_column(String(MARK_LENGTH), default="")
    answers: Mapped[int] = mapped_column(BigInteger, default=0)
    failures: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    rests_since: Mapped[datetime | None] = mapped_column(Moment)
    rests_until: Mapped[datetime | None] = mapped_column(Moment)
    asked_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)


class Evidence(Base):
    """An answer that was not believed: its first bytes (sealed), its digest and size, and what we had asked."""

    __tablename__ = "catalog_sync_evidence"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    target: Mapped[str] = mapped_column(String(TARGET_LENGTH), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    asked: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    keys: Mapped[list[str]] = mapped_column(JSON)
    size: Mapped[int]
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
