"""A receipt that somebody brings, judged: what it proves, and whether its key is one that this site signs with. Pure.

A receipt proves by itself that its entry stands in the tree that was signed. Whose key that was, it cannot prove: what
is signed with a key that is not among those that are handed in is told as such, never as proven.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from base import ledger_check
from base.ledger_check import Refuted, Unreadable
from exchange.door.receipt_trees import FORM, STATED

# The proof of an entry of a tree of 2^64 entries, its consistency, a note and a certificate: some 20 KB.
LARGEST: Final = 64 * 1024
Verdict = Literal["proven", "foreign", "refuted", "unreadable"]


@dataclass(frozen=True)
class Judged:
    """What came of it; what it states is told where it is proven."""

    verdict: Verdict
    said: str = ""
    key: str = ""
    statement: Mapping[str, Any] = field(default_factory=dict)


def judged(written: bytes, keys: Collection[str]) -> Judged:
    """Judge a receipt as the API or the holder's page gave it, alone or inside the answer that it came with."""
    try:
        receipt = _read(written)
        said = ledger_check.check(receipt)
    except Refuted as refusal:
        return Judged("refuted", str(refusal))
    except (Unreadable, ValueError, RecursionError) as refusal:
        return Judged("unreadable", type(refusal).__name__)
    key = str(receipt["key"]).strip()
    known = key in {each.strip() for each in keys}
    stated = {name: receipt["statement"][name] for name in STATED if name in receipt["statement"]}
    return Judged("proven" if known else "foreign", said, key, stated)


def _read(written: bytes) -> Any:
    if len(written) > LARGEST:
        raise Unreadable("too large")
    told = json.loads(written)
    if isinstance(told, dict) and isinstance(told.get("receipt"), dict):
        told = told["receipt"]
    if not isinstance(told, dict) or told.get("kind") != FORM:
        raise Unreadable("no receipt")
    return told
