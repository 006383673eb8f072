"""From a document that somebody hands in to a report that is kept: shared by the API and the page.

Trust is read in one transaction, the report kept in another; in between, while a process reads the document, nothing
is held open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.callers import Caller
from base.clock import rfc3339
from base.db import Database
from keys import trust_bundle
from keys.trust import Anchor, Trust
from signing import missing_roots, pdf_report, verifications
from signing.seal_standing import SealWords
from signing.verification_errors import RootNotChosen
from signing.verification_wiring import ReportSeal, Verifying
from signing.verifications import Handed, KeptReport
from signing.wiring import Signing
from signing.workers.job import Pictures


@dataclass(frozen=True)
class Chosen:
    """Which root a reader chose: the fingerprint (SM3) of one in the document, or a file of their own."""

    fingerprint: str = ""
    file: bytes = field(repr=False, default=b"")


@dataclass(frozen=True)
class Look:
    """What came of one look by a chosen root; it has no id, since it is not kept."""

    report: Mapping[str, Any]
    pictures: Pictures
    roots: tuple[Anchor, ...]


def verified(
    database: Database, verifying: Verifying, signing: Signing, handed: Handed, by: Caller, at: datetime
) -> KeptReport:
    """Verify a document and keep the report: nothing is held open while a process reads the document."""
    moment = verifications.as_of(handed, at)
    with database.reading() as session:
        trust = signing.trust_at(session, moment)

    def words_of(codes: Sequence[str]) -> SealWords:
        return verifying.seal_system(database, codes, at)

    answer = verifications.examined(verifying.workers, handed, trust, verifying.document_bytes, at, words_of)
    with database.transaction() as session:
        told = replace(answer, report=verifying.completed(session, answer.report, at))
        return verifications.keep(session, told, by, at, verifying.kept)


def looked_at(
    database: Database, verifying: Verifying, signing: Signing, handed: Handed, chosen: Chosen, at: datetime
) -> Look:
    """Judge a document by a root that its reader chose, for this one look: nothing is kept, noted or handed on.

    Raises `RootNotChosen`, `UnusableBundle`, `MalformedRevocationList`, and what verifying raises.
    """
    with database.reading() as session:
        trust = signing.trust_at(session, at)
    roots = _chosen(verifying, handed, chosen, trust, at)
    wider = replace(trust, anchors=tuple(dict.fromkeys((*trust.anchors, *roots.anchors))))
    wider = wider.with_material(roots.intermediates, roots.lists)

    def words_of(codes: Sequence[str]) -> SealWords:
        return verifying.seal_system(database, codes, at, may_ask=False)

    answer = verifications.examined(verifying.workers, handed, wider, verifying.document_bytes, at, words_of)
    with database.reading() as session:
        told = verifying.completed(session, answer.report, at)
    return Look(told, answer.pictures, roots.anchors)


def _chosen(verifying: Verifying, handed: Handed, chosen: Chosen, trust: Trust, at: datetime) -> Trust:
    """Give what the reader chose: a file of their own, or by its fingerprint a root that the document brings along."""
    if chosen.file:
        return trust_bundle.read(chosen.file, at)
    answer = verifications.examined(verifying.workers, handed, trust, verifying.document_bytes, at)
    evidence = None if answer.evidence is None else answer.evidence.encode()
    for top in missing_roots.of_evidence(evidence):
        if top.is_root and top.certificate.sm3.hex() == chosen.fingerprint:
            return Trust(at, (Anchor(top.certificate),), top.between)
    raise RootNotChosen(chosen.fingerprint)


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
