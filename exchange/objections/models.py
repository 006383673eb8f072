"""The tables of objections: what is objected to, each step, and everyone who is told.

What is said, its evidence and its reasons are sealed, for they may say what a record says; the record itself is a use
and a keyed hash, as the gateway has it on record.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from exchange.door.models import USAGE_ID_LENGTH
from exchange.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    NAME_LENGTH,
    ORGANISATION_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
)
from exchange.objections.life import Heard, Outcome, State
from exchange.objections.received import About

ID_LENGTH: Final = 36
DIGEST_LENGTH: Final = 64


def one_of(column: str, allowed: type[Any]) -> str:
    """Write the rule that a column holds one of some words."""
    return f"{column} in ({', '.join(repr(each.value) for each in allowed)})"


class Objection(Base):
    """An objection of a department to what it received, or to how its data was used; and where it stands."""

    __tablename__ = "exchange_objections"
    __table_args__ = (
        CheckConstraint(one_of("state", State), name="state"),
        CheckConstraint(one_of("about", About), name="about"),
        CheckConstraint(f"outcome is null or {one_of('outcome', Outcome)}", name="outcome"),
        Index(None, "objector", "state"),
        Index(None, "provider", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    about: Mapped[str] = mapped_column(String(WORD_LENGTH))
    usage: Mapped[str] = mapped_column(String(USAGE_ID_LENGTH), index=True)
    directory: Mapped[str] = mapped_column(String(CODE_LENGTH))
    title: Mapped[str] = mapped_column(String(NAME_LENGTH))
    # Whom the record is about, as the gateway's keyed hash; nothing where a whole result is meant.
    subject: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    field: Mapped[str] = mapped_column(String(NAME_LENGTH))
    objector: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    objector_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    # Whoever has to verify it, and in which role: its provider, a certificate's issuer, or whoever used the data.
    provider: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    provider_role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    provider_region: Mapped[str] = mapped_column(String(REGION_LENGTH), index=True)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    outcome: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    # Who rules while it is disputed: an authority that was no party to it when it was.
    judge: Mapped[str | None] = mapped_column(String(ORGANISATION_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    # What an objection that is not over is recognised by: the same department objects to the same thing once.
    open_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), unique=True)
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(Moment)
    changed_at: Mapped[datetime] = mapped_column(Moment)


class StepColumns:
    """What is kept of a step in the life of an objection of either kind; never changed. Its reason is sealed."""

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    on_behalf_of: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class ReceiverColumns:
    """What is kept of one who is told of an answer: in how many uses they received it, and what they said to it."""

    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"), primary_key=True)
    uses: Mapped[int]
    heard: Mapped[str] = mapped_column(String(WORD_LENGTH))
    told_at: Mapped[datetime] = mapped_column(Moment)
    said_at: Mapped[datetime | None] = mapped_column(Moment)
    said_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))


class ObjectionStep(StepColumns, Base):
    """A step in the life of a department's objection."""

    __tablename__ = "exchange_objection_steps"

    objection: Mapped[str] = mapped_column(ForeignKey("exchange_objections.id"), primary_key=True)


class ObjectionReceiver(ReceiverColumns, Base):
    """Someone who is told of the answer to a department's objection."""

    __tablename__ = "exchange_objection_receivers"
    __table_args__ = (
        CheckConstraint(one_of("heard", Heard), name="heard"),
        Index(None, "organisation", "heard"),
    )

    objection: Mapped[str] = mapped_column(ForeignKey("exchange_objections.id"), primary_key=True)
