"""What the pages refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnknownProblemCode(DomainError):
    """No refusal of this house carries the code that was asked for."""

    asked: str
    code: ClassVar[str] = "unknown-problem-code"
    kind: ClassVar[Kind] = Kind.MISSING
