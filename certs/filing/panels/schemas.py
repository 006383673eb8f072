"""Outside JSON ⇄ panels and the origins that may frame them."""

from typing import Any, Final

import marshmallow as ma

from certs.filing.lookups.lookups import Looking
from certs.filing.lookups.schemas import FilingHintSchema, FilingReasonSchema
from certs.filing.panels.badges import Badge
from certs.filing.panels.models import ORIGIN_LENGTH
from certs.filing.panels.origins import MOST_ORIGINS
from certs.filing.plans.schemas import MATTER, MOST_HOLDERS, situation_field
from certs.queries.schemas import NamedHolderSchema
from exchange.agreements.purpose_schemas import PurposeSchema

STATES: Final = ("waiting", "open", "closed", "over")


class FilingPanelAskedSchema(ma.Schema):
    """What a panel is for: which matter, in which situation, about whom, for which purpose.

    `region`, where it is told, is the one in which the purpose is handled: a panel plans for no other.
    """

    matter = ma.fields.String(required=True, validate=MATTER)
    situation = situation_field()
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))
    holders = ma.fields.List(
        ma.fields.Nested(NamedHolderSchema), required=True, validate=ma.validate.Length(1, MOST_HOLDERS)
    )
    purpose = ma.fields.Nested(PurposeSchema, required=True)

    @ma.validates_schema
    def one_region(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a region beside the purpose's. Raises `ValidationError`."""
        if data["region"] not in ("", data["purpose"].handling_region):
            raise ma.ValidationError("other than purpose.handling_region", "region")

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Looking:
        """Make the value, with what a look-up would be told."""
        told = {name: original[name] for name in ("matter", "holders", "purpose")}
        body = {**told, "situation": data["situation"]}
        return Looking(data["matter"], data["purpose"], tuple(data["holders"]), None, data["situation"], body)


class FilingPanelTicketSchema(ma.Schema):
    """A panel that was made, and the link that opens it once."""

    id = ma.fields.String(required=True)
    link = ma.fields.String(required=True)
    link_ends_at = ma.fields.AwareDateTime(required=True)
    session_minutes = ma.fields.Integer(required=True)
    origins = ma.fields.List(ma.fields.String(), required=True)


class FilingPanelItemSchema(ma.Schema):
    """How one material ended for one person; `holder` is their place in the question."""

    key = ma.fields.String(required=True)
    material = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    holder = ma.fields.Integer(required=True, allow_none=True)
    means = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    badge = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Badge]))
    outcome = ma.fields.String(required=True)
    reason = ma.fields.Nested(FilingReasonSchema, required=True)
    statuses = ma.fields.List(ma.fields.String(), required=True)
    usage_id = ma.fields.String(required=True, allow_none=True)


class FilingPanelSchema(ma.Schema):
    """A panel as its intake system reads it: how everything ended, and nothing that was found."""

    id = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    situation = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    opened_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    ends_at = ma.fields.AwareDateTime(required=True)
    looked_up_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    lookup = ma.fields.String(required=True, allow_none=True)
    receipt = ma.fields.String(required=True, allow_none=True)
    documents = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    complete = ma.fields.Boolean(required=True)
    refused = ma.fields.String(required=True, allow_none=True)
    items = ma.fields.List(ma.fields.Nested(FilingPanelItemSchema), required=True)
    mismatches = ma.fields.List(ma.fields.Nested(FilingHintSchema), required=True)
    notice = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    to_submit = ma.fields.Integer(required=True)
    uses = ma.fields.List(ma.fields.String(), required=True)


class PanelOriginsSchema(ma.Schema):
    """The origins in whose pages a system's panels may stand; none: they stand in no frame."""

    origins = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, ORIGIN_LENGTH)),
        required=True,
        validate=ma.validate.Length(max=MOST_ORIGINS),
    )
