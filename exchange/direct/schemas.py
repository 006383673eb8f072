"""What direct delivery takes and gives as JSON."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.direct.delivering import MOST_ROWS
from exchange.direct.offering import NewOffer
from exchange.direct.standing import OFFER_STATES, STATES
from exchange.direct.subscribing import NewDirect
from exchange.models import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from keys.parties.models import LEVELS

MOST_FIELDS: Final = 500


def _name(**told: Any) -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.Length(1, NAME_LENGTH), **told)


class NewDirectOfferSchema(ma.Schema):
    """Which directory is delivered directly: the item that names a row, the item with its region, the levels."""

    directory = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    key_item = _name(required=True)
    region_item = _name(required=True)
    levels = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(LEVELS)),
        load_default=tuple,
        metadata={"description": "Levels whose organisations get it without being decided on one by one."},
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewOffer:
        """Make the value."""
        data["levels"] = tuple(dict.fromkeys(data["levels"]))
        return NewOffer(**data)


class DirectOfferSchema(ma.Schema):
    """An offer, and what the last whole reading of its rows saw."""

    directory = ma.fields.String(required=True)
    key_item = ma.fields.String(required=True)
    region_item = ma.fields.String(required=True)
    levels = ma.fields.List(ma.fields.String(), required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(OFFER_STATES))
    reason = ma.fields.String(required=True)
    serial = ma.fields.Integer(required=True)
    read_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    read_rows = ma.fields.Integer(required=True)
    read_nowhere = ma.fields.Integer(
        required=True, metadata={"description": "Rows without a key, or without a region: they go to nobody."}
    )
    read_doubles = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)


class DirectReasonSchema(ma.Schema):
    """Why."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class NewDirectSubscriptionSchema(ma.Schema):
    """What is subscribed to; the region is one's own. No fields mean every item."""

    directory = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    purpose = ma.fields.Nested(PurposeSchema, required=True)
    legal_basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    scene = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    ends = ma.fields.AwareDateTime(required=True)
    fields_ = ma.fields.List(
        _name(), data_key="fields", load_default=tuple, validate=ma.validate.Length(max=MOST_FIELDS)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewDirect:
        """Make the value."""
        data["fields"] = tuple(dict.fromkeys(data.pop("fields_")))
        return NewDirect(**data)


class DirectSubscriptionSchema(ma.Schema):
    """A subscription, where it stands, and how far its rows were given out and confirmed."""

    id = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    request = ma.fields.String(required=True)
    grant = ma.fields.String(required=True, allow_none=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    reason = ma.fields.String(required=True)
    given = ma.fields.Integer(required=True)
    received = ma.fields.Integer(required=True)
    received_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    taken = ma.fields.Integer(required=True)
    rejected = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class DirectAskedSchema(ma.Schema):
    """From which mark on; empty: from the beginning."""

    after = ma.fields.String(load_default="", validate=ma.validate.Length(max=40))
    limit = ma.fields.Integer(load_default=MOST_ROWS, validate=ma.validate.Range(1, MOST_ROWS))


class DirectChangeSchema(ma.Schema):
    """A row as it is now, or the key of one that is gone from the region."""

    mark = ma.fields.String(required=True)
    operation = ma.fields.String(required=True, validate=ma.validate.OneOf(("upsert", "delete")))
    row = ma.fields.Dict(keys=ma.fields.String(), required=True)


class DirectPageSchema(ma.Schema):
    """Some changes; `next` is the watermark to confirm and to go on from."""

    items = ma.fields.List(ma.fields.Nested(DirectChangeSchema), required=True)
    next = ma.fields.String(required=True)
    more = ma.fields.Boolean(required=True)
    key = ma.fields.String(required=True)
    region_item = ma.fields.String(required=True)
    region = ma.fields.String(required=True)


class DirectReceiptSchema(ma.Schema):
    """That everything up to a mark arrived, and what became of it."""

    mark = ma.fields.String(required=True, validate=ma.validate.Length(1, 40))
    taken = ma.fields.Integer(load_default=0, validate=ma.validate.Range(0, 10**9))
    rejected = ma.fields.Integer(load_default=0, validate=ma.validate.Range(0, 10**9))


class DirectSubscriptionsQuery(PageQuery):
    """Which subscriptions."""

    directory = ma.fields.String(load_default=None, validate=ma.validate.Length(1, CODE_LENGTH))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


DirectOffersSchema = page_of(DirectOfferSchema, "DirectOffersSchema")
DirectSubscriptionsSchema = page_of(DirectSubscriptionSchema, "DirectSubscriptionsSchema")
