"""What the library says now of the certificate that a document is: told beside the verdict on its seals, never in it.

A document is known by its SM3: as a file that the library keeps, byte for byte, or as a copy that it made. One that is
neither may state of which certificate it speaks, as a proof of one does (`report["certificate"]`): that is believed
only where every signature is valid, and the status is then told as it is now and not as it was when the proof was made.
An identifier in a document that is not valid is not believed: whoever forges a face writes a good one into it, and the
forgery would be told to be of a certificate that is valid.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.clock import rfc3339
from base.workdays import local_day
from certs import library
from certs.copies import copies
from certs.copies.models import Copy
from certs.libraries.own import HIDDEN
from certs.models import IDENTIFIER_LENGTH, Certificate, CertificateFile

SOURCE: Final = "library"
VALID: Final = "valid"
COPY: Final = "CERTIFICATE_COPY"
EXPIRED: Final = "COPY_EXPIRED"
# Code → words, in Chinese and English, with the facts in braces.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    COPY: (
        "本文件是证照 {identifier} 的加注件，有效期至 {expires_at}；所盖为平台服务章。原证照文件 SM3：{original_sm3}。",
        "This is a copy of {identifier}, good until {expires_at}, under a service seal. Original SM3: {original_sm3}.",
    ),
    EXPIRED: (
        "加注件已于 {expires_at} 过期，不得再作为凭证，请重新获取。",
        "The copy ended at {expires_at} and proves nothing any more; ask for a new one.",
    ),
}


def present_status(session: Session, report: Mapping[str, Any], at: datetime) -> Mapping[str, Any] | None:
    """Tell how the certificate stands that a document is, or is a copy of; none where the library knows neither."""
    row = _certificate(session, _digest(report)) or _stated(session, report)
    if row is None or row.state in HIDDEN:
        return None
    return {
        "identifier": row.identifier,
        "type": row.type,
        "status": library.standing_of(row, local_day(at)).value,
        "as_of": rfc3339(at),
        "source": SOURCE,
        "superseded_by": row.superseded_by,
    }


def remarks(session: Session, report: Mapping[str, Any], at: datetime) -> list[dict[str, Any]]:
    """Tell, as warnings of a report, that a document is a copy (加注件), and that its time is over."""
    copy = copies.by_digest(session, _digest(report))
    if copy is None:
        return []
    told = [_warning(COPY, copy)]
    return [*told, _warning(EXPIRED, copy)] if at >= copy.expires_at else told


def _certificate(session: Session, sm3: str) -> Certificate | None:
    query = select(CertificateFile.identifier).where(CertificateFile.sm3 == sm3).limit(1)
    identifier = session.scalars(query).one_or_none()
    if identifier is None:
        copy = copies.by_digest(session, sm3)
        identifier = copy.identifier if copy else None
    return session.get(Certificate, identifier) if identifier else None


def _stated(session: Session, report: Mapping[str, Any]) -> Certificate | None:
    """Find the certificate that a valid document states; a type that is not the certificate's own is no such one."""
    told = report.get("certificate")
    if report.get("verdict") != VALID or not isinstance(told, Mapping) or not isinstance(told.get("identifier"), str):
        return None
    row = session.get(Certificate, told["identifier"][:IDENTIFIER_LENGTH])
    return row if row is not None and told.get("type") in (None, "", row.type) else None


def _digest(report: Mapping[str, Any]) -> str:
    return str(report["document"]["sm3"])


def _warning(code: str, copy: Copy) -> dict[str, Any]:
    facts = {
        "identifier": copy.identifier,
        "original_sm3": copy.original_sm3 or "—",
        "expires_at": rfc3339(copy.expires_at),
    }
    zh, en = WORDS[code]
    return {"code": code, "detail": {"zh": zh.format(**facts), "en": en.format(**facts)}}
