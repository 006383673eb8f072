"""What verifying documents from outside can be told, and its parts: the processes, and who signs reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from base.metrics import Metrics
from base.settings import Settings, setting
from keys.certificates import Certificate
from keys.signers.signer import Signer
from signing.wiring import SignerFor, SigningSettings, UnusableSigningSetting, certificate_at
from signing.workers.limits import SMALLEST_MEGABYTES, WorkerLimits
from signing.workers.pool import Workers


@dataclass(frozen=True)
class VerificationSettings:
    """What verifying documents from outside can be told."""

    SECTION: ClassVar[str] = "verification"
    waiting: int = setting(16, "Callers that may wait for a process that verifies; more are sent away.")
    jobs_a_process: int = setting(200, "Documents that one process verifies before another takes its place.")
    kept_hours: int = setting(24, "How long a report can be fetched again.")
    report_key: str = setting("", "Key id that signs PDF reports; empty: they are not signed.")
    report_certificate: str = setting("", "PEM file with the certificate of that key.")
    report_font: str = setting("", "OpenType file for PDF reports; empty: the first suitable one of this machine.")


@dataclass(frozen=True)
class ReportSeal:
    """Who signs PDF reports: the certificate, and the key as custody has it."""

    key_id: str
    certificate: Certificate
    signer_for: SignerFor = field(repr=False)

    def signer(self, session: Session) -> Signer:
        """Give the key. Raises what custody refuses."""
        return self.signer_for(session, self.key_id)


# Gives what the library says now of the e-certificate that a document is, as reports have it, or None.
PresentStatus = Callable[[Session, Mapping[str, Any], datetime], Mapping[str, Any] | None]


def no_library(session: Session, report: Mapping[str, Any], at: datetime) -> None:
    """Say nothing of the certificate: there is no library here."""
    del session, report, at


# Gives what the library has to remark on a document, as warnings of its report.
Remarks = Callable[[Session, Mapping[str, Any], datetime], Sequence[Mapping[str, Any]]]


def no_remarks(session: Session, report: Mapping[str, Any], at: datetime) -> Sequence[Mapping[str, Any]]:
    """Remark nothing: there is no library here."""
    del session, report, at
    return ()


@dataclass(frozen=True)
class Verifying:
    """What documents from outside are verified with."""

    workers: Workers
    document_bytes: int
    kept: timedelta = timedelta(hours=24)
    seal: ReportSeal | None = None
    font: Path | None = None
    present_status: PresentStatus = no_library
    remarks: Remarks = no_remarks

    def completed(self, session: Session, report: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Add to a report what the library says: beside the verdict, which stays what the signatures made it."""
        warnings = [*report["warnings"], *self.remarks(session, report, at)]
        # What a document states of its own certificate stays where the library has nothing newer to say.
        certificate = self.present_status(session, report, at) or report["certificate"]
        return {**report, "certificate": certificate, "warnings": warnings}


def built(
    read: Settings,
    signer_for: SignerFor,
    present_status: PresentStatus = no_library,
    counted: Metrics | None = None,
    remarks: Remarks = no_remarks,
) -> Verifying:
    """Build the parts; no process is started before it is needed. Raises `UnusableSigningSetting`."""
    bounds, told = read[SigningSettings], read[VerificationSettings]
    if bounds.verifying_processes < 1 or bounds.verifying_seconds < 1:
        raise UnusableSigningSetting("signing.verifying_processes, signing.verifying_seconds", "1 …")
    if bounds.verifying_megabytes < SMALLEST_MEGABYTES:
        raise UnusableSigningSetting("signing.verifying_megabytes", f"{SMALLEST_MEGABYTES} …")
    if told.jobs_a_process < 1 or told.kept_hours < 1 or told.waiting < 0:
        raise UnusableSigningSetting("verification.jobs_a_process, verification.kept_hours", "1 …")
    limits = WorkerLimits(
        processes=bounds.verifying_processes,
        megabytes=bounds.verifying_megabytes,
        seconds=bounds.verifying_seconds,
        jobs=told.jobs_a_process,
        waiting=told.waiting,
        waiting_seconds=bounds.verifying_seconds,
    )
    return Verifying(
        Workers(limits, metrics=counted),
        bounds.document_bytes,
        timedelta(hours=told.kept_hours),
        _seal(told, signer_for),
        Path(told.report_font) if told.report_font else None,
        present_status,
        remarks,
    )


def _seal(told: VerificationSettings, signer_for: SignerFor) -> ReportSeal | None:
    if not told.report_key:
        return None
    certificate = certificate_at("verification.report_certificate", Path(told.report_certificate))
    return ReportSeal(told.report_key, certificate, signer_for)
