"""The table of reports that are kept for a day: what was found, never the document it was found in."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, deferred, mapped_column

from base.db import Base, Moment

# 128 bits in base64 without padding.
VERIFICATION_ID_LENGTH: Final = 22


class Verification(Base):
    """A report under its random id; XML and evidence are deflated, and the PDF is made when it is first asked for."""

    __tablename__ = "signing_verifications"
    __table_args__ = (Index(None, "ends_at"),)

    id: Mapped[str] = mapped_column(String(VERIFICATION_ID_LENGTH), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    xml: Mapped[bytes] = deferred(mapped_column(LargeBinary))
    evidence: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    pdf: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
