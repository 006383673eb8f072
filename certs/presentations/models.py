"""The tables of presentations: what is shown, under the keyed hash of its code, and how often callers guessed wrong."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.consents.models import ConsentRow
from certs.models import CODE_LENGTH, DIGEST_LENGTH

ID_LENGTH: Final = 36
CALLER_LENGTH: Final = 200
MATTER_LENGTH: Final = 33


class Presentation(Base):
    """What a holder shows: which fields of which certificates, to whom, for what; redeemed once."""

    __tablename__ = "certs_presentations"
    __table_args__ = (Index(None, "holder_hash", "ends_at"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # The consent that it stands for comes into being when it is redeemed; until then who shows it is encrypted here.
    consent: Mapped[str | None] = mapped_column(ForeignKey(ConsentRow.id))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    matter: Mapped[str] = mapped_column(String(MATTER_LENGTH))
    # Fields by certificate identifier.
    shows: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    redeemed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class PresentationGuess(Base):
    """How many codes a caller tried in a window of time that nobody showed it."""

    __tablename__ = "certs_presentation_guesses"

    caller: Mapped[str] = mapped_column(String(CALLER_LENGTH), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)
    guesses: Mapped[int]
