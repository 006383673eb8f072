"""Making seals and sealing documents below `/api/v1`: what is signed is on record before, and verified after."""

import base64
from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, takes, transacts, writes
from keys.authority.wiring import Authority
from signing import life, making, making_requests, register
from signing.edges import Sealer
from signing.life import Step
from signing.making import Material
from signing.report_json import dump
from signing.routes.seals import shown
from signing.schemas import (
    MadeSealSchema,
    MakingRequestSchema,
    SealedSchema,
    SealingOrderSchema,
    SealMakingSchema,
    SealWithEditionsSchema,
)
from signing.sealing import Order
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


@signatures.route("/seals/<seal_id>/making-requests", methods=["POST"])
@guarded(roles=life.ROLES[Step.MAKE])
@writes
@takes(SealMakingSchema)
@gives(MakingRequestSchema)
def draw(session: Session, material: Material, seal_id: str) -> dict[str, Any]:
    """Draw a seal that is made on a machine of its own, and give the request to carry there."""
    maker = parts(Signing).known_maker()
    seal = register.seal_of(session, seal_id, locked=True)
    making.draw(session, seal, material, maker, caller(), clock.now())
    return {"request": base64.b64encode(making_requests.request(session, seal, maker)).decode()}


@signatures.route("/seals/<seal_id>/made-seals", methods=["POST"])
@guarded(roles=life.ROLES[Step.MAKE])
@writes
@takes(MadeSealSchema)
@gives(SealWithEditionsSchema)
def take_in(session: Session, told: dict[str, bytes], seal_id: str) -> dict[str, Any]:
    """Take a seal that its maker made elsewhere, if it is the drawn one and the maker's signature is right."""
    seal = register.seal_of(session, seal_id, locked=True)
    making.take_in(session, seal, told["seal"], parts(Signing).known_maker(), caller(), clock.now())
    return shown(session, seal)


@signatures.route("/signatures", methods=["POST"])
@limited(ORDER_BYTES)
@guarded(scope="seal:use")
@transacts
@takes(SealingOrderSchema)
@gives(SealedSchema, 201)
def sign(database: Database, told: tuple[str, Order]) -> dict[str, Any]:
    """Seal a PDF or OFD: the use goes on record, the document is sealed, and its verification is handed out with it."""
    sealed = Sealer(database, parts(Signing), parts(Authority), caller(), clock.now).seal(*told)
    return {
        "use": sealed.use,
        "document": base64.b64encode(sealed.document).decode(),
        "sm3": sealed.sm3,
        "report": dump(sealed.report),
    }
