"""What the library says now of the certificate that a document is: told beside the verdict on its seals, never in it.

How a document is known, and what `source` then says:

 1. By its SM3, as a file that the library keeps, byte for byte (`library:file`), or as a copy that it made
    (`library:copy`).
 2. By what a proof of a certificate states, where every signature is valid (`library:statement`): the status is told as
    it is now and not as it was when the proof was made.
 3. By the identifier inside that which a valid signature covers (`library:identifier`), or by type and number there
    (`library:number`): a file that was saved anew, or whose carrier another library keeps. Only where every signature
    is valid, type and number are the certificate's own, and the signature is of its issuer, of the organ whose seal the
    library's own file bears, or, for a copy, of whoever sealed that copy. Anybody can write a good identifier into a
    document of their own and seal that; a remark says so then, and no status is told.

An identifier in a document that is not valid is not believed: whoever forges a face writes a good one into it, and the
forgery would be told to be of a certificate that is valid. What the library does not know stays as it is stated, its
status unknown. Without keys, as in a room that has none, numbers are not looked for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.clock import rfc3339
from base.workdays import local_day
from certs import contents, library
from certs.contents import Keys
from certs.copies import copies
from certs.copies.models import ID_LENGTH, Copy
from certs.deposits import depositing, verdicts
from certs.libraries.own import HIDDEN
from certs.models import IDENTIFIER_LENGTH, Certificate, CertificateFile
from signing.models import Seal, SealUse
from signing.verification_wiring import Said

FILE, A_COPY, STATEMENT, IDENTIFIER, NUMBER = (
    f"library:{each}" for each in ("file", "copy", "statement", "identifier", "number")
)
VALID: Final = "valid"
UNKNOWN: Final = "unknown"
COPY: Final = "CERTIFICATE_COPY"
EXPIRED: Final = "COPY_EXPIRED"
FOREIGN: Final = "CERTIFICATE_STATED_BY_ANOTHER"
DIFFERS: Final = "CERTIFICATE_STATED_DIFFERS"
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
    FOREIGN: (
        "文件自称是证照 {identifier}，但所盖不是该证照颁发机构的印章：不据此告知证照现状。请向颁发机构核实。",
        "Said to be {identifier}, under a seal that is not its issuer's: no status is told. Ask the issuer.",
    ),
    DIFFERS: (
        "文件自称是证照 {identifier}，但所载类型或编号与证照库不符：不据此告知证照现状。请向颁发机构核实。",
        "Said to be {identifier}, with a type or number of another: no status is told. Ask the issuer.",
    ),
}


@dataclass(frozen=True)
class Found:
    """Which certificate a document is, how that is known, and the copy that it is, if it is one.

    With a `refusal` it only says to be that certificate; where `is_one_of_several`, its number is borne by several
    versions, and which of them it is cannot be told.
    """

    row: Certificate
    source: str
    copy: Copy | None = None
    refusal: str = ""
    is_one_of_several: bool = False


def said(session: Session, report: Mapping[str, Any], at: datetime, keys: Keys | None = None) -> Said:
    """Tell how the certificate stands that a document is, or is a copy of, and what is to be remarked on it."""
    found = _found(session, report, keys)
    return Said(_present_status(report, found, at), _remarks(found, at))


def _present_status(report: Mapping[str, Any], found: Found | None, at: datetime) -> Mapping[str, Any] | None:
    """Tell how the certificate stands; none where the document is none, or another's."""
    if found is None or found.row.state in HIDDEN:
        return _as_stated(report)
    if found.refusal:
        return None
    row = found.row
    return {
        "identifier": row.identifier,
        "type": row.type,
        "status": UNKNOWN if found.is_one_of_several else library.standing_of(row, local_day(at)).value,
        "as_of": rfc3339(at),
        "source": found.source,
        "superseded_by": row.superseded_by,
    }


def _remarks(found: Found | None, at: datetime) -> list[dict[str, Any]]:
    """Tell, as warnings, that a document is a copy (加注件), that its time is over, or that it says to be another's."""
    if found is None:
        return []
    if found.refusal:
        return [] if found.row.state in HIDDEN else [_warning(found.refusal, identifier=found.row.identifier)]
    copy = found.copy
    if copy is None:
        return []
    facts = {
        "identifier": copy.identifier,
        "original_sm3": copy.original_sm3 or "—",
        "expires_at": rfc3339(copy.expires_at),
    }
    told = [_warning(COPY, **facts)]
    return [*told, _warning(EXPIRED, **facts)] if at >= copy.expires_at else told


def _found(session: Session, report: Mapping[str, Any], keys: Keys | None) -> Found | None:
    return _by_digest(session, str(report["document"]["sm3"])) or _by_statement(session, report, keys)


def _by_digest(session: Session, sm3: str) -> Found | None:
    query = select(CertificateFile.identifier).where(CertificateFile.sm3 == sm3).limit(1)
    if (identifier := session.scalars(query).one_or_none()) is not None:
        return Found(library.certificate_of(session, identifier), FILE)
    copy = copies.by_digest(session, sm3)
    row = session.get(Certificate, copy.identifier) if copy else None
    return Found(row, A_COPY, copy) if row is not None else None


def _by_statement(session: Session, report: Mapping[str, Any], keys: Keys | None) -> Found | None:
    """Find the certificate that a valid document says to be, and whether it may say so."""
    told = report.get("certificate")
    if report.get("verdict") != VALID or not isinstance(told, Mapping) or not isinstance(told.get("identifier"), str):
        return None
    stated = told.get("stated")
    row = session.get(Certificate, told["identifier"][:IDENTIFIER_LENGTH])
    if not isinstance(stated, Mapping):
        # A proof's own statement: a type that is not the certificate's makes it none.
        return Found(row, STATEMENT) if row is not None and told.get("type") in (None, "", row.type) else None
    if row is None:
        return _by_number(session, report, told, stated, keys)
    found = _spoken_for(session, report, stated, Found(row, IDENTIFIER))
    is_another = told.get("type") not in (None, "", row.type) or _bears_another(session, keys, row, stated, found.copy)
    return replace(found, refusal=DIFFERS) if is_another and not found.refusal else found


def _bears_another(
    session: Session, keys: Keys | None, row: Certificate, stated: Mapping[str, Any], copy: Copy | None
) -> bool:
    """Tell whether a number is stated that is not the certificate's; a copy may show a part of it only."""
    if keys is None or copy is not None or not stated["number"]:
        return False
    return contents.number_hash(session, keys, row.type, stated["number"]) != row.number_hash


def _by_number(
    session: Session, report: Mapping[str, Any], told: Mapping[str, Any], stated: Mapping[str, Any], keys: Keys | None
) -> Found | None:
    """Find a certificate by type and number; all its versions bear the number, and the document does not say which."""
    if keys is None or told["identifier"] or not stated["number"]:
        return None
    hashed = contents.number_hash(session, keys, told["type"], stated["number"])
    query = select(Certificate).where(Certificate.type == told["type"], Certificate.number_hash == hashed)
    rows = [each for each in session.scalars(query.order_by(Certificate.created_at)) if each.state not in HIDDEN]
    if not rows:
        return None
    return _spoken_for(session, report, stated, Found(rows[-1], NUMBER, is_one_of_several=len(rows) > 1))


def _spoken_for(session: Session, report: Mapping[str, Any], stated: Mapping[str, Any], found: Found) -> Found:
    """Let only an organ speak for a certificate that made it, or a copy of it."""
    row = found.row
    copy = session.get(Copy, stated["copy"][:ID_LENGTH]) if stated["copy"] else None
    if copy is not None and copy.identifier == row.identifier:
        uses, organs = [copy.seal_use], set()
    else:
        copy = None
        files = select(CertificateFile.seal_use).where(CertificateFile.identifier == row.identifier)
        uses, organs = list(session.scalars(files)), {row.issuer}
    sealed = (
        select(Seal.owner).join(SealUse, SealUse.seal == Seal.id).where(SealUse.id.in_([each for each in uses if each]))
    )
    signatures = [each for each in report["signatures"] if each["id"] == stated["by"]]
    sealings = list(verdicts.sealings({"signatures": signatures}))
    owners = organs | set(session.scalars(sealed))
    is_theirs = any(depositing.is_of(session, organ, sealing) for organ in sorted(owners) for sealing in sealings)
    return replace(found, copy=copy, refusal="" if is_theirs else FOREIGN)


def _as_stated(report: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Leave what the document states of itself, where it names a certificate that this library does not know."""
    told = report.get("certificate")
    if not isinstance(told, Mapping) or not told.get("identifier"):
        return None
    return {name: value for name, value in told.items() if name != "stated"}


def _warning(code: str, **facts: str) -> dict[str, Any]:
    zh, en = WORDS[code]
    return {"code": code, "detail": {"zh": zh.format(**facts), "en": en.format(**facts)}}
