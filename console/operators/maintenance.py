"""The maintenance window: announced for later or entered now, with words for visitors, and ended."""

from datetime import datetime, timedelta
from typing import Any, Final

import marshmallow as ma
from flask import Blueprint, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock, maintenance
from base.db import Database
from base.errors import DomainError
from base.maintenance import LONGEST_WORDS, Maintenance, MaintenanceWindow, Window
from base.web import caller, limited, parts
from console import working
from console.layout import ZONE
from console.login import for_people
from console.operators.running import FORM_LIMIT, READERS

maintenance_pages = Blueprint("maintenance_pages", __name__, template_folder="../templates")

HANDS: Final = {"sysadmin"}
SHOWN: Final = 20
# As a browser's field for day and time writes it.
MINUTE: Final = "%Y-%m-%dT%H:%M"
USUAL: Final = timedelta(hours=1)
FIELDS: Final = ("begins_at", "ends_at", "zh", "en")
WORDS: Final = ma.validate.Length(1, LONGEST_WORDS)


class NewWindowSchema(ma.Schema):
    """A window as it is typed; times are of the country's offices, and no begin means now."""

    begins_at = ma.fields.NaiveDateTime(MINUTE, load_default=None, allow_none=True)
    ends_at = ma.fields.NaiveDateTime(MINUTE, required=True)
    zh = ma.fields.String(required=True, validate=WORDS)
    en = ma.fields.String(required=True, validate=WORDS)


@maintenance_pages.get("/console/maintenance")
@for_people(READERS)
def shown() -> Response:
    """Show the window that stands, and those that were."""
    return _shown()


@maintenance_pages.post("/console/maintenance")
@limited(FORM_LIMIT)
@for_people(HANDS)
def announce() -> Response:
    """Announce a window, or enter one now."""

    def announced(session: Session) -> Response:
        told: dict[str, Any] = working.loaded(NewWindowSchema(), working.filled(*FIELDS))
        at = clock.now()
        begins = at if told["begins_at"] is None else _moment(told["begins_at"])
        window = Window(begins, _moment(told["ends_at"]), told["zh"], told["en"])
        maintenance.announce(session, window, caller(), at)
        return working.leads("maintenance_pages.shown", done="maintenance_announced")

    return _changed(working.posted(announced, _shown))


@maintenance_pages.post("/console/maintenance/ends")
@limited(FORM_LIMIT)
@for_people(HANDS)
def end() -> Response:
    """End the window that stands, begun or not."""

    def ended(session: Session) -> Response:
        maintenance.end(session, caller(), clock.now())
        return working.leads("maintenance_pages.shown", done="maintenance_ended")

    return _changed(working.posted(ended, _shown))


def _changed(response: Response) -> Response:
    parts(Maintenance).look_again()
    return response


def _moment(typed: datetime) -> datetime:
    return typed.replace(tzinfo=ZONE)


def _shown(refusal: DomainError | None = None) -> Response:
    at = clock.now()
    with parts(Database).reading() as session:
        row = maintenance.standing(session, at)
        query = select(MaintenanceWindow).order_by(MaintenanceWindow.id.desc()).limit(SHOWN)
        return working.page(
            "operators/maintenance.html",
            refusal,
            here="maintenance_pages.shown",
            standing=row,
            lasts=row is not None and row.begins_at <= at,
            rows=session.scalars(query).all(),
            may=bool(HANDS & caller().roles),
            typed={name: request.form.get(name, "") for name in FIELDS},
            usual=(at + USUAL).astimezone(ZONE).strftime(MINUTE),
        )
