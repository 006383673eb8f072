"""The tables of custody: each version of each key, and the data keys, wrapped.

No private byte is in either. That a key for seals or certificates was let in by two different people is a constraint,
so that it holds for whatever path a row takes. Rows are never removed: what a key signed must be told later.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from base.db import Base, Moment
from keys.custody.rules import ACTIVE, PROPOSED, RETIRED, STATES, TWO_PERSON_USES, USES, WITHDRAWN

KEY_ID_LENGTH: Final = 64
URI_LENGTH: Final = 2000
KIND_LENGTH: Final = 10
ACTOR_LENGTH: Final = 200
ORGANISATION_LENGTH: Final = 18
REASON_LENGTH: Final = 500
FINGERPRINT_LENGTH: Final = 64
DATA_KEY_ID_LENGTH: Final = 16
PURPOSE_LENGTH: Final = 64
KEK_ID_LENGTH: Final = 32


def _one_of(column: str, allowed: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(each) for each in allowed)})"


_ACTIVE: Final = text(f"state = '{ACTIVE}'")
# A key that was ever in use is never taken in again, under whatever name; a proposal that was turned down may be.
_MET: Final = text(f"state <> '{WITHDRAWN}' or activated_at is not null")
_HALF_MET: Final = text(f"spki_sm3 <> '' and (state <> '{WITHDRAWN}' or activated_at is not null)")


class CustodyKey(Base):
    """One version of a key in custody: where it lives, its public half, its use, and who let it in and out."""

    __tablename__ = "keys_custody_keys"
    __table_args__ = (
        CheckConstraint(_one_of("state", STATES), name="state"),
        CheckConstraint(_one_of("key_use", USES), name="use"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_persons"),
        CheckConstraint(
            f"not ({_one_of('key_use', TWO_PERSON_USES)}) or activated_at is null or confirmed_by is not null",
            name="let_in_by_two",
        ),
        CheckConstraint(f"state in ('{PROPOSED}', '{WITHDRAWN}') or activated_at is not null", name="activated"),
        CheckConstraint(f"state <> '{RETIRED}' or retired_at is not null", name="retired"),
        CheckConstraint(f"(state = '{WITHDRAWN}') = (withdrawn_at is not null)", name="withdrawn"),
        Index("ix_keys_custody_keys_one_uri", "uri", unique=True, sqlite_where=_MET, postgresql_where=_MET),
        Index("ix_keys_custody_keys_one_active", "id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
        Index(
            "ix_keys_custody_keys_one_half", "spki_sm3", unique=True, sqlite_where=_HALF_MET, postgresql_where=_HALF_MET
        ),
        Index(None, "not_after"),
    )

    id: Mapped[str] = mapped_column(String(KEY_ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    uri: Mapped[str] = mapped_column(String(URI_LENGTH))
    kind: Mapped[str] = mapped_column(String(KIND_LENGTH))
    spki: Mapped[bytes] = mapped_column(LargeBinary)
    spki_sm3: Mapped[str] = mapped_column(String(FINGERPRINT_LENGTH))
    key_use: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    organisation: Mapped[str] = mapped_column(String(ORGANISATION_LENGTH))
    certificate: Mapped[bytes | None] = mapped_column(LargeBinary)
    not_after: Mapped[datetime | None] = mapped_column(Moment)
    warned_days: Mapped[int | None]
    proposed_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    proposed_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    activated_at: Mapped[datetime | None] = mapped_column(Moment)
    retired_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str | None] = mapped_column(String(REASON_LENGTH))


class DataKey(Base):
    """A key that seals data, wrapped under a key that is never in the database."""

    __tablename__ = "keys_data_keys"
    __table_args__ = (
        CheckConstraint(_one_of("state", (ACTIVE, RETIRED)), name="state"),
        UniqueConstraint("purpose", "version"),
        Index(None, "kek"),
    )

    id: Mapped[str] = mapped_column(String(DATA_KEY_ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(PURPOSE_LENGTH))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    kek: Mapped[str] = mapped_column(String(KEK_ID_LENGTH))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(Moment)
    rewrapped_at: Mapped[datetime | None] = mapped_column(Moment)
