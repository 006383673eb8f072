"""What is refused when a document from outside is handed in, or a kept report is asked for."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoDocument(DomainError):
    """The request holds no document that could be verified."""

    reason: str
    code: ClassVar[str] = "no-document"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class DocumentTooLarge(DomainError):
    """The document is larger than this site verifies."""

    limit: int
    code: ClassVar[str] = "document-too-large"
    kind: ClassVar[Kind] = Kind.TOO_LARGE


@dataclass(eq=False)
class MomentNotPast(DomainError):
    """A document can be verified as of now or of a moment in the past."""

    asked: str
    code: ClassVar[str] = "moment-not-past"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class VerifierBusy(DomainError):
    """All processes that verify are busy, and enough callers are waiting already."""

    waiting: int
    code: ClassVar[str] = "verifier-busy"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class VerifierUnavailable(DomainError):
    """No process that verifies could be started."""

    code: ClassVar[str] = "verifier-unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class NoSuchVerification(DomainError):
    """There is no report under this id, or it is no longer kept."""

    code: ClassVar[str] = "no-such-verification"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class ReportFontMissing(DomainError):
    """This machine has no typeface in which a PDF report could be written."""

    code: ClassVar[str] = "report-font-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class RootNotChosen(DomainError):
    """No root was chosen, or the document does not bring the one that was."""

    fingerprint: str
    code: ClassVar[str] = "root-not-chosen"
    kind: ClassVar[Kind] = Kind.MALFORMED
