"""The table of impressions. An organisation need not be known here yet: impressions come before their owners do."""

from datetime import datetime
from typing import Final

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from signing.models import ACTOR_LENGTH, CODE_LENGTH, DIGEST_LENGTH, ID_LENGTH, NAME_LENGTH, REASON_LENGTH, WORD_LENGTH

SOURCE_LENGTH: Final = 200


class SealImpression(Base):
    """A real seal's impression under the number under which the seal was filed."""

    __tablename__ = "signing_impressions"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    filing: Mapped[str] = mapped_column(String(WORD_LENGTH), unique=True)
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH), index=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    # Of the picture as it is kept, and so stands in the seal, and of the file as it was handed over.
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    original_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    imported_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    imported_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_because: Mapped[str | None] = mapped_column(String(REASON_LENGTH))
