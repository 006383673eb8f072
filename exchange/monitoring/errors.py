"""What the exchange refuses about monitoring tickets."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchTicket(DomainError):
    """There is no monitoring ticket of that number, or it is none of the caller's."""

    ticket: int
    code: ClassVar[str] = "no-such-ticket"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class TicketStepNotAllowed(DomainError):
    """The ticket does not stand where this step begins."""

    step: str
    state: str
    code: ClassVar[str] = "ticket-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TicketNotYours(DomainError):
    """The ticket is another's to deal with."""

    ticket: int
    organisation: str
    role: str
    code: ClassVar[str] = "ticket-not-yours"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class TicketWordsMissing(DomainError):
    """What was done, or how it ended, has to be told in words."""

    step: str
    code: ClassVar[str] = "ticket-words-missing"
    kind: ClassVar[Kind] = Kind.MALFORMED
