"""What comparing refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class CheckBudgetSpent(DomainError):
    """So many comparisons of one kind with one certificate would tell, step by step, what it says."""

    kind_of_check: str
    limit: int
    retry_after: int
    code: ClassVar[str] = "check-budget-spent"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True
