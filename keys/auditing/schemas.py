"""Outside JSON ⇄ searches of the ledger, its days and its exports; unknown members are refused."""

from typing import Any

import marshmallow as ma

from base import clock
from base.audit import LONGEST_TEXT, Recorded
from keys.auditing.days import MOST_DAYS, LedgerDay
from keys.auditing.searching import MOST_FOUND
from keys.schemas import TrustReasonSchema

# SQLite and PostgreSQL number entries in signed 64 bits.
_NUMBER = ma.validate.Range(0, 2**63 - 1)


def _text(**told: Any) -> ma.fields.String:
    return ma.fields.String(load_default=None, validate=ma.validate.Length(1, LONGEST_TEXT), **told)


class LedgerSearchSchema(TrustReasonSchema):
    """What to look for, and why; what is left out matches everything."""

    actor = _text(metadata={"description": "`person:…` or `system:…`"})
    organisation = _text()
    act = _text()
    thing_kind = _text()
    thing_id = _text()
    purpose = _text()
    outcome = _text()
    request_id = _text()
    since = ma.fields.AwareDateTime(load_default=None)
    until = ma.fields.AwareDateTime(load_default=None)
    before = ma.fields.Integer(load_default=None, validate=_NUMBER, metadata={"description": "The next page"})
    limit = ma.fields.Integer(load_default=MOST_FOUND, validate=ma.validate.Range(1, MOST_FOUND))


class LedgerEntrySchema(ma.Schema):
    """An entry as the ledger holds it, and its number."""

    index = ma.fields.Integer(required=True)
    entry = ma.fields.Raw(required=True, metadata={"description": "The entry's members", "type": "object"})


class LedgerEntriesSchema(ma.Schema):
    """What was found, newest first; `before` asks for the next page, and is null on the last."""

    items = ma.fields.List(ma.fields.Nested(LedgerEntrySchema), required=True)
    before = ma.fields.Integer(required=True, allow_none=True)


class LedgerDaysQuery(ma.Schema):
    """How many days."""

    count = ma.fields.Integer(load_default=MOST_DAYS, validate=ma.validate.Range(1, MOST_DAYS))


class LedgerDaySchema(ma.Schema):
    """How a day of the ledger stands."""

    day = ma.fields.Date(required=True)
    first = ma.fields.Integer(required=True)
    entries = ma.fields.Integer(required=True)
    covered = ma.fields.Integer(required=True, metadata={"description": "Entries below a signed head"})
    alarms = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, metadata={"enum": ["alarmed", "waiting", "whole", "quiet"]})


class LedgerDaysSchema(ma.Schema):
    """The days, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(LedgerDaySchema), required=True)


class LedgerExportAskedSchema(TrustReasonSchema):
    """Which entries are to be exported, and why."""

    first = ma.fields.Integer(required=True, strict=True, validate=_NUMBER)
    last = ma.fields.Integer(
        required=True, strict=True, validate=_NUMBER, metadata={"description": "The entry behind the last"}
    )


class LedgerExportDecisionSchema(TrustReasonSchema):
    """Whether the other person agrees, and why."""

    agrees = ma.fields.Boolean(required=True, truthy={True}, falsy={False})


class LedgerExportSchema(ma.Schema):
    """An export, and how far it is."""

    number = ma.fields.Integer(required=True)
    first = ma.fields.Integer(required=True)
    last = ma.fields.Integer(required=True)
    reason = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"enum": ["asked", "agreed", "refused"]})
    asked_by = ma.fields.String(required=True)
    asked_at = ma.fields.AwareDateTime(required=True)
    decided_by = ma.fields.String(required=True, allow_none=True)
    decided_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    decided_why = ma.fields.String(required=True, allow_none=True)
    taken_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    times_taken = ma.fields.Integer(required=True)


class LedgerExportsSchema(ma.Schema):
    """Exports, newest first."""

    items = ma.fields.List(ma.fields.Nested(LedgerExportSchema), required=True)


def entry_told(recorded: Recorded) -> dict[str, Any]:
    """Give an entry's members under the names of the ledger's own format."""
    entry = recorded.entry
    return {
        "index": recorded.index,
        "entry": {
            **{name: value for name, value in entry.columns.items() if not name.startswith("thing_")},
            "at": clock.rfc3339(entry.at),
            "thing": {"kind": entry.thing.kind, "id": entry.thing.id},
            "facts": dict(entry.facts),
        },
    }


def day_told(day: LedgerDay) -> dict[str, Any]:
    """Give a day with its state."""
    return {**vars(day), "state": day.state}
