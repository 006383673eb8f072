"""Outside JSON ⇄ monitoring tickets: unknown members refused."""

from typing import Final

import marshmallow as ma

from base.api import PageQuery
from exchange.models import ORGANISATION_LENGTH, WORD_LENGTH
from exchange.monitoring.life import Severity, State

# A page of a report; whoever has more to say names where it stands.
WORDS_LENGTH: Final = 2000


def _words(told: str) -> ma.fields.String:
    says_something = ma.validate.Regexp(r"(?s).*\S")
    limit = ma.validate.Length(1, WORDS_LENGTH)
    return ma.fields.String(required=True, validate=(limit, says_something), metadata={"description": told})


class TicketsQuery(PageQuery):
    """Which tickets."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in State]))
    severity = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in Severity]))
    monitor = ma.fields.String(load_default=None, validate=ma.validate.Length(1, WORD_LENGTH))
    role = ma.fields.String(load_default=None, validate=ma.validate.Length(1, WORD_LENGTH))
    organisation = ma.fields.String(load_default=None, validate=ma.validate.Length(0, ORGANISATION_LENGTH))
    overdue = ma.fields.Boolean(load_default=False)


class TicketSchema(ma.Schema):
    """A monitoring ticket: what is wrong, whose it is, until when."""

    id = ma.fields.Integer(required=True)
    monitor = ma.fields.String(required=True)
    title_zh = ma.fields.String(required=True)
    title_en = ma.fields.String(required=True)
    subject = ma.fields.String(required=True, metadata={"description": "What it is about; never a person."})
    said_zh = ma.fields.String(required=True)
    said_en = ma.fields.String(required=True)
    facts = ma.fields.Dict(required=True)
    severity = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True, metadata={"description": "The owner; empty: every operator."})
    role = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    first_seen_at = ma.fields.AwareDateTime(required=True)
    last_seen_at = ma.fields.AwareDateTime(required=True)
    count = ma.fields.Integer(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    is_overdue = ma.fields.Boolean(required=True)
    escalated_at = ma.fields.AwareDateTime(allow_none=True)
    escalated_to = ma.fields.String(allow_none=True)
    follows = ma.fields.Integer(allow_none=True, metadata={"description": "The ticket that was closed before."})
    feedback = ma.fields.String(allow_none=True)
    closed_at = ma.fields.AwareDateTime(allow_none=True)
    version = ma.fields.Integer(required=True)


class TicketFacetsSchema(ma.Schema):
    """How many tickets there are of each sort, by its values."""

    state = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    monitor = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    severity = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    role = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)


class TicketsSchema(ma.Schema):
    """A page of tickets, with the figures of all that the caller may see."""

    items = ma.fields.List(ma.fields.Nested(TicketSchema), required=True)
    facets = ma.fields.Nested(TicketFacetsSchema, required=True)
    next_cursor = ma.fields.String(allow_none=True)


class TicketStepSchema(ma.Schema):
    """What was done with a ticket, by whom."""

    step = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class TicketDetailSchema(TicketSchema):
    """A ticket with its history."""

    steps = ma.fields.List(ma.fields.Nested(TicketStepSchema), required=True)


class TicketHandlingSchema(ma.Schema):
    """What was done about it."""

    done = _words("What was done; name nobody.")


class TicketClosingSchema(ma.Schema):
    """How it ended."""

    feedback = _words("What it came of, and how it is seen that it is over; name nobody.")
