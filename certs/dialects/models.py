"""The tables of the dialects of certificates: who calls as which system, and links that work once.

Of a secret only its keyed hash lies here; a link's word for the copy is sealed, and the link is kept as its hash.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import DIGEST_LENGTH, WORD_LENGTH

NAME_LENGTH: Final = 100
ACTOR_LENGTH: Final = 200
ACTIVE: Final = "active"
CLOSED: Final = "closed"


class CertificateDialectAccount(Base):
    """How one system is called in one dialect, and what its calls are for unless they say."""

    __tablename__ = "certs_dialect_accounts"
    __table_args__ = (CheckConstraint(f"state in ('{ACTIVE}', '{CLOSED}')", name="state"),)

    dialect: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True)
    # The SM2 point, uncompressed, to which its answers are encrypted where the dialect encrypts.
    encryption_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    # Whether a call must name all of who, where, which matter and which case.
    elements_required: Mapped[bool]
    # Whether a look-up by code must bring the holder's name too, which these dialects leave out.
    names_required: Mapped[bool]
    defaults: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class CertificateDialectLink(Base):
    """An address of a dialect at which one copy can be had once: which copy, and for whom it was made."""

    __tablename__ = "certs_dialect_links"

    id_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    dialect: Mapped[str] = mapped_column(String(WORD_LENGTH))
    account: Mapped[str] = mapped_column(String(NAME_LENGTH))
    token: Mapped[bytes] = mapped_column(LargeBinary)
    ends_at: Mapped[datetime] = mapped_column(Moment, index=True)
