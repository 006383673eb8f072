"""The table of finished files that were taken in: under the digest of the file, with what its verification said."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from certs.models import ACTOR_LENGTH, CODE_LENGTH, DIGEST_LENGTH, IDENTIFIER_LENGTH, WORD_LENGTH


class Deposit(Base):
    """A finished file that was taken in; the file itself is the certificate's (`certs_files`)."""

    __tablename__ = "certs_deposits"
    __table_args__ = (Index(None, "identifier"), Index(None, "organisation", "at"))

    sm3: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True)
    identifier: Mapped[str] = mapped_column(String(IDENTIFIER_LENGTH))
    # Who brought it, which need not be who issued it.
    organisation: Mapped[str] = mapped_column(ForeignKey("keys_organisations.code"))
    by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    # The organ whose seal it bears, as the register of seals or the signer's certificate says.
    sealer: Mapped[str] = mapped_column(String(CODE_LENGTH))
    verdict: Mapped[str] = mapped_column(String(WORD_LENGTH))
    sub_indication: Mapped[str | None] = mapped_column(String(WORD_LENGTH))
    policy: Mapped[str] = mapped_column(String(WORD_LENGTH))
    # The trust under which it was judged, so that the judgement can be made again.
    trust: Mapped[str] = mapped_column(String(DIGEST_LENGTH))
    # What was read softly and is worth telling: a wrong check character in a foreign identifier.
    remarks: Mapped[list[Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(Moment)
