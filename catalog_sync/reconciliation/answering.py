"""Answers a partner's questions from what we hold of it, and signs the balance of a day beside it.

The first question of a comparison has everything read that the partner ever told us; what follows is told from that
tree, and from the rows of the few ranges that differ. One tree is kept for each of the last partners that asked, and
one is grown at a time. A partner is answered one question at a time and begins so many comparisons an hour: whoever
asks without end holds one thread, and is told to wait.

Who the partner is, is proved before this is called (`catalog_sync.cascade`).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import ClassVar, Final

from sqlalchemy.orm import Session

from base.audit import Thing
from base.canonical import Json, canonical
from base.errors import DomainError, Kind
from base.workdays import local_day
from catalog_sync.acting import BY, ROOM
from catalog_sync.cascade.models import TOLD, Held
from catalog_sync.reconciliation import balance_document, other_side, signing, stock
from catalog_sync.reconciliation.balance_document import Half, UnreadableBalance
from catalog_sync.reconciliation.ranges import EVERYTHING, Range, parts_of
from catalog_sync.reconciliation.signing import BalanceKey
from catalog_sync.reconciliation.stock import Stock
from catalog_sync.reconciliation.tree import Tree

# Some megabytes for a million rows, tens where they are spread over all departments and days. The cities of a province
# (21 at most) compare at the same hour: a tree that gave way would be grown anew at each question.
MOST_TREES: Final = 24
# One a day, and some by hand after a repair. Growing a tree of a million rows takes some fifteen seconds.
MOST_BEGUN: Final = 12
BEGUN_WITHIN: Final = timedelta(hours=1)
# How long whoever asks while another question of its is being answered is told to wait.
BUSY_SECONDS: Final = 30
# The other side's night may be over when its balance comes.
DAYS_APART: Final = timedelta(days=1)


@dataclass(eq=False)
class TooManyComparisons(DomainError):
    """Another question of this partner is being answered, or it began too many comparisons within the hour."""

    retry_after: int
    code: ClassVar[str] = "sync-too-many-comparisons"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass
class Trees:
    """The trees that were grown for the comparisons that are going on, one for each partner; who asks, who began."""

    _grown: OrderedDict[str, tuple[str, Tree]] = field(default_factory=OrderedDict, repr=False)
    _growing: Lock = field(default_factory=Lock, repr=False)
    _asking: set[str] = field(default_factory=set, repr=False)
    _turns: Lock = field(default_factory=Lock, repr=False)
    _begun: dict[str, list[datetime]] = field(default_factory=dict, repr=False)

    @contextmanager
    def turn(self, partner: str) -> Iterator[None]:
        """Answer one question of a partner at a time. Raises `TooManyComparisons`."""
        with self._turns:
            if partner in self._asking:
                raise TooManyComparisons(BUSY_SECONDS)
            self._asking.add(partner)
        try:
            yield
        finally:
            with self._turns:
                self._asking.discard(partner)

    def of(self, partner: str, comparison: str, at: datetime, grow: Callable[[], Tree]) -> Tree:
        """Give the tree of a comparison, grown at its first question. Raises `TooManyComparisons`."""
        with self._growing:
            found = self._grown.get(partner)
            if found is not None and found[0] == comparison:
                tree = found[1]
            else:
                self._count(partner, at)
                tree = grow()
            self._grown[partner] = (comparison, tree)
            self._grown.move_to_end(partner)
            while len(self._grown) > MOST_TREES:
                self._grown.popitem(last=False)
            return tree

    def _count(self, partner: str, at: datetime) -> None:
        # A clock that was set back makes nobody wait for the other time.
        within = [each for each in self._begun.get(partner, []) if at - BEGUN_WITHIN < each <= at]
        if len(within) >= MOST_BEGUN:
            raise TooManyComparisons(int((within[0] + BEGUN_WITHIN - at).total_seconds()) + 1)
        self._begun[partner] = [*within, at]


def answer(session: Session, trees: Trees, partner: str, content: bytes, at: datetime) -> bytes:
    """Answer a partner's question. Raises `UnreadableQuestion`, `TooManyComparisons`."""
    question = other_side.question_of(content)
    held = held_of(partner)
    with trees.turn(partner):
        tree = trees.of(partner, question.comparison, at, lambda: stock.tree_of(session, held))
        return other_side.answer(question, stock.look(session, held, tree, question.paths))


def held_of(partner: str) -> Stock:
    """Tell where the things stand that a partner told us and did not take back."""
    counts = (Held.way == TOLD, Held.partner == partner, Held.is_gone.is_(False))
    return Stock(Held.kind, Held.organisation, Held.day, Held.thing, Held.version, Held.digest, counts)


def countersign(
    session: Session, trees: Trees, partner: str, content: bytes, key: BalanceKey | None, at: datetime
) -> bytes | None:
    """Sign the balance that a partner signed, where it says of us what we hold; give our signature, as it is written.

    None where we hold something else by now, it is of another day, or we have no key: the balance then stays signed by
    one side. What the partner says of itself is its own word, which its signature answers for.
    Raises `UnreadableBalance`, `TooManyComparisons`, and what custody and the signer raise.
    """
    document = balance_document.document_of(content)
    if not balance_document.verify(document).is_intact or len(document.signatures) != 1:
        raise UnreadableBalance("signature")
    comparison = str(document.balance["comparison"])
    held = held_of(partner)
    with trees.turn(partner):
        tree = trees.of(partner, comparison, at, lambda: stock.tree_of(session, held))
        whole = stock.look(session, held, tree, [EVERYTHING])[0]
    is_of_now = abs(balance_document.day_of(document.balance) - local_day(at)) <= DAYS_APART
    if key is None or not is_of_now or document.balance["there"] != _half(whole).told:
        return None
    made = signing.signature(key.signer(session), key.name, document.balance)
    facts: dict[str, Json] = {"comparison": comparison, "count": whole.count, "root": whole.root.hex()}
    ROOM.record(session, BY, at, "sync.balance-countersigned", Thing("cascade-partner", partner), **facts)
    return canonical(made.written)


def _half(whole: Range) -> Half:
    kinds = whole.parts if whole.parts is not None else parts_of(EVERYTHING, whole.rows or ())
    return balance_document.half(whole.count, whole.root, kinds)
