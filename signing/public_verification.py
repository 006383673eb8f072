"""From a document that somebody hands in to a report that is kept: shared by the API and the page.

Trust is read in one transaction, the report kept in another; in between, while a process reads the document, nothing
is held open.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from base.clock import rfc3339
from base.db import Database
from signing import pdf_report, verifications
from signing.verification_wiring import ReportSeal, Verifying
from signing.verifications import Handed, KeptReport
from signing.wiring import Signing


def verified(
    database: Database, verifying: Verifying, signing: Signing, handed: Handed, by: Caller, at: datetime
) -> KeptReport:
    """Verify a document and keep the report: nothing is held open while a process reads the document."""
    moment = verifications.as_of(handed, at)
    with database.reading() as session:
        trust = signing.trust_at(session, moment)
    answer = verifications.examined(verifying.workers, handed, trust, verifying.document_bytes, at)
    with database.transaction() as session:
        present = verifying.present_status(session, answer.report, at)
        told = replace(answer, report={**answer.report, "certificate": present})
        return verifications.keep(session, told, by, at, verifying.kept)


def shown(kept: KeptReport) -> dict[str, Any]:
    """Write a report that was just made, with its pictures."""
    return {
        **shown_again(kept),
        "previews": list(kept.pictures.pages),
        "seal_pictures": dict(kept.pictures.seals),
    }


def shown_again(kept: KeptReport) -> dict[str, Any]:
    """Write a report that is kept."""
    here = f"/api/v1/verifications/{kept.id}"
    links = {"self": here, "page": f"/verify/{kept.id}", "pdf": f"{here}/report.pdf", "xml": f"{here}/report.xml"}
    return {**kept.report, "id": kept.id, "kept_until": rfc3339(kept.ends_at), "links": links}


def as_pdf(database: Database, verifying: Verifying, verification: str, at: datetime) -> bytes:
    """Give a report as PDF, written and signed when it is first asked for.

    Raises `NoSuchVerification`, `ReportFontMissing`, and what signing raises.
    """
    with database.reading() as session:
        found = verifications.pdf(session, verification, at)
        if found is not None:
            return found
        kept = verifications.fetch(session, verification, at)
        evidence = verifications.evidence(session, verification, at)
        seal = None if verifying.seal is None else _seal(session, verifying.seal)
    made = pdf_report.written(kept, evidence, seal, verifying.font, at)
    with database.transaction() as session:
        return verifications.keep_pdf(session, verification, made, at)


def _seal(session: Session, seal: ReportSeal) -> pdf_report.Seal:
    return pdf_report.Seal(seal.certificate, seal.signer(session))
