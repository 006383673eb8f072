"""What is refused around blank papers."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class UnusableBlankRange(DomainError):
    """A range of blank papers is not one that can be received."""

    reason: str
    code: ClassVar[str] = "unusable-blank-range"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class BlankRangeOverlaps(DomainError):
    """Some papers of the range were received already."""

    first: str
    last: str
    code: ClassVar[str] = "blank-range-overlaps"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoSuchBlankPaper(DomainError):
    """The organ received no blank paper of this number."""

    type: str
    number: str
    code: ClassVar[str] = "no-such-blank-paper"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class BlankPaperSpent(DomainError):
    """The blank paper was used, voided or lost already."""

    number: str
    state: str
    code: ClassVar[str] = "blank-paper-spent"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PaperPrintedAlready(DomainError):
    """The certificate has a valid paper."""

    identifier: str
    number: str
    code: ClassVar[str] = "paper-printed-already"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class PaperNotPrinted(DomainError):
    """There is no valid paper to act on."""

    of: str
    code: ClassVar[str] = "paper-not-printed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class CertificateNotPrintable(DomainError):
    """Only a valid certificate is printed."""

    status: str
    code: ClassVar[str] = "certificate-not-printable"
    kind: ClassVar[Kind] = Kind.CONFLICT
