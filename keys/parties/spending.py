"""Values that count once: spending one is an insert under a unique key, so that of two processes exactly one succeeds.

The store is the database, which every node shares and which outlives a restart. A value is kept for as long as it could
still be believed and is forgotten by a job afterwards; a wrong clock on one node is allowed for by whoever says how
long that is.
"""

import functools
import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from base.db import Base
from keys.parties.models import RevokedToken, SpentValue, TrustedTokenKey

ASSERTION = "assertion"
REQUEST = "request"
PARTNER = "partner"


def spend(session: Session, purpose: str, owner: str, value: str, kept_until: datetime) -> bool:
    """Spend a value of the owner's; False when it was spent before.

    On PostgreSQL a second spender waits until the first has committed or given up.
    """
    return spend_all(session, purpose, [(owner, value)], kept_until)[0]


def spend_all(session: Session, purpose: str, values: Iterable[tuple[str, str]], kept_until: datetime) -> list[bool]:
    """Spend values of several owners, each a pair of owner and value; tell which were new.

    Rows are taken in one order, so that no two spenders wait for each other; of two that are the same, one is new.
    """
    named = [(owner, hashlib.sha256(value.encode()).hexdigest()) for owner, value in values]
    first = {name: place for place, name in reversed(list(enumerate(named)))}
    if not first:
        return []
    connection = session.connection()
    rows = [
        {"purpose": purpose, "owner": owner, "digest": digest, "kept_until": kept_until}
        for owner, digest in sorted(first)
    ]
    new = {tuple(row) for row in connection.execute(_spending(connection.dialect.name), rows)}
    return [name in new and first[name] == place for place, name in enumerate(named)]


@functools.cache
def _spending(dialect: str) -> Any:
    """Write the statement once: making one anew takes longer than carrying it out."""
    table = Base.metadata.tables[SpentValue.__tablename__]
    adding = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    return adding.on_conflict_do_nothing().returning(table.c.owner, table.c.digest)


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
