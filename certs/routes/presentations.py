"""Presentations below `/api/v1`: a holder shows a code and takes it back; a window redeems it, once.

These addresses know no Idempotency-Key: keeping their answers would keep codes and what was shown. A window whose
answer was lost asks the holder to show once more.
"""

from typing import Any, Final

from flask import request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, parts, reads, takes
from certs.holders import bindings, own
from certs.holders.using import Question
from certs.presentations import code as codes
from certs.presentations import guessing, presentations
from certs.presentations.errors import NoSuchPresentation
from certs.presentations.models import Presentation
from certs.presentations.presentations import Redeemed, Resolved, Shown
from certs.presentations.schemas import (
    NewPresentationSchema,
    PresentationSchema,
    PresentationsSchema,
    ProvinceRedemptionSchema,
    RedeemedSchema,
    RedemptionSchema,
    ShownPresentationSchema,
)
from certs.presentations.wiring import Presenting
from certs.queries import outcomes
from certs.wiring import Certs
from exchange.door.wiring import Gateway
from keys.parties import organisations

presentation_routes = Blueprint("presentations", __name__, description="亮证 · presentations")

HOLDERS: Final = frozenset({"holder"})
WINDOWS: Final = frozenset({"window"})


@presentation_routes.route("/presentations", methods=["POST"])
@guarded(roles=HOLDERS)
@takes(NewPresentationSchema)
@gives(ShownPresentationSchema, 201)
def show(told: dict[str, Any]) -> dict[str, Any]:
    """Show certificates: a code of ten digits, and the text of a square, good for minutes and for one redemption."""
    house, by, at = parts(Certs), caller(), clock.now()
    with parts(Database).transaction() as session:
        bound = bindings.as_holder(session, house.keys, told["holder_code"], by, at)
        asked = Shown(
            bound.holder,
            bound.hash,
            told["organisation"],
            told["matter"],
            {identifier: tuple(fields) for identifier, fields in told["shows"].items()},
            told["minutes"],
            *own.giver(bound, by),
            bound.basis,
        )
        row, code = presentations.show(session, house.keys, house.types, asked, by, at)
        return {**_shown(session, [row])[0], "code": code, "qr": codes.square(code)}


@presentation_routes.route("/presentations", methods=["GET"])
@guarded(roles=HOLDERS)
@reads
@gives(PresentationsSchema)
def mine(session: Session) -> dict[str, Any]:
    """List what one shows, or has shown lately; the codes themselves are not told again."""
    return {"items": _shown(session, presentations.of_holders(session, _hashes(session)))}


@presentation_routes.route("/presentations/<string:presentation>/withdrawal", methods=["POST"])
@guarded(roles=HOLDERS)
@gives(PresentationSchema)
def withdraw(presentation: str) -> dict[str, Any]:
    """Take a code back before it is redeemed."""
    with parts(Database).transaction() as session:
        row = presentations.presentation_of(session, presentation, _hashes(session))
        return _shown(session, [presentations.withdraw(session, row, caller(), clock.now())])[0]


@presentation_routes.route("/presentations/<string:code>/redemptions", methods=["POST"])
@guarded(scope="cert:present", roles=WINDOWS)
@takes(RedemptionSchema)
@gives(RedeemedSchema)
def redeem(told: dict[str, Any], code: str) -> dict[str, Any]:
    """Redeem a code that a holder shows, once, for a purpose."""
    database, gateway, by, at = parts(Database), parts(Gateway), caller(), clock.now()
    gateway.open(database)
    question = Question(by, told["purpose"], request.get_json(), presentations.KIND)
    with database.transaction() as session:
        guessing.count(session, by, at)
    with database.transaction() as session:
        redeemed = presentations.redeem(session, parts(Certs), gateway, code, question, at)
        guessing.forgive(session, by, at)
    return _answered(redeemed)


@presentation_routes.route("/province-code-redemptions", methods=["POST"])
@guarded(scope="cert:present", roles=WINDOWS)
@takes(ProvinceRedemptionSchema)
@gives(RedeemedSchema)
def redeem_province(told: dict[str, Any]) -> dict[str, Any]:
    """Redeem a code of the province's own: whose it is, is asked of the province, and what is wanted is given once."""
    database, gateway, by, at = parts(Database), parts(Gateway), caller(), clock.now()
    gateway.open(database)
    body = {name: value for name, value in request.get_json().items() if name != "code"}
    question = Question(by, told["purpose"], body, presentations.KIND)
    with database.transaction() as session:
        guessing.count(session, by, at)
    holder = parts(Presenting).province.holder(told["code"], by.organisation)
    if holder is None:
        raise NoSuchPresentation
    wanted = Resolved(told["code"], told["certificate_type"], tuple(told["fields_"]))
    with database.transaction() as session:
        redeemed = presentations.redeem_resolved(session, parts(Certs), gateway, holder, wanted, question, at)
        guessing.forgive(session, by, at)
    return _answered(redeemed)


def _hashes(session: Session) -> list[str]:
    return own.hashes(session, parts(Certs).keys, caller(), clock.now())


def _shown(session: Session, rows: list[Presentation]) -> list[dict[str, Any]]:
    at, names = clock.now(), organisations.known(session, [each.organisation for each in rows])
    return [
        {
            **{name: getattr(row, name) for name in ("id", "organisation", "matter", "shows", "made_at", "ends_at")},
            "organisation_name": names[row.organisation].name,
            "state": presentations.over(row, at) or "open",
        }
        for row in rows
    ]


def _answered(redeemed: Redeemed) -> dict[str, Any]:
    return {
        "presentation": redeemed.presentation,
        "consent": redeemed.consent,
        "certificates": [
            {
                **{name: getattr(each.row, name) for name in ("identifier", "type", "holding", "superseded_by")},
                "number": each.given.number,
                "status": each.status,
                "data": dict(each.given.data),
                "outcome": each.outcome,
                "reason": outcomes.reason(each.reason),
                "usage_id": each.usage,
            }
            for each in redeemed.items
        ],
    }
