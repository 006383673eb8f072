"""What the choice of a seal, and issuing for another organ, refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NotAuthorisedByIssuer(DomainError):
    """A system issues for another organ whose written authorisation for this it does not hold."""

    issuer: str
    type: str
    act: str
    code: ClassVar[str] = "not-authorised-by-issuer"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class SealDoesNotFit(DomainError):
    """The seal that was named is not one that the issuing organ uses for this act on this type."""

    seal: str
    type: str
    act: str
    seal_kind: str
    code: ClassVar[str] = "seal-does-not-fit"
    kind: ClassVar[Kind] = Kind.CONFLICT
