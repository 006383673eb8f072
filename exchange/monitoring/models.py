"""The tables of monitoring: tickets with their steps, and the last score of each directory.

Of one thing that one monitor looks at, one ticket is open at a time; none is closed without feedback. The database
keeps to both.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, CODE_LENGTH, ORGANISATION_LENGTH, WORD_LENGTH
from exchange.monitoring.life import Severity, State

# An organisation, a duty and what stands between them; a caller and a department.
SUBJECT_LENGTH: Final = 240

_NOT_CLOSED: Final = text("state <> 'closed'")


def _among(column: str, values: type[State] | type[Severity]) -> str:
    return f"{column} in ({', '.join(repr(each.value) for each in values)})"


class Ticket(Base):
    """Something that was seen to be wrong, whose it is, until when, and how it ended.

    `organisation` is empty where the site names nobody who looks after the platform: then it is every operator's.
    `evidence_at` is when the newest of what shows it happened; `follows` is the ticket that was closed before.
    """

    __tablename__ = "exchange_tickets"
    __table_args__ = (
        CheckConstraint(_among("state", State), name="state"),
        CheckConstraint(_among("severity", Severity), name="severity"),
        CheckConstraint("(state = 'closed') = (feedback is not null)", name="closed_with_feedback"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed_at"),
        Index(
            "uq_exchange_tickets_one_open",
            "monitor",
            "subject",
            unique=True,
            sqlite_where=_NOT_CLOSED,
            postgresql_where=_NOT_CLOSED,
        ),
        Index(None, "monitor", "subject", "id"),
        Index(None, "organisation", "id"),
        Index(None, "escalated_at", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    monitor: Mapped[str] = mapped_column(String(WORD_LENGTH))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    said_zh: Mapped[str] = mapped_column(Text)
    said_en: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(String(WORD_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH), default=State.OPEN.value)
    first_seen_at: Mapped[datetime] = mapped_column(Moment)
    last_seen_at: Mapped[datetime] = mapped_column(Moment)
    evidence_at: Mapped[datetime] = mapped_column(Moment)
    count: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime] = mapped_column(Moment)
    escalated_at: Mapped[datetime | None] = mapped_column(Moment)
    escalated_to: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    follows: Mapped[int | None] = mapped_column(ForeignKey("exchange_tickets.id"))
    feedback: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)


class TicketStep(Base):
    """A step in the life of a ticket: by whom, with which words. Never changed."""

    __tablename__ = "exchange_ticket_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket: Mapped[int] = mapped_column(ForeignKey("exchange_tickets.id"), index=True)
    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    words: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Moment)


class QualityMark(Base):
    """What a directory scored when it was last looked at, so that a fall can be told."""

    __tablename__ = "exchange_quality_marks"

    directory: Mapped[str] = mapped_column(
        String(CODE_LENGTH), ForeignKey("exchange_directories.code"), primary_key=True
    )
    score: Mapped[int]
    measured_at: Mapped[datetime] = mapped_column(Moment, index=True)
