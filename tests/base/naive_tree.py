"""RFC 6962 2.1 word for word, slow and plain: what the ledger is compared with, and where its golden file comes from.

`python -m tests.base.naive_tree` writes the golden file again; its hashes come from the slow SM3 of the checker, so
that neither the tree nor the digest is the one under test.
"""

import json
from pathlib import Path

from base.ledger_check import computed_sm3 as sm3

GOLDEN = Path(__file__).resolve().parents[1] / "vectors" / "ledger_seven.json"
SEVEN = tuple(
    f'{{"act":"demo.act","actor":"clerk-{n}","at":"2026-11-21T02:30:0{n}.000000Z","facts":{{"次序":{n}}},"format":1,'
    f'"organisation":"演示机构","outcome":"done","purpose":"","request_id":"r-{n}",'
    f'"thing":{{"id":"t-{n}","kind":"demo"}}}}'
    for n in range(7)
)


def split(count):
    """Give the largest power of two smaller than the count."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves, node):
    """MTH(D[n])."""
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(mth(leaves[:k], node), mth(leaves[k:], node))


def path(m, leaves, node):
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k], node), mth(leaves[k:], node)]
    return [*path(m - k, leaves[k:], node), mth(leaves[:k], node)]


def proof(m, leaves, node):
    """PROOF(m, D[n])."""
    return subproof(m, leaves, node, whole=True)


def subproof(m, leaves, node, *, whole):
    """SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if whole else [mth(leaves, node)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], node, whole=whole), mth(leaves[k:], node)]
    return [*subproof(m - k, leaves[k:], node, whole=False), mth(leaves[:k], node)]


def golden():
    """Make the golden tree of seven entries."""

    def node(left, right):
        return sm3(b"\x01" + left + right)

    leaves = [sm3(b"\x00" + entry.encode()) for entry in SEVEN]
    return {
        "entries": list(SEVEN),
        "leaves": [leaf.hex() for leaf in leaves],
        "roots": [sm3(b"").hex(), *(mth(leaves[:size], node).hex() for size in range(1, 8))],
        "inclusion": [[each.hex() for each in path(m, leaves, node)] for m in range(7)],
        "consistency": {str(m): [each.hex() for each in proof(m, leaves, node)] for m in range(1, 8)},
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
