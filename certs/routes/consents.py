"""Consents below `/api/v1`: a holder gives, sees and withdraws their own; a window takes one with its proof."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.callers import Caller, NotAllowed
from base.web import caller, gives, guarded, parts, reads, takes, writes
from certs.consents import consents, schemas
from certs.consents.consent import Given
from certs.consents.errors import NoSuchConsent
from certs.consents.models import ConsentRow
from certs.consents.schemas import (
    ConsentSchema,
    ConsentsSchema,
    ConsentWithdrawalSchema,
    HolderConsentSchema,
    TakenConsentSchema,
)
from certs.holders import bindings, own
from certs.wiring import Certs
from keys.parties import organisations

consent_routes = Blueprint("consents", __name__, description="授权同意 · consents")

HOLDERS: Final = frozenset({"holder"})
WINDOWS: Final = frozenset({"window"})
OWN, TAKEN = "holder", "window"


@consent_routes.route("/consents", methods=["POST"])
@guarded(roles=HOLDERS)
@writes
@takes(HolderConsentSchema)
@gives(ConsentSchema, 201)
def give(session: Session, told: dict[str, Any]) -> dict[str, Any]:
    """Agree that an organisation may have certificates of these types for this matter."""
    house, by, at = parts(Certs), caller(), clock.now()
    bound = bindings.as_holder(session, house.keys, told["holder_code"], by, at)
    asked = schemas.given(told, bound.holder, *own.giver(bound, by), bound.basis)
    return _shown(session, [consents.give(session, house.keys, house.types, asked, OWN, by, at)])[0]


@consent_routes.route("/consents", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(ConsentsSchema)
def mine(session: Session) -> dict[str, Any]:
    """List what one agreed to, standing or over."""
    hashes = own.hashes(session, parts(Certs).keys, caller(), clock.now())
    return {"items": _shown(session, consents.of_holders(session, hashes))}


@consent_routes.route("/consents/taken", methods=["POST"])
@guarded(scope="cert:present", roles=WINDOWS)
@writes
@takes(TakenConsentSchema)
@gives(ConsentSchema, 201)
def take(session: Session, asked: Given) -> dict[str, Any]:
    """Put on record what a holder agreed to at one's own window; the proof of it is kept there."""
    house, by = parts(Certs), caller()
    if asked.organisation != by.organisation:
        raise NotAllowed(needed="organisation")
    row = consents.give(session, house.keys, house.types, asked, TAKEN, by, clock.now())
    return _shown(session, [row])[0]


@consent_routes.route("/consents/taken", methods=["GET"])
@guarded(scope="cert:present", roles=WINDOWS)
@reads
@gives(ConsentsSchema)
def taken(session: Session) -> dict[str, Any]:
    """List the newest consents that one's own organisation was given; whose they are is not told."""
    return {"items": _shown(session, consents.of_organisation(session, caller().organisation))}


@consent_routes.route("/consents/<string:consent>/withdrawal", methods=["POST"])
@guarded(scope="cert:present", roles=HOLDERS | WINDOWS)
@writes
@takes(ConsentWithdrawalSchema)
@gives(ConsentSchema)
def withdraw(session: Session, told: dict[str, str], consent: str) -> dict[str, Any]:
    """End a consent at once: the holder's own, or one that one's own organisation was given and needs no more."""
    by, at = caller(), clock.now()
    row = consents.consent_of(session, consent, locked=True)
    if not _may_withdraw(session, row, by):
        raise NoSuchConsent(consent)
    return _shown(session, [consents.withdraw(session, row, told["reason"], by, at)])[0]


def _may_withdraw(session: Session, row: ConsentRow, by: Caller) -> bool:
    if by.organisation == row.organisation and (by.kind == "system" or WINDOWS & by.roles):
        return True
    if not HOLDERS & by.roles:
        return False
    return row.holder_hash in {each.hash for each in bindings.bound(session, parts(Certs).keys, by, clock.now())}


def _shown(session: Session, rows: Iterable[ConsentRow]) -> list[dict[str, Any]]:
    found, at, keys = list(rows), clock.now(), parts(Certs).keys
    names = organisations.known(session, [each.organisation for each in found])
    return [
        {
            **{name: getattr(row, name) for name in ("id", "organisation", "matter", "agreement", "scope")},
            **{name: getattr(row, name) for name in ("identifiers", "begins_at", "ends_at", "most_uses", "uses")},
            **{name: getattr(row, name) for name in ("giver", "origin", "withdrawn_at")},
            "organisation_name": names[row.organisation].name,
            "basis": consents.told(session, keys, row).basis,
            "state": consents.value(row).over(at) or "standing",
        }
        for row in found
    ]
