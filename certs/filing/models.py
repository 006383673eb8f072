"""What the rows have in common that hold for a scope of items: for which, on which basis, how sure, and by whom."""

from datetime import datetime
from typing import Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, REASON_LENGTH, WORD_LENGTH

# A code of twelve characters, of thirty-one, of thirty-three, or `*`.
SCOPE_LENGTH: Final = 33


class Scoped(Base):
    """A row that holds for an item, an implementation, a basic code, or all."""

    __abstract__ = True

    scope: Mapped[str] = mapped_column(String(SCOPE_LENGTH), primary_key=True)
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    confidence: Mapped[str] = mapped_column(String(WORD_LENGTH))
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)
