"""Making seals and sealing documents below `/api/v1`: what is signed is on record before, and verified after."""

import base64
from typing import Any

from base import clock
from base.api import Blueprint
from base.db import Database
from base.errors import DomainError
from base.web import caller, gives, guarded, limited, parts, takes, transacts
from keys.authority.wiring import Authority
from signing import life, making, register, sealing
from signing.life import Step
from signing.making import Material
from signing.report_json import dump
from signing.routes.seals import shown
from signing.schemas import SealedSchema, SealingOrderSchema, SealMakingSchema, SealWithEditionsSchema
from signing.sealing import Order
from signing.stamping import HouseStamper
from signing.wiring import Signing

signatures = Blueprint("sealing", __name__, description="签章 · signatures")

# A document of the usual bound in base64, and the members around it.
ORDER_BYTES = 28 * 1024 * 1024


@signatures.route("/seals/<seal_id>/makings", methods=["POST"])
@guarded(roles=life.ROLES[Step.MAKE])
@transacts
@takes(SealMakingSchema)
@gives(SealWithEditionsSchema)
def make(database: Database, material: Material, seal_id: str) -> dict[str, Any]:
    """Make a seal that was agreed on: the draft goes on record, is signed by the maker and verified."""
    signing, by, at = parts(Signing), caller(), clock.now()
    with database.transaction() as session:
        seal = register.seal_of(session, seal_id, locked=True)
        making.draw(session, seal, material, signing.maker(session), by, at)
    with database.transaction() as session:
        seal = register.seal_of(session, seal_id, locked=True)
        making.make(session, seal, signing.maker(session), by, at)
        return shown(session, seal)


@signatures.route("/signatures", methods=["POST"])
@limited(ORDER_BYTES)
@guarded(scope="seal:use")
@transacts
@takes(SealingOrderSchema)
@gives(SealedSchema, 201)
def sign(database: Database, told: tuple[str, Order]) -> dict[str, Any]:
    """Seal a PDF or OFD: the use goes on record, the document is sealed, and its verification is handed out with it."""
    signing, by, at = parts(Signing), caller(), clock.now()
    seal_id, order = told
    with database.transaction() as session:
        trust = signing.trust_at(session, at)
        begun = sealing.begin(session, register.seal_of(session, seal_id), order, trust, by, at)
        signer = signing.signer_for(session, begun.key_id)
    try:
        stamper = signing.stamper or HouseStamper(database, parts(Authority), by, clock.now)
        sealed = sealing.carry_out(begun, signer, stamper, trust, at)
    except DomainError as refusal:
        with database.transaction() as session:
            sealing.give_up(session, begun, refusal.code, by, clock.now())
        raise
    with database.transaction() as session:
        sealing.settle(session, sealed, by, clock.now())
    return {
        "use": sealed.use,
        "document": base64.b64encode(sealed.document).decode(),
        "sm3": sealed.sm3,
        "report": dump(sealed.report),
    }
