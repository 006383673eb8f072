"""What tables of matters are read into, and what both families of tables have in common. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from base.identifiers import read_credit_code
from certs.filing.matter import ITEM, Confidence, Matter
from certs.filing.matters.import_tables import Fault, Read, Row
from certs.filing.matters.material_rows import MaterialRow
from exchange.agreements import purposes

_DATE_LENGTH: Final = 10
# Ten thousand days are no term, and a number of more digits is a slip.
_LONGEST_COUNT: Final = 4


@dataclass(frozen=True)
class Draft:
    """A matter as the tables tell it, the rows that say what can stand in for its materials, and its end if it has one.

    `place` is the cell that is named where the matter turns out not to hang together; `gone` is told of a matter that
    was taken from the tables.
    """

    matter: Matter
    place: Fault
    rows: tuple[MaterialRow, ...] = field(default=())
    withdrawn: date | None = None
    gone: bool = False


@dataclass(frozen=True)
class Entry:
    """An entry of the basic catalogue."""

    code: str
    name: str
    levels: tuple[str, ...]
    by_law: str


@dataclass(frozen=True)
class Judged:
    """What can be taken in, what is wrong, and how many matters have something wrong."""

    drafts: tuple[Draft, ...]
    entries: tuple[Entry, ...]
    faults: tuple[Fault, ...]
    faulty: int


def begun(code: str, name: str, since: date) -> Matter:
    """Begin a matter: its code, its name and its first day; the tables say the rest."""
    return Matter(
        item_code=code,
        name=name,
        organ=code[:18],
        region="",
        version=0,
        effective_from=since,
        effective_until=None,
        questions=(),
        materials=(),
        confidence=Confidence.KNOWN,
    )


def from_source(draft: Draft, source: str) -> Draft:
    """Say of a draft where it is from."""
    return replace(draft, matter=replace(draft.matter, source=source))


def code_fault(code: str) -> Iterator[str]:
    """Tell what is wrong with an item's code."""
    if len(code) != ITEM or not purposes.is_matter_code(code):
        yield "not-an-item-code"
    elif not read_credit_code(code[:18]).exact:
        yield "not-a-credit-code"


def grouped(of: Read, column: str) -> dict[str, list[Row]]:
    """Put the rows of a table together by a column, in the order of the table."""
    found: dict[str, list[Row]] = {}
    for row in of.rows:
        found.setdefault(row.cells[column], []).append(row)
    return found


def day(text: str) -> date | None:
    """Read a day; a moment by its day. None where it is neither."""
    try:
        return date.fromisoformat(text[:_DATE_LENGTH].replace("/", "-"))
    except ValueError:
        return None


def is_count(text: str) -> bool:
    """Tell whether a text is a count of days or the like."""
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_COUNT
