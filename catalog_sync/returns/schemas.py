"""What returns take and give as JSON."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from catalog_sync.arrivals.models import NAME_LENGTH
from catalog_sync.models import REASON_LENGTH, TARGET_LENGTH
from catalog_sync.returns.declaring import NewReturn
from catalog_sync.returns.states import CHANGES, LOAD_STATES, MODES, RETURN_STATES
from exchange.models import CODE_LENGTH
from exchange.models import NAME_LENGTH as ITEM_LENGTH

MOST_COLUMNS: Final = 500


def _text(most: int, **told: Any) -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.Length(1, most), **told)


class NewReturnSchema(ma.Schema):
    """An entry of the list of returns: the upper table, the directory that it fills, its columns, where rows go."""

    name = _text(ITEM_LENGTH, required=True)
    target = _text(TARGET_LENGTH, required=True)
    table = _text(NAME_LENGTH, required=True)
    directory = _text(CODE_LENGTH, required=True)
    key_item = _text(ITEM_LENGTH, required=True)
    region_item = _text(ITEM_LENGTH, load_default=None, allow_none=True)
    columns = ma.fields.Dict(
        keys=_text(ITEM_LENGTH),
        values=_text(NAME_LENGTH),
        required=True,
        validate=ma.validate.Length(1, MOST_COLUMNS),
        metadata={"description": "Item of the directory → column of the upper table."},
    )
    mode = ma.fields.String(load_default=CHANGES, validate=ma.validate.OneOf(MODES))
    destination = ma.fields.Dict(
        keys=ma.fields.String(), required=True, metadata={"example": {"database": "returns", "table": "enterprises"}}
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewReturn:
        """Make the value."""
        return NewReturn(**data)


class ReturnSchema(ma.Schema):
    """A return as it stands."""

    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    target = ma.fields.String(required=True)
    table = ma.fields.String(required=True, attribute="table_name")
    directory = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    key_item = ma.fields.String(required=True)
    region_item = ma.fields.String(required=True, allow_none=True)
    columns = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    mode = ma.fields.String(required=True, validate=ma.validate.OneOf(MODES))
    destination = ma.fields.Dict(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(RETURN_STATES))
    reason = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class ReturnReasonSchema(ma.Schema):
    """Why."""

    reason = _text(REASON_LENGTH, required=True)


class ReturnLoadQuery(PageQuery):
    """Which loads."""

    returned = ma.fields.String(load_default=None, validate=ma.validate.Length(1, ITEM_LENGTH))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(LOAD_STATES))


class ReturnLoadSchema(ma.Schema):
    """An arrival on its way into a directory's table: its counts, and how it ended."""

    id = ma.fields.String(required=True)
    returned = ma.fields.String(required=True)
    arrival = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(LOAD_STATES))
    reason = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    staged = ma.fields.Integer(required=True)
    rejects = ma.fields.Integer(required=True)
    overtaken = ma.fields.Integer(required=True)
    inserted = ma.fields.Integer(required=True)
    updated = ma.fields.Integer(required=True)
    deleted = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    goes = ma.fields.Integer(required=True, metadata={"description": "Rows that stood and would go."})
    stood = ma.fields.Integer(required=True, metadata={"description": "Rows that stood before."})
    decided_by = ma.fields.String(required=True)
    begun_at = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    told_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class ReturnRejectSchema(ma.Schema):
    """A row that was not taken: its number in the arrival, the item or column, and why."""

    row = ma.fields.Integer(required=True)
    item = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


class ReturnDecisionSchema(ma.Schema):
    """What becomes of a load that is held, and why."""

    applies = ma.fields.Boolean(required=True)
    reason = _text(REASON_LENGTH, required=True)


class ArrivalQuery(PageQuery):
    """Which arrivals."""

    target = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    table = ma.fields.String(load_default=None, validate=ma.validate.Length(1, NAME_LENGTH), data_key="table")


class ArrivalSchema(ma.Schema):
    """What came down: whence, of which table, how it was found; of a bad one its digest tells what it was."""

    id = ma.fields.Integer(required=True)
    target = ma.fields.String(required=True)
    described_as = ma.fields.String(required=True)
    table = ma.fields.String(required=True, attribute="table_name")
    state = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)
    sm3 = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    rejects = ma.fields.Integer(required=True)
    received_at = ma.fields.AwareDateTime(required=True)


ReturnsSchema = page_of(ReturnSchema, "ReturnsSchema")
ReturnLoadsSchema = page_of(ReturnLoadSchema, "ReturnLoadsSchema")
ReturnRejectsSchema = page_of(ReturnRejectSchema, "ReturnRejectsSchema")
ArrivalsSchema = page_of(ArrivalSchema, "ArrivalsSchema")


class DeliveredQuestionSchema(ma.Schema):
    """Of which directory another site asks rows, and from which mark on."""

    directory = _text(CODE_LENGTH, required=True)
    after = ma.fields.String(load_default="", validate=ma.validate.Length(max=40))


class DeliveredChangeSchema(ma.Schema):
    """A row as it is now, or the key of one that is gone from the region."""

    mark = ma.fields.String(required=True)
    operation = ma.fields.String(required=True)
    row = ma.fields.Dict(keys=ma.fields.String(), required=True)


class DeliveredPageSchema(ma.Schema):
    """Some rows, the mark to go on from, and why nothing is delivered, where nothing is."""

    items = ma.fields.List(ma.fields.Nested(DeliveredChangeSchema), required=True)
    next = ma.fields.String(required=True)
    more = ma.fields.Boolean(required=True)
    refused = ma.fields.String(required=True)


class DeliveredReceiptSchema(ma.Schema):
    """That everything up to a mark arrived and was brought in, and what became of it."""

    directory = _text(CODE_LENGTH, required=True)
    mark = _text(40, required=True)
    taken = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 10**9))
    rejected = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 10**9))


class DeliveredReceiptAnswerSchema(ma.Schema):
    """Up to which mark everything is confirmed."""

    received = ma.fields.String(required=True)
