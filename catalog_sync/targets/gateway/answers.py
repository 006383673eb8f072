"""Answers of the national sharing gateway, read strictly. Pure.

An answer is believed when it is JSON with one meaning, in UTF-8, of the type that it should be, with a code and the
members that its service promises. Everything else is no answer: `Unbelievable`, with the reason. What a code means is
data (`forms.toml`); one that stands nowhere there refuses the record.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from base import strict_json
from base.strict_json import MalformedJson
from catalog_sync.targets.gateway.forms import table
from catalog_sync.targets.target import Outcome, Receipt, Reply

JSON_TYPES: Final = frozenset({"application/json", "text/json"})
# What a platform calls a thing: a UUID where it was seen; no address, no markup.
GUID: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,32}")
LONGEST_WORDS: Final = 2000
LONGEST_MARK: Final = 200
MOST_ROWS: Final = 1000
WAITING, PASSED, RETURNED, CANCELLED = "0", "1", "2", "9"


class Meaning(enum.StrEnum):
    """What a code of the platform means to us; each is a row of the table of answers."""

    SUCCESS = "success"
    UNAUTHORISED = "unauthorised"
    TIME = "time"
    RATE = "rate"
    NEEDS = "needs"
    LATER = "later"
    KNOWN = "known"
    UNKNOWN = "unknown"
    OTHER = "other"


class Unbelievable(Exception):
    """An answer is none that this platform gives."""


@dataclass(frozen=True)
class Told:
    """An answer that can be read: its code and what that means, the words, what it carries, and its bytes."""

    code: str
    meaning: Meaning
    words: str = field(repr=False)
    data: Any = field(repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Row:
    """One thing that the platform holds: its name there, our id of it, where it stands, and what was told of it."""

    upstream_id: str
    own: str
    status: str
    code: str
    words: str = field(repr=False)
    content: Mapping[str, Any] = field(repr=False)

    @property
    def reply(self) -> Reply:
        """Say how it stands."""
        outcomes = {WAITING: Outcome.ACCEPTED, RETURNED: Outcome.REFUSED}
        outcome = outcomes.get(self.status, Outcome.STORED)
        return Reply(outcome, self.upstream_id, self.upstream_id, self.code, self.words)


def read(content_type: str, body: bytes, generation: str) -> Told:
    """Read an answer of one generation of the convention. Raises `Unbelievable`."""
    return read_by(content_type, body, table()["answers"][generation])


def read_by(content_type: str, body: bytes, codes: Mapping[str, Sequence[str]]) -> Told:
    """Read an answer whose codes mean what a table says. Raises `Unbelievable`."""
    kind, _, parameters = content_type.lower().partition(";")
    charset = re.search(r"charset=\"?([a-z0-9-]+)", parameters)
    if kind.strip() not in JSON_TYPES:
        raise Unbelievable("content-type")
    if charset is not None and charset[1] not in {"utf-8", "utf8"}:
        raise Unbelievable("charset")
    try:
        told = strict_json.parse(body)
    except MalformedJson as error:
        raise Unbelievable(f"no JSON with one meaning: {error.reason}") from error
    if not isinstance(told, dict):
        raise Unbelievable("no JSON object")
    code, words = told.get("code"), told.get("message", "")
    if not isinstance(code, str) or not CODE.fullmatch(code) or not isinstance(words, str):
        raise Unbelievable("no code")
    return Told(code, _meaning(code, codes), words[:LONGEST_WORDS], told.get("data"), body)


def receipt_of(told: Told, own: str) -> str:
    """Give what the platform calls the thing (`cascadeguid`); what it says of our id must be true.

    Raises `Unbelievable`.
    """
    data = _object(told.data)
    if data.get("own", own) != own:
        raise Unbelievable("the receipt is another record's")
    return _guid(data.get("cascadeguid"))


def rows(told: Told) -> tuple[tuple[Row, ...], int]:
    """Read what a query found, and how many there are in all. Raises `Unbelievable`."""
    data = _object(told.data)
    found, total = _list(data.get("list")), data.get("total")
    if not isinstance(total, int) or isinstance(total, bool) or total < len(found):
        raise Unbelievable("total")
    return tuple(_row(_object(each)) for each in found), total


def receipts(told: Told) -> tuple[tuple[Receipt, ...], str]:
    """Read receipts, and the mark from which to read on. Raises `Unbelievable`."""
    data = _object(told.data)
    mark = data.get("mark")
    if not isinstance(mark, str) or not mark or len(mark) > LONGEST_MARK:
        raise Unbelievable("mark")
    return tuple(_receipt(_object(each)) for each in _list(data.get("list"))), mark


def totals(told: Told) -> dict[str, int]:
    """Read how many things the platform has of each kind. Raises `Unbelievable`."""
    data = _object(told.data)
    if not all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in data.values()):
        raise Unbelievable("a count is no number")
    return dict(data)


def secret(told: Told) -> tuple[str, str]:
    """Read the sealed secret and until when it counts (empty where that is not said). Raises `Unbelievable`."""
    data = _object(told.data)
    sealed, ends = data.get("secret"), data.get("secretEndTime", "")
    if not isinstance(sealed, str) or not sealed or not isinstance(ends, str):
        raise Unbelievable("no secret")
    return sealed, ends


def _meaning(code: str, codes: Mapping[str, Sequence[str]]) -> Meaning:
    return next((each for each in Meaning if code in codes.get(each.value, ())), Meaning.OTHER)


def _row(told: Mapping[str, Any]) -> Row:
    status, own = told.get("status"), told.get("own")
    if status not in {WAITING, PASSED, RETURNED, CANCELLED} or not isinstance(own, str) or not own:
        raise Unbelievable("a row without status or id")
    code, words = _reason(told)
    return Row(_guid(told.get("cascadeguid")), own, status, code, words, _object(told.get("content")))


def _receipt(told: Mapping[str, Any]) -> Receipt:
    outcomes = {table()["receipts"]["passed"]: Outcome.STORED, table()["receipts"]["returned"]: Outcome.REFUSED}
    status = told.get("status")
    if status not in outcomes:
        raise Unbelievable("a receipt without status")
    guid, number, key = _guid(told.get("cascadeguid")), _guid(told.get("receiptid")), told.get("datakey")
    code, words = _reason(told)
    about = guid if key is None else _guid(key)
    return Receipt(number, about, Reply(outcomes[status], number, guid, code, words))


def _reason(told: Mapping[str, Any]) -> tuple[str, str]:
    code, words = told.get("code", ""), told.get("opinion", "")
    if not isinstance(code, str) or (code and not CODE.fullmatch(code)) or not isinstance(words, str):
        raise Unbelievable("a reason that is no text")
    return code, words[:LONGEST_WORDS]


def _guid(told: Any) -> str:
    if not isinstance(told, str) or not GUID.fullmatch(told):
        raise Unbelievable("no cascadeguid")
    return told


def _object(told: Any) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise Unbelievable("no object where one is promised")
    return told


def _list(told: Any) -> list[Any]:
    if not isinstance(told, list) or len(told) > MOST_ROWS:
        raise Unbelievable("no list where one is promised")
    return told
