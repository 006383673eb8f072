"""The tables of filing documents: what each says, sealed at rest, and its sealed files by format."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.filing.matters.models import ITEM_LENGTH
from certs.models import ACTOR_LENGTH, CODE_LENGTH, DIGEST_LENGTH, REGION_LENGTH, WORD_LENGTH

ID_LENGTH: Final = 36
# A look-up's number has 36 characters, a case's up to 50.
ABOUT_LENGTH: Final = 50
RECEIPT, NOTICE = "receipt", "notice"


class FilingSheet(Base):
    """A filing document: of which look-up or case, for whom, and all that stands on it."""

    __tablename__ = "certs_filing_sheets"
    __table_args__ = (
        CheckConstraint(f"kind in ('{RECEIPT}', '{NOTICE}')", name="kind"),
        # What says the same about the same is the same document.
        UniqueConstraint("organisation", "kind", "about", "said_sm3"),
        Index(None, "about", "kind"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # A look-up's number, a case's, or empty: a plan without a case.
    about: Mapped[str] = mapped_column(String(ABOUT_LENGTH))
    said_sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    organisation: Mapped[str] = mapped_column(String(CODE_LENGTH))
    item_code: Mapped[str] = mapped_column(String(ITEM_LENGTH))
    region: Mapped[str] = mapped_column(String(REGION_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    made_at: Mapped[datetime] = mapped_column(Moment)


class FilingSheetFile(Base):
    """The sealed file of a document in one format; never changed."""

    __tablename__ = "certs_filing_sheet_files"

    sheet: Mapped[str] = mapped_column(ForeignKey("certs_filing_sheets.id"), primary_key=True)
    format: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH), index=True)
    size: Mapped[int]
    seal_use: Mapped[str] = mapped_column(String(ID_LENGTH))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(Moment)
