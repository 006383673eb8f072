"""Writes proofs and whole ranges of entries in the forms that `base.ledger_check` reads; they are documented there."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit
from base.canonical import Json, canonical
from base.journal import DamagedLedger
from base.models import AuditEntry

# At their largest, these are 8 MiB.
ENTRIES_AT_ONCE = 500


def prove_entry(session: Session, index: int, size: int | None = None) -> dict[str, Json]:
    """Show that an entry is in today's tree, or in that of an earlier size.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    tree, recorded = audit.tree_at(session, size), audit.entry_at(session, index)
    return {
        "kind": "inclusion",
        "index": index,
        "size": tree.size,
        "root": tree.root.hex(),
        "entry": _text(index, recorded.content),
        "path": [each.hex() for each in audit.inclusion(session, index, tree.size)],
    }


def prove_growth(session: Session, old: int, new: int | None = None) -> dict[str, Json]:
    """Show that today's tree, or that of the new size, continues that of the old size.

    Raises `OutsideLedger` and `DamagedLedger`.
    """
    tree, before = audit.tree_at(session, new), audit.tree_at(session, old)
    return {
        "kind": "consistency",
        "old_size": old,
        "old_root": before.root.hex(),
        "new_size": tree.size,
        "new_root": tree.root.hex(),
        "path": [each.hex() for each in audit.consistency(session, old, tree.size)],
    }


def export(session: Session, first: int = 0, last: int | None = None) -> Iterator[str]:
    """Write entries first … last-1 a line each, and the line that proves them against today's tree.

    Raises `OutsideLedger` before the first line, and `DamagedLedger` where an entry is missing.
    """
    tree = audit.tree_at(session)
    last = tree.size if last is None else last
    path = audit.around(session, first, last, tree.size)
    for start in range(first, last, ENTRIES_AT_ONCE):
        yield from _lines(session, start, min(start + ENTRIES_AT_ONCE, last))
    closing: dict[str, Json] = {
        "kind": "range",
        "first": first,
        "last": last,
        "size": tree.size,
        "root": tree.root.hex(),
        "path": [each.hex() for each in path],
    }
    yield canonical(closing).decode()


def _lines(session: Session, first: int, last: int) -> Iterator[str]:
    query = select(AuditEntry.leaf_index, AuditEntry.content).where(AuditEntry.leaf_index.between(first, last - 1))
    due = first
    for index, content in session.execute(query.order_by(AuditEntry.leaf_index)):
        if index != due:
            raise DamagedLedger(f"entry {due}")
        yield canonical({"index": index, "entry": _text(index, content)}).decode()
        due += 1
    if due != last:
        raise DamagedLedger(f"entry {due}")


def _text(index: int, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise DamagedLedger(f"entry {index}") from error
