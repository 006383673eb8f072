"""Compares what we told a target with what it holds: by ranges where it can be asked, else by what it lists or counts.

Nothing is written here but whose old rows are (`own_side.note_departments`), and no transaction is open while the other
side is asked. What came of it is kept in `keeping`.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from base.db import Database
from catalog_sync.reconciliation import listed, other_side, own_side, stock
from catalog_sync.reconciliation.balance_document import Half, half
from catalog_sync.reconciliation.differing import Differing, compare
from catalog_sync.reconciliation.listed import LIMITS, Depth, Limit, Listed
from catalog_sync.reconciliation.other_side import Comparable, Question
from catalog_sync.reconciliation.own_side import OwnSide
from catalog_sync.reconciliation.ranges import EVERYTHING, Path, Range, Row, parts_of
from catalog_sync.record import Subject
from catalog_sync.targets.target import Held, HostileAnswer, Target
from catalog_sync.wiring import Sync

# Of what a target that lists says itself: see `lists_of`.
NOTES: Final = "own-notes"
NOTHING: Final = "nothing"
PLATFORM: Final = "platform"
# A million rows that all differ take some hundreds of questions and a quarter of a gigabyte; ten times that is no stock
# of ours any more, but a side that always tells another part.
MOST_QUESTIONS: Final = 10_000
MOST_RECEIVED: Final = 2 * 1024**3
# Pages of one kind: ten million things by pages of five hundred.
MOST_PAGES: Final = 20_000


@dataclass(frozen=True)
class Exchanged:
    """What crossed: questions (or pages), and the bytes of both directions where they are known."""

    questions: int = 0
    sent: int = 0
    received: int = 0


@dataclass(frozen=True)
class Found:
    """What a comparison came to; `moving` are the things about which it says nothing yet."""

    comparison: str
    depth: Depth
    limits: tuple[Limit, ...]
    here: Half
    there: Half
    differing: tuple[Differing, ...]
    exchanged: Exchanged
    weight: int
    moving: frozenset[Subject] = frozenset()


class Asked:
    """The other side, asked range by range; it counts what crosses."""

    def __init__(self, target: Comparable, name: str, now: Callable[[], datetime]) -> None:
        self.comparison = secrets.token_hex(16)
        self.exchanged = Exchanged()
        self._target = target
        self._name = name
        self._now = now

    def look(self, paths: Sequence[Path]) -> Sequence[Range]:
        """Tell ranges. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
        question = Question(self.comparison, tuple(paths))
        content = question.written
        answer = self._target.compare(content, self._now())
        before = self.exchanged
        if before.questions >= MOST_QUESTIONS or before.received + len(answer) > MOST_RECEIVED:
            raise HostileAnswer(self._name, "comparison: without an end")
        self.exchanged = Exchanged(before.questions + 1, before.sent + len(content), before.received + len(answer))
        return other_side.ranges_of(self._name, question, answer)


def compared(database: Database, sync: Sync, target: Target, now: Callable[[], datetime]) -> Found:
    """Compare with a target. Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`."""
    while database.repeat(partial(own_side.note_departments, keys=sync.keys, target=target.name)):
        pass
    own = OwnSide(database, target.name)
    if isinstance(target, Comparable):
        return _by_ranges(own, target, target.name, now)
    return _by_listing(database, own, target, now)


def lists_of(target: Target) -> str:
    """Tell whose word a listing is: the platform's, unless the target says that it is our own notes, or none."""
    return getattr(target, "lists", PLATFORM)


def _by_ranges(own: OwnSide, target: Comparable, name: str, now: Callable[[], datetime]) -> Found:
    asked = Asked(target, name, now)
    found = compare(own, asked)
    here = half(found.here.count, found.here.root, found.kinds_here)
    there = half(found.there.count, found.there.root, found.kinds_there)
    limits = LIMITS[Depth.CONTENT]
    return Found(
        asked.comparison, Depth.CONTENT, limits, here, there, found.differing, asked.exchanged, own.tree.weight
    )


def _by_listing(database: Database, own: OwnSide, target: Target, now: Callable[[], datetime]) -> Found:
    whole = own.look([EVERYTHING])[0]
    here = half(whole.count, whole.root, whole.parts or parts_of(EVERYTHING, whole.rows or ()))
    pages: list[int] = []
    if lists_of(target) == NOTHING:
        counts = {kind: count or 0 for kind, (count, _) in here.kinds.items()}
        told = listed.by_counts({**dict.fromkeys(target.kinds, 0), **counts}, target.statistics(now()))
    else:
        with database.reading() as session:
            rows = list(_rows(session, target.name))
        told = listed.by_listing(rows, _listing(target, now, pages), sorted(target.kinds))
    limits = [*LIMITS[told.depth]]
    if lists_of(target) == NOTES:
        limits.append(Limit.OWN_NOTES)
    if told.depth is Depth.COUNTS and None in told.there.values():
        limits.append(Limit.SOME_KINDS)
    exchanged = Exchanged(questions=len(pages))
    there = _counted(told)
    return Found(
        secrets.token_hex(16), told.depth, tuple(limits), here, there, told.differing, exchanged, own.tree.weight
    )


def _listing(target: Target, now: Callable[[], datetime], pages: list[int]) -> Iterator[Held]:
    for kind in sorted(target.kinds):
        mark = ""
        for _ in range(MOST_PAGES):
            page = target.listing(kind, mark, now())
            pages.append(len(page.held))
            yield from page.held
            if page.mark is None:
                break
            mark = page.mark
        else:
            raise HostileAnswer(target.name, "listing: without an end")


def _rows(session: Session, target: str) -> Iterator[Row]:
    told = session.execute(own_side.stock_of(target).rows.execution_options(yield_per=stock.AT_ONCE))
    for kind, department, day, thing, version, digest in told:
        yield Row(kind, department, day.isoformat(), thing, version, digest)


def _counted(told: Listed) -> Half:
    known = [count for count in told.there.values() if count is not None]
    whole = sum(known) if len(known) == len(told.there) else None
    return Half(whole, None, {kind: (count, None) for kind, count in sorted(told.there.items()) if count is not None})
