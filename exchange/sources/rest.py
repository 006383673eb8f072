"""An interface of a department (接口): HTTP and JSON over the house's one way out.

A call goes so. 1. The question's conditions fill declared parameters, encoded for their place; none may be left over.
2. The credential is read from its file. 3. `base.fetch` goes to the one declared host and port, follows nothing, and
stops at the limits. 4. The status is judged: a partner that says 202 answers later, and is asked the same again.
5. The rows are picked out of strict JSON by declared member names. 6. Each row is held against the question (`believes`
is no), since a partner can answer with somebody else's.
No host, header name or path segment ever comes from data; so a 202's `Location` is not followed, and a partner that
answers later must know its question again.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn
from urllib.parse import quote, urlencode

from base import clock, strict_json
from base.fetch import (
    AddressRefused,
    AnswerTooLarge,
    FetchFailed,
    Incoming,
    Outgoing,
    Redirected,
    TimedOut,
    UnsendableRequest,
    UrlRefused,
)
from base.fetch.sending import pause_seconds
from base.strict_json import MalformedJson
from exchange.mounting.errors import UnaskableQuestion
from exchange.sources import questions, source
from exchange.sources.declarations import Declared
from exchange.sources.place import Place
from exchange.sources.questions import MOST_ROWS, Asked
from exchange.sources.reading import SAMPLE_ROWS, Failed, Page, Reader, drifted
from exchange.sources.rest_declaration import (
    LIMIT,
    OFFSET,
    OFFSET_DIGITS,
    PLACEHOLDER,
    SEGMENT_VALUE,
    Interface,
    Parameter,
    declared,
)
from exchange.sources.source import Column, Condition, Difference, Down, Pending, Question, Refused, Test, TooLarge
from exchange.sources.values import Value, is_plain, plain

KIND: Final = "rest"
GOOD: Final = 200
ACCEPTED: Final = 202
NO_CONTENT: Final = 204
NOT_NOW: Final = frozenset({408, 425, 429})
SERVER_FAULT: Final = 500
LONGEST_CURSOR: Final = 512
# What a caller is told to wait where a partner does not say, and at most: beyond a day nobody waits at a counter.
USUAL_WAIT: Final = 60
LONGEST_WAIT: Final = 24 * 3600
REFUSALS: Final = (AddressRefused, Redirected, UnsendableRequest, UrlRefused)

Sent = dict[str, list[Value]]


def read(told: Declared, columns: Sequence[Column], place: Place) -> Interface:
    """Read the declaration of an interface. Raises `UnusableMount`."""
    return declared(told, columns, place)


def opened(interface: Interface, columns: Sequence[Column], place: Place) -> Reader:
    """Make the reader."""
    return RestReader(interface, columns, place)


@dataclass(frozen=True)
class _Called:
    """One request in the making: what goes into its path, query and body."""

    path: Sent
    query: Sent
    body: Sent


class RestReader:
    """Fetches rows from an interface."""

    believes = False

    def __init__(self, interface: Interface, columns: Sequence[Column], place: Place) -> None:
        self._interface = interface
        self._columns = tuple(columns)
        self._place = place

    def read(self, question: Question) -> Page:
        """Fetch the rows that fit. Raises `Failed`."""
        told = self._told(question)
        return Page((), None) if told is None else self._page(question, told)

    def sample(self) -> Page:
        """Ask what the declaration gives for probing. Raises `Failed`."""
        asked = [Asked(item, Test.EQUAL.value, [value]) for item, value in self._interface.probe]
        try:
            question = questions.read(self._columns, (), asked, SAMPLE_ROWS)
        except UnaskableQuestion:
            _refuse("probe-values")
        told = self._told(question)
        if told is None:
            return Page((), None)
        updated = _at(told, self._interface.updated) if self._interface.updated else None
        return replace(self._page(question, told), updated=updated)

    def close(self) -> None:
        """Hold nothing."""

    def _told(self, question: Question) -> Any:
        """Ask, and give the answer's JSON; none is an answer that says there is nothing. Raises `Failed`."""
        incoming = self._answered(self._outgoing(question))
        return None if incoming is None else _parsed(incoming.body)

    def _page(self, question: Question, told: Any) -> Page:
        rows = _rows(told, self._interface.rows)
        return self._paged(question, rows, told, self._names(rows))

    def _outgoing(self, question: Question) -> Outgoing:
        called = self._filled(question)
        url = f"{self._interface.origin}{self._path(called.path)}"
        if called.query:
            pairs = [(name, _text(value)) for name, values in called.query.items() for value in values]
            url = f"{url}?{urlencode(pairs, quote_via=quote, safe='')}"
        headers = [("Accept", "application/json"), *self._interface.headers]
        credential = self._interface.credential
        if credential is not None:
            headers.append((credential.header, f"{credential.prefix}{self._place.credential(credential.name)}"))
        body = b""
        if self._interface.method == "POST":
            members = {name: _json(values) for name, values in called.body.items()}
            body = json.dumps(members, ensure_ascii=False).encode()
            headers.append(("Content-Type", "application/json"))
        return Outgoing(
            self._interface.method,
            url,
            (self._interface.destination,),
            tuple(headers),
            body,
            max_bytes=self._place.limits.answer_bytes,
            total_seconds=self._place.limits.seconds,
        )

    def _filled(self, question: Question) -> _Called:
        called = _Called({}, {}, {})
        left = list(question.conditions)
        for parameter in self._interface.parameters:
            values = self._values(parameter, question, left)
            if values:
                target: Sent = getattr(called, parameter.place)
                target.setdefault(parameter.name, []).extend(values)
        if left:
            _refuse("condition-not-offered")
        return called

    def _values(self, parameter: Parameter, question: Question, left: list[Condition]) -> list[Value]:
        if parameter.gives is not None:
            return self._paging(parameter.gives, question)
        if parameter.item is None:
            return [parameter.value]
        for condition in left:
            if condition.item == parameter.item and condition.test is parameter.test:
                left.remove(condition)
                return list(condition.values)
        if parameter.needed:
            _refuse("condition-needed")
        return []

    def _paging(self, gives: str, question: Question) -> list[Value]:
        if gives == LIMIT:
            return [question.limit]
        if gives == OFFSET:
            return [_offset(question)]
        return [] if question.cursor is None else [_cursor(question.cursor)]

    def _path(self, values: Sent) -> str:
        def segments() -> Iterator[str]:
            for segment in self._interface.path.split("/"):
                found = PLACEHOLDER.fullmatch(segment)
                yield segment if found is None else _segment(values[found["name"]])

        return "/".join(segments())

    def _answered(self, request: Outgoing) -> Incoming | None:
        """Send the request; none is an answer that says there is nothing. Raises `Failed`."""
        try:
            incoming = self._place.fetch(request)
        except FetchFailed as error:
            raise Failed(_failure(error)) from error
        status = incoming.status
        if status == NO_CONTENT or status in self._interface.empty_statuses:
            return None
        if status == GOOD:
            return incoming
        if status == ACCEPTED:
            raise Failed(Pending(_wait(incoming)))
        passes = status in NOT_NOW or status >= SERVER_FAULT
        raise Failed(Down(f"status-{status}") if passes else Refused(f"status-{status}"))

    def _names(self, rows: list[dict[str, Any]]) -> tuple[str, ...] | None:
        """Give the members that every row has, or, where empty ones are left out, those that any row may have."""
        if not rows:
            return None
        if self._interface.omits_empty:
            seen = dict.fromkeys(name for row in rows for name in row)
            return tuple({**seen, **dict.fromkeys(column.name for column in self._columns)})
        return tuple(name for name in rows[0] if all(name in row for row in rows))

    def _paged(self, question: Question, rows: list[dict[str, Any]], told: Any, names: tuple[str, ...] | None) -> Page:
        paging = self._interface.paging
        if paging is None:
            start = _offset(question)
            end = start + question.limit
            return Page(rows[start:end], names, str(end) if end < len(rows) else None)
        if len(rows) > question.limit:
            raise Failed(TooLarge("rows", question.limit))
        if paging == OFFSET:
            following = str(_offset(question) + len(rows)) if len(rows) == question.limit else None
            return Page(rows, names, following)
        return Page(rows, names, _following(told, self._interface.next, question.cursor) if rows else None)


def _wait(incoming: Incoming) -> int:
    """Tell after how many seconds it may be asked again (RFC 9110 10.2.3)."""
    told = pause_seconds(incoming.headers.get("retry-after", ""), clock.now())
    return USUAL_WAIT if told is None else max(1, min(math.ceil(told), LONGEST_WAIT))


def _failure(error: FetchFailed) -> source.Failure:
    if isinstance(error, TimedOut):
        return source.TimedOut(error.stage)
    if isinstance(error, AnswerTooLarge):
        return TooLarge("bytes", error.limit)
    return Refused(error.code) if isinstance(error, REFUSALS) else Down(error.code)


def _parsed(body: bytes) -> Any:
    try:
        return strict_json.parse(body)
    except MalformedJson as error:
        raise Failed(drifted([("*", Difference.UNREADABLE)])) from error


def _rows(told: Any, place: tuple[str, ...]) -> list[dict[str, Any]]:
    found = _at(told, place)
    if isinstance(found, dict):
        found = [found]  # an interface that looks one thing up gives it bare
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Failed(drifted([("*", Difference.NO_ROWS_THERE)]))
    if len(found) > MOST_ROWS:
        raise Failed(TooLarge("rows", MOST_ROWS))
    return found


def _at(told: Any, place: tuple[str, ...]) -> Any:
    """Go down by member names alone; what is not there is nothing."""
    for name in place:
        told = told.get(name) if isinstance(told, dict) else None
    return told


def _following(told: Any, place: tuple[str, ...], asked: str | None) -> str | None:
    """Read where the partner says that the next page begins; one that points at the same page leads nowhere."""
    found = _at(told, place)
    if found is None or found == "" or isinstance(found, bool):
        return None
    text = str(found) if isinstance(found, str | int) else ""
    if not 1 <= len(text) <= LONGEST_CURSOR or not text.isprintable() or not is_plain(text) or text == asked:
        raise Failed(drifted([("*", Difference.UNREADABLE)]))
    return text


def _offset(question: Question) -> int:
    if question.cursor is None:
        return 0
    if not OFFSET_DIGITS.fullmatch(question.cursor):
        _refuse("cursor")
    return int(question.cursor)


def _cursor(text: str) -> str:
    return text if len(text) <= LONGEST_CURSOR and text.isprintable() else _refuse("cursor")


def _segment(values: list[Value]) -> str:
    """Write a value as one segment; one that a partner's router could take for two is not sent."""
    text = _text(values[0])
    if len(values) != 1 or not SEGMENT_VALUE.fullmatch(text) or not text.strip(". "):
        _refuse("value-for-path")
    return quote(text, safe="")


def _text(value: Value) -> str:
    said = plain(value)
    return ("true" if said else "false") if isinstance(said, bool) else str(said)


def _json(values: list[Value]) -> Any:
    written = [plain(value) for value in values]
    return written[0] if len(written) == 1 else written


def _refuse(reason: str) -> NoReturn:
    raise Failed(Refused(reason))
