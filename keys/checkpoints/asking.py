"""Asks witnesses what they remember, outside of transactions, and holds it against the ledger as it is.

This is what finds a database that was brought back to an earlier state: it is sound in itself, its own last head with
it, and only somebody outside remembers more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import audit
from base.errors import DomainError
from base.fetch import FetchFailed
from keys.checkpoints.alarms import FINDINGS, Found
from keys.checkpoints.errors import SplitView, WitnessForgot, WitnessRefused, WitnessUnreachable
from keys.checkpoints.head import Head, NoteKey, SignedHead, verified
from keys.checkpoints.history import Path, require_tree_continues
from keys.checkpoints.models import Checkpoint
from keys.witnesses.witness import Witness

# What says nothing about the ledger: the witness is not to be reached, or does not want to talk.
SILENT = (FetchFailed, WitnessUnreachable, WitnessRefused)


@dataclass(frozen=True)
class Told:
    """The newest head that a witness keeps; none where it keeps none or cannot be asked."""

    witness: str
    signed: SignedHead | None


class Contradicted(Exception):
    """The ledger, and a head of it that somebody remembers, cannot both be right."""

    def __init__(self, found: Found) -> None:
        super().__init__(found.finding.code)
        self.found = found


def remembered(witness: Witness, origin: str, keys: Iterable[NoteKey]) -> Told:
    """Ask one witness, and verify what it shows. Raises what stands in the way, and what `verified` raises."""
    note = witness.remembers(origin)
    return Told(witness.name, None if note is None else verified(note, origin, keys))


def forgot(witness: Witness, told: Told, shown: int) -> WitnessForgot | None:
    """Tell whether a witness remembers less than it was shown."""
    size = told.signed.head.size if told.signed is not None else 0
    may_not_say = told.signed is None and not witness.tells_all
    return None if may_not_say or size >= shown else WitnessForgot(witness.name, size, shown)


def ask_all(
    witnesses: Iterable[Witness], origin: str, keys: Iterable[NoteKey], shown: dict[str, int]
) -> tuple[list[Told], list[Found]]:
    """Ask witnesses, each of which was `shown` so much; give what they tell and what is wrong with it."""
    told, wrong, known = [], [], tuple(keys)
    for witness in witnesses:
        try:
            answer = remembered(witness, origin, known)
        except SILENT:
            continue
        except FINDINGS as finding:
            wrong.append(Found(finding, witness.name))
            continue
        told.append(answer)
        lost = forgot(witness, answer, shown.get(witness.name, 0))
        if lost is not None:
            wrong.append(Found(lost, witness.name))
    return told, wrong


def require_ledger_continues(session: Session, heads: Iterable[tuple[str, Head, bytes]]) -> audit.Tree:
    """Hold the ledger against heads: the witness (empty: ourselves), the head, the note that shows it; give the tree.

    Raises `Contradicted` with the first one that cannot be.
    """
    try:
        tree = audit.tree_at(session)
    except DomainError as finding:
        raise Contradicted(Found(finding, stops=True)) from finding
    for witness, head, note in heads:
        try:
            _require_no_other(session, head)
            require_tree_continues(head, tree.size, tree.root, growth(session, head.size, tree.size))
        except FINDINGS as finding:
            raise Contradicted(Found(finding, witness, note, stops=True)) from finding
    return tree


def _require_no_other(session: Session, head: Head) -> None:
    """Hold a head against the one that was signed for its size. Raises `SplitView`."""
    same = select(Checkpoint.root).where(Checkpoint.origin == head.origin, Checkpoint.size == head.size)
    root = session.scalars(same.where(Checkpoint.note.is_not(None))).one_or_none()
    if root not in (None, head.root.hex()):
        raise SplitView(head.size)


def growth(session: Session, old: int, new: int) -> Path:
    """Give the proof from one size to another; nothing proves that a tree became smaller. Raises `DamagedLedger`."""
    return audit.consistency(session, old, new) if 0 <= old <= new else ()
