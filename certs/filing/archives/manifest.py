"""The manifest of an archive: what is in the package, byte for byte, of which case, kept how long. Pure.

Canonical JSON in one written form: reading writes it again and compares, so that nothing stands in it that is not read.
The manifest names every other member of the package with its SM3; its signature therefore speaks for all of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from base.canonical import Json, NotCanonical, canonical, read

KIND: Final = "case-archive"
FORM: Final = 1
# A title is a material's name or a file's; the longest text is a ledger's key.
TEXT_LIMIT: Final = 512
# Some two thousand entries of three hundred bytes.
SIZE_LIMIT: Final = 1024 * 1024


class FaultyManifest(ValueError):
    """The bytes are no manifest in its one form."""


@dataclass(frozen=True)
class Entry:
    """A member of the package."""

    name: str
    bytes: int
    sm3: str
    media_type: str
    role: str
    title: str = ""


@dataclass(frozen=True)
class LeftOut:
    """Something of the case that the package does not hold: what, and why."""

    role: str
    title: str
    sm3: str
    why: str


@dataclass(frozen=True)
class ArchivedCase:
    """The case, as an archive office files it."""

    number: str
    item_code: str
    item_name: str
    organ: str
    organ_name: str
    region: str
    state: str
    steps: int
    received_at: str
    closed_at: str


@dataclass(frozen=True)
class Kept:
    """For how long, and on which basis."""

    retention: str
    basis: str
    confidence: str


@dataclass(frozen=True)
class Ledger:
    """The tree head under which the entries of the case are proven, and the key that signs heads."""

    origin: str
    key: str
    size: int
    root: str


@dataclass(frozen=True)
class Manifest:
    """The whole."""

    id: str
    version: int
    made_at: datetime
    platform: str
    case: ArchivedCase
    kept: Kept
    ledger: Ledger
    entries: tuple[Entry, ...] = field(repr=False)
    left_out: tuple[LeftOut, ...] = ()

    @property
    def written(self) -> bytes:
        """Write the manifest."""
        told: dict[str, Json] = {
            "kind": KIND,
            "form": FORM,
            "id": self.id,
            "version": self.version,
            "made_at": _moment(self.made_at),
            "platform": self.platform,
            "case": dict(vars(self.case)),
            "retention": dict(vars(self.kept)),
            "ledger": dict(vars(self.ledger)),
            "entries": [dict(vars(each)) for each in self.entries],
            "left_out": [dict(vars(each)) for each in self.left_out],
        }
        return canonical(told)

    @property
    def by_name(self) -> Mapping[str, Entry]:
        """Give the entries by their names."""
        return {each.name: each for each in self.entries}


def of(content: bytes) -> Manifest:
    """Read a manifest. Raises `FaultyManifest`."""
    if len(content) > SIZE_LIMIT:
        raise FaultyManifest("too-large")
    try:
        found = _of(read(content))
        same = found.written == content
    except (NotCanonical, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise FaultyManifest("not-the-form") from error
    if not same or not _is_plain(found):
        raise FaultyManifest("not-the-one-form")
    return found


def _of(told: Any) -> Manifest:
    return Manifest(
        told["id"],
        told["version"],
        datetime.fromisoformat(told["made_at"]),
        told["platform"],
        ArchivedCase(**told["case"]),
        Kept(**told["retention"]),
        Ledger(**told["ledger"]),
        tuple(Entry(**each) for each in told["entries"]),
        tuple(LeftOut(**each) for each in told["left_out"]),
    )


def _is_plain(found: Manifest) -> bool:
    """Tell whether every value is of its type, and short: what is written here is shown to people."""
    parts: list[Any] = [found.case, found.kept, found.ledger, *found.entries, *found.left_out]
    values = [found.id, found.version, found.platform, *(value for each in parts for value in vars(each).values())]
    numbers = [each for each in values if not isinstance(each, str)]
    texts = [each for each in values if isinstance(each, str)]
    return all(len(each) <= TEXT_LIMIT and each.isprintable() for each in texts) and all(
        type(each) is int and each >= 0 for each in numbers
    )


def _moment(at: datetime) -> str:
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
