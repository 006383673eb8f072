"""Evidence below `/api/v1`: a pack or a credential of one certificate, and what verifies them without this site."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint as Plain
from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, open_to_all, parts, reads, takes
from certs.evidence import asking, credential, credentials
from certs.evidence.asking import Asked
from certs.evidence.credentials import CredentialMaker
from certs.evidence.edges import EvidenceMaker
from certs.evidence.material import house_asking
from certs.evidence.page import PAGE, page, policy
from certs.evidence.schemas import CredentialQuestionSchema, EvidenceQuestionSchema
from certs.evidence.wiring import Evidencing
from certs.wiring import Certs
from exchange.door.wiring import Gateway
from keys.authority.wiring import Authority
from keys.checkpoints.wiring import Checkpoints
from signing.formats.evidence import members
from signing.stamping import HouseStamper
from signing.wiring import Signing

evidence_routes = Blueprint("evidence", __name__, description="离线证据 · evidence that is judged offline")
# The metadata has its place from outside: at the root of the site.
credential_metadata = Plain("credential-metadata", __name__)

ASKERS: Final = frozenset({"holder", "issuer", "window"})
PRIVATE: Final = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}
# Verifiers may keep the keys for as long as a new one can wait for its first credential to be believed.
KEYS_KEPT_SECONDS: Final = 300
_FILE: Final[Any] = {"type": "string", "format": "binary"}
_TEXT: Final[Any] = {"type": "string"}


@evidence_routes.route("/certificates/<string:identifier>/evidence", methods=["POST"])
@guarded(scope="cert:read", roles=ASKERS)
@takes(EvidenceQuestionSchema)
@gives(_FILE, content_type=members.MEDIA_TYPE)
def pack(told: dict[str, Any], identifier: str) -> Response:
    """Give the sealed file with what proves it and how it stands, in one file that anybody judges offline."""
    asked = Asked(identifier, asking.PACK, told["purpose"], told["format"], _body(identifier))
    made = _maker().pack(asked)
    response = Response(made.content, mimetype=members.MEDIA_TYPE, headers=PRIVATE)
    response.headers.set("Content-Disposition", "attachment", filename=f"{identifier}.evidence.zip")
    return response


@evidence_routes.route("/certificates/<string:identifier>/credentials", methods=["POST"])
@guarded(scope="cert:read", roles=ASKERS)
@takes(CredentialQuestionSchema)
@gives(_TEXT, content_type=credential.MEDIA_TYPE)
def issue(told: dict[str, Any], identifier: str) -> Response:
    """Give the certificate's row as an SD-JWT credential, bound to the sealed file by its SM3."""
    body = _body(identifier)
    asked = Asked(identifier, asking.CREDENTIAL, told["purpose"], told["format"], body, told["holder_key"])
    database, by = parts(Database), caller()
    maker = CredentialMaker(database, parts(Certs), parts(Evidencing), parts(Gateway), by, clock.now)
    return Response(maker.credential(asked).text, mimetype=credential.MEDIA_TYPE, headers=PRIVATE)


@evidence_routes.route("/evidence-reader", methods=["GET"])
@open_to_all
@gives(_FILE, content_type="text/html")
def reader() -> Response:
    """Give the page that checks packs offline: one file, to keep and to open without any network."""
    headers = {"Content-Security-Policy": policy(), "Cache-Control": "public, max-age=3600"}
    response = Response(page(), mimetype="text/html", headers=headers)
    response.headers.set("Content-Disposition", "inline", filename=PAGE)
    return response


@credential_metadata.get("/.well-known/jwt-vc-issuer")
@open_to_all
@reads
def metadata(session: Session) -> Response:
    """Tell who issues credentials, and the keys under which they verify (SD-JWT VC, issuer metadata)."""
    response = jsonify(credentials.issuer_metadata(session, parts(Evidencing)))
    response.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    return response


def _maker() -> EvidenceMaker:
    database, authority, signing, by = parts(Database), parts(Authority), parts(Signing), caller()

    return EvidenceMaker(
        database,
        parts(Certs),
        parts(Evidencing),
        parts(Gateway),
        parts(Checkpoints),
        signing.trust_at,
        signing.stamper or HouseStamper(database, authority, by, clock.now),
        house_asking(database, authority, clock.now),
        by,
        clock.now,
    )


def _body(identifier: str) -> Mapping[str, Any]:
    """Give what was asked, as it goes into the record of the use."""
    told: Mapping[str, Any] = request.get_json(silent=True) or {}
    return {**told, "identifier": identifier}
