"""Evidence packs as a document format: the signatures of the sealed file, the statement's, and the time stamp over it.

 1. The archive is in the one form of packs (`members`), or the pack is unreadable.
 2. Every member is the one in the pack's list of digests.
 3. The statement is in its one form, and names every member that it can name, with its SM3.
 4. The sealed file is the one of the statement: format, size, SM3. Its signatures are found by its own format, and the
    chains and revocation lists of the pack go along with them, as those of a PDF's own store do.
 5. The key that is stated is that of the library's certificate (library/01.cer).
 6. The ledger's head is signed by the key that is stated, and the certificate's entry is proven under it.
 7. The statement's signature is handed on as what it is, a signed message without attributes (GB/T 35275-2017 8); the
    time stamp as a time stamp of the document over statement and signature: whatever it saw was there at its time,
    the sealed file too, whose SM3 is stated.

What does not fit in 2 to 6 is a failed check of the statement, so that the whole is judged and nothing stops the rest.
Trust, periods and revocation are judged by `signing.judging` like those of every other signature. How the certificate
stood is told only where the statement is valid (`signing.verification`), in the name of whoever signed it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from base.clock import rfc3339
from base.errors import DomainError
from keys.algorithms import asymmetric
from keys.algorithms.sm2 import SM2_SM3, PublicKey
from keys.algorithms.sm3 import SM3
from keys.certificates import NATIONAL, Certificate
from keys.cms import writing
from signing.errors import CannotSign, UnreadableDocument
from signing.formats.evidence import ledger_proof, statement
from signing.formats.evidence.members import (
    CHECKPOINT,
    DIGESTS,
    FILE_STEM,
    MEDIA_TYPE,
    NAME,
    PROOF,
    SIGNATURE,
    STATEMENT,
    TIME_STAMP,
    Members,
    opened,
    recognises,
)
from signing.formats.evidence.statement import FaultyStatement, Statement
from signing.formats.format import Format, FoundDocument, FoundSignature, Prepared, Told, Wanted
from signing.report import CertificateStatus, Check, Coverage, CoverageKind, failed, passed, warned

STATED: Final = "statement"
STAMPED: Final = "timestamp"
_WHOLE: Final = Coverage(CoverageKind.WHOLE)


@dataclass(frozen=True)
class Evidence:
    """The format; the sealed file inside is of one of `formats`."""

    formats: Mapping[str, Format] = field(repr=False)

    @property
    def name(self) -> str:
        """Give the name in reports."""
        return NAME

    @property
    def media_type(self) -> str:
        """Give the media type."""
        return MEDIA_TYPE

    def recognises(self, data: bytes) -> bool:
        """Tell by content whether the bytes claim to be a pack."""
        return recognises(data)

    def prepare(self, data: bytes, wanted: Wanted) -> Prepared:
        """Refuse: nothing is added to a pack. Raises `CannotSign`."""
        del data, wanted
        raise CannotSign(NAME, "evidence-pack")

    def read(self, data: bytes) -> FoundDocument:
        """Find the signatures. Raises `UnreadableDocument`, whatever the bytes are."""
        members = opened(data)  # 1
        stated = _statement(members)
        checks = tuple(_checks(members, stated))
        inside = self._inside(members)
        told = None if stated is None else Told(_status(stated), STATED)
        found = (*inside.signatures, _signature(members, stated, checks), _time_stamp(members))
        return FoundDocument(found, inside.warnings, told)

    def _inside(self, members: Members) -> FoundDocument:
        """Find the sealed file's own signatures (step 4)."""
        form = self.formats.get(members.file.removeprefix(FILE_STEM))
        if form is None:
            raise UnreadableDocument(NAME, "FORMAT_UNKNOWN", members.file)
        inside = form.read(members[members.file])
        if not inside.signatures:
            raise UnreadableDocument(NAME, "NOT_SIGNED", members.file)
        return replace(inside, signatures=tuple(_accompanied(each, members) for each in inside.signatures))


def _statement(members: Members) -> Statement | None:
    try:
        return statement.of(members[STATEMENT])
    except FaultyStatement:
        return None


def _checks(members: Members, stated: Statement | None) -> Iterator[Check]:
    """Carry out steps 2 to 6 as far as they go."""
    yield (passed if members.are_as_listed else failed)("EVIDENCE_MEMBERS", DIGESTS)
    if stated is None:
        yield failed("EVIDENCE_STATEMENT", STATEMENT)
        return
    yield passed("EVIDENCE_STATEMENT", STATEMENT)
    same = stated.members == members.stated
    yield (passed if same else failed)("EVIDENCE_MEMBERS", STATEMENT)
    yield _file(members, stated)
    point = _point(_library(members))
    yield (passed if point == stated.library_key else failed)("EVIDENCE_LIBRARY_KEY", "library/01.cer")
    yield from ledger_proof.checks(stated, members[CHECKPOINT], members[PROOF])
    at = rfc3339(stated.certificate.as_of)
    yield warned("EVIDENCE_STATUS_AS_OF", stated.certificate.identifier, status=stated.certificate.status, at=at)


def _file(members: Members, stated: Statement) -> Check:
    content, told = members[members.file], stated.file
    found = (members.file.removeprefix(FILE_STEM), len(content), SM3.of(content).hex())
    return (passed if found == (told.format, told.bytes, told.sm3) else failed)("EVIDENCE_FILE", members.file)


def _library(members: Members) -> Certificate | None:
    try:
        return Certificate.of(members["library/01.cer"], NATIONAL)
    except DomainError:
        return None


def _point(certificate: Certificate | None) -> str | None:
    try:
        key = None if certificate is None else asymmetric.public_key(certificate.spki)
    except DomainError:
        return None
    return key.point.hex() if isinstance(key, PublicKey) else None


def _signature(members: Members, stated: Statement | None, checks: tuple[Check, ...]) -> FoundSignature:
    certificate = _library(members)
    content = members[STATEMENT]
    found = FoundSignature(
        STATED,
        "signature",
        None if certificate is None else _message(certificate, content, members[SIGNATURE]),
        (memoryview(content),),
        STATEMENT,
        checks,
        _WHOLE,
        claimed_time=None if stated is None else rfc3339(stated.certificate.as_of),
    )
    return _accompanied(found, members)


def _message(certificate: Certificate, content: bytes, signature: bytes) -> bytes:
    """Put the bare signature into the message that it is one of (step 7)."""
    form = writing.template(certificate, SM2_SM3, names_certificate=False)
    return form.prepare_bare(content, attached=False).embed(signature)


def _time_stamp(members: Members) -> FoundSignature:
    stamped = (memoryview(members[STATEMENT]), memoryview(members[SIGNATURE]))
    token = members[TIME_STAMP]
    found = FoundSignature(STAMPED, "signature", token, stamped, TIME_STAMP, (), _WHOLE, is_document_timestamp=True)
    return _accompanied(found, members)


def _accompanied(found: FoundSignature, members: Members) -> FoundSignature:
    """Let the pack's certificates, lists and answers go along with a signature."""
    certificates = (*members.below("library", "cer"), *members.below("chain", "cer"))
    return replace(
        found,
        certificates=(*found.certificates, *certificates),
        lists=(*found.lists, *members.below("revocation", "crl")),
        answers=(*found.answers, *members.below("revocation", "ocsp")),
    )


def _status(stated: Statement) -> CertificateStatus:
    told = stated.certificate
    return CertificateStatus(told.identifier, told.type, told.status, told.as_of, STATED, told.superseded_by)
