"""Verifies the ledger that is stored: all of it, what is new since a size, or its end; every fault with its place.

1. Each entry's bytes are hashed again and its other columns compared with them, in blocks of 1,024.
2. Each node above them is hashed again, up to the peaks, and compared with what is stored and with the tail's copy.
3. Rows that the tree has no place for are looked for.
4. Tree heads that somebody remembers (a witness, the caller's last verification) are compared: a ledger that was cut
   or rewritten as a whole, its tail with it, is sound in itself and is found in this step alone.

Nothing is mended here, and what to do about a finding is the reader's to decide. Writers go on meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from base import ledger
from base.audit import Entry, Tree
from base.journal import THE_ROW, DamagedLedger
from base.ledger_faults import (
    TAIL,
    Candidates,
    Fault,
    Finding,
    as_stored,
    chosen,
    entries,
    entry,
    leaf,
    node,
    parent,
)
from base.ledger_nodes import from_nodes
from base.models import AuditEntry, Event, LedgerNode, LedgerTail

# 1,024 entries at their largest are 16 MiB: what a verification holds at a time.
BLOCK_LEVEL = 10
BLOCK = 1 << BLOCK_LEVEL
# How many nodes above the blocks, or surplus rows, are read at a time.
ROWS_AT_ONCE = 1000
LAST_ENTRIES = 1000
# More findings than a person will read; that there are more is told.
MOST_FINDINGS = 10_000


@dataclass(frozen=True)
class Verification:
    """The tree head that was found, which entries were looked at, and what is wrong with them."""

    tree: Tree
    first: int
    last: int
    findings: tuple[Finding, ...]
    more: bool

    @property
    def sound(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings


def verify(
    session: Session, *, first: int = 0, last: int | None = None, remembered: Sequence[Tree] = ()
) -> Verification:
    """Verify entries first … last-1 and every node above them; by default the whole ledger."""
    return _Verifier(session).verify(first, last, remembered)


def verify_since(session: Session, verified: Tree, remembered: Sequence[Tree] = ()) -> Verification:
    """Verify what was added since the caller's last verification, and that it continues what was verified then."""
    return verify(session, first=verified.size, remembered=(verified, *remembered))


def verify_end(session: Session, remembered: Sequence[Tree] = (), *, count: int = LAST_ENTRIES) -> Verification:
    """Verify the tail, its peaks and the last entries: fast, whatever the ledger's size."""
    size = session.execute(select(LedgerTail.size)).scalar_one_or_none() or 0
    return verify(session, first=max(0, size - count), remembered=remembered)


@dataclass
class _Verifier:
    """One verification: what it reads, and what it found so far."""

    session: Session
    size: int = 0
    frontier: ledger.Frontier | None = None
    findings: list[Finding] = field(default_factory=list)
    peaks: dict[int, Candidates] = field(default_factory=dict)
    # Of entries that differ from their node: the hash of what is there, and the stored one.
    disputed: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)

    def verify(self, first: int, last: int | None, remembered: Sequence[Tree]) -> Verification:
        self._read_tail()
        last = self.size if last is None else min(last, self.size)
        first = max(0, min(first, last))
        low, high = first // BLOCK, -(-last // BLOCK)
        blocks = [top for number in range(low, high) if (top := self._block(number)) is not None]
        self._above(low, blocks)
        self._judge_peaks()
        self._surplus()
        self._compare(remembered)
        told = sorted(self._with_moves(), key=lambda each: (each.place, each.fault.value))
        return Verification(self._tree(), first, last, tuple(told[:MOST_FINDINGS]), len(told) > MOST_FINDINGS)

    def _read_tail(self) -> None:
        columns = (LedgerTail.size, LedgerTail.frontier, LedgerTail.event_position)
        row = self.session.execute(select(*columns).where(LedgerTail.id == THE_ROW)).one_or_none()
        self.frontier = ledger.Frontier.of_blob(row.size, row.frontier) if row else None
        if self.frontier is not None:
            self.size = self.frontier.size
        else:  # without a tail, the entries that are there say how many there are
            latest_entry = self.session.execute(select(func.max(AuditEntry.leaf_index))).scalar()
            self.size = 0 if latest_entry is None else latest_entry + 1
            if row or self.size:
                self._found(Finding(Fault.CHANGED if row else Fault.MISSING, TAIL))
        latest = self.session.execute(select(func.max(Event.position))).scalar() or 0
        if row and latest > row.event_position and latest > self._event_position():
            self._found(Finding(Fault.CHANGED, TAIL, f"event {latest} is behind the last position"))

    def _event_position(self) -> int:
        """Read the position again: a writer may have gone on since the tail was read."""
        return self.session.execute(select(LedgerTail.event_position)).scalar_one_or_none() or 0

    def _block(self, number: int) -> Candidates | None:
        """Judge a block from its entries up; give its top, or none for the last one, whose peaks are kept."""
        first, last = number * BLOCK, min((number + 1) * BLOCK, self.size)
        contents = self._entries(first, last)
        stored = self._nodes(0, first, last)
        values = [leaf(index, contents.get(index), stored.get(index)) for index in range(first, last)]
        self._remember_disputes(first, values, contents, stored)
        for level in range(BLOCK_LEVEL):
            self._keep_peak(level, (first >> level) + len(values), values)
            values = self._parents(level + 1, first >> level + 1, values)
        return values[0] if values else None

    def _above(self, low: int, values: list[Candidates]) -> None:
        """Judge what stands above blocks that lie side by side, with their neighbours as they are stored."""
        level = BLOCK_LEVEL
        while values:
            self._keep_peak(level, low + len(values), values)
            if values and low & 1:
                low -= 1
                values.insert(0, self._as_stored(level, low))
            if len(values) & 1:
                values.append(self._as_stored(level, low + len(values)))
            level, low = level + 1, low >> 1
            values = self._parents(level, low, values)

    def _keep_peak(self, level: int, end: int, values: list[Candidates]) -> None:
        """Take off the last node of a level when the tree has no neighbour for it."""
        if values and end == self.size >> level and end & 1:
            self.peaks[level] = values.pop()

    def _parents(self, level: int, low: int, below: list[Candidates]) -> list[Candidates]:
        values: list[Candidates] = []
        count = len(below) // 2
        for start in range(0, count, ROWS_AT_ONCE):
            stored = self._nodes(level, low + start, low + min(start + ROWS_AT_ONCE, count))
            values.extend(
                parent(level, low + at, below[2 * at], below[2 * at + 1], stored.get(low + at))
                for at in range(start, min(start + ROWS_AT_ONCE, count))
            )
        return values

    def _judge_peaks(self) -> None:
        copies = iter(self.frontier.peaks if self.frontier else ())
        for level, index in ledger.peaks_of(self.size):
            candidates = self.peaks.get(level) or self._untouched(level, index)
            best, fits = chosen(candidates, next(copies, None))
            for finding in best.findings():
                self._found(finding)
            if not fits:
                self._found(Finding(Fault.CHANGED, TAIL, f"its copy of {node(level, index)}"))

    def _untouched(self, level: int, index: int) -> Candidates:
        """Judge a peak, below which no entry was looked at, by its children."""
        stored = self._nodes(level, index, index + 1).get(index)
        if not level:
            return leaf(index, self._entries(index, index + 1).get(index), stored)
        left, right = (self._as_stored(level - 1, child) for child in (2 * index, 2 * index + 1))
        return parent(level, index, left, right, stored)

    def _surplus(self) -> None:
        """Look for rows without a place; first the rows, then the size again, since writers go on."""
        outside = or_(AuditEntry.leaf_index < 0, AuditEntry.leaf_index >= self.size)
        rows = self.session.execute(select(AuditEntry.leaf_index).where(outside).limit(MOST_FINDINGS + 1))
        indexes = list(rows.scalars())
        nodes: list[tuple[int, int]] = []
        for level in range(self.size.bit_length() + 1):
            off = or_(LedgerNode.node_index < 0, LedgerNode.node_index >= self.size >> level)
            query = select(LedgerNode.node_index).where(LedgerNode.level == level, off).limit(MOST_FINDINGS + 1)
            nodes.extend((level, index) for index in self.session.execute(query).scalars())
        off = or_(LedgerNode.level < 0, LedgerNode.level > self.size.bit_length())
        query_all = select(LedgerNode.level, LedgerNode.node_index).where(off).limit(MOST_FINDINGS + 1)
        nodes.extend((row.level, row.node_index) for row in self.session.execute(query_all))
        size = self._size_by_now() if indexes or nodes else self.size
        for index in indexes:
            if not 0 <= index < size:
                self._found(Finding(Fault.SURPLUS, entry(index)))
        for level, index in nodes:
            if level < 0 or not 0 <= index < size >> level:
                self._found(Finding(Fault.SURPLUS, node(level, index)))

    def _size_by_now(self) -> int:
        if self.frontier is None:
            return self.size
        return self.session.execute(select(LedgerTail.size)).scalar_one_or_none() or self.size

    def _compare(self, remembered: Sequence[Tree]) -> None:
        """Compare remembered tree heads; what differs lies behind the last one that agrees."""
        mended = {(each.place.level, each.place.first): each.expected for each in self.findings if each.expected}
        agreed = 0
        for head in sorted(remembered, key=lambda each: each.size):
            if head.size > self.size:
                place = entries(self.size, head.size)
                self._found(Finding(Fault.CUT, place, f"a tree head of size {head.size} is remembered"))
                continue
            try:
                root = from_nodes(self.session, partial(ledger.root_at, head.size), mended)
            except DamagedLedger as damage:
                detail = f"its root cannot be made, for want of {damage.place}"
            else:
                if root == head.root:
                    agreed = head.size
                    continue
                detail = "another root is remembered"
            self._found(Finding(Fault.FORKED, entries(agreed, head.size), f"size {head.size}: {detail}"))

    def _entries(self, first: int, last: int) -> dict[int, bytes]:
        """Read entries, comparing each row's columns with its bytes on the way."""
        query = select(*AuditEntry.__table__.columns).where(AuditEntry.leaf_index.between(first, last - 1))
        contents: dict[int, bytes] = {}
        for row in self.session.execute(query):
            contents[row.leaf_index] = row.content
            read = Entry.of_content(row.content)
            if read is None:
                self._found(Finding(Fault.UNREADABLE, entry(row.leaf_index)))
            elif differing := _differing(row, read):
                self._found(Finding(Fault.COLUMNS, entry(row.leaf_index), ", ".join(differing)))
        return contents

    def _nodes(self, level: int, first: int, last: int) -> dict[int, bytes]:
        within = LedgerNode.node_index.between(first, last - 1)
        query = select(LedgerNode.node_index, LedgerNode.hash).where(LedgerNode.level == level, within)
        return {row.node_index: row.hash for row in self.session.execute(query)}

    def _as_stored(self, level: int, index: int) -> Candidates:
        return as_stored(level, index, self._nodes(level, index, index + 1).get(index))

    def _remember_disputes(
        self, first: int, values: Iterable[Candidates], contents: dict[int, bytes], stored: dict[int, bytes]
    ) -> None:
        for index, candidates in enumerate(values, first):
            if len(candidates) > 1 and len(self.disputed) < MOST_FINDINGS:
                self.disputed[index] = (ledger.leaf_hash(contents[index]), stored[index])

    def _with_moves(self) -> list[Finding]:
        """Tell of a changed entry whose bytes are another one's that it was moved, and from where."""
        homes = {stored: index for index, (_, stored) in self.disputed.items()}
        return [self._moved(each, homes) for each in self.findings]

    def _moved(self, finding: Finding, homes: dict[bytes, int]) -> Finding:
        if finding.fault is not Fault.CHANGED or finding.place.part != "entries":
            return finding
        home = homes.get(self.disputed.get(finding.place.first, (ledger.EMPTY_ROOT,))[0])
        return finding if home is None else Finding(Fault.MOVED, finding.place, f"holds entry {home}")

    def _found(self, finding: Finding) -> None:
        if len(self.findings) <= MOST_FINDINGS:
            self.findings.append(finding)

    def _tree(self) -> Tree:
        if self.frontier is None:  # the head of a ledger without a tail is not known, but for that of an empty one
            return Tree(self.size, b"" if self.size else ledger.EMPTY_ROOT)
        return Tree(self.size, self.frontier.root)


def _differing(row: Row[tuple[object, ...]], read: Entry) -> list[str]:
    """Name the columns that do not say what the entry's bytes say."""
    return [name for name, value in read.columns.items() if getattr(row, name) != value]
