"""The form of every data source: `probe` and `ask`. Whatever goes wrong at a source is an outcome, told as a value.

Whoever asks knows only this: a question about the directory's items goes in, and one of eight outcomes comes out, never
two of them alike. `Found` alone carries rows, and these have exactly the items asked for, in the types promised.
Who may ask, and what of a row may be seen, is not decided here.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol

from exchange.sources.values import ItemType, Value

Row = Mapping[str, Value]


class Outcome(enum.StrEnum):
    """How a question or a probe ended."""

    FOUND = "found"
    EMPTY = "empty"
    DOWN = "down"
    DRIFT = "drift"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    TOO_LARGE = "too-large"
    PENDING = "pending"


class Test(enum.StrEnum):
    """What a condition asks of an item."""

    __test__ = False

    EQUAL = "equal"
    IN = "in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Difference(enum.StrEnum):
    """How a source differs from what the directory promises."""

    MISSING = "missing"
    WRONG_TYPE = "wrong-type"
    TOO_LONG = "too-long"
    UNKNOWN = "unknown"
    NO_TABLE = "no-table"
    NO_ROWS_THERE = "no-rows-there"
    FOREIGN_ROWS = "foreign-rows"
    UNREADABLE = "unreadable"


# What may differ without a promise being broken: a text longer than said, and a column that nobody asked for.
HARMLESS = frozenset({Difference.UNKNOWN, Difference.TOO_LONG})


@dataclass(frozen=True)
class Column:
    """An item of the directory and what the source calls it."""

    item: str
    name: str
    type: ItemType
    length: int | None = None


@dataclass(frozen=True)
class Condition:
    """What must hold for an item; the values are of its type, and never shown."""

    item: str
    test: Test
    values: tuple[Value, ...]

    def __repr__(self) -> str:
        return f"Condition({self.item!r}, {self.test.value!r}, …)"

    def holds(self, value: Value) -> bool:
        """Tell whether it holds for a row's value."""
        if value is None:
            return False
        if self.test in {Test.EQUAL, Test.IN}:
            return value in self.values
        bound = self.values[0]
        ordered = value >= bound if self.test is Test.AT_LEAST else value <= bound  # type: ignore[operator]
        return bool(ordered)


@dataclass(frozen=True)
class Question:
    """What is asked: which items, of which rows, how many, and from where on."""

    fields: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    limit: int = 20
    cursor: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Differing:
    """One difference: of which item (or column nobody knows), and how."""

    item: str
    difference: Difference


@dataclass(frozen=True)
class Found:
    """Rows, and where the next ones begin, if there are more."""

    rows: tuple[Row, ...]
    next: str | None = None
    outcome: ClassVar[Outcome] = Outcome.FOUND

    def __repr__(self) -> str:
        return f"Found({len(self.rows)} rows)"


@dataclass(frozen=True)
class Empty:
    """The source was asked properly and has no such row."""

    outcome: ClassVar[Outcome] = Outcome.EMPTY


@dataclass(frozen=True)
class Down:
    """The source does not answer, or is left in peace because it did not."""

    reason: str
    outcome: ClassVar[Outcome] = Outcome.DOWN


@dataclass(frozen=True)
class Drift:
    """The source answers, but not with what the directory promises."""

    differences: tuple[Differing, ...]
    outcome: ClassVar[Outcome] = Outcome.DRIFT


@dataclass(frozen=True)
class Refused:
    """Either side refuses: the source this caller, or this house what would have to be sent or reached."""

    reason: str
    outcome: ClassVar[Outcome] = Outcome.REFUSED


@dataclass(frozen=True)
class TimedOut:
    """The source took longer than it is given."""

    stage: str
    outcome: ClassVar[Outcome] = Outcome.TIMED_OUT


@dataclass(frozen=True)
class TooLarge:
    """The answer is larger than is taken: of what (bytes, rows, …), and the limit."""

    what: str
    limit: int
    outcome: ClassVar[Outcome] = Outcome.TOO_LARGE


@dataclass(frozen=True)
class Pending:
    """The source has taken the question and answers later: it is to be asked the same again after so many seconds."""

    retry_after: int
    outcome: ClassVar[Outcome] = Outcome.PENDING


# Whatever comes instead of rows.
Failure = Down | Drift | Refused | TimedOut | TooLarge | Pending
Answer = Found | Empty | Failure


@dataclass(frozen=True)
class Probe:
    """What a look at the source showed: how it ended and why, what differs, how many rows were seen, how long.

    `updated` is when the data was last updated, as far as the declaration says how that is seen.
    """

    outcome: Outcome
    reason: str = ""
    differences: tuple[Differing, ...] = ()
    seen: tuple[str, ...] = ()
    rows: int = 0
    milliseconds: int = 0
    updated: datetime | None = None

    @property
    def is_proof(self) -> bool:
        """Whether the source was seen to give what the directory promises."""
        return self.outcome in {Outcome.FOUND, Outcome.EMPTY}


class Source(Protocol):
    """Where the data of a directory is; safe between threads, and never raises for what a source does."""

    def probe(self) -> Probe:
        """Look whether the source is there and gives what the directory promises."""
        ...

    def ask(self, question: Question) -> Answer:
        """Ask for rows."""
        ...

    def close(self) -> None:
        """Give up what is held open."""
        ...


def reason_of(answer: Answer) -> str:
    """Give the word that tells failures of one outcome apart."""
    if isinstance(answer, Down | Refused):
        return answer.reason
    if isinstance(answer, TimedOut):
        return answer.stage
    if isinstance(answer, TooLarge):
        return answer.what
    return answer.differences[0].difference.value if isinstance(answer, Drift) and answer.differences else ""
