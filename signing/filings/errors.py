"""What filing seals refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class FilingByHand(DomainError):
    """This site files by hand: the number that the office gave is to be told."""

    code: ClassVar[str] = "filing-by-hand"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class FilingNotByHand(DomainError):
    """This site asks the office's own system: a number that somebody types is not taken."""

    registrar: str
    code: ClassVar[str] = "filing-not-by-hand"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class FilingUnderWay(DomainError):
    """The office has been asked already and has not decided."""

    id: str
    receipt: str
    code: ClassVar[str] = "filing-under-way"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class FilingAnswerUnreadable(DomainError):
    """The office's system answered something that is none of its answers."""

    reason: str
    code: ClassVar[str] = "filing-answer-unreadable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
