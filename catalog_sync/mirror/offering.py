"""The form of what a platform offers to be copied: rows page by page, since a mark, in our words. Pure.

An offering only translates. It says nothing of whether a row is sound (`catalog_sync.mirror.entries`), keeps nothing,
and decides neither how often it is asked nor what becomes of what it gives. A platform that names a place by a mark it
no longer knows is no fault: `PlaceForgotten`, and the copy begins again from nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable

CATALOG: Final = "catalog"
CODE_TABLE: Final = "code-table"
KINDS: Final = (CATALOG, CODE_TABLE)
# Begins what stands for a code of the platform's that the table of its words does not know; no code of ours does.
UNKNOWN: Final = "unknown:"


class PlaceForgotten(Exception):
    """The platform no longer knows the mark or the page that it gave."""


@dataclass(frozen=True)
class Place:
    """Where to read on: since which mark (empty: everything), and at which page (empty: the first)."""

    since: str = ""
    token: str = ""


@dataclass(frozen=True)
class Offered:
    """A row as it came: what the platform calls it, its members under our names, and whether it was withdrawn there."""

    upstream_id: Any
    content: Mapping[str, Any] = field(repr=False)
    is_gone: bool = False


@dataclass(frozen=True)
class Page:
    """Some rows, the page that follows (empty: none), and the mark since which the next reading asks."""

    rows: tuple[Offered, ...]
    token: str
    mark: str


@runtime_checkable
class Offering(Protocol):
    """A target that offers something."""

    name: str
    offers: frozenset[str]

    def pages(self, kind: str, place: Place, at: datetime) -> Page:
        """Read a page. Raises `PlaceForgotten`, and what every target raises."""
        ...
