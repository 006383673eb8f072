"""What all sources have in common: raw rows become typed ones, differences are told, failures become outcomes.

A kind of source gives a `Reader`, which fetches a page of raw rows and raises `Failed` for whatever goes wrong; this
module makes a `Source` of it. So the judgement whether an answer is what the directory promises stands in one place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from exchange.sources.source import (
    HARMLESS,
    Answer,
    Column,
    Condition,
    Difference,
    Differing,
    Drift,
    Empty,
    Failure,
    Found,
    Outcome,
    Probe,
    Question,
    Refused,
    Row,
    reason_of,
)
from exchange.sources.values import ItemType, Mismatch, Value, typed

# A probe looks at so many rows; enough to see each type, and no copy of the data.
SAMPLE_ROWS: Final = 20
# What a reader can take in at a glance; a wrong table differs in everything.
MOST_DIFFERENCES: Final = 100


class Failed(Exception):
    """Carries a failure out of a reader; never leaves a source."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.outcome.value)
        self.failure = failure


@dataclass(frozen=True)
class Page:
    """Raw rows by the source's own names; `names` are all that are there, none where an empty answer shows none.

    A sample also says when the data was `updated`, in the source's own spelling, if it knows. A page that `splits_key`
    ends between two rows of one key: the next page would begin after both.
    """

    rows: Sequence[Mapping[str, object]]
    names: tuple[str, ...] | None
    next: str | None = None
    updated: object = None
    splits_key: bool = False


class Reader(Protocol):
    """How a kind of source fetches rows; raises `Failed` and nothing else for what a source does."""

    # Whether each row is held against the question again: for sources that judge conditions themselves.
    believes: bool

    def read(self, question: Question) -> Page:
        """Fetch the rows that fit. Raises `Failed`."""
        ...

    def sample(self) -> Page:
        """Fetch some rows of any kind. Raises `Failed`."""
        ...

    def close(self) -> None:
        """Give up what is held open."""
        ...


class ReaderSource:
    """A source made of a reader and the columns that the directory promises."""

    def __init__(self, reader: Reader, columns: Iterable[Column], stopwatch: Callable[[], float]) -> None:
        self._reader = reader
        self._columns = {column.item: column for column in columns}
        self._stopwatch = stopwatch

    def ask(self, question: Question) -> Answer:
        """Ask for rows."""
        try:
            return self._found(question, self._reader.read(question))
        except Failed as failed:
            return failed.failure

    def probe(self) -> Probe:
        """Look at the source."""
        began = self._stopwatch()
        try:
            page = self._reader.sample()
        except Failed as failed:
            failure = failed.failure
            told = failure.differences if isinstance(failure, Drift) else ()
            return Probe(failure.outcome, reason_of(failure), told, milliseconds=self._since(began))
        differing = differences(self._columns.values(), page)
        broken = [each for each in differing if each.difference not in HARMLESS]
        fine = Outcome.FOUND if page.rows else Outcome.EMPTY
        return Probe(
            outcome=Outcome.DRIFT if broken else fine,
            reason=broken[0].difference.value if broken else "",
            differences=differing,
            seen=(page.names or ())[:MOST_DIFFERENCES],
            rows=len(page.rows),
            milliseconds=self._since(began),
            updated=moment(page.updated),
        )

    def close(self) -> None:
        """Give up what is held open."""
        self._reader.close()

    def _since(self, began: float) -> int:
        return round((self._stopwatch() - began) * 1000)

    def _found(self, question: Question, page: Page) -> Answer:
        if page.splits_key:  # what follows could not be reached, and would be lost in silence
            return Refused("key-not-unique")
        asked = [self._columns[name] for name in question.fields]
        judged = [] if self._reader.believes else list(question.conditions)
        needed = {column.item: column for column in (*asked, *(self._columns[each.item] for each in judged))}
        rows = shaped(page, tuple(needed.values()))
        if not all(_fits(row, judged) for row in rows):
            # What does not fit the question is somebody else's: nothing of such an answer is believed.
            raise Failed(Drift((Differing("*", Difference.FOREIGN_ROWS),)))
        if not rows:
            return Empty()
        return Found(tuple({name: row[name] for name in question.fields} for row in rows), page.next)


def shaped(page: Page, columns: Sequence[Column]) -> list[Row]:
    """Give the rows in their types, without what was not asked for. Raises `Failed` with the drift."""
    if page.names is not None:
        missing = [column for column in columns if column.name not in page.names]
        if missing:
            raise Failed(drifted((column.item, Difference.MISSING) for column in missing))
    wrong: dict[str, None] = {}
    rows: list[Row] = []
    for raw in page.rows:
        row: dict[str, Value] = {}
        for column in columns:
            try:
                row[column.item] = typed(raw.get(column.name), column.type)
            except Mismatch:
                wrong[column.item] = None
        rows.append(row)
    if wrong:
        raise Failed(drifted((item, Difference.WRONG_TYPE) for item in wrong))
    return rows


def differences(columns: Iterable[Column], page: Page) -> tuple[Differing, ...]:
    """Compare a sample with what the directory promises, item by item."""
    columns = tuple(columns)
    found: dict[tuple[str, Difference], None] = {}
    names = page.names
    if names is not None:
        found.update({(column.item, Difference.MISSING): None for column in columns if column.name not in names})
    for raw in page.rows:
        for column in columns:
            different = _difference(raw.get(column.name), column)
            if different is not None:
                found[column.item, different] = None
    known = {column.name for column in columns}
    found.update({(name, Difference.UNKNOWN): None for name in names or () if name not in known})
    return drifted(found).differences


def drifted(pairs: Iterable[tuple[str, Difference]]) -> Drift:
    """Make the outcome from items and differences, up to a bound."""
    return Drift(tuple(Differing(item[:100], kind) for item, kind in pairs)[:MOST_DIFFERENCES])


def moment(raw: object) -> datetime | None:
    """Read when data was updated, a time or a day; what is neither tells nothing."""
    for kind in (ItemType.DATETIME, ItemType.DATE):
        try:
            found = typed(typed(str(raw) if isinstance(raw, int) else raw, kind), ItemType.DATETIME)
        except Mismatch:
            continue
        return found if isinstance(found, datetime) else None
    return None


def _difference(raw: object, column: Column) -> Difference | None:
    try:
        value = typed(raw, column.type)
    except Mismatch:
        return Difference.WRONG_TYPE
    is_long = column.type is ItemType.STRING and column.length is not None and len(str(value or "")) > column.length
    return Difference.TOO_LONG if is_long else None


def _fits(row: Row, conditions: Sequence[Condition]) -> bool:
    return all(condition.holds(row[condition.item]) for condition in conditions)
