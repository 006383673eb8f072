"""The notices' tables: what was told, the log of deliveries, and who has read what on the pages."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from base.db import Base, Moment

# SQLite numbers rows by itself only in a column that is called INTEGER.
Number = BigInteger().with_variant(Integer(), "sqlite")

WAITING, DELIVERED, FAILED = "waiting", "delivered", "failed"


class StoredNotice(Base):
    """A notice as it was told; its words are made when they are read, in the reader's language."""

    __tablename__ = "base_notices"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    kind: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    written_at: Mapped[datetime] = mapped_column(Moment)


class Delivery(Base):
    """One notice on its way to one recipient.

    `message_id` stays the same whenever the same thing is sent again, so that a receiver can tell a double.
    `next_try_at` is also the claim: while a process is sending, it lies ahead, and a process that dies lets it come.
    """

    __tablename__ = "base_notice_deliveries"
    __table_args__ = (
        Index("ix_base_notice_deliveries_due", "state", "next_try_at"),
        Index("ix_base_notice_deliveries_page", "channel", "recipient"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("base_notices.id"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(String(2048))
    secret: Mapped[str] = mapped_column(String(64), default="")
    language: Mapped[str] = mapped_column(String(2))
    message_id: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(Moment)
    last_try_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    code: Mapped[str] = mapped_column(String(64), default="")
    resent_from: Mapped[int | None] = mapped_column(ForeignKey("base_notice_deliveries.id"))

    notice: Mapped[StoredNotice] = relationship(lazy="joined", innerjoin=True)


class Reading(Base):
    """A person has read a notice."""

    __tablename__ = "base_notice_readings"

    notice_id: Mapped[int] = mapped_column(ForeignKey("base_notices.id"), primary_key=True)
    person: Mapped[str] = mapped_column(String(128), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(Moment)
