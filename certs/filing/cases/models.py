"""The tables of cases: where each stands, its steps, materials, evaluations, and what has to be told to whom."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.cases.life import State
from certs.filing.models import Scoped
from certs.models import (
    ACTOR_LENGTH,
    CODE_LENGTH,
    DIGEST_LENGTH,
    IDENTIFIER_LENGTH,
    REGION_LENGTH,
    WORD_LENGTH,
)

# The national column of case numbers is varchar(50).
NUMBER_LENGTH: Final = 50
KEY_LENGTH: Final = 64
ITEM_LENGTH: Final = 33
NAME_LENGTH: Final = 200
NO_RATING, OPEN, ANSWERED = "settled", "open", "answered"
PULL, CENTRE = "pull", "centre"
WAITING, TAKEN, REFUSED = "waiting", "taken", "refused"


class CaseTerms(Scoped):
    """The working days of a matter's cases: for an item, an implementation, a basic code, or all."""

    __tablename__ = "certs_case_terms"

    accept: Mapped[int]
    supplement: Mapped[int]
    legal: Mapped[int]
    promised: Mapped[int]
    extension: Mapped[int]
    issue: Mapped[int]
    deliver: Mapped[int]


class CaseSerial(Base):
    """The last serial of what case numbers count by: a region or an implementation, and a day."""

    __tablename__ = "certs_case_serials"

    counter: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    last: Mapped[int]


class Case(Base):
    """A case: whose, where it was received, where it stands, whose duty it is and until when."""

    __tablename__ = "certs_cases"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(each.value) for each in State)})", name="state"),
        # A case that is not closed has an owner and a deadline, whatever wrote the row.
        CheckConstraint(
            "(closed_at is null) = (owner is not null) and (closed_at is null) = (due_at is not null)", name="owed"
        ),
        UniqueConstraint("receiving_organ", "intake_key"),
        Index(None, "organ", "number"),
        Index(None, "owner", "due_at"),
        Index(None, "applicant_hash"),
        Index(None, "package"),
        Index(None, "certificate_state", "certificate_next_at"),
    )

    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH), primary_key=True)
    item_code: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    item_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    item_version: Mapped[int]
    organ: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    # Where it was taken in, which need not be where it is decided (代收、异地代收).
    receiving_organ: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    receiving_region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    receiving_window: Mapped[str] = mapped_column(String(NAME_LENGTH))
    intake_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    request_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    apply_type: Mapped[str] = mapped_column(String(WORD_LENGTH))
    project_type: Mapped[str] = mapped_column(String(WORD_LENGTH))
    applicant_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # Applicant, contact, summary and form, sealed.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    result: Mapped[int | None]
    duty: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    owner: Mapped[str | None] = mapped_column(ForeignKey("keys_organisations.code"))
    owner_role: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    legal_due_at: Mapped[datetime | None] = mapped_column(Moment)
    # The life as a value, and the terms as they were when the case was received.
    life: Mapped[dict[str, Any]] = mapped_column(JSON)
    terms: Mapped[dict[str, int]] = mapped_column(JSON)
    certificate_state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    certificate: Mapped[str | None] = mapped_column(String(IDENTIFIER_LENGTH))
    certificate_code: Mapped[str] = mapped_column(String(WORD_LENGTH * 2))
    certificate_tries: Mapped[int]
    certificate_next_at: Mapped[datetime | None] = mapped_column(Moment)
    package: Mapped[str | None] = mapped_column(String(NUMBER_LENGTH))
    received_at: Mapped[datetime] = mapped_column(Moment)
    accepted_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]


class CaseParty(Base):
    """Whom a case is about beside its applicant; who has no code yet gets it once, later."""

    __tablename__ = "certs_case_parties"
    __table_args__ = (
        CheckConstraint("(code_hash is null) = (bound_at is null)", name="bound"),
        Index(None, "code_hash"),
    )

    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(WORD_LENGTH))
    code_hash: Mapped[str | None] = mapped_column(String(DIGEST_LENGTH))
    # Name, code and for whom they act, sealed.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    bound_at: Mapped[datetime | None] = mapped_column(Moment)


class CaseStep(Base):
    """A step of a case; never changed."""

    __tablename__ = "certs_filing_steps"
    __table_args__ = (UniqueConstraint("case", "key"),)

    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    request_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    act: Mapped[str] = mapped_column(String(WORD_LENGTH))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    days: Mapped[int | None]
    awaits_certificate: Mapped[bool]
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    operator_kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Names and explanations, sealed.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Moment)


class CaseMaterial(Base):
    """A material of a case, or what stands in for it."""

    __tablename__ = "certs_case_materials"
    __table_args__ = (Index(None, "holder_hash", "key"),)

    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    answer: Mapped[str] = mapped_column(String(WORD_LENGTH))
    get_type: Mapped[str] = mapped_column(String(WORD_LENGTH))
    get_num: Mapped[int]
    # The look-up that found it, the certificate that stands in for it, or the undertaking about it.
    source: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    file_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    holder_hash: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    handed_in_at: Mapped[datetime] = mapped_column(Moment)
    # With the holder's agreement it may serve again until then.
    reusable_until: Mapped[datetime | None] = mapped_column(Moment)
    agreement: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class CaseEvaluation(Base):
    """An evaluation (好差评): the how-manieth of its case, and what was answered to a bad one."""

    __tablename__ = "certs_case_evaluations"

    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    satisfaction: Mapped[int]
    options: Mapped[list[str]] = mapped_column(JSON)
    channel: Mapped[str] = mapped_column(String(WORD_LENGTH))
    is_default: Mapped[bool]
    # The use of a certificate that it is about; empty: the case as a whole.
    usage: Mapped[str] = mapped_column(String(KEY_LENGTH))
    key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    # What was written and answered, sealed.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    is_malicious: Mapped[bool]
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)


class CaseDelivery(Base):
    """A step that somebody has to be told: an organisation that fetches it, or the case centre it is pushed to."""

    __tablename__ = "certs_case_deliveries"
    __table_args__ = (
        UniqueConstraint("recipient", "case", "sequence"),
        Index(None, "recipient", "state", "id"),
        Index(None, "channel", "state", "next_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recipient: Mapped[str] = mapped_column(String(CODE_LENGTH))
    channel: Mapped[str] = mapped_column(String(WORD_LENGTH))
    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"))
    sequence: Mapped[int]
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    tries: Mapped[int]
    next_at: Mapped[datetime | None] = mapped_column(Moment)
    receipt: Mapped[str] = mapped_column(String(KEY_LENGTH * 2))
    code: Mapped[str] = mapped_column(String(WORD_LENGTH * 2))
    written_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
