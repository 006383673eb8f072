"""From what an order says, at the API or on the command line, to the order that the verbs take."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from keys.authority import requests
from keys.authority.issuing import Order, order_for_service, order_of, renewal_of
from keys.authority.models import IssuedCertificate
from keys.authority.wiring import Authority


def order(session: Session, parts: Authority, told: Mapping[str, Any]) -> Order:
    """Make an order of a request, or of a key in custody with its subject.

    Raises `MalformedSigningRequest`, `SigningRequestNotProven`, `UnfitSubject`, `UnknownTemplate`, and what custody
    refuses.
    """
    if told["request"] is not None:
        made = order_of(requests.read(told["request"]), told["template"], told["subject"])
    else:
        made = order_for_service(session, parts, told["template"], told["subject"], told["key_id"])
    return replace(made, life=_life(told["days"]))


def renewal(session: Session, parts: Authority, row: IssuedCertificate, told: Mapping[str, Any]) -> Order:
    """Make the order that follows a certificate. Raises as `order` does, and `NotConfirmed`."""
    public = requests.read(told["request"]).public if told["request"] is not None else None
    made = renewal_of(session, parts, row, public)
    return made if told["days"] is None else replace(made, life=_life(told["days"]))


def _life(days: int | None) -> timedelta | None:
    return None if days is None else timedelta(days=days)
