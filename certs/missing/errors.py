"""What missing-reports refuse."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class NoSuchMissingReport(DomainError):
    """There is no such report, or it is another organisation's."""

    report: str
    code: ClassVar[str] = "no-such-missing-report"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class MissingReportClosed(DomainError):
    """The report was answered already."""

    report: str
    state: str
    code: ClassVar[str] = "missing-report-closed"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotTheMissingCertificate(DomainError):
    """The certificate is not the one that was reported missing: another type, or somebody else's."""

    report: str
    code: ClassVar[str] = "not-the-missing-certificate"
    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NoIssuerToAsk(DomainError):
    """Nobody is known who could make up the entry."""

    type: str
    code: ClassVar[str] = "no-issuer-to-ask"
    kind: ClassVar[Kind] = Kind.CONFLICT
