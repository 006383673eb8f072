"""How records cross between two sites of this platform, and how answers are read: plain JSON, strictly. Pure.

A record is `kind`, `thing`, `version`, `operation`, `day`, `key`, `content`, `needs` (pairs of kind and thing). What is
read here has the right form; whether it is believed beyond that is for who asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from base.canonical import LARGEST_INTEGER
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.target import Held, Listing, Outcome, Receipt, Receipts, Reply

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_MARK: Final = re.compile(r"[0-9]{0,19}")
LONGEST_KIND: Final = 32
LONGEST_THING: Final = 200
LONGEST_CODE: Final = 64
LONGEST_WORDS: Final = 2000
LONGEST_NUMBER: Final = 200
# More than a page of anything has.
MOST_ITEMS: Final = 1000
MOST_NEEDS: Final = 20


class Unbelievable(Exception):
    """An answer that is not what it should be; the message names the part."""


@dataclass(frozen=True)
class Returned:
    """A page of what a site returns: records with the keys that came with them, the mark, and whether there is more."""

    records: tuple[tuple[Record, str], ...] = field(repr=False)
    mark: str
    more: bool


def written(record: Record) -> dict[str, Any]:
    """Write a record as it crosses."""
    return {
        "kind": record.subject.kind,
        "thing": record.subject.id,
        "version": record.version,
        "operation": record.operation.value,
        "day": record.day,
        "key": record.key,
        "content": dict(record.content),
        "needs": [[each.kind, each.id] for each in record.needs],
    }


def replies(told: Any, records: Sequence[Record]) -> list[Reply]:
    """Read one reply for each record, in their order. Raises `Unbelievable`."""
    found = _list(_member(told, "replies"), "replies")
    _require(len(found) == len(records), "as many replies as records")
    answers = []
    for each, record in zip(found, records, strict=True):
        _require(_text(_member(each, "key"), LONGEST_CODE, "key") == record.key, "the reply is another record's")
        answers.append(_reply(each))
    return answers


def found(told: Any) -> Reply | None:
    """Read what was found of a version. Raises `Unbelievable`."""
    reply = _member(told, "reply")
    return None if reply is None else _reply(reply)


def receipts(told: Any) -> Receipts:
    """Read a page of receipts. Raises `Unbelievable`."""
    rows = []
    for each in _list(_member(told, "receipts"), "receipts"):
        reply = _reply(each)
        _require(reply.receipt is not None, "receipt")
        rows.append(Receipt(str(reply.receipt), _matched(_member(each, "key"), _KEY, "key"), reply))
    return Receipts(tuple(rows), _matched(_member(told, "mark"), _MARK, "mark"))


def listing(told: Any, kind: str) -> Listing:
    """Read a page of what is held. Raises `Unbelievable`."""
    rows = []
    for each in _list(_member(told, "held"), "held"):
        subject = Subject(kind, _text(_member(each, "thing"), LONGEST_THING, "thing"))
        digest = _matched(_member(each, "digest"), _KEY, "digest")
        rows.append(Held(subject, None, _whole(_member(each, "version"), "version"), digest))
    mark = _member(told, "mark")
    return Listing(tuple(rows), None if mark is None else _matched(mark, _MARK, "mark"))


def returned(told: Any) -> Returned:
    """Read a page of what is returned. Raises `Unbelievable`."""
    rows = tuple(_record(each) for each in _list(_member(told, "returns"), "returns"))
    more = _member(told, "more")
    _require(isinstance(more, bool), "more")
    return Returned(rows, _matched(_member(told, "mark"), _MARK, "mark"), more)


def _record(told: Any) -> tuple[Record, str]:
    needs = _list(_member(told, "needs"), "needs", MOST_NEEDS)
    content = _member(told, "content")
    _require(isinstance(content, dict), "content")
    operation = _member(told, "operation")
    _require(operation in [each.value for each in Operation], "operation")
    subject = _subject([_member(told, "kind"), _member(told, "thing")])
    version = _whole(_member(told, "version"), "version")
    record = Record(
        subject,
        version,
        Operation(operation),
        content,
        tuple(_subject(each) for each in needs),
        _day(_member(told, "day")),
    )
    return record, _matched(_member(told, "key"), _KEY, "key")


def _subject(told: Any) -> Subject:
    pair = _list(told, "needs", 2)
    _require(len(pair) == 2, "needs")  # noqa: PLR2004 - a kind and a thing
    return Subject(_text(pair[0], LONGEST_KIND, "kind"), _text(pair[1], LONGEST_THING, "thing"))


def _reply(told: Any) -> Reply:
    outcome = _member(told, "outcome")
    _require(outcome in [each.value for each in Outcome], "outcome")
    receipt = _member(told, "receipt")
    number = None if receipt is None else _text(receipt, LONGEST_NUMBER, "receipt")
    code = _member(told, "code")
    words = _member(told, "words")
    _require(isinstance(code, str) and len(code) <= LONGEST_CODE, "code")
    _require(isinstance(words, str) and len(words) <= LONGEST_WORDS, "words")
    return Reply(Outcome(outcome), number, number, code, words)


def _member(told: Any, name: str) -> Any:
    if not isinstance(told, Mapping) or name not in told:
        raise Unbelievable(name)
    return told[name]


def _list(told: Any, what: str, most: int = MOST_ITEMS) -> list[Any]:
    if not isinstance(told, list) or len(told) > most:
        raise Unbelievable(what)
    return told


def _text(told: Any, longest: int, what: str) -> str:
    if not isinstance(told, str) or not 1 <= len(told) <= longest:
        raise Unbelievable(what)
    return told


def _matched(told: Any, shape: re.Pattern[str], what: str) -> str:
    if not isinstance(told, str) or shape.fullmatch(told) is None:
        raise Unbelievable(what)
    return told


def _whole(told: Any, what: str) -> int:
    if not isinstance(told, int) or isinstance(told, bool) or not 0 <= told <= LARGEST_INTEGER:
        raise Unbelievable(what)
    return told


def _day(told: Any) -> str:
    try:
        return date.fromisoformat(_text(told, 10, "day")).isoformat()
    except ValueError as error:
        raise Unbelievable("day") from error


def _require(holds: bool, what: str) -> None:  # noqa: FBT001 - the condition is the statement
    if not holds:
        raise Unbelievable(what)
