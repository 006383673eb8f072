"""The tables of blank papers: ranges as they were received, and every paper that was touched since."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
PREFIX_LENGTH: Final = 20
NUMBER_LENGTH: Final = 40
USED, VOID, LOST = "used", "void", "lost"
STATES: Final = (USED, VOID, LOST)
_IS_USED: Final = text(f"state = '{USED}'")


class BlankRange(Base):
    """Blank papers with consecutive numbers, received by an organ."""

    __tablename__ = "certs_blank_ranges"
    __table_args__ = (Index(None, "type", "prefix", "digits", "first"), Index(None, "organisation", "type"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    prefix: Mapped[str] = mapped_column(String(PREFIX_LENGTH))
    digits: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class Paper(Base):
    """A blank paper that was used, voided or lost: under its number once, so that no blank is used twice."""

    __tablename__ = "certs_papers"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(map(repr, STATES))})", name="state"),
        # One valid paper of a certificate at a time.
        Index("uq_certs_papers_one_valid", "identifier", unique=True, sqlite_where=_IS_USED, postgresql_where=_IS_USED),
        Index(None, "range"),
    )

    type: Mapped[str] = mapped_column(String(TYPE_LENGTH), primary_key=True)
    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH), primary_key=True)
    range: Mapped[str] = mapped_column(ForeignKey("certs_blank_ranges.id"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # The certificate that was printed on it; none where the blank was spoilt or lost before.
    identifier: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    replaces: Mapped[str | None] = mapped_column(String(NUMBER_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
