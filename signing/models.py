"""The tables of signing: seals and their editions, what was done to them, who may use them for what, and every use.

An edition is a seal as it was made once, with its picture and certificates; renewing makes another under the same
number. The rule that at most one edition lives at a time is a constraint, so that no path around the verbs breaks it.
"""

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from signing.life import State

SEAL_ID_LENGTH: Final = 14
NAME_LENGTH: Final = 200
CODE_LENGTH: Final = 18
REGION_LENGTH: Final = 12
ID_LENGTH: Final = 36
WORD_LENGTH: Final = 40
KEY_ID_LENGTH: Final = 100
REASON_LENGTH: Final = 500
ACTOR_LENGTH: Final = 200
DIGEST_LENGTH: Final = 64
# Uses: on record as intended before anything is signed, then done, or failed and nothing was handed out.
INTENDED, DONE, FAILED = "intended", "done", "failed"
ANY: Final = "*"


class Seal(Base):
    """A seal under its number for life: whose it is, what it is called, and who took its place if it ended."""

    __tablename__ = "signing_seals"

    id: Mapped[str] = mapped_column(String(SEAL_ID_LENGTH), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), index=True)
    person: Mapped[str | None] = mapped_column(ForeignKey("keys_people.id"))
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    successor: Mapped[str | None] = mapped_column(ForeignKey("signing_seals.id"))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class SealNumber(Base):
    """The last number given out in a region."""

    __tablename__ = "signing_seal_numbers"

    region: Mapped[str] = mapped_column(String(6), primary_key=True)
    last: Mapped[int]


_LIVES: Final = text("state in ('active', 'suspended')")
_ON_ITS_WAY: Final = text("state in ('applied', 'agreed', 'made', 'filed')")


class SealEdition(Base):
    """A seal as it was, or is to be, made once."""

    __tablename__ = "signing_seal_editions"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        Index("uq_signing_seal_editions_one_lives", "seal", unique=True, sqlite_where=_LIVES, postgresql_where=_LIVES),
        Index(
            "uq_signing_seal_editions_one_on_its_way",
            "seal",
            unique=True,
            sqlite_where=_ON_ITS_WAY,
            postgresql_where=_ON_ITS_WAY,
        ),
    )

    seal: Mapped[str] = mapped_column(ForeignKey("signing_seals.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_until: Mapped[datetime] = mapped_column(Moment)
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    impression: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    key_id: Mapped[str | None] = mapped_column(String(KEY_ID_LENGTH))
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    # What the maker is about to sign and since when, on record before it is signed; and the finished seal.
    drawn_at: Mapped[datetime | None] = mapped_column(Moment)
    draft: Mapped[bytes | None] = mapped_column(LargeBinary)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    filing: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    version: Mapped[int]


class SealStep(Base):
    """A step in the life of an edition; never changed."""

    __tablename__ = "signing_seal_steps"
    __table_args__ = (
        ForeignKeyConstraint(["seal", "edition"], ["signing_seal_editions.seal", "signing_seal_editions.number"]),
        Index(None, "seal", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seal: Mapped[str] = mapped_column(String(SEAL_ID_LENGTH))
    edition: Mapped[int]
    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class SealAuthorisation(Base):
    """The owner's written leave to use a seal: which system, on what, for which act, where, when, how often a day."""

    __tablename__ = "signing_authorisations"

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    seal: Mapped[str] = mapped_column(ForeignKey("signing_seals.id"), index=True)
    system: Mapped[str] = mapped_column(ForeignKey("keys_systems.id"))
    document_type: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    act: Mapped[str] = mapped_column(String(WORD_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_until: Mapped[datetime] = mapped_column(Moment)
    ceiling: Mapped[int]
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    proposed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class SealUse(Base):
    """One use of a seal (用印登记): on record before it is signed, and what came of it."""

    __tablename__ = "signing_uses"
    __table_args__ = (
        CheckConstraint(f"state in ('{INTENDED}', '{DONE}', '{FAILED}')", name="state"),
        Index(None, "authorisation", "day"),
        Index(None, "seal", "at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    seal: Mapped[str] = mapped_column(ForeignKey("signing_seals.id"))
    edition: Mapped[int]
    authorisation: Mapped[str] = mapped_column(ForeignKey("signing_authorisations.id"))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    document_type: Mapped[str] = mapped_column(String(KEY_ID_LENGTH))
    act: Mapped[str] = mapped_column(String(WORD_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    draft_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # SM3 of what was about to be signed: with it a signature found anywhere can be traced to its use.
    signed_sm3: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), index=True)
    document_sm3: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    failure: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
