"""The sealed files that a case may rely on: kept here, valid when they came in, and still the same bytes.

Where a material is taken as a whole file, the answer names the files by format and SM3; the bytes themselves are had as
a marked copy (加注件) of this purpose. A file whose seal was never found valid, or whose bytes are no longer those that
were verified, is not named: then there is data and no file, and the clerk sees so. Whether the certificate is in force
now is told by its status, beside this.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from certs import library
from certs.contents import Keys
from certs.filing.matter import Mode
from certs.models import Certificate, CertificateFile
from keys.algorithms.sm3 import SM3

Told = dict[str, Any]
VALID: Final = "valid"
COPIES: Final = "/api/v1/certificate-copies"


def wanted(items: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Give the certificates whose files are wanted: taken whole, and valid."""
    return frozenset(
        each["identifier"]
        for item in items
        if item["mode"] == Mode.FILE
        for each in item["certificates"]
        if each["status"] == VALID
    )


def of(session: Session, keys: Keys, identifiers: Collection[str]) -> dict[str, list[Told]]:
    """Give the files of certificates that can be relied on; none of one that another library has."""
    rows = session.scalars(select(Certificate).where(Certificate.identifier.in_(identifiers)))
    return {row.identifier: _sound(session, keys, row) for row in rows}


def originals(session: Session, identifiers: Collection[str]) -> dict[str, list[dict[str, str]]]:
    """Give format and SM3 of certificates' files as they came in; none of one that another library has."""
    if not identifiers:
        return {}
    query = select(CertificateFile.identifier, CertificateFile.format, CertificateFile.sm3)
    wanted = query.where(CertificateFile.identifier.in_(identifiers))
    found: dict[str, list[dict[str, str]]] = {}
    for identifier, form, sm3 in session.execute(wanted.order_by(CertificateFile.identifier, CertificateFile.format)):
        found.setdefault(identifier, []).append({"format": form, "sm3": sm3})
    return found


def named(items: Sequence[Told], files: Mapping[str, list[Told]]) -> list[Told]:
    """Name the files beside the certificates of materials that are taken whole, and where a copy is had."""
    return [item if item["mode"] != Mode.FILE else _of_item(item, files) for item in items]


def _of_item(item: Told, files: Mapping[str, list[Told]]) -> Told:
    return {**item, "certificates": [_with(each, files) for each in item["certificates"]]}


def _with(certificate: Told, files: Mapping[str, list[Told]]) -> Told:
    return {**certificate, "files": files.get(certificate["identifier"], []), "copies": COPIES}


def _sound(session: Session, keys: Keys, row: Certificate) -> list[Told]:
    return [
        {"format": each.format, "sm3": each.sm3, "verdict": each.verdict}
        for each in library.documents(session, keys, row)
        if each.verdict == VALID and SM3.of(each.content).hex() == each.sm3
    ]
