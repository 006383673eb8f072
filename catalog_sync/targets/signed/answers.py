"""Answers of a platform that is told JSON over signed calls, read strictly by its dialect. Pure.

Answers have the envelope of `code`, `message` and `data`; what stands in `data` goes by the names of the dialect's
`[answer]`. An answer that lacks what its service promises, or speaks of another thing, is none: `Unbelievable`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from catalog_sync.targets.gateway.answers import CODE, GUID, LONGEST_MARK, LONGEST_WORDS, MOST_ROWS, Told, Unbelievable
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.target import Outcome, Receipt, Reply

LONGEST_OWN: Final = 200
WAITING, PASSED, RETURNED = "waiting", "passed", "returned"
_OUTCOMES: Final = {WAITING: Outcome.ACCEPTED, PASSED: Outcome.STORED, RETURNED: Outcome.REFUSED}


@dataclass(frozen=True)
class Row:
    """One thing that the platform holds: our id of it, where it stands, and what was told of it."""

    own: str
    reply: Reply
    content: Mapping[str, Any] = field(repr=False)


def taken(told: Told, dialect: Dialect, own: str, *, reviewed: bool) -> Reply:
    """Read what came of a record: the platform's name of the thing, and its receipt. Raises `Unbelievable`."""
    data, named = object_in(told.data), dialect.table["answer"]
    if data.get(named["own"]) != own:
        raise Unbelievable("the receipt is another record's")
    name = _name(data.get(named["name"]))
    receipt = data.get(named["receipt"])
    outcome = Outcome.ACCEPTED if reviewed else Outcome.STORED
    return Reply(outcome, name if receipt is None else _name(receipt), name, words=told.words)


def rows(told: Told, dialect: Dialect) -> tuple[tuple[Row, ...], int]:
    """Read what a question found, and how many there are in all. Raises `Unbelievable`."""
    data = object_in(told.data)
    found, total = list_in(data.get("list")), data.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < len(found):
        raise Unbelievable("total")
    return tuple(_row(object_in(each), dialect) for each in found), total


def receipts(told: Told, dialect: Dialect) -> tuple[tuple[Receipt, ...], str]:
    """Read receipts, and the mark from which to read on. Raises `Unbelievable`."""
    data = object_in(told.data)
    found = tuple(_receipt(object_in(each), dialect) for each in list_in(data.get("list")))
    return found, mark_in(data)


def totals(told: Told) -> dict[str, int]:
    """Read how many things the platform has of each kind. Raises `Unbelievable`."""
    data = object_in(told.data)
    if not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in data.values()):
        raise Unbelievable("a count is no number")
    return dict(data)


def object_in(told: Any) -> Mapping[str, Any]:
    """Give an object. Raises `Unbelievable`."""
    if not isinstance(told, dict):
        raise Unbelievable("no object")
    return told


def list_in(told: Any) -> list[Any]:
    """Give a list that is no flood. Raises `Unbelievable`."""
    if not isinstance(told, list) or len(told) > MOST_ROWS:
        raise Unbelievable("no list, or too long a one")
    return told


def mark_in(data: Mapping[str, Any]) -> str:
    """Give the mark from which to read on. Raises `Unbelievable`."""
    mark = data.get("mark")
    if not isinstance(mark, str) or not mark or len(mark) > LONGEST_MARK:
        raise Unbelievable("mark")
    return mark


def text_in(told: Any, longest: int) -> str:
    """Give a text, empty where there is none. Raises `Unbelievable`."""
    if told is None:
        return ""
    if not isinstance(told, str) or len(told) > longest:
        raise Unbelievable("a text that is none, or too long")
    return told


def _row(told: Mapping[str, Any], dialect: Dialect) -> Row:
    named = dialect.table["answer"]
    own = text_in(told.get(named["own"]), LONGEST_OWN)
    if not own:
        raise Unbelievable("a row without an id")
    name = _name(told.get(named["name"]))
    code, words = _reason(told, named)
    outcome = _OUTCOMES[_status(told, dialect)]
    return Row(own, Reply(outcome, name, name, code, words), object_in(told.get("content")))


def _receipt(told: Mapping[str, Any], dialect: Dialect) -> Receipt:
    named = dialect.table["answer"]
    status = _status(told, dialect)
    if status == WAITING:
        raise Unbelievable("a receipt that tells no end")
    number, key = _name(told.get(named["receipt"])), told.get(dialect.table["marks"]["key"])
    name = _name(told.get(named["name"]))
    code, words = _reason(told, named)
    return Receipt(number, name if key is None else _name(key), Reply(_OUTCOMES[status], number, name, code, words))


def _status(told: Mapping[str, Any], dialect: Dialect) -> str:
    found = told.get(dialect.table["answer"]["status"])
    status = next((name for name in _OUTCOMES if dialect.table["status"][name] == found), None)
    if status is None:
        raise Unbelievable("no status")
    return status


def _reason(told: Mapping[str, Any], named: Mapping[str, Any]) -> tuple[str, str]:
    code, words = told.get(named["code"]) or "", told.get(named["words"]) or ""
    if not isinstance(code, str) or (code and not CODE.fullmatch(code)) or not isinstance(words, str):
        raise Unbelievable("a reason that is no text")
    return code, words[:LONGEST_WORDS]


def _name(told: Any) -> str:
    if not isinstance(told, str) or not GUID.fullmatch(told):
        raise Unbelievable("no name of the thing")
    return told
