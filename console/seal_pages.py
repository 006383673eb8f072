"""The public page of a seal: whose it is, how it stands now, and how it stood at a time that the reader asks about."""

from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock, problems
from base.web import open_to_all, reads
from console import layout, working
from console.layout import ZONE
from keys.parties import organisations
from signing import kinds, register
from signing.models import Seal
from signing.register import Status
from signing.schemas import SealStatusQuery

seal_pages = Blueprint("seal_pages", __name__, template_folder="templates")
BLUEPRINTS = (seal_pages,)
MARKS: Final = {"active": "ok", "suspended": "warn", "cancelled": "bad", "revoked": "bad", "expired": "bad"}


@seal_pages.get("/seals/<string:code>")
@open_to_all
@reads
def one(session: Session, code: str) -> Response:
    """Show a seal.

    Raises `NoSuchSeal`, `InvalidInput` for a time that is none.
    """
    seal, now, asked = register.seal_of(session, code), clock.now(), request.args.get("at", "").strip()
    then = _moment(asked)
    return layout.page(
        "seal.html",
        seal=seal,
        owner=organisations.organisation_of(session, seal.owner),
        now=_told(session, seal, now),
        then=None if then is None else _told(session, seal, then),
        asked=asked,
        kind=getattr(kinds.kind(seal.kind), problems.language()),
    )


def _moment(asked: str) -> datetime | None:
    """Read a time as the form writes it, of this country's clock where it names no zone. Raises `InvalidInput`."""
    if not asked:
        return None
    try:
        told = datetime.fromisoformat(asked)
    except ValueError:
        told = None
    zoned = told.replace(tzinfo=ZONE).isoformat() if told is not None and told.tzinfo is None else asked
    found: datetime | None = working.loaded(SealStatusQuery(), {"at": zoned})["at"]
    return found


def _told(session: Session, seal: Seal, at: datetime) -> dict[str, Any]:
    found: Status = register.status_at(session, seal, at)
    state = found.state.value if found.state else "none"
    mark = "ok" if found.usable else MARKS.get(state, "unknown")
    if state == "active" and not found.usable:
        state, mark = "out_of_period", "bad"
    return {"at": at, "state": state, "mark": mark, "since": found.since, "edition": found.edition}
