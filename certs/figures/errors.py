"""What is refused of figures."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MonthNotBegun(DomainError):
    """The month has not begun, so there is nothing to count of it."""

    month: str
    code: ClassVar[str] = "figures-month-not-begun"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class RebuiltMeanwhile(DomainError):
    """The figures were rebuilt by somebody else while this recount was under way."""

    code: ClassVar[str] = "figures-rebuilt-meanwhile"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True
