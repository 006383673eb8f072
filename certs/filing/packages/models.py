"""The tables of packages: their kinds, those that were filed, and what their organs found missing."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.cases.models import KEY_LENGTH, NAME_LENGTH, NUMBER_LENGTH
from certs.models import ACTOR_LENGTH, DIGEST_LENGTH, REGION_LENGTH

KIND_LENGTH: Final = 32


class PackageKind(Base):
    """A kind of package: its name, its lead department and its members."""

    __tablename__ = "certs_package_kinds"

    code: Mapped[str] = mapped_column(String(KIND_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    lead: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    members: Mapped[list[Any]] = mapped_column(JSON)
    version: Mapped[int]
    changed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Package(Base):
    """A package that was filed; its cases name it."""

    __tablename__ = "certs_packages"
    __table_args__ = (UniqueConstraint("receiving_organ", "intake_key"), Index(None, "lead", "number"))

    number: Mapped[str] = mapped_column(String(NUMBER_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(ForeignKey("certs_package_kinds.code"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    lead: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    receiving_organ: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    receiving_region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    intake_key: Mapped[str] = mapped_column(String(KEY_LENGTH))
    request_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    received_at: Mapped[datetime] = mapped_column(Moment)
    supplement_asked_at: Mapped[datetime | None] = mapped_column(Moment)
    supplemented_at: Mapped[datetime | None] = mapped_column(Moment)
    delivered_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int]


class PackageNote(Base):
    """What the organ of one case found missing; told to the applicant with all others in one notice."""

    __tablename__ = "certs_package_notes"

    package: Mapped[str] = mapped_column(ForeignKey("certs_packages.number"), primary_key=True)
    case: Mapped[str] = mapped_column(ForeignKey("certs_cases.number"), primary_key=True)
    # What is missing, sealed.
    content: Mapped[bytes] = mapped_column(LargeBinary)
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    at: Mapped[datetime] = mapped_column(Moment)
