"""The table of copies. The document is encrypted and goes with its link; what verification tells of it stays."""

from datetime import datetime
from typing import Final

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import CODE_LENGTH, DIGEST_LENGTH, IDENTIFIER_LENGTH, TYPE_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36


class Copy(Base):
    """A copy that was made: of what, for whom, until when, and by which link it can be had once."""

    __tablename__ = "certs_copies"
    __table_args__ = (Index(None, "link_ends_at"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    usage: Mapped[str] = mapped_column(String(ID_LENGTH))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), index=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    format: Mapped[str] = mapped_column(String(WORD_LENGTH))
    original_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH), index=True)
    size: Mapped[int]
    seal_use: Mapped[str] = mapped_column(String(ID_LENGTH))
    token_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
    link_ends_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    fetched_at: Mapped[datetime | None] = mapped_column(Moment)
