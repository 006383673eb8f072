"""What the gateway refuses."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class QuotaExceeded(DomainError):
    """The grant's quota for this window is used up."""

    window: str
    limit: int
    retry_after: int
    code: ClassVar[str] = "quota-exceeded"
    kind: ClassVar[Kind] = Kind.TOO_MANY
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class GrantChanged(DomainError):
    """The grant was changed while the source was asked."""

    grant: str
    code: ClassVar[str] = "grant-changed"
    kind: ClassVar[Kind] = Kind.CONFLICT
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class UngrantedCondition(DomainError):
    """The call asks for rows by an item, or in a way, that is not granted."""

    item: str
    reason: str
    code: ClassVar[str] = "ungranted-condition"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NoSealingKey(DomainError):
    """The answer is to be sealed, and the system has no SM2 key that is valid now."""

    system: str
    code: ClassVar[str] = "no-sealing-key"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchUsage(DomainError):
    """There is no such use, or it is another organisation's."""

    usage: str
    code: ClassVar[str] = "no-such-usage"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UsageBound(DomainError):
    """The use is bound to a case already."""

    usage: str
    code: ClassVar[str] = "usage-bound"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class BindingTooLate(DomainError):
    """The use is older than the period within which its case must be told."""

    usage: str
    days: int
    code: ClassVar[str] = "binding-too-late"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ReceiptKeyMissing(DomainError):
    """No key is named that signs receipts."""

    code: ClassVar[str] = "receipt-key-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class ReceiptRefuted(DomainError):
    """The receipt does not prove what it says."""

    why: str
    code: ClassVar[str] = "receipt-refuted"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ReceiptUnreadable(DomainError):
    """The file is no receipt."""

    why: str
    code: ClassVar[str] = "receipt-unreadable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchResult(DomainError):
    """There is no such result, it is another organisation's, or it has expired."""

    result: str
    code: ClassVar[str] = "no-such-result"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ResultNotReady(DomainError):
    """The result is still being gathered, or gathering it failed."""

    result: str
    state: str
    code: ClassVar[str] = "result-not-ready"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class TooManyResults(DomainError):
    """The organisation has as many results waiting as it may have."""

    limit: int
    code: ClassVar[str] = "too-many-results"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class RangeNotSatisfiable(DomainError):
    """The part that is asked for lies outside the file."""

    size: int
    code: ClassVar[str] = "range-not-satisfiable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class ReceiptNotSigned(DomainError):
    """The batch of this receipt is being signed at this moment."""

    usage: str
    code: ClassVar[str] = "receipt-not-signed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True
