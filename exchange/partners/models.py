"""The tables of wire dialects: who calls in which dialect as which system, and which service is which directory.

Secrets lie here sealed under the site's data keys (`keys.data_keys`), bound to their row.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.models import ACTOR_LENGTH, CODE_LENGTH, WORD_LENGTH

# A rid is a UUID with an optional `@suffix`; an X-Road identifier has five parts, of which none is long in practice.
NAME_LENGTH: Final = 200
SYSTEM_ID_LENGTH: Final = 64

ACTIVE: Final = "active"
CLOSED: Final = "closed"
# The first generation is handed an application key and fetches secrets with it; the newer one is handed its secret.
FIRST: Final = "first"
NEWER: Final = "newer"
GENERATIONS: Final = (FIRST, NEWER)


class DialectAccount(Base):
    """How one system is called in one dialect, what it signs with there, and what its calls are for unless they say."""

    __tablename__ = "exchange_dialect_accounts"
    __table_args__ = (
        CheckConstraint(f"state in ('{ACTIVE}', '{CLOSED}')", name="state"),
        CheckConstraint(f"generation in ('{FIRST}', '{NEWER}')", name="generation"),
    )

    dialect: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"), index=True)
    generation: Mapped[str] = mapped_column(String(WORD_LENGTH))
    key: Mapped[bytes | None] = mapped_column(LargeBinary)
    root: Mapped[bytes | None] = mapped_column(LargeBinary)
    defaults: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class DialectService(Base):
    """Which directory a service of a dialect is, and which of its items each parameter asks by."""

    __tablename__ = "exchange_dialect_services"

    dialect: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH), ForeignKey("exchange_directories.code"), index=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)
