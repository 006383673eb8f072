"""What is refused about consents."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class FaultyConsent(DomainError):
    """What is asked for is no consent that could stand."""

    pointer: str
    fault: str
    code: ClassVar[str] = "faulty-consent"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchConsent(DomainError):
    """There is no such consent, or it is not for whoever asks."""

    consent: str
    code: ClassVar[str] = "no-such-consent"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ConsentNotStanding(DomainError):
    """The consent was withdrawn, is over or is used up."""

    consent: str
    reason: str
    code: ClassVar[str] = "consent-not-standing"
    kind: ClassVar[Kind] = Kind.FORBIDDEN
