"""Showing a code (亮证): what is chosen becomes ten digits and a square, good for minutes and for one redemption.

The code is told in the answer to the form and nowhere else: nothing keeps it. Loading that answer again sends the form
again, so the reader has a new code, and what was shown before to the same organisation for the same matter ends.
"""

from typing import Any, Final

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from base import clock
from base.db import Database
from base.errors import DomainError
from base.web import caller, limited, parts
from certs import types
from certs.holders import bindings, own
from certs.models import Certificate
from certs.presentations import code as codes
from certs.presentations import presentations
from certs.presentations.models import Presentation
from certs.presentations.presentations import Shown
from certs.presentations.schemas import NewPresentationSchema
from certs.wiring import Certs
from console import squares, working
from console.holder import telling
from console.holder.telling import HOLDERS
from console.login import for_people

code_pages = Blueprint("holder_code", __name__, template_folder="templates")
# Ten certificates of a family, some forty fields each.
FORM_LIMIT: Final = 64 * 1024
FIELD: Final = "field:"
# What a form that is sent again has of its own.
NOT_AGAIN: Final = frozenset({"csrf_token", working.ONCE})


@code_pages.get("/my/code")
@for_people(HOLDERS)
def mine() -> Response:
    """Show what can be shown, and what is shown or was lately."""
    return _form(None)


@code_pages.post("/my/code")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def show() -> Response:
    """Show a code for what was chosen."""
    by, at, house = caller(), clock.now(), parts(Certs)
    try:
        told = working.loaded(NewPresentationSchema(), _asked())
        with parts(Database).transaction() as session:
            bound = bindings.as_holder(session, house.keys, told["holder_code"], by, at)
            shows = {identifier: tuple(fields) for identifier, fields in told["shows"].items()}
            giver, acting = own.giver(bound, by)
            asked = Shown(
                bound.holder,
                bound.hash,
                told["organisation"],
                told["matter"],
                shows,
                told["minutes"],
                giver,
                acting,
                bound.basis,
            )
            _end_former(session, asked)
            row, code = presentations.show(session, house.keys, house.types, asked, by, at)
            to = telling.named(session, [row.organisation])[row.organisation]
            return working.page(
                "holder/code_shown.html",
                here="holder_code.mine",
                row=row,
                to=to,
                code=code,
                square=squares.square(codes.square(code)),
                again=[(name, each) for name, each in request.form.items(multi=True) if name not in NOT_AGAIN],
                cards=[telling.card(session, telling.one_of_mine(session, each)) for each in shows],
            )
    except DomainError as refusal:
        if refusal.kind in working.ELSEWHERE:
            raise
        return _form(refusal)


@code_pages.post("/my/code/<string:presentation>/withdrawal")
@limited(FORM_LIMIT)
@for_people(HOLDERS)
def withdraw(presentation: str) -> Response:
    """Take a code back before it is redeemed."""

    def taken(session: Session) -> Response:
        row = presentations.presentation_of(session, presentation, telling.hashes(session))
        presentations.withdraw(session, row, caller(), clock.now())
        return working.leads("holder_code.mine", done="code_withdrawn")

    return working.posted(taken, _form)


def _form(refusal: DomainError | None) -> Response:
    with parts(Database).reading() as session:
        cards = telling.cards(session)
        return working.page(
            "holder/code.html",
            refusal,
            here="holder_code.mine",
            cards=cards,
            holders=telling.bound(session),
            minutes=codes.USUAL_MINUTES,
            most_minutes=codes.MOST_MINUTES,
            field=FIELD,
            asked=request.form,
            offered=telling.offered(session),
            shown=_shown(session),
        )


def _asked() -> dict[str, Any]:
    shows = {name.removeprefix(FIELD): request.form.getlist(name) for name in request.form if name.startswith(FIELD)}
    return {**working.filled("holder_code", "organisation", "matter", "minutes"), "shows": shows}


def _end_former(session: Session, asked: Shown) -> None:
    """End what is shown already to the same organisation for the same matter: this is shown in its place."""
    at = clock.now()
    for row in presentations.of_holders(session, [asked.holder_hash]):
        if (row.organisation, row.matter) == (asked.organisation, asked.matter) and not presentations.over(row, at):
            presentations.withdraw(session, row, caller(), at)


def _shown(session: Session) -> list[dict[str, Any]]:
    rows: list[Presentation] = presentations.of_holders(session, telling.hashes(session))
    names, at = telling.named(session, [row.organisation for row in rows]), clock.now()
    mine = {row.identifier: row for row in telling.mine(session)}
    return [
        {
            "row": row,
            "to": names[row.organisation],
            "state": presentations.over(row, at) or "open",
            "what": [_named(mine[identifier]) for identifier in row.shows if identifier in mine],
        }
        for row in rows
    ]


def _named(row: Certificate) -> str:
    return telling.type_name(types.type_of(parts(Certs).types, row.type))
