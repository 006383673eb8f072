"""What can come in the way of a call: the service refused, the service was not reached, its answer cannot be read.

A refusal is a problem document (RFC 9457), one class per family of status; `code` is stable and stands in the service's
documentation under `/docs/errors/<code>`. An outcome such as *not found* or *denied* is an answer and no error: see
`Outcome`. Nothing here holds a token, a key or what was asked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any


class YinxinError(Exception):
    """The call did not bring what was asked for."""


class Unreachable(YinxinError):
    """The service was not reached, or the connection broke; `was_sent` says whether the call may have been acted on."""

    def __init__(self, reason: str, *, was_sent: bool) -> None:
        super().__init__(reason)
        self.was_sent = was_sent


class UnreadableAnswer(YinxinError):
    """The answer does not have the shape that this library knows."""


class UnusableKey(YinxinError):
    """The private key cannot be read, or nothing on this machine can sign with it."""


class UnsignableRequest(YinxinError):
    """The request cannot be signed as it is: there is no key, or a covered value cannot stand in a header."""


@dataclass(frozen=True)
class Fault:
    """One fault of what was sent: a JSON pointer or the name of a parameter, and what is wrong there."""

    place: str
    detail: str


class Problem(YinxinError):
    """The service refused; what happened, why, and what to do stand in the language that was asked for."""

    def __init__(self, status: int, told: Mapping[str, Any], retry_after: float | None = None) -> None:
        self.status = status
        self.code = _text(told, "code") or f"http-{status}"
        self.title = _text(told, "title")
        self.detail = _text(told, "detail")
        self.cause = _text(told, "cause")
        self.fix = _text(told, "fix")
        self.request_id = _text(told, "request_id")
        self.retryable = told.get("retryable") is True
        self.retry_after = retry_after
        self.errors = tuple(_faults(told.get("errors")))
        self.members: Mapping[str, Any] = MappingProxyType(dict(told))
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        places = "; ".join(f"{fault.place}: {fault.detail}" for fault in self.errors)
        words = " ".join(part for part in (self.detail or self.title, places, self.fix) if part)
        return f"{self.code} ({self.status}, request {self.request_id or 'unknown'}): {words}"


class BadRequest(Problem):
    """What was sent cannot be read or is not what is documented; `errors` names each place."""


class Unauthenticated(Problem):
    """The service does not know who asks."""


class Forbidden(Problem):
    """The caller may not ask this."""


class Missing(Problem):
    """There is no such thing, or it is none of the caller's."""


class Conflict(Problem):
    """The thing is in another state than the call needs."""


class TooLarge(Problem):
    """More was sent than is taken."""


class TooMany(Problem):
    """Too much was asked in this time; `retry_after` says how many seconds to wait."""


class Unavailable(Problem):
    """The service cannot answer now."""


_CLASSES: Mapping[int, type[Problem]] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: Unauthenticated,
        HTTPStatus.FORBIDDEN: Forbidden,
        HTTPStatus.NOT_FOUND: Missing,
        HTTPStatus.GONE: Missing,
        HTTPStatus.CONFLICT: Conflict,
        HTTPStatus.PRECONDITION_FAILED: Conflict,
        HTTPStatus.PRECONDITION_REQUIRED: Conflict,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
        HTTPStatus.TOO_MANY_REQUESTS: TooMany,
    }
)
# A gateway before the service answers with these and no document; trying later is all that can be done.
_PASSING = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


def problem(status: int, told: Mapping[str, Any] | None, retry_after: float | None = None) -> Problem:
    """Make the exception of a refusal; `told` is None where the answer was no problem document."""
    kind = _CLASSES.get(status)
    if kind is None and status < HTTPStatus.BAD_REQUEST:
        kind = Problem  # a redirect, which is never followed: a token goes to one address only
    elif kind is None:
        kind = Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else BadRequest
    document = {"title": "no problem document", "retryable": status in _PASSING} if told is None else told
    return kind(status, document, retry_after)


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _faults(told: object) -> list[Fault]:
    listed = told if isinstance(told, list) else []
    return [
        Fault(_text(each, "pointer") or _text(each, "parameter"), _text(each, "detail"))
        for each in listed
        if isinstance(each, dict)
    ]
