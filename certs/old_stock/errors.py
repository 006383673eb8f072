"""What is refused around batches of old stock; what is wrong in a row is a fault of the row, not a refusal."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchOldStock(DomainError):
    """There is no such batch of old stock, or it is another organ's."""

    batch: str
    code: ClassVar[str] = "no-such-old-stock"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class NoSuchOldStockRow(DomainError):
    """The batch has no row of this number."""

    row: int
    code: ClassVar[str] = "no-such-old-stock-row"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class UnreadableOldStock(DomainError):
    """The table cannot be read, or lacks a column without which no row is a certificate."""

    reason: str
    code: ClassVar[str] = "unreadable-old-stock"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class OldStockTooLarge(DomainError):
    """The table is larger than a batch may be."""

    what: str
    limit: int
    code: ClassVar[str] = "old-stock-too-large"
    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(eq=False)
class OldStockStepNotAllowed(DomainError):
    """The batch does not stand where this step begins."""

    state: str
    step: str
    code: ClassVar[str] = "old-stock-step-not-allowed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class OldStockPersonNeeded(DomainError):
    """A person of the department has to do this, and no system."""

    step: str
    code: ClassVar[str] = "old-stock-person-needed"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class SignedOffByUploader(DomainError):
    """Whoever brought the table may not sign it off."""

    batch: str
    code: ClassVar[str] = "old-stock-signed-off-by-uploader"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class FaultsNotAccepted(DomainError):
    """The batch has faulty rows, or rows of paper alone, of which the department does not say what becomes."""

    faulty: int
    papers: int
    code: ClassVar[str] = "old-stock-faults-not-accepted"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingToConvert(DomainError):
    """No row of the batch can become a certificate."""

    batch: str
    code: ClassVar[str] = "old-stock-nothing-to-convert"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ScanNotUsable(DomainError):
    """What was sent is no scan of a paper that can be kept."""

    reason: str
    code: ClassVar[str] = "old-stock-scan-not-usable"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class SampleNotDone(DomainError):
    """Not every certificate of the sample was looked at and found right."""

    open: int
    wrong: int
    code: ClassVar[str] = "old-stock-sample-not-done"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ObjectionsOpen(DomainError):
    """The window for objections runs, or objections are not decided."""

    until: str
    open: int
    code: ClassVar[str] = "old-stock-objections-open"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchOldStockObjection(DomainError):
    """The batch has no open objection of this number."""

    objection: str
    code: ClassVar[str] = "no-such-old-stock-objection"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class OldStockMovedOn(DomainError):
    """Certificates of the batch were changed or renewed since, so that it cannot be taken back as a whole."""

    certificates: int
    first: str
    code: ClassVar[str] = "old-stock-moved-on"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CircularSuccession(DomainError):
    """An organ would succeed itself, by way of its successors."""

    former: str
    code: ClassVar[str] = "circular-succession"
    kind: ClassVar[Kind] = Kind.CONFLICT
