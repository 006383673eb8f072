"""The table of refusals that were brought back: one row for each, with whose it became and when it was settled."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from catalog_sync.models import CODE_LENGTH

NEWS_LENGTH: Final = 40
ORGANISATION_LENGTH: Final = 18


class BroughtBack(Base):
    """A refusal and the organisation that has to put it right; `news` is the transition or receipt that told it.

    Forgotten some time after it is settled (`refusals_kept_days`); the ledger keeps that it was brought back.
    """

    __tablename__ = "catalog_sync_brought_back"
    __table_args__ = (Index(None, "settled_at", "row"), Index("ix_catalog_sync_brought_back_row", "row"))

    news: Mapped[str] = mapped_column(String(NEWS_LENGTH), primary_key=True)
    row: Mapped[int] = mapped_column(ForeignKey("catalog_sync_outbox.number"))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    code: Mapped[str] = mapped_column(String(CODE_LENGTH))
    brought_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
