"""What a load would do to the mirror, and whether it may do so without a person. Pure.

1. A row that is gone there, or (in a whole load) that was not in it, is gone here; what stands in the load as a reject
   is not gone, and where a reject has no name nothing is called gone for its absence: it might be that one.
2. A row that is new, changed or back is written.
3. A load that would remove more than a share of what there is, or of whose rows more than a share are rejects, is held
   for a person: a platform that shows nothing by mistake must not empty the mirror.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from catalog_sync.mirror.entries import Entry, Fault

MANY_GONE: Final = "many-gone"
MANY_REJECTS: Final = "many-rejects"
HUNDRED: Final = 100


@dataclass(frozen=True)
class Kept:
    """A row of the mirror, as far as it matters here."""

    version: str
    digest: str
    is_gone: bool


@dataclass(frozen=True)
class Staged:
    """A row of a load: its place in it, what it is called there, and its fault, if it is a reject."""

    number: int
    upstream_id: str
    digest: str
    is_gone: bool
    fault: str


@dataclass(frozen=True)
class Limits:
    """Shares in percent above which a person looks first."""

    gone: int
    rejects: int


@dataclass(frozen=True)
class Plan:
    """What a load does: rows by their number in it, what is gone by name; `held` says why a person looks first."""

    added: tuple[int, ...]
    changed: tuple[int, ...]
    same: tuple[str, ...]
    gone: tuple[str, ...]
    held: str = ""


def fault_of(entry: Entry, seen: frozenset[str] | set[str], kept: Kept | None, *, is_versioned: bool) -> Fault | None:
    """Tell what is wrong with a sound row beside the others of its load, and beside what is kept of it.

    `is_versioned` says that a version names a content (code tables), and `kept` is that version; else it is a time that
    grows (directories), and `kept` is the last.
    """
    if entry.upstream_id in seen:
        return Fault.DUPLICATE
    if kept is None or entry.is_gone:
        return None
    if is_versioned:
        return Fault.ALTERED if kept.digest != entry.digest else None
    return Fault.OLDER if datetime.fromisoformat(entry.version) < datetime.fromisoformat(kept.version) else None


def plan(kept: Mapping[str, Kept], staged: Iterable[Staged], limits: Limits, *, is_whole: bool) -> Plan:
    """Weigh a load."""
    rows = tuple(staged)
    good = [each for each in rows if not each.fault]
    here = {name for name, each in kept.items() if not each.is_gone}
    added = tuple(each.number for each in good if not each.is_gone and each.upstream_id not in kept)
    known = [each for each in good if not each.is_gone and each.upstream_id in kept]
    same = tuple(each.upstream_id for each in known if _is_same(kept[each.upstream_id], each))
    changed = tuple(each.number for each in known if not _is_same(kept[each.upstream_id], each))
    gone = {each.upstream_id for each in good if each.is_gone} & here
    if is_whole and all(each.upstream_id for each in rows):
        gone |= here - {each.upstream_id for each in rows}
    return Plan(added, changed, same, tuple(sorted(gone)), _held(len(here), len(gone), rows, limits))


def _is_same(kept: Kept, row: Staged) -> bool:
    return kept.digest == row.digest and not kept.is_gone


def _held(here: int, gone: int, rows: tuple[Staged, ...], limits: Limits) -> str:
    rejects = sum(bool(each.fault) for each in rows)
    if gone * HUNDRED > limits.gone * here:
        return MANY_GONE
    return MANY_REJECTS if rejects * HUNDRED > limits.rejects * len(rows) else ""
