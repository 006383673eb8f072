"""The tables of other libraries: answers that come late or are good for a while, and answers that are not believed."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment

AWAITED: Final = "awaited"
ANSWERED: Final = "answered"
FAILED: Final = "failed"
STATES: Final = (AWAITED, ANSWERED, FAILED)
KEY_LENGTH: Final = 64
LIBRARY_LENGTH: Final = 64
WORD_LENGTH: Final = 40


class LibraryAnswer(Base):
    """A question of another library: one that waits for its answer, or an answer while it is good; both sealed."""

    __tablename__ = "certs_library_answers"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each) for each in STATES)})", name="state"),
        Index(None, "state", "next_at"),
    )

    # The keyed hash of library, organisation, grants, purpose and question.
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    library: Mapped[str] = mapped_column(String(LIBRARY_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    question: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int]
    asked_at: Mapped[datetime] = mapped_column(Moment)
    next_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class LibraryEvidence(Base):
    """An answer that was not believed, sealed, under the use in which it came."""

    __tablename__ = "certs_library_evidence"

    usage: Mapped[str] = mapped_column(String(36), primary_key=True)
    library: Mapped[str] = mapped_column(String(LIBRARY_LENGTH), primary_key=True)
    reason: Mapped[str] = mapped_column(String(WORD_LENGTH))
    answer: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)
