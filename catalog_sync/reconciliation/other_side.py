"""What is asked of another side when two compare what they hold, and how its answer is written and read. Pure.

A question names ranges, an answer tells them in that order; both are canonical JSON. What crosses is limited and is
believed only where it agrees with itself: a root must be that of the parts or rows told beside it, a count their sum,
a row must stand in the range that it is told for. Whether what is told is true of what the other side really holds
cannot be known here; its signature on the balance of the day is what it answers for.

How a question travels, and who the partner is that asks one, is the target's business (`Comparable`).

Both sides must know the same of a row: its department is the organisation whose the thing is by its kind's shape
(`catalog_sync.cascade.shapes`), its day is the day under which its sender wrote this version (`Record.day`), which
travels with the record and is kept beside it, its digest is `Record.digest`. A thing that was taken back has no row.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from base.canonical import LARGEST_INTEGER, Json, NotCanonical, canonical, read
from base.errors import DomainError, Kind
from catalog_sync.reconciliation.differing import MOST_RANGES
from catalog_sync.reconciliation.ranges import (
    DEEPEST,
    FEW,
    NAMED,
    Part,
    Path,
    Range,
    Row,
    root_of_parts,
    root_of_rows,
    stands_in,
)
from catalog_sync.targets.target import HostileAnswer

FORM: Final = 1
# 256 paths of four names and some signs weigh some forty kilobytes; long departments and all 64 signs do not fit more.
MOST_QUESTION_BYTES: Final = 128 * 1024
# An answer of the usual 256 ranges weighs a quarter of a megabyte; one range of a province's departments weighs two.
MOST_ANSWER_BYTES: Final = 8 * 1024 * 1024
# More organisations than a province has.
MOST_PARTS: Final = 20_000
LONGEST_KIND: Final = 32
LONGEST_NAME: Final = 64
LONGEST_THING: Final = 200
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_COMPARISON: Final = re.compile(r"[0-9a-f]{32}")
# No control characters: one of them stands between what is hashed.
_KIND: Final = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_KIND}}}")
_NAME: Final = re.compile(rf"[^\x00-\x1f\x7f]{{0,{LONGEST_NAME}}}")
_THING: Final = re.compile(rf"[^\x00-\x1f\x7f]{{1,{LONGEST_THING}}}")
_MONTH: Final = re.compile(r"[1-9]\d{3}-(0[1-9]|1[0-2])", re.ASCII)
_DAY: Final = re.compile(r"0[1-9]|[12]\d|3[01]", re.ASCII)
_SIGN: Final = re.compile(r"[0-9a-f]")
_LEVELS: Final = (_KIND, _NAME, _MONTH, _DAY)


@runtime_checkable
class Comparable(Protocol):
    """A target whose other side can be asked what it holds of us; others are compared by what they count and list."""

    def compare(self, question: bytes, at: datetime) -> bytes:
        """Carry a question to the other side and give its answer, as they are written here.

        Raises `ChannelDown`, `ChannelRefused`, `HostileAnswer`.
        """
        ...


@runtime_checkable
class Countersigning(Protocol):
    """A target whose other side signs the balance of a day beside us."""

    def countersign(self, balance: bytes, at: datetime) -> bytes | None:
        """Have the other side sign a balance that we signed; none where it does not agree. Raises as `compare` does."""
        ...


@dataclass(eq=False)
class UnreadableQuestion(DomainError):
    """A partner's question about what we hold cannot be read."""

    reason: str
    code: ClassVar[str] = "sync-question-not-readable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class Question:
    """Which ranges a side is to tell; `comparison` is the same in all questions of one comparison."""

    comparison: str
    paths: tuple[Path, ...]

    @property
    def written(self) -> bytes:
        """Give the question as it is sent."""
        return canonical({"form": FORM, "comparison": self.comparison, "paths": [list(each) for each in self.paths]})


def question_of(content: bytes) -> Question:
    """Read a partner's question. Raises `UnreadableQuestion`."""
    try:
        told = _members(_read(content, MOST_QUESTION_BYTES), {"form", "comparison", "paths"})
        _require(told["form"] == FORM, "form")
        paths = tuple(_path(each) for each in _list(told["paths"], MOST_RANGES, "paths"))
        _require(bool(paths), "paths")
        return Question(_text(told["comparison"], _COMPARISON, "comparison"), paths)
    except _Unreadable as error:
        raise UnreadableQuestion(str(error)) from error


def answer(question: Question, ranges: Sequence[Range]) -> bytes:
    """Write the answer to a question: its ranges, in the order that they were asked in."""
    return canonical({"form": FORM, "comparison": question.comparison, "ranges": [_told(each) for each in ranges]})


def ranges_of(target: str, question: Question, content: bytes) -> tuple[Range, ...]:
    """Read the other side's answer to a question. Raises `HostileAnswer`."""
    try:
        told = _members(_read(content, MOST_ANSWER_BYTES), {"form", "comparison", "ranges"})
        _require(told["form"] == FORM, "form")
        _require(told["comparison"] == question.comparison, "comparison")
        found = _list(told["ranges"], len(question.paths), "ranges")
        _require(len(found) == len(question.paths), "ranges")
        return tuple(_range(path, each) for path, each in zip(question.paths, found, strict=True))
    except _Unreadable as error:
        raise HostileAnswer(target, f"comparison: {error}", content) from error


class _Unreadable(Exception):
    """What crossed is not what it should be; the message names the part."""


def _told(each: Range) -> Json:
    told: dict[str, Json] = {"count": each.count, "root": each.root.hex()}
    if each.rows is not None:
        told["rows"] = [[r.kind, r.department, r.day, r.thing, r.version, r.digest] for r in each.rows]
    else:
        told["parts"] = {name: [part.count, part.root.hex()] for name, part in (each.parts or {}).items()}
    return told


def _range(path: Path, told: Json) -> Range:
    """Read a range; its root and its count must be those of what is told in it."""
    within = "rows" if isinstance(told, dict) and "rows" in told else "parts"
    members = _members(told, {"count", "root", within})
    count, root = _whole(members["count"], "count"), _hash(members["root"])
    if within == "rows":
        rows = tuple(sorted(_row(path, each) for each in _list(members["rows"], FEW, "rows")))
        _require(count == len(rows), "count")
        _require(root == root_of_rows(path, rows), "root")
        return Range(count, root, None, rows)
    parts = _parts(path, members["parts"])
    _require(count == sum(part.count for part in parts.values()), "count")
    _require(count > FEW, "few rows as parts")
    _require(root == root_of_parts(parts), "root")
    return Range(count, root, parts, None)


def _parts(path: Path, told: Json) -> Mapping[str, Part]:
    found = _object(told, "parts")
    _require(len(found) <= MOST_PARTS, "parts")
    level = _level(len(path))
    return {_text(name, level, "part"): _part(each) for name, each in found.items()}


def _part(told: Json) -> Part:
    pair = _list(told, 2, "part")
    _require(len(pair) == 2, "part")  # noqa: PLR2004 - a pair
    count = _whole(pair[0], "count")
    _require(count > 0, "count")
    return Part(count, _hash(pair[1]))


def _row(path: Path, told: Json) -> Row:
    members = _list(told, 6, "row")
    _require(len(members) == 6, "row")  # noqa: PLR2004 - the members of a row
    kind, department, day, thing, version, digest = members
    row = Row(
        _text(kind, _KIND, "kind"),
        _text(department, _NAME, "department"),
        _date(day),
        _text(thing, _THING, "thing"),
        _whole(version, "version"),
        _text(digest, _HASH, "digest"),
    )
    _require(stands_in(path, row), "row of another range")
    return row


def _path(told: Json) -> Path:
    names = _list(told, DEEPEST, "path")
    return tuple(_text(name, _level(depth), "path") for depth, name in enumerate(names))


def _level(depth: int) -> re.Pattern[str]:
    _require(depth < DEEPEST, "depth")
    return _LEVELS[depth] if depth < NAMED else _SIGN


def _read(content: bytes, most: int) -> Json:
    _require(len(content) <= most, "size")
    try:
        return read(content)
    except NotCanonical as error:
        raise _Unreadable(error.reason) from error


def _members(told: Json, names: set[str]) -> Mapping[str, Json]:
    found = _object(told, "members")
    _require(found.keys() == names, "members")
    return found


def _object(told: Json, what: str) -> Mapping[str, Json]:
    if not isinstance(told, dict):
        raise _Unreadable(what)
    return told


def _list(told: Json, most: int, what: str) -> Sequence[Any]:
    if not isinstance(told, list) or len(told) > most:
        raise _Unreadable(what)
    return told


def _text(told: object, form: re.Pattern[str], what: str) -> str:
    if not isinstance(told, str) or form.fullmatch(told) is None:
        raise _Unreadable(what)
    return told


def _whole(told: object, what: str) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= LARGEST_INTEGER:
        raise _Unreadable(what)
    return told


def _hash(told: object) -> bytes:
    return bytes.fromhex(_text(told, _HASH, "root"))


def _date(told: object) -> str:
    try:
        return date.fromisoformat(_text(told, re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "day")).isoformat()
    except ValueError as error:
        raise _Unreadable("day") from error


def _require(holds: bool, what: str) -> None:  # noqa: FBT001 - the condition is the statement
    if not holds:
        raise _Unreadable(what)
