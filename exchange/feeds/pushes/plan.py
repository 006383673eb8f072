"""What a push is, as values: what arrives in which shape, how far a run has come, what it did. No reading or writing.

A run goes: rows are read in chunks, typed by the directory's items, and staged; when all are staged they take the place
of what was there (`whole`), or are merged into it. Beside the staged rows lies a `Mark`, written in the same
transaction: how far the reading came, what was counted, and the rejects of the last chunk. Whoever goes on after a
process was killed believes the mark and nothing else, so no row is staged twice and none is left out.

Modes: `full` replaces everything each time; `diff` reads everything and applies the differences, deletions too;
`version` reads what is as new as the run before the last and applies it, and sees no deletions.
"""

import enum
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from base.canonical import canonical
from exchange.feeds.errors import UnusablePush
from exchange.sources.declarations import is_name
from exchange.sources.source import Column
from exchange.sources.values import ItemType
from keys.algorithms.sm3 import SM3

# PostgreSQL cuts names beyond 63 bytes; MySQL takes 64 characters.
LONGEST_IDENTIFIER: Final = 63
# Keys are indexed: MySQL's index takes 3072 bytes, and 255 characters of four bytes are well below.
LONGEST_KEY: Final = 255
# A mask may lengthen a text a little (***), a hash gives 64 signs.
MASKED_LENGTH: Final = 400
# What our own tables beside the target are called; an item of that name is refused.
OPERATION: Final = "yx_operation"
# The national front database calls them so (facts of the field: insert, update, delete).
OPERATIONS: Final = ("insert", "update", "delete")


class Mode(enum.StrEnum):
    """How a run brings the target up to date."""

    FULL = "full"
    DIFF = "diff"
    VERSION = "version"


@dataclass(frozen=True)
class Cell:
    """One column as it arrives: the item, its name at the destination, its type, and whether a mask makes it a text."""

    item: str
    name: str
    type: ItemType
    length: int | None = None
    masked: bool = False

    @property
    def document(self) -> dict[str, Any]:
        """Give it as manifests tell it."""
        kind = ItemType.STRING if self.masked else self.type
        return {"item": self.item, "column": self.name, "type": kind.value, "length": self.length}


@dataclass(frozen=True)
class Order:
    """A push as its destination needs it: where to, in which shape, by which key, in which mode."""

    push: str
    kind: str
    destination: Mapping[str, Any] = field(hash=False)
    cells: tuple[Cell, ...]
    key: str
    mode: Mode

    @property
    def key_place(self) -> int:
        """Tell at which place of a row the key stands."""
        return next(place for place, cell in enumerate(self.cells) if cell.item == self.key)

    @property
    def shape(self) -> str:
        """Give SM3 over what a row looks like; another shape needs a whole load."""
        return SM3.of(canonical([[each.name, each.document["type"], each.length or 0] for each in self.cells])).hex()


@dataclass(frozen=True)
class Load:
    """One run of an order, and whether what is staged takes the place of all that was there."""

    order: Order
    run: str
    whole: bool
    directory: str = ""
    made_at: str = ""
    # Signs a manifest; none where this site names no key.
    sign: Callable[[bytes], Mapping[str, str]] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Reject:
    """A row that does not fit: where it stood in the reading, which item, and why. Never a value."""

    row: int
    item: str
    reason: str


@dataclass(frozen=True)
class Applied:
    """What the end of a run did to the target."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Mark:
    """How far a run has come; it lies beside the staged rows and moves with them."""

    run: str
    chunk: int = 0
    cursor: str | None = None
    read: int = 0
    staged: int = 0
    rejected: int = 0
    version: str | None = None
    is_loaded: bool = False
    applied: Applied | None = None
    rejects: tuple[Reject, ...] = ()

    @property
    def text(self) -> str:
        """Write it."""
        told = {name: getattr(self, name) for name in MARKED}
        applied = None if self.applied is None else [getattr(self.applied, name) for name in COUNTED]
        rejects = [[each.row, each.item, each.reason] for each in self.rejects]
        return json.dumps({**told, "applied": applied, "rejects": rejects}, ensure_ascii=False)


MARKED: Final = ("run", "chunk", "cursor", "read", "staged", "rejected", "version", "is_loaded")
COUNTED: Final = ("inserted", "updated", "deleted", "unchanged")


def mark_of(text: str) -> Mark:
    """Read a mark."""
    told = json.loads(text)
    applied = None if told["applied"] is None else Applied(*told.pop("applied"))
    rejects = tuple(Reject(*each) for each in told.pop("rejects"))
    told.pop("applied", None)
    return Mark(**told, applied=applied, rejects=rejects)


@dataclass(frozen=True)
class Floors:
    """From which version on the next run reads, and the highest that was seen; both in their plain form."""

    floor: str | None = None
    seen: str | None = None

    def after(self, highest: str | None) -> "Floors":
        """Give them after a run, the floor one run behind.

        A row that was changed behind the reader's back, while a run went on, has a version above all that stood before
        that run, and so is read by the next.
        """
        return Floors(self.seen, highest if highest is not None else self.seen)


def cells_of(
    columns: Sequence[Column], fields: Sequence[str], names: Mapping[str, str], masks: Mapping[str, str]
) -> tuple[Cell, ...]:
    """Lay out what arrives: the granted fields in the directory's order, named as the directory names columns.

    Raises `UnusablePush` for names that a database could not take.
    """
    laid = [
        Cell(
            each.item,
            names.get(each.item) or each.item,
            each.type,
            each.length if each.type is ItemType.STRING else None,
            each.item in masks,
        )
        for each in columns
        if each.item in fields
    ]
    for cell in laid:
        require_identifier(cell.name, "#/fields")
    folded = [cell.name.casefold() for cell in laid]
    if len(set(folded)) != len(folded) or OPERATION in folded:
        raise UnusablePush("#/fields", "two items share a column")
    return tuple(laid)


def require_identifier(name: object, pointer: str) -> str:
    """Have a name that every destination takes. Raises `UnusablePush`."""
    if not isinstance(name, str) or not is_name(name) or len(name.encode()) > LONGEST_IDENTIFIER:
        raise UnusablePush(pointer, "name")
    return name
