"""The tables of subscriptions and pushes: what is wanted, what was sent, what was loaded, what was rejected."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, CODE_LENGTH, NAME_LENGTH, WORD_LENGTH
from exchange.mounting.models import ID_LENGTH

# SQLite numbers rows by itself only in a column that is called INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

LONGEST_URL: Final = 2048
EVENT_ID_LENGTH: Final = 40
SUBJECT_LENGTH: Final = 200
# Plain forms of versions: a time with its zone, or a number of forty digits on either side of the point.
VERSION_LENGTH: Final = 200

PENDING: Final = "pending"
ACTIVE: Final = "active"
PAUSED: Final = "paused"
DEAD: Final = "dead"
ENDED: Final = "ended"
SUBSCRIPTION_STATES: Final = (PENDING, ACTIVE, PAUSED, DEAD, ENDED)
PUSH_STATES: Final = (ACTIVE, PAUSED, ENDED)

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
WITHHELD: Final = "withheld"
DELIVERY_STATES: Final = (WAITING, DELIVERED, DEAD, WITHHELD)

RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
REFUSED: Final = "refused"
STOPPED: Final = "stopped"
RUN_STATES: Final = (RUNNING, DONE, FAILED, REFUSED, STOPPED)


def _among(column: str, states: tuple[str, ...]) -> CheckConstraint:
    return CheckConstraint(f"{column} in ({', '.join(repr(each) for each in states)})", name=column)


class Subscription(Base):
    """Who wants to be told of what, where, and how far the feed was read for them.

    `secret` is sealed; `rest_until` is the pause after failures in a row, of which `failures` counts.
    """

    __tablename__ = "exchange_subscriptions"
    __table_args__ = (_among("state", SUBSCRIPTION_STATES), Index(None, "state", "position"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    types: Mapped[list[str]] = mapped_column(JSON)
    directories: Mapped[list[str]] = mapped_column(JSON)
    purpose: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    url: Mapped[str] = mapped_column(String(LONGEST_URL))
    signature: Mapped[str] = mapped_column(String(WORD_LENGTH))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    position: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(default=0)
    rest_until: Mapped[datetime | None] = mapped_column(Moment)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    created_by: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int]


class ChangeDelivery(Base):
    """One change on its way to one subscriber; sent again it is a row of its own under the same event id.

    `next_try_at` is also the claim: while a process is sending, it lies ahead, and a process that dies lets it come.
    """

    __tablename__ = "exchange_deliveries"
    __table_args__ = (
        _among("state", DELIVERY_STATES),
        UniqueConstraint("subscription", "position", "resend"),
        Index(None, "state", "next_try_at"),
        Index(None, "subscription", "subject", "state", "id"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    subscription: Mapped[str] = mapped_column(ForeignKey("exchange_subscriptions.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    resend: Mapped[int] = mapped_column(default=0)
    event_id: Mapped[str] = mapped_column(String(EVENT_ID_LENGTH))
    type: Mapped[str] = mapped_column(String(WORD_LENGTH))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    attempts: Mapped[int] = mapped_column(default=0)
    written_at: Mapped[datetime] = mapped_column(Moment)
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    first_try_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(64), default="")


class DeliveryAttempt(Base):
    """One try at a delivery: when, how it ended, how long it took. Never changed."""

    __tablename__ = "exchange_delivery_attempts"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    delivery: Mapped[int] = mapped_column(ForeignKey("exchange_deliveries.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None]
    milliseconds: Mapped[int]


class Push(Base):
    """A standing order to bring a directory's rows to a subscriber's table or folder.

    `floor` bounds the next run by version, and `seen` is the highest version of the last one: the bound lags one run
    behind, so that a row changed behind a reader's back is read by the next run.
    """

    __tablename__ = "exchange_pushes"
    __table_args__ = (_among("state", PUSH_STATES), Index(None, "state", "next_run_at"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    directory: Mapped[str] = mapped_column(ForeignKey("exchange_directories.code"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    purpose: Mapped[dict[str, Any]] = mapped_column(JSON)
    fields: Mapped[list[str]] = mapped_column(JSON)
    key: Mapped[str] = mapped_column(String(NAME_LENGTH))
    mode: Mapped[str] = mapped_column(String(WORD_LENGTH))
    version_item: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    destination: Mapped[dict[str, Any]] = mapped_column(JSON)
    every_minutes: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    next_run_at: Mapped[datetime | None] = mapped_column(Moment)
    floor: Mapped[str | None] = mapped_column(String(VERSION_LENGTH))
    seen: Mapped[str | None] = mapped_column(String(VERSION_LENGTH))
    shape_sm3: Mapped[str] = mapped_column(String(64), default="")
    created_by: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[int]


class PushRun(Base):
    """One run of a push: how it ended and what it counted."""

    __tablename__ = "exchange_push_runs"
    __table_args__ = (_among("state", RUN_STATES), Index(None, "push", "started_at"), Index(None, "state"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    push: Mapped[str] = mapped_column(ForeignKey("exchange_pushes.id"))
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    task: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    code: Mapped[str] = mapped_column(String(64), default="")
    contract: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    started_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    started_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    mount: Mapped[str] = mapped_column(String(ID_LENGTH), default="")
    mount_version: Mapped[int] = mapped_column(default=0)
    # Grant, its version and the shape of rows: a run does not go on under another.
    form: Mapped[str] = mapped_column(String(2 * NAME_LENGTH), default="")
    fields: Mapped[list[str]] = mapped_column(JSON)
    floor: Mapped[str | None] = mapped_column(String(VERSION_LENGTH))
    chunk: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(BigInteger, default=0)
    staged: Mapped[int] = mapped_column(BigInteger, default=0)
    rejected: Mapped[int] = mapped_column(BigInteger, default=0)
    inserted: Mapped[int] = mapped_column(BigInteger, default=0)
    updated: Mapped[int] = mapped_column(BigInteger, default=0)
    deleted: Mapped[int] = mapped_column(BigInteger, default=0)
    unchanged: Mapped[int] = mapped_column(BigInteger, default=0)


class PushReject(Base):
    """A row that was not taken, one entry for each item that does not fit: its place and the reason, never a value."""

    __tablename__ = "exchange_push_rejects"
    __table_args__ = (UniqueConstraint("run", "row", "item"),)

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    run: Mapped[str] = mapped_column(ForeignKey("exchange_push_runs.id"))
    row: Mapped[int] = mapped_column(BigInteger)
    item: Mapped[str] = mapped_column(String(NAME_LENGTH))
    reason: Mapped[str] = mapped_column(String(WORD_LENGTH))
