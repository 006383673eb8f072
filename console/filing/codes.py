"""Redeeming a code that somebody shows at the counter (亮证): once, for the purpose that the clerk states.

What was shown stands on the answer alone, above the form that calls up the rest; nothing keeps it. The code is spent
with it: sent twice, the second is told that it was redeemed, and the holder shows another.
"""

from typing import Any, Final

from flask import Blueprint, Response, request

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs.holders.using import Question
from certs.presentations import guessing, presentations
from certs.presentations.presentations import Redeemed
from certs.presentations.schemas import RedemptionSchema
from certs.queries import outcomes
from certs.wiring import Certs
from console import working
from console.filing.desk import FORM_BYTES, PLACE, WINDOWS, plan_page, stated_purpose
from console.login import for_people
from exchange.door.wiring import Gateway

filing_codes = Blueprint("filing_codes", __name__)
# A square's text is some forty characters; what is longer is no code.
LONGEST_CODE: Final = 80


@filing_codes.post(f"{PLACE}/codes")
@limited(FORM_BYTES)
@for_people(WINDOWS)
def redeem(code: str) -> Response:
    """Redeem a shown code, ten digits or the text of its square, and show once what it was good for."""
    try:
        redeemed = _redeemed(code)
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE and refusal.code != "no-such-presentation":
            raise
        return plan_page(code, refusal)
    return plan_page(code, shown=[_told(each) for each in redeemed.items])


def _redeemed(code: str) -> Redeemed:
    database, gateway, by, at = parts(Database), parts(Gateway), caller(), clock.now()
    purpose = stated_purpose(code)
    told = working.loaded(RedemptionSchema(), {"purpose": purpose})
    gateway.open(database)
    question = Question(by, told["purpose"], {"purpose": purpose}, presentations.KIND)
    with database.transaction() as session:
        guessing.count(session, by, at)
    with database.transaction() as session:
        text = request.form.get("shown_code", "").strip()[:LONGEST_CODE]
        redeemed = presentations.redeem(session, parts(Certs), gateway, text, question, at)
        guessing.forgive(session, by, at)
    return redeemed


def _told(item: presentations.Item) -> dict[str, Any]:
    return {
        "identifier": item.row.identifier,
        "type": item.row.type,
        "number": item.given.number,
        "data": dict(item.given.data),
        "outcome": item.outcome.value,
        "status": item.status.value,
        "reason": outcomes.reason(item.reason),
    }
