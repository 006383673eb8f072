"""The table of missing-reports: which entry is missing, who asks whom, until when, and how it ended."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, DIGEST_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH, WORD_LENGTH

OPEN: Final = "open"
MADE_UP: Final = "made-up"
REFUSED: Final = "refused"
STATES: Final = (OPEN, MADE_UP, REFUSED)
ID_LENGTH: Final = 36


class MissingReport(Base):
    """The holder has it, the library does not: told to the issuer, who makes the entry up or says why not."""

    __tablename__ = "certs_missing_reports"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        Index(None, "issuer", "id"),
        Index(None, "organisation", "id"),
        Index(None, "type", "holder_hash", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # Holder, number and what the clerk saw on the paper, sealed: for the issuer.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    usage: Mapped[str] = mapped_column(String(ID_LENGTH))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    issuer: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    identifier: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    due_at: Mapped[datetime] = mapped_column(Moment)
    reported_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    reported_at: Mapped[datetime] = mapped_column(Moment)
    answered_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]
