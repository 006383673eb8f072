"""The ledger's part of a pack: the head rightly signed, and the certificate's entry proven to be under it.

The head is signed by the key that the statement names, so that whoever believes the statement believes the head. The
proof has the form that `base.ledger_check` reads, and the entry in it is about this certificate.
"""

from collections.abc import Iterator
from typing import Any, Final

from base import ledger
from base.errors import DomainError
from keys.checkpoints import head as heads
from keys.checkpoints.head import Head, NoteKey
from signing.formats.evidence.members import CHECKPOINT, PROOF, canonical_object
from signing.formats.evidence.statement import Statement
from signing.report import Check, failed, passed

THING: Final = "certificate"
ACTS: Final = "certificate."
# A path has a hash for each level; a ledger of 2^63 entries has 63.
LONGEST_PATH: Final = 63
_MEMBERS: Final = frozenset({"kind", "index", "size", "root", "entry", "path"})


def checks(statement: Statement, checkpoint: bytes, proof: bytes) -> Iterator[Check]:
    """Check the head and the proof against what is stated."""
    head = _head(statement, checkpoint)
    told = statement.ledger
    if head is None or (head.size, head.root.hex()) != (told.size, told.root):
        yield failed("EVIDENCE_LEDGER_HEAD", CHECKPOINT)
    else:
        yield passed("EVIDENCE_LEDGER_HEAD", CHECKPOINT, origin=head.origin, size=head.size)
    act = _proven(statement, proof)
    if act is None:
        yield failed("EVIDENCE_LEDGER_PROOF", PROOF)
    else:
        yield passed("EVIDENCE_LEDGER_PROOF", PROOF, index=told.index, act=act)


def _head(statement: Statement, checkpoint: bytes) -> Head | None:
    try:
        key = NoteKey.of_text(statement.ledger.key)
        return heads.verified(checkpoint, statement.ledger.origin, (key,)).head
    except DomainError:
        return None


def _proven(statement: Statement, proof: bytes) -> str | None:
    """Give the act that is proven to have been entered; none where it is not, or is about something else."""
    told: Any = canonical_object(proof)
    stated = statement.ledger
    if told is None or told.keys() != _MEMBERS or told["kind"] != "inclusion":
        return None
    if (told["index"], told["size"], told["root"]) != (stated.index, stated.size, stated.root):
        return None
    try:
        content = told["entry"].encode()
        path = tuple(bytes.fromhex(each) for each in told["path"])
        root = bytes.fromhex(stated.root)
    except (AttributeError, TypeError, ValueError):
        return None
    if len(path) > LONGEST_PATH or [each.hex() for each in path] != told["path"]:
        return None
    if not ledger.proves_inclusion(ledger.leaf_hash(content), stated.index, stated.size, path, root):
        return None
    return _act(content, statement.certificate.identifier)


def _act(content: bytes, identifier: str) -> str | None:
    entry: Any = canonical_object(content)
    if entry is None or entry.get("thing") != {"kind": THING, "id": identifier}:
        return None
    act = entry.get("act")
    return act if isinstance(act, str) and act.startswith(ACTS) else None
