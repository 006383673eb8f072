"""What I agreed to: given to whom, for which matter, until when, how often it was used; ended at once when I wish."""

from datetime import datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from base.workdays import SHANGHAI, local_day
from certs.consents import consents, schemas
from certs.consents.errors import NoSuchConsent
from certs.consents.models import ConsentRow
from certs.consents.schemas import ConsentWithdrawalSchema, HolderConsentSchema
from certs.holders import bindings, own
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs
from console import working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people

consent_pages = Blueprint("holder_consents", __name__, template_folder="templates")
# Some twenty types, and a few words.
FORM_LIMIT: Final = 32 * 1024
ORIGIN: Final = "holder"
STATES: Final = {"standing": "ok", "not-yet": "unknown", "expired": "unknown", "used-up": "unknown", "withdrawn": "bad"}
# What a form proposes: long enough for a matter, and not forgotten.
USUAL: Final = timedelta(days=30)


@consent_pages.get("/my/consents")
@for_people(HOLDERS)
def mine() -> Response:
    """List what was agreed to, and let agree to more."""
    return _page(None)


@consent_pages.post("/my/consents")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def give() -> Response:
    """Agree that an organisation may have certificates of these types for this matter."""

    def given(session: Session) -> Response:
        house, by, at = parts(Certs), caller(), clock.now()
        told = working.loaded(HolderConsentSchema(), _asked())
        bound = bindings.as_holder(session, house.keys, told["holder_code"], by, at)
        asked = schemas.given(told, bound.holder, *own.giver(bound, by), bound.basis)
        consents.give(session, house.keys, house.types, asked, ORIGIN, by, at)
        return working.leads("holder_consents.mine", done="consent_given")

    return working.posted(given, _page)


@consent_pages.post("/my/consents/<string:consent>/withdrawal")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def withdraw(consent: str) -> Response:
    """End a consent at once."""

    def ended(session: Session) -> Response:
        told = working.loaded(ConsentWithdrawalSchema(), working.filled("reason"))
        row = consents.consent_of(session, consent, locked=True)
        if row.holder_hash not in telling.hashes(session):
            raise NoSuchConsent(consent)
        consents.withdraw(session, row, told["reason"], caller(), clock.now())
        return working.leads("holder_consents.mine", done="consent_withdrawn")

    return working.posted(ended, _page)


def _asked() -> dict[str, Any]:
    """Read the form as the API has it: whole types, until the end of a day here."""
    told: dict[str, Any] = working.filled("holder_code", "organisation", "matter", "most_uses", "ends_at")
    told["scope"] = {each: [] for each in request.form.getlist("types")}
    try:
        day = datetime.strptime(told.get("ends_at", ""), "%Y-%m-%d")  # noqa: DTZ007 - a day of a calendar, placed below
    except ValueError:
        return told
    return {**told, "ends_at": datetime.combine(day, time(23, 59, 59), SHANGHAI).isoformat()}


def _page(refusal: DomainError | None) -> Response:
    with parts(Database).reading() as session:
        found = consents.of_holders(session, telling.hashes(session))
        known = {row.type: parts(Certs).types[row.type] for row in telling.mine(session)}
        return working.page(
            "holder/consents.html",
            refusal,
            here="holder_consents.mine",
            consents=_told(session, found),
            types=[(code, telling.type_name(each)) for code, each in sorted(known.items())],
            holders=telling.bound(session),
            until=local_day(clock.now() + USUAL).isoformat(),
            asked=request.form,
            offered=telling.offered(session),
        )


def _told(session: Session, rows: list[ConsentRow]) -> list[dict[str, Any]]:
    at, names = clock.now(), telling.named(session, [row.organisation for row in rows])
    known: dict[str, CertificateType] = dict(parts(Certs).types)
    told = []
    for row in rows:
        state = consents.value(row).over(at) or "standing"
        what = [telling.type_name(known[code]) if code in known else code for code in row.scope]
        told.append({"row": row, "to": names[row.organisation], "state": state, "mark": STATES[state], "what": what})
    return told
