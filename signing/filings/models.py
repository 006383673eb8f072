"""The table of filings: with which office an edition was filed, what was asked when, and what it answered."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from signing.models import ACTOR_LENGTH, CODE_LENGTH, KEY_ID_LENGTH, REASON_LENGTH, SEAL_ID_LENGTH, WORD_LENGTH

ASKED, PENDING, FILED, REFUSED = "asked", "pending", "filed", "refused"
STATES: Final = (ASKED, PENDING, FILED, REFUSED)


class SealFiling(Base):
    """The filing of one edition; one that was refused and asked for again is the same row."""

    __tablename__ = "signing_filings"
    __table_args__ = (
        ForeignKeyConstraint(["seal", "edition"], ["signing_seal_editions.seal", "signing_seal_editions.number"]),
        CheckConstraint(f"state in ({', '.join(map(repr, STATES))})", name="state"),
        Index(None, "state", "next_at"),
    )

    seal: Mapped[str] = mapped_column(String(SEAL_ID_LENGTH), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    registrar: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    receipt: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    number: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    # A refusal in the office's own words, or the code of what kept us from hearing it.
    code: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    words: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
    # Who asked: the step of the seal's life is theirs, whenever the office decides.
    asked_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    rounds: Mapped[int]
    tries: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    next_at: Mapped[datetime | None] = mapped_column(Moment)
