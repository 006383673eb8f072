"""Certificates below `/api/v1`, for those who issue them, and how one stands, for whoever has it in hand."""

from typing import Any

from flask import Response, request
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from base import clock, strict_json
from base.api import Blueprint, MalformedRequest, invalid
from base.db import Database
from base.web import (
    caller,
    gives,
    guarded,
    limited,
    open_to_all,
    parts,
    reads,
    require_match,
    tagged,
    takes,
    transacts,
    writes,
)
from base.workdays import local_day
from certs import library, types
from certs.deposits.edges import Depositor
from certs.deposits.metadata import Sent
from certs.deposits.schemas import DepositMetadataSchema
from certs.drafts import Draft
from certs.edges import Issuer
from certs.errors import NoSuchCertificate, NoSuchCertificateFile
from certs.issuing import Asked, Case
from certs.life import Step
from certs.models import Certificate
from certs.schemas import (
    CertificateEventsSchema,
    CertificateStatusSchema,
    CertificateStepSchema,
    CertificateVersionSchema,
    LibraryCertificateSchema,
    NewCertificateSchema,
)
from certs.wiring import Certs
from keys.authority.wiring import Authority
from signing.edges import Sealer
from signing.verification_wiring import Verifying
from signing.wiring import Signing

certificates = Blueprint("certificates", __name__, description="电子证照 · certificates")

# Fields of a large type with a photograph in base64.
BODY_BYTES = 1024 * 1024
# A finished file with its photograph and typefaces, as large as verifying takes one, and the lines of a form around it.
FILE_BYTES = 20 * 1024 * 1024 + 1024 * 1024
MULTIPART = "multipart/form-data"
Version = tuple[Draft, Case | None, str | None]
ISSUERS = {"issuer"}
# Who watches and who enforces sees the life of any certificate, and not what it says.
WATCHERS = {"auditor", "authority"}
READERS = ISSUERS | WATCHERS
ID = "<string:identifier>"
_FILE: Any = {"type": "string", "format": "binary"}
MEDIA_TYPES = {"ofd": "application/ofd", "pdf": "application/pdf"}


_BODIES: Any = {
    "required": True,
    "content": {
        "application/json": {"schema": NewCertificateSchema},
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": ["file", "metadata"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "metadata": {"type": "string", "contentMediaType": "application/json"},
                },
            }
        },
    },
}


@certificates.route("/certificates", methods=["POST"])
@limited(FILE_BYTES)
@guarded(scope="cert:issue", roles=ISSUERS)
@transacts
@certificates.doc(requestBody=_BODIES)  # type: ignore[untyped-decorator] # flask-smorest has no types
@gives(LibraryCertificateSchema, 201)
def issue(database: Database) -> dict[str, Any]:
    """Issue a certificate from its data, or take a finished file in: one is sealed here, the other never again."""
    if request.mimetype == MULTIPART:
        document, name, (sent, case) = _handed()
        return _answered(database, _depositor(database).deposit(document, name, sent, case))
    request.max_content_length = BODY_BYTES
    return _answered(database, _issuer(database).issue(_asked()))


@certificates.route(f"/certificates/{ID}", methods=["GET"])
@guarded(scope="cert:issue", roles=READERS)
@reads
@gives(LibraryCertificateSchema)
def one(session: Session, identifier: str) -> dict[str, Any]:
    """Give a certificate of one's own organisation."""
    row = _own(session, identifier)
    tagged(row.version)
    return _shown(session, row)


@certificates.route(f"/certificates/{ID}/events", methods=["GET"])
@guarded(scope="cert:issue", roles=READERS)
@reads
@gives(CertificateEventsSchema)
def events(session: Session, identifier: str) -> dict[str, Any]:
    """List what was done to a certificate."""
    return {"items": library.events_of(session, _own(session, identifier).identifier)}


@certificates.route(f"/certificates/{ID}/files/<string:form>", methods=["GET"])
@guarded(scope="cert:issue", roles=ISSUERS)
@reads
@gives(_FILE, content_type="application/octet-stream")
def file(session: Session, identifier: str, form: str) -> Response:
    """Give a certificate's sealed file to its issuer, byte for byte."""
    row = _own(session, identifier)
    found = next((each for each in library.documents(session, parts(Certs).keys, row) if each.format == form), None)
    if found is None:
        raise NoSuchCertificateFile(identifier, form)
    return Response(found.content, mimetype=MEDIA_TYPES[form], headers={"Cache-Control": "no-store"})


@certificates.route(f"/certificates/{ID}/changes", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="cert:issue", roles=ISSUERS)
@transacts
@takes(CertificateVersionSchema)
@gives(LibraryCertificateSchema, 201)
def change(database: Database, told: Version, identifier: str) -> dict[str, Any]:
    """Issue the next version of a certificate; the present one ends when it is signed."""
    return _succeeded(database, identifier, told, Step.CHANGE)


@certificates.route(f"/certificates/{ID}/renewals", methods=["POST"])
@limited(BODY_BYTES)
@guarded(scope="cert:issue", roles=ISSUERS)
@transacts
@takes(CertificateVersionSchema)
@gives(LibraryCertificateSchema, 201)
def renew(database: Database, told: Version, identifier: str) -> dict[str, Any]:
    """Issue the next version of a certificate for a further period."""
    return _succeeded(database, identifier, told, Step.RENEW)


@certificates.route(f"/certificates/{ID}/signatures", methods=["POST"])
@guarded(scope="cert:issue", roles=ISSUERS)
@transacts
@gives(LibraryCertificateSchema, 201)
def sign(database: Database, identifier: str) -> dict[str, Any]:
    """Sign a certificate that was left to be signed."""
    with database.reading() as session:
        _own(session, identifier)
    _issuer(database).retry(identifier)
    return _answered(database, identifier)


@certificates.route(f"/certificates/{ID}/steps", methods=["POST"])
@guarded(scope="cert:issue", roles=ISSUERS | {"authority"})
@writes
@takes(CertificateStepSchema)
@gives(LibraryCertificateSchema)
def step(session: Session, told: dict[str, Any], identifier: str) -> dict[str, Any]:
    """Suspend, resume, review, revoke, cancel or transfer a certificate of one's own; an authority freezes any."""
    row = library.certificate_of(session, identifier, locked=True)
    require_match(row.version)
    library.take(session, row, told["step"], told["reason"], caller(), clock.now(), on=told["effective_on"])
    tagged(row.version)
    return _shown(session, row)


@certificates.route("/certificate-status/<string:token>", methods=["GET"])
@open_to_all
@reads
@gives(CertificateStatusSchema)
def status(session: Session, token: str) -> dict[str, Any]:
    """Tell how the certificate stands now whose face carries this code. It tells nothing of its holder."""
    row, at = library.pointed_at(session, token), clock.now()
    return {
        "identifier": row.identifier,
        "type": row.type,
        "type_name": types.type_of(parts(Certs).types, row.type).name,
        "issuer": row.issuer,
        "status": library.standing_of(row, local_day(at)).value,
        "as_of": at,
        "is_superseded": row.superseded_by is not None,
    }


def _issuer(database: Database) -> Issuer:
    sealer = Sealer(database, parts(Signing), parts(Authority), caller(), clock.now)
    return Issuer(database, parts(Certs), sealer, caller(), clock.now)


def _depositor(database: Database) -> Depositor:
    return Depositor(database, parts(Certs), parts(Signing), parts(Verifying), caller(), clock.now)


@takes(NewCertificateSchema)
def _asked(asked: Asked) -> Asked:
    """Take the data of a certificate out of the body."""
    return asked


def _handed() -> tuple[bytes, str, tuple[Sent, Case | None]]:
    """Take a finished file and what is told of it out of the form.

    Raises `MalformedRequest`, `InvalidInput`, `MalformedJson`.
    """
    files, told = request.files.getlist("file"), request.form.getlist("metadata")
    if len(files) != 1 or len(told) != 1 or len(request.files) != 1:
        raise MalformedRequest("one part named file and one named metadata")
    try:
        return files[0].read(), files[0].filename or "", DepositMetadataSchema().load(strict_json.parse(told[0]))
    except ValidationError as error:
        raise invalid({"json": error.messages}) from error


def _succeeded(database: Database, identifier: str, told: Version, act: Step) -> dict[str, Any]:
    draft, case, seal = told
    with database.reading() as session:
        row = _own(session, identifier)
        require_match(row.version)
        asked = Asked(row.type, draft, case, identifier, act, row.issuer, seal)
    return _answered(database, _issuer(database).issue(asked))


def _answered(database: Database, identifier: str) -> dict[str, Any]:
    with database.reading() as session:
        row = library.certificate_of(session, identifier)
        tagged(row.version)
        return _shown(session, row)


def _own(session: Session, identifier: str) -> Certificate:
    row = library.certificate_of(session, identifier)
    if not _is_ours(session, row) and not WATCHERS & caller().roles:
        raise NoSuchCertificate(identifier)
    return row


def _is_ours(session: Session, row: Certificate) -> bool:
    """Tell whether the caller's organisation issued it, or brought it: as a file, or for another organ by its leave."""
    return caller().organisation in (row.issuer, library.entered_by(session, row))


def _shown(session: Session, row: Certificate) -> dict[str, Any]:
    known = library.known(session, parts(Certs).keys, row, clock.now())
    hidden = not _is_ours(session, row)
    return {
        "identifier": row.identifier,
        "type": row.type,
        "type_name": types.type_of(parts(Certs).types, row.type).name,
        "number": "" if hidden else known.content.number,
        "issuer": row.issuer,
        "region": row.region,
        "holding": row.holding,
        "state": row.state,
        "status": known.standing.value,
        "holders": [] if hidden else known.content.holders,
        "issued_on": row.issued_on,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "review_due": row.review_due,
        "data": {} if hidden else dict(known.content.data),
        "supersedes": row.supersedes,
        "superseded_by": row.superseded_by,
        "files": library.files(session, row),
        "version": row.version,
    }
