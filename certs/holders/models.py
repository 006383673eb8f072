"""The tables of the holder's view: which person is which holder, each use as its holder finds it, and what they say.

A holder stands everywhere as a keyed hash; only the binding keeps the code, encrypted, for its own person to read.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import (
    ACTOR_LENGTH,
    CASE_LENGTH,
    CODE_LENGTH,
    DIGEST_LENGTH,
    IDENTIFIER_LENGTH,
    REASON_LENGTH,
    TYPE_LENGTH,
    WORD_LENGTH,
)
from exchange.objections.life import Heard
from exchange.objections.models import ReceiverColumns, StepColumns, one_of

ID_LENGTH: Final = 36
NAME_LENGTH: Final = 200
BEST: Final = 5


class HolderBinding(Base):
    """A person of this site who is a holder, or acts for one on a basis that was proven when it was bound."""

    __tablename__ = "certs_holder_bindings"

    person: Mapped[str] = mapped_column(ForeignKey("keys_people.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    capacity: Mapped[str] = mapped_column(String(WORD_LENGTH))
    basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    bound_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    bound_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)


class HolderUse(Base):
    """A use, as its holder finds it; the record of the use itself is the exchange's."""

    __tablename__ = "certs_holder_uses"

    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    usage: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    type: Mapped[str] = mapped_column(String(TYPE_LENGTH), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    item_code: Mapped[str] = mapped_column(String(CASE_LENGTH))
    item_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    stage: Mapped[str] = mapped_column(String(WORD_LENGTH))
    ground: Mapped[str] = mapped_column(String(WORD_LENGTH))
    fields: Mapped[list[str]] = mapped_column(JSON)
    outcome: Mapped[str] = mapped_column(String(WORD_LENGTH))
    consent: Mapped[str] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class HolderClosing(Base):
    """An inspection that its organisation has closed: from then on its uses are shown to the holders."""

    __tablename__ = "certs_holder_closings"

    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    usage: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    closed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    closed_at: Mapped[datetime] = mapped_column(Moment)


class HolderEvaluation(Base):
    """What a holder says of a use (好差评), once."""

    __tablename__ = "certs_holder_evaluations"
    __table_args__ = (CheckConstraint(f"level between 1 and {BEST}", name="level"), Index(None, "organisation", "at"))

    usage: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    level: Mapped[int]
    text: Mapped[str] = mapped_column(String(REASON_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class UseEvaluationAnswer(Base):
    """What was answered to a bad evaluation of a use; never changed. It may name people, so it is encrypted."""

    __tablename__ = "certs_use_evaluation_answers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["usage", "holder_hash"], ["certs_holder_evaluations.usage", "certs_holder_evaluations.holder_hash"]
        ),
    )

    usage: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)


class HolderObjection(Base):
    """An objection of a holder: to what a certificate of theirs says, a field of it, or a use; and where it stands."""

    __tablename__ = "certs_holder_objections"
    __table_args__ = (
        Index(None, "usage", "holder_hash"),
        Index(None, "holder_hash", "at"),
        Index(None, "addressee", "state", "at"),
        Index(None, "state", "due_at"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    # Empty where a certificate is objected to that nobody needs to have used.
    usage: Mapped[str] = mapped_column(String(ID_LENGTH))
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    about: Mapped[str] = mapped_column(String(WORD_LENGTH))
    field: Mapped[str] = mapped_column(String(NAME_LENGTH))
    # Who has to answer, and in which role: the user of the certificate, or its issuer where what it says is wrong.
    addressee: Mapped[str] = mapped_column(String(CODE_LENGTH))
    addressee_role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    text: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    outcome: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    # What the holder said to the answer, and until when they may.
    heard: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    # Who rules while it is disputed: an authority that was no party to it when it was.
    judge: Mapped[str | None] = mapped_column(String(CODE_LENGTH))
    # What an objection that is not over is recognised by: the same holder objects to the same thing once.
    open_as: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH), index=True, unique=True)
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)


class HolderObjectionStep(StepColumns, Base):
    """A step in the life of a holder's objection."""

    __tablename__ = "certs_holder_objection_steps"

    objection: Mapped[str] = mapped_column(ForeignKey("certs_holder_objections.id"), primary_key=True)


class HolderObjectionReceiver(ReceiverColumns, Base):
    """An organisation that received what a holder objected to, and is told of the answer."""

    __tablename__ = "certs_holder_objection_receivers"
    __table_args__ = (
        CheckConstraint(one_of("heard", Heard), name="heard"),
        Index(None, "organisation", "heard"),
    )

    objection: Mapped[str] = mapped_column(ForeignKey("certs_holder_objections.id"), primary_key=True)


class HolderAnswer(Base):
    """The answer in force to an objection: kept with the reason, corrected, or taken back; a ruling may end it."""

    __tablename__ = "certs_holder_answers"

    objection: Mapped[str] = mapped_column(ForeignKey("certs_holder_objections.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # Encrypted: it may say what the certificate says.
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    # The certificate that came in the place of the one that was objected to, if one did.
    identifier: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    answered_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    answered_at: Mapped[datetime] = mapped_column(Moment)
