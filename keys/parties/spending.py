"""Values that count once: spending one is an insert under a unique key, so that of two processes exactly one succeeds.

The store is the database, which every node shares and which outlives a restart. A value is kept for as long as it could
still be believed and is forgotten by a job afterwards; a wrong clock on one node is allowed for by whoever says how
long that is.
"""

import hashlib
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from keys.parties.models import RevokedToken, SpentValue, TrustedTokenKey

ASSERTION = "assertion"
REQUEST = "request"
PARTNER = "partner"


def spend(session: Session, purpose: str, owner: str, value: str, kept_until: datetime) -> bool:
    """Spend a value of the owner's; False when it was spent before.

    On PostgreSQL a second spender waits until the first has committed or given up.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = {
        "purpose": purpose,
        "owner": owner,
        "digest": hashlib.sha256(value.encode()).hexdigest(),
        "kept_until": kept_until,
    }
    spent = insert(SpentValue).values(row).on_conflict_do_nothing().returning(SpentValue.digest)
    return session.execute(spent).first() is not None


def forget(session: Session, at: datetime) -> None:
    """Forget what nobody would believe any more: spent values, revocations, token keys."""
    # A withdrawn token key is kept, or its file, still lying about, would be trusted anew.
    over = (
        delete(SpentValue).where(SpentValue.kept_until < at),
        delete(RevokedToken).where(RevokedToken.kept_until < at),
        delete(TrustedTokenKey).where(TrustedTokenKey.until < at, TrustedTokenKey.withdrawn_at.is_(None)),
    )
    for statement in over:
        session.execute(statement.execution_options(synchronize_session=False))
