"""How long matters are kept: rows with their basis, the most particular one holds."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing import scopes
from certs.filing.archives.errors import NoRetention, RetentionNotYours
from certs.filing.archives.models import ArchiveRetention
from certs.filing.archives.retention import Class, Retention


def seed(session: Session, by: Caller, at: datetime) -> list[str]:
    """Add the rows that the site does not have yet, as `retentions.toml` has them; tell which."""
    return scopes.seed(session, ArchiveRetention, "certs.filing.archives", "retentions.toml", by, at)


def retention_of(session: Session, item_code: str) -> Retention:
    """Give for how long cases of an item are kept. Raises `NoRetention`."""
    row = scopes.row_of(session, ArchiveRetention, item_code)
    if row is None:
        raise NoRetention(item_code)
    return Retention(Class(row.retention), row.basis, row.confidence)


def laid_down(session: Session) -> Sequence[ArchiveRetention]:
    """List what is laid down, the most general first."""
    return scopes.laid_down(session, ArchiveRetention)


def lay_down(session: Session, scope: str, kept: Class, basis: str, by: Caller, at: datetime) -> ArchiveRetention:
    """Lay down for how long cases are kept; archives that were made keep what stands in them.

    Raises `RetentionNotYours`.
    """
    if not scopes.may_lay_down(session, scope, by):
        raise RetentionNotYours(scope)
    row = scopes.lay_down(session, ArchiveRetention, scope, basis, by, at, retention=kept.value)
    thing = Thing("archive-retention", scope)
    ROOM.changed(session, by, at, "archive-retention.changed", thing, basis=basis, retention=kept.value)
    return row
