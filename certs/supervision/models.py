"""The tables of supervision: who supervises what, what they were told, their receipts and their feedback."""

from datetime import date, datetime
from typing import Final

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CASE_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH, WORD_LENGTH

WAITING: Final = "waiting"
RECEIVED: Final = "received"
STATES: Final = (WAITING, RECEIVED)
ANY_ISSUER: Final = "*"
CODE_LENGTH: Final = 18
ID_LENGTH: Final = 36


class SupervisionRule(Base):
    """Certificates of a type, issued by an organ or by any (`*`), are supervised by an organisation."""

    __tablename__ = "certs_supervision_rules"
    __table_args__ = (Index(None, "type", "issuer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    issuer: Mapped[str] = mapped_column(String(CODE_LENGTH))
    supervisor: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # What happened before is not told: a rule does not reach back.
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    laid_down_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    laid_down_at: Mapped[datetime] = mapped_column(Moment)


class SupervisionNotice(Base):
    """A supervisor is told of one act on one version of a certificate, once."""

    __tablename__ = "certs_supervision_notices"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        UniqueConstraint("identifier", "version", "supervisor"),
        Index(None, "supervisor", "state", "id"),
        Index(None, "issuer", "id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    # The version of the certificate's record that the act made: two acts on one certificate are two notices.
    version: Mapped[int]
    act: Mapped[str] = mapped_column(String(WORD_LENGTH))
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    issuer: Mapped[str] = mapped_column(String(CODE_LENGTH))
    supervisor: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    rule: Mapped[int] = mapped_column(ForeignKey("certs_supervision_rules.id"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    acted_at: Mapped[datetime] = mapped_column(Moment)
    told_at: Mapped[datetime] = mapped_column(Moment)
    # None where the term reaches into a year whose holidays are not known yet.
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    receipt: Mapped[str] = mapped_column(String(CASE_LENGTH))
    received_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    received_at: Mapped[datetime | None] = mapped_column(Moment)


class SupervisionFeedback(Base):
    """What a supervisor answered, under a key of their own; what it says may name people, so it lies encrypted."""

    __tablename__ = "certs_supervision_feedback"
    __table_args__ = (UniqueConstraint("notice", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    notice: Mapped[str] = mapped_column(ForeignKey("certs_supervision_notices.id"))
    key: Mapped[str] = mapped_column(String(CASE_LENGTH))
    code: Mapped[str] = mapped_column(String(WORD_LENGTH))
    on: Mapped[date] = mapped_column("on_day", Date)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    told_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    told_at: Mapped[datetime] = mapped_column(Moment)
