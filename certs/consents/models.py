"""The tables of consents: what was agreed to, and each use that was made of it. Whose it is stands as a keyed hash."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CASE_LENGTH, DIGEST_LENGTH, REASON_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
MATTER_LENGTH: Final = 33


class ConsentRow(Base):
    """A consent: to whom, for what and until when; who gave it is encrypted in `content`."""

    __tablename__ = "certs_consents"
    __table_args__ = (Index(None, "holder_hash", "organisation", "ends_at"), Index(None, "organisation", "given_at"))

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    matter: Mapped[str] = mapped_column(String(MATTER_LENGTH))
    agreement: Mapped[str] = mapped_column(String(CASE_LENGTH))
    # Fields by type, each spelled out.
    scope: Mapped[dict[str, Any]] = mapped_column(JSON)
    identifiers: Mapped[list[str]] = mapped_column(JSON)
    begins_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    most_uses: Mapped[int | None]
    uses: Mapped[int]
    giver: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # How it came: by the holder's session, at a window with its proof, or by showing a code.
    origin: Mapped[str] = mapped_column(String(WORD_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    given_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    given_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawal_reason: Mapped[str | None] = mapped_column(String(REASON_LENGTH))


class ConsentUse(Base):
    """A use that was made under a consent."""

    __tablename__ = "certs_consent_uses"

    consent: Mapped[str] = mapped_column(ForeignKey(ConsentRow.id), primary_key=True)
    usage: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
