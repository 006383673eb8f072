"""What verifying documents from outside can be told, and its parts: the processes, and who signs reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Protocol

from sqlalchemy.orm import Session

from base.db import Database
from base.metrics import Metrics
from base.settings import Settings, setting
from keys.certificates import Certificate
from keys.signers.signer import Signer
from signing.seal_standing import NO_WORDS, SealWords
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


@dataclass(frozen=True)
class Said:
    """What a library says now of the e-certificate that a document is, as reports have it, and its warnings."""

    status: Mapping[str, Any] | None
    remarks: Sequence[Mapping[str, Any]] = ()


# Gives what the library says of a document, by its report.
LibrarySays = Callable[[Session, Mapping[str, Any], datetime], Said]


def no_library(session: Session, report: Mapping[str, Any], at: datetime) -> Said:
    """Leave what the document states of its certificate, and remark nothing: there is no library here."""
    del session, at
    return Said(report["certificate"])


class SealSystem(Protocol):
    """A system with which others' seals are registered."""

    def __call__(self, database: Database, codes: Sequence[str], at: datetime, /, *, may_ask: bool = True) -> SealWords:
        """Say how seals stand, of each that was asked for; where nothing may be asked, by what is kept alone.

        It must not make a reader wait for a network longer than the site says.
        """


def no_seal_system(database: Database, codes: Sequence[str], at: datetime, *, may_ask: bool = True) -> SealWords:
    """Say nothing of any seal: no such system is connected."""
    del database, codes, at, may_ask
    return NO_WORDS


@dataclass(frozen=True)
class Verifying:
    """What documents from outside are verified with."""

    workers: Workers
    document_bytes: int
    kept: timedelta = timedelta(hours=24)
    seal: ReportSeal | None = None
    font: Path | None = None
    library_says: LibrarySays = no_library
    seal_system: SealSystem = no_seal_system

    def completed(self, session: Session, report: Mapping[str, Any], at: datetime) -> dict[str, Any]:
        """Add to a report what the library says: beside the verdict, which stays what the signatures made it."""
        said = self.library_says(session, report, at)
        return {**report, "certificate": said.status, "warnings": [*report["warnings"], *said.remarks]}


def built(
    read: Settings,
    signer_for: SignerFor,
    library_says: LibrarySays = no_library,
    counted: Metrics | None = None,
    seal_system: SealSystem = no_seal_system,
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
        library_says,
        seal_system,
    )


def _seal(told: VerificationSettings, signer_for: SignerFor) -> ReportSeal | None:
    if not told.report_key:
        return None
    certificate = certificate_at("verification.report_certificate", Path(told.report_certificate))
    return ReportSeal(told.report_key, certificate, signer_for)
