"""Why nothing came back: one refusal for each thing that can go wrong on the way out.

Facts name the partner by host alone: a path or a query may carry what nobody but the partner should read.
"""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


class FetchFailed(DomainError):
    """The root of every refusal of the way out; it has no code of its own."""


class NotAskedYet(FetchFailed):
    """The root of refusals after which the partner was not called at all; `seconds` tells when it may be."""

    seconds: float


@dataclass(eq=False)
class UrlRefused(FetchFailed):
    """An address is not written in the one plain spelling that is accepted."""

    reason: str
    code: ClassVar[str] = "url-refused"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class AddressRefused(FetchFailed):
    """A host is not on the list for this call, or stands at a network address that is closed."""

    host: str
    reason: str
    code: ClassVar[str] = "address-refused"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class UnsendableRequest(FetchFailed):
    """A request has a method, header or limit that is not sent."""

    reason: str
    code: ClassVar[str] = "unsendable-request"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NameUnknown(FetchFailed):
    """The host's name could not be resolved."""

    host: str
    code: ClassVar[str] = "name-unknown"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class ConnectFailed(FetchFailed):
    """No connection to the host could be made."""

    host: str
    reason: str
    code: ClassVar[str] = "connect-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class TlsFailed(FetchFailed):
    """The host did not prove over TLS that it is the one that was meant."""

    host: str
    reason: str
    code: ClassVar[str] = "tls-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class TimedOut(FetchFailed):
    """The host took longer than it is given."""

    host: str
    stage: str
    code: ClassVar[str] = "fetch-timed-out"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class AnswerTooLarge(FetchFailed):
    """The host's answer is larger than this call takes."""

    host: str
    limit: int
    code: ClassVar[str] = "answer-too-large"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class AnswerBroken(FetchFailed):
    """The host's answer ended early or is no HTTP."""

    host: str
    reason: str
    code: ClassVar[str] = "answer-broken"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class Redirected(FetchFailed):
    """The host points elsewhere, and this call does not follow."""

    host: str
    status: int
    code: ClassVar[str] = "answer-redirected"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class AnsweredWithStatus(FetchFailed):
    """The host answered with a status that this call cannot use."""

    host: str
    status: int
    retry_after: float | None = None
    code: ClassVar[str] = "answered-with-status"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class CalledTooEarly(NotAskedYet):
    """The host asked for a pause that is not over, so it was not called."""

    host: str
    seconds: float
    code: ClassVar[str] = "called-too-early"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class DestinationResting(NotAskedYet):
    """The host failed too often just now, so it is left alone for a while."""

    host: str
    seconds: float
    code: ClassVar[str] = "destination-resting"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
