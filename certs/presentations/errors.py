"""What is refused about codes that holders show. Who cannot know the code learns nothing by trying."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class FaultyPresentation(DomainError):
    """What is asked for is no presentation that could be shown."""

    pointer: str
    fault: str
    code: ClassVar[str] = "faulty-presentation"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class TooManyPresentations(DomainError):
    """The holder has as many codes open as one person can show."""

    limit: int
    code: ClassVar[str] = "too-many-presentations"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class NoSuchPresentation(DomainError):
    """No code of this number is shown to this organisation."""

    code: ClassVar[str] = "no-such-presentation"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class PresentationOver(DomainError):
    """The code was shown, and serves no more: its time is over, it was withdrawn, or it was redeemed."""

    reason: str
    code: ClassVar[str] = "presentation-over"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TooManyGuesses(DomainError):
    """The caller has tried so many codes that nobody shows that it has to wait."""

    retry_after: int
    code: ClassVar[str] = "too-many-guesses"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class ProvinceCodeUnavailable(DomainError):
    """The province's code cannot be resolved: no service for it is set up here, or it does not answer."""

    code: ClassVar[str] = "province-code-unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
