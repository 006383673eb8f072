"""The table of look-ups for filing: what was looked up for which case and how it ended; no datum of anybody."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from base.idempotency import KEY_LENGTH_LIMIT
from certs.filing.matters.models import ITEM_LENGTH, NAME_LENGTH
from certs.models import ACTOR_LENGTH, CODE_LENGTH, DIGEST_LENGTH, REGION_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
# The longest number of a basis (`exchange.agreements.purposes`).
BASIS_LENGTH: Final = 64


class FilingLookup(Base):
    """One look-up: its uses, and how each material ended; asked and answered stand in it as keyed hashes."""

    __tablename__ = "certs_filing_lookups"
    __table_args__ = (
        UniqueConstraint("organisation", "idempotency_key"),
        Index(None, "organisation", "basis", "asked_hash"),
        Index(None, "organisation", "bound_to"),
        # Whoever looked up for a case: figures count a material once in it.
        Index(None, "basis"),
        Index(None, "bound_to"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    caller: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    idempotency_key: Mapped[str | None] = mapped_column(String(KEY_LENGTH_LIMIT))
    item_code: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    item_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    organ_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    stage: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis: Mapped[str] = mapped_column(String(BASIS_LENGTH))
    asked_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    answered_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    complete: Mapped[bool]
    runs: Mapped[int]
    usages: Mapped[list[str]] = mapped_column(JSON)
    items: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    notice: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    bound_to: Mapped[str | None] = mapped_column(String(BASIS_LENGTH))
    bound_at: Mapped[datetime | None] = mapped_column(Moment)
