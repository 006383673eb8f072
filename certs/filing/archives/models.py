"""The tables of archives: packages, their transfers, how long matters are kept, and what the job has to try again."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.archives.retention import Class
from certs.filing.cases.models import KEY_LENGTH, NUMBER_LENGTH
from certs.filing.models import Scoped
from certs.models import ACTOR_LENGTH, CODE_LENGTH, DIGEST_LENGTH, REASON_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
MADE, HANDED_OVER, RECEIVED, REFUSED = "made", "handed-over", "received", "refused"


class Archive(Base):
    """The package of a closed case in one version, and how the check of its four properties ended."""

    __tablename__ = "certs_archives"
    __table_args__ = (
        CheckConstraint(f"state in ('{MADE}', '{HANDED_OVER}', '{RECEIVED}', '{REFUSED}')", name="state"),
        UniqueConstraint("case", "version"),
        Index(None, "organ", "id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"))
    version: Mapped[int]
    organ: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    retention: Mapped[str] = mapped_column(String(WORD_LENGTH))
    retention_basis: Mapped[str] = mapped_column(String(REASON_LENGTH))
    # What went in, without what proves it: the same again makes no other version.
    fingerprint: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    manifest_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    size: Mapped[int]
    entries: Mapped[int]
    # Each property with its outcome, and how many findings there are.
    properties: Mapped[dict[str, str]] = mapped_column(JSON)
    findings: Mapped[int]
    left_out: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)


class ArchiveTransfer(Base):
    """An archive that is handed over to an archive office: until when it is to answer, and what it said."""

    __tablename__ = "certs_archive_transfers"
    __table_args__ = (
        CheckConstraint(f"state in ('{HANDED_OVER}', '{RECEIVED}', '{REFUSED}')", name="state"),
        Index(None, "archive", "handed_over_at"),
        Index(None, "to", "state"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    archive: Mapped[str] = mapped_column(ForeignKey("certs_archives.id"))
    to: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    state: Mapped[str] = mapped_column(String(WORD_LENGTH))
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    accepted_findings: Mapped[str] = mapped_column(String(REASON_LENGTH))
    handed_over_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    handed_over_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    receipt: Mapped[str] = mapped_column(String(KEY_LENGTH))
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH))
    settled_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class ArchiveRetention(Scoped):
    """For how long cases are kept: of an item, an implementation, a basic code, or all."""

    __tablename__ = "certs_archive_retentions"
    __table_args__ = (
        CheckConstraint(f"retention in ({', '.join(repr(each.value) for each in Class)})", name="retention"),
    )

    retention: Mapped[str] = mapped_column(String(WORD_LENGTH))


class ArchiveAttempt(Base):
    """A closed case whose archive could not be made by the job: why, and when it is tried again."""

    __tablename__ = "certs_archive_attempts"

    case: Mapped[str] = mapped_column(String(NUMBER_LENGTH), primary_key=True)
    organ: Mapped[str] = mapped_column(String(CODE_LENGTH))
    tries: Mapped[int]
    code: Mapped[str] = mapped_column(String(WORD_LENGTH * 2))
    next_at: Mapped[datetime] = mapped_column(Moment)
