"""The holder's view below `/api/v1/my`: one's certificates, their uses with proof, and what one says to them."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs import library, types
from certs.copies.copies import MEDIA_TYPES
from certs.errors import NoSuchCertificateFile
from certs.holders import bindings, objections, own, uses, voices
from certs.holders.bindings import Binding
from certs.holders.models import HolderUse
from certs.holders.schemas import (
    BoundHoldersSchema,
    EvaluationMonthQuery,
    HolderBindingSchema,
    MyCertificatesSchema,
    MyUsesSchema,
    UseEvaluationSchema,
    UseEvaluationsSchema,
    UseProofSchema,
)
from certs.models import Certificate
from certs.wiring import Certs
from exchange.door import receipts
from exchange.door.wiring import Gateway
from keys.parties import organisations

holder_routes = Blueprint("holders", __name__, description="我的证照 · the holder's view")

HOLDERS: Final = frozenset({"holder"})
HIDDEN: Final = {
    uses.UNDER_INSPECTION: {
        "code": uses.UNDER_INSPECTION,
        "zh": "涉及尚未结束的检查，结束后告知",
        "en": "part of an inspection under way; told when it is closed",
    }
}
USE: Final = "/my/uses/<string:usage>"
_FILE: Final[Any] = {"type": "string", "format": "binary"}


@holder_routes.route("/holder-bindings", methods=["POST"])
@guarded(roles={"secadmin"})
@writes
@takes(HolderBindingSchema)
@gives(None, 204)
def bind(session: Session, told: Binding) -> None:
    """Bind a person's account to a holder's code, after their paper, or the basis to act for another, was seen."""
    bindings.bind(session, parts(Certs).keys, told, caller(), clock.now())


@holder_routes.route("/my/holders", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(BoundHoldersSchema)
def holders(session: Session) -> dict[str, Any]:
    """List the holders whom one may speak for."""
    found = bindings.bound(session, parts(Certs).keys, caller(), clock.now())
    return {
        "items": [
            {
                **{name: getattr(each.holder, name) for name in ("code", "type", "name")},
                "capacity": each.capacity,
                "basis": each.basis,
            }
            for each in found
        ]
    }


@holder_routes.route("/my/certificates", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(MyCertificatesSchema)
def certificates(session: Session) -> dict[str, Any]:
    """List one's certificates, in every state, newest first."""
    rows = own.certificates(session, parts(Certs).keys, caller(), clock.now())
    return {"items": [_certificate(session, row) for row in rows]}


@holder_routes.route("/my/certificates/<string:identifier>/files/<string:form>", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(_FILE, content_type="application/octet-stream")
def file(session: Session, identifier: str, form: str) -> Response:
    """Give one's certificate as its issuer sealed it, byte for byte."""
    row = own.certificate_of(session, parts(Certs).keys, identifier, caller(), clock.now())
    found = next((each for each in library.documents(session, parts(Certs).keys, row) if each.format == form), None)
    if found is None:
        raise NoSuchCertificateFile(identifier, form)
    response = Response(found.content, mimetype=MEDIA_TYPES[form], headers={"Cache-Control": "private, no-store"})
    response.headers.set("Content-Disposition", "attachment", filename=f"{identifier}.{form}")
    return response


@holder_routes.route("/my/uses", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(MyUsesSchema)
def my_uses(session: Session) -> dict[str, Any]:
    """List who used one's certificates, for what, which fields, and when; and how many uses are told later."""
    shown = uses.shown(session, _hashes(session), clock.now())
    names = organisations.known(session, sorted({each.organisation for each in shown.uses}))
    holders, usages = _hashes(session), [each.usage for each in shown.uses]
    said, objected = voices.given(session, holders, usages), objections.states(session, holders, usages)
    answered = voices.answers(session, parts(Certs).keys, holders, usages)
    return {
        "items": [
            {
                **{name: getattr(each, name) for name in ("usage", "at", "kind", "organisation", "item_code")},
                **{name: getattr(each, name) for name in ("item_name", "stage", "ground")},
                # Of data, the directory stands where a certificate's type does, and no certificate is named.
                "type": each.identifier if each.kind == uses.DATA else each.type,
                "identifier": "" if each.kind == uses.DATA else each.identifier,
                "organisation_name": names[each.organisation].name,
                "type_name": uses.name_of(session, parts(Certs).types, each),
                "fields_": each.fields,
                "outcome": each.outcome,
                "consent": each.consent,
                "evaluation": said.get(each.usage),
                "evaluation_answer": answered.get(each.usage),
                "objection": objected.get(each.usage),
            }
            for each in shown.uses
        ],
        "hidden": shown.hidden,
        "hidden_reason": HIDDEN[shown.reason] if shown.hidden else None,
    }


@holder_routes.route(f"{USE}/proof", methods=["GET"])
@guarded(roles=HOLDERS)
@gives(UseProofSchema)
def proof(usage: str) -> dict[str, Any]:
    """Prove from the ledger that a use of one's certificate is on record."""
    database, gateway = parts(Database), parts(Gateway)
    gateway.open(database)
    with database.reading() as session:
        row = _use(session, usage)
        return {"usage": usage, "receipt": receipts.document(session, gateway, row.usage)}


@holder_routes.route(f"{USE}/evaluations", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@takes(UseEvaluationSchema)
@gives(None, 204)
def evaluate(session: Session, told: dict[str, Any], usage: str) -> None:
    """Say how content one is with a use (好差评), once."""
    voices.evaluate(session, _use(session, usage), told["level"], told["text"], caller(), clock.now())


@holder_routes.route("/use-evaluations", methods=["GET"])
@guarded(scope="cert:read", roles={"window", "requester", "authority"})
@reads
@takes(EvaluationMonthQuery, location="query")
@gives(UseEvaluationsSchema)
def evaluations(session: Session, told: dict[str, str]) -> dict[str, Any]:
    """Count what holders said of one's own organisation's uses in a month."""
    year, month = map(int, told["month"].split("-"))
    return {"month": told["month"], "items": voices.evaluations(session, caller().organisation, year, month)}


@holder_routes.route("/usages/<string:usage>/inspection-closing", methods=["POST"])
@guarded(scope="cert:read", roles={"window", "authority"})
@writes
@gives(None, 204)
def close(session: Session, usage: str) -> None:
    """Say that the inspection is closed in which one's organisation used something: then the holder is told."""
    uses.close(session, usage, caller(), clock.now())


def _hashes(session: Session) -> list[str]:
    return own.hashes(session, parts(Certs).keys, caller(), clock.now())


def _use(session: Session, usage: str) -> HolderUse:
    return uses.shown_one(session, _hashes(session), usage, clock.now())


def _certificate(session: Session, row: Certificate) -> dict[str, Any]:
    known = library.known(session, parts(Certs).keys, row, clock.now())
    return {
        **{name: getattr(row, name) for name in ("identifier", "type", "issuer", "holding", "issued_on")},
        **{name: getattr(row, name) for name in ("valid_from", "valid_until", "superseded_by")},
        "type_name": types.type_of(parts(Certs).types, row.type).name,
        "number": known.content.number,
        "status": known.standing.value,
        "holders": known.content.holders,
        "data": dict(known.content.data),
        "files": library.files(session, row),
        "link": parts(Certs).links + row.token,
    }
