"""Whether a tree continues a signed head, and a shown head a remembered one: each contradiction is a finding by name.

Proofs are checked by `base.ledger_check`, which shares no code with what makes them. The remembered root is the
signed one, never one that was read from the ledger's own nodes. Pure.
"""

from base import ledger_check
from keys.checkpoints.errors import (
    CheckpointOfAnotherLog,
    CheckpointReplayed,
    HistoryRewritten,
    LedgerShrunk,
    SplitView,
)
from keys.checkpoints.head import Head

Path = tuple[bytes, ...]


def require_tree_continues(remembered: Head, size: int, root: bytes, path: Path) -> None:
    """Hold a ledger's present tree against a signed head of it.

    Raises `LedgerShrunk`, `SplitView`, `HistoryRewritten`.
    """
    if size < remembered.size:
        raise LedgerShrunk(size, remembered.size)
    if size == remembered.size and root != remembered.root:
        raise SplitView(size)
    shown = {
        "kind": "consistency",
        "old_size": remembered.size,
        "old_root": remembered.root.hex(),
        "new_size": size,
        "new_root": root.hex(),
        "path": [each.hex() for each in path],
    }
    try:
        ledger_check.check(shown, (size, root.hex()))
    except (ledger_check.Refuted, ledger_check.Unreadable) as error:
        raise HistoryRewritten(size, remembered.size) from error


def require_head_continues(remembered: Head, shown: Head, path: Path) -> None:
    """Hold a head that is shown against one that is remembered, as a witness does.

    Raises `CheckpointOfAnotherLog`, `CheckpointReplayed`, `SplitView`, `HistoryRewritten`.
    """
    if shown.origin != remembered.origin:
        raise CheckpointOfAnotherLog(remembered.origin, shown.origin)
    if shown.size < remembered.size or (shown.size == remembered.size and shown.at < remembered.at):
        raise CheckpointReplayed(shown.size, remembered.size)
    require_tree_continues(remembered, shown.size, shown.root, path)
