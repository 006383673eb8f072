"""A report in the one shape that the command, the API and the page share."""

from datetime import datetime
from typing import Any

from base.clock import rfc3339
from signing import check_codes
from signing.report import CertificateStatus, Check, Place, Report, SealFacts, SignatureReport, SignedAt, Signer
from signing.summaries import summary

Json = dict[str, Any]


def dump(report: Report) -> Json:
    """Write a report as JSON values."""
    sentence = summary(report)
    document = report.document
    return {
        "verdict": report.verdict.value,
        "indication": report.indication.value,
        "sub_indication": report.sub_indication,
        "summary": {"zh": sentence.zh, "en": sentence.en},
        "document": {
            "name": document.name,
            "format": document.format,
            "bytes": document.bytes,
            "sm3": document.sm3,
            "sha256": document.sha256,
        },
        "policy": {"name": report.policy_name, "version": report.policy_version},
        "verified_at": rfc3339(report.verified_at),
        "trust": {"anchors": report.trust_anchors, "digest": report.trust_digest},
        "certificate": None if report.certificate is None else _certificate(report.certificate),
        "signatures": [_signature(each) for each in report.signatures],
        "warnings": [_warning(each) for each in report.warnings],
    }


def _signature(report: SignatureReport) -> Json:
    return {
        "id": report.id,
        "kind": report.kind,
        "standard": report.standard,
        "verdict": report.verdict.value,
        "indication": report.indication.value,
        "sub_indication": report.sub_indication,
        "intact": report.intact,
        "cryptographically_valid": report.cryptographically_valid,
        "trusted": report.trusted,
        "level": report.level,
        "signer": None if report.signer is None else _signer(report.signer),
        "seal": None if report.seal is None else _seal(report.seal),
        "signed_at": _signed_at(report.signed_at),
        "coverage": {
            "kind": report.coverage.kind.value,
            "uncovered": list(report.coverage.uncovered),
            "later_changes": list(report.coverage.later_changes),
        },
        "places": [_place(each) for each in report.places],
        "checks": [_check(each) for each in report.checks],
    }


def _signer(signer: Signer) -> Json:
    return {
        "subject": signer.subject,
        "issuer": signer.issuer,
        "serial": signer.serial,
        "not_before": rfc3339(signer.not_before),
        "not_after": rfc3339(signer.not_after),
        "chain": list(signer.chain),
    }


def _seal(seal: SealFacts) -> Json:
    return {
        "id": seal.id,
        "name": seal.name,
        "type": seal.type,
        "valid_from": rfc3339(seal.valid_from),
        "valid_until": rfc3339(seal.valid_until),
        "maker": seal.maker,
        "picture": {"media_type": seal.picture_media_type, "sm3": seal.picture_sm3},
    }


def _signed_at(signed_at: SignedAt) -> Json:
    return {"claimed": _time(signed_at.claimed), "proven": _time(signed_at.proven), "source": signed_at.source}


def _place(place: Place) -> Json:
    return {
        "page": place.page,
        "x_mm": place.x_mm,
        "y_mm": place.y_mm,
        "width_mm": place.width_mm,
        "height_mm": place.height_mm,
    }


def _check(check: Check) -> Json:
    detail = check_codes.told(check)
    return {
        "code": check.code,
        "outcome": check.outcome.value,
        "subject": check.subject,
        "detail": {"zh": detail.zh, "en": detail.en},
        "clause": check_codes.codes()[check.code].clause,
    }


def _warning(check: Check) -> Json:
    detail = check_codes.told(check)
    return {"code": check.code, "detail": {"zh": detail.zh, "en": detail.en}}


def _certificate(certificate: CertificateStatus) -> Json:
    """Write it; what the document states beside its identifier goes along for the library, which takes it out."""
    stated = certificate.stated
    told = {} if stated is None else {"stated": {"by": stated.by, "number": stated.number, "copy": stated.copy}}
    return {
        **told,
        "identifier": certificate.identifier,
        "type": certificate.type,
        "status": certificate.status,
        "as_of": _time(certificate.as_of),
        "source": certificate.source,
        "superseded_by": certificate.superseded_by,
    }


def _time(at: datetime | str | None) -> str | None:
    return rfc3339(at) if isinstance(at, datetime) else at
