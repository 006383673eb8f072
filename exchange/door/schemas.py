"""Outside JSON ⇄ calls to the gateway, uses, receipts and large results; unknown members are refused."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.asking import MOST_SUBJECTS, Query
from exchange.door.models import FAILED, READY, RUNNING
from exchange.door.outcomes import WORDS, Outcome
from exchange.sources import questions
from exchange.sources.cursors import LONGEST_SEALED
from exchange.sources.source import Test

LONGEST_ITEM: Final = 100
MOST_FIELDS: Final = 1000
LONGEST_CASE: Final = 64
HEX: Final = 64


class ValueField(ma.fields.Field[Any]):
    """A value of a condition: a text, a whole number, or yes and no. Fractions are written as texts, exactly."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        if not isinstance(value, str | int):
            raise ma.ValidationError("a text, a whole number, true or false · 应为文本、整数或布尔值")
        return value


class GatewayConditionSchema(ma.Schema):
    """What must hold for an item of the directory."""

    item = ma.fields.String(required=True, validate=ma.validate.Length(1, LONGEST_ITEM))
    test = ma.fields.String(load_default=Test.EQUAL.value, validate=ma.validate.OneOf([each.value for each in Test]))
    values = ma.fields.List(ValueField(), required=True, validate=ma.validate.Length(1, questions.MOST_VALUES))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> questions.Asked:
        """Make the value."""
        return questions.Asked(**data)


def _conditions(**told: Any) -> ma.fields.List[Any]:
    length = ma.validate.Length(max=questions.MOST_CONDITIONS)
    return ma.fields.List(ma.fields.Nested(GatewayConditionSchema), validate=length, **told)


class GatewayQuerySchema(ma.Schema):
    """A call: for what, which items, of whom: one set of conditions, or a hundred under `subjects`."""

    purpose = ma.fields.Nested(PurposeSchema, required=True)
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, LONGEST_ITEM)),
        data_key="fields",
        load_default=list,
        validate=ma.validate.Length(max=MOST_FIELDS),
        metadata={"description": "none means all that are granted"},
    )
    conditions = _conditions()
    subjects = ma.fields.List(_conditions(), validate=ma.validate.Length(1, MOST_SUBJECTS))
    limit = ma.fields.Integer(strict=True, validate=ma.validate.Range(1, questions.MOST_ROWS))
    cursor = ma.fields.String(validate=ma.validate.Length(1, LONGEST_SEALED))
    sealed = ma.fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @ma.validates_schema
    def is_one_or_many(self, data: dict[str, Any], **_: Any) -> None:
        """Let a call be about one or about many. Raises `ValidationError`."""
        if "subjects" in data and ("conditions" in data or "cursor" in data):
            raise ma.ValidationError("either conditions or subjects · conditions 与 subjects 只能用其一", "subjects")

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Query:
        """Make the value, with the body as it was sent, which is digested."""
        subjects = data.get("subjects") or [data.get("conditions", [])]
        return Query(
            data["purpose"],
            tuple(dict.fromkeys(data["fields_"])),
            tuple(map(tuple, subjects)),
            "subjects" in data,
            data.get("limit"),
            data.get("cursor"),
            data["sealed"],
            body=original,
        )


class ResultQuerySchema(ma.Schema):
    """A large result: for what, which items, under which conditions."""

    purpose = ma.fields.Nested(PurposeSchema, required=True)
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, LONGEST_ITEM)),
        data_key="fields",
        load_default=list,
        validate=ma.validate.Length(max=MOST_FIELDS),
    )
    conditions = _conditions(load_default=list)

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Query:
        """Make the value, with the body as it was sent."""
        subjects, fields = (tuple(data["conditions"]),), tuple(dict.fromkeys(data["fields_"]))
        return Query(data["purpose"], fields, subjects, is_export=True, body=original)


class GatewayReasonSchema(ma.Schema):
    """Why a call ended so."""

    code = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(WORDS)))
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class GatewaySourceSchema(ma.Schema):
    """Which mount answered, how it is, and when it was asked."""

    mount = ma.fields.String(required=True)
    health = ma.fields.String(required=True)
    as_of = ma.fields.AwareDateTime(required=True)


class GatewayItemSchema(ma.Schema):
    """How one question ended; every outcome has the same members."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(GatewayReasonSchema, required=True)
    rows = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()))
    next_cursor = ma.fields.String(allow_none=True)
    retry_after = ma.fields.Integer(allow_none=True)
    source = ma.fields.Nested(GatewaySourceSchema, allow_none=True)


class ReceiptPlaceSchema(ma.Schema):
    """Where the receipt of a call is."""

    url = ma.fields.String(required=True)


class GatewayAnswerSchema(GatewayItemSchema):
    """An answer: rows, or items of a batch, or `sealed`: the same closed to the caller's own key, in base64."""

    usage_id = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(GatewayItemSchema))
    sealed = ma.fields.String()
    receipt = ma.fields.Nested(ReceiptPlaceSchema, required=True)


class UsageSchema(ma.Schema):
    """A use of data; nobody's number stands in it."""

    id = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    caller = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    grant_code = ma.fields.String(required=True)
    item_code = ma.fields.String(required=True)
    stage = ma.fields.String(required=True)
    ground = ma.fields.String(required=True)
    basis_kind = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    operator_kind = ma.fields.String(required=True)
    handling_region = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), data_key="fields", attribute="fields", required=True)
    outcome = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    mount = ma.fields.String(required=True)
    health = ma.fields.String(required=True)
    request_sm3 = ma.fields.String(required=True)
    answer_sm3 = ma.fields.String(required=True)
    bound_to = ma.fields.String(allow_none=True, required=True)
    bound_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class UsageQuery(PageQuery):
    """Which uses: our own (`own`), or those that others made of our directories (`given`)."""

    of = ma.fields.String(load_default="own", validate=ma.validate.OneOf(["own", "given"]))
    directory = ma.fields.String(validate=ma.validate.Length(1, 64))
    organisation = ma.fields.String(validate=ma.validate.Length(1, 18))
    outcome = ma.fields.String(validate=ma.validate.OneOf([each.value for each in Outcome]))
    item_code = ma.fields.String(validate=ma.validate.Length(1, 33))
    basis = ma.fields.String(validate=ma.validate.Length(1, LONGEST_CASE))
    since = ma.fields.AwareDateTime()
    until = ma.fields.AwareDateTime()


class UsageBindingSchema(ma.Schema):
    """The case that came of a use."""

    case = ma.fields.String(
        required=True, validate=(ma.validate.Length(1, LONGEST_CASE), ma.validate.Regexp(r"[^\s\x00-\x1f\x7f]+\Z"))
    )


class ResultFileSchema(ma.Schema):
    """A large result: how far it is, and when it is gone; `sm3` is over the whole file."""

    id = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([RUNNING, READY, FAILED]))
    reason = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    size = ma.fields.Integer(required=True)
    sm3 = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)


class ReceiptProofSchema(ma.Schema):
    """The way from an entry to the root of a tree, or from one tree to a larger one (RFC 6962 2.1)."""

    index = ma.fields.Integer()
    size = ma.fields.Integer()
    root = ma.fields.String()
    entry = ma.fields.String()
    old_size = ma.fields.Integer()
    old_root = ma.fields.String()
    new_size = ma.fields.Integer()
    new_root = ma.fields.String()
    path = ma.fields.List(ma.fields.String(), required=True)


class ReceiptSchema(ma.Schema):
    """A receipt: everything that verifying it takes, but the key's owner's word that the key is theirs."""

    kind = ma.fields.String(required=True)
    statement = ma.fields.Dict(keys=ma.fields.String(), required=True)
    salt = ma.fields.String(required=True, validate=ma.validate.Length(equal=HEX))
    inclusion = ma.fields.Nested(ReceiptProofSchema, required=True)
    batch = ma.fields.Integer(required=True)
    consistency = ma.fields.Nested(ReceiptProofSchema, allow_none=True, required=True)
    note = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    certificate = ma.fields.String(allow_none=True, required=True)


class ReceiptKeySchema(ma.Schema):
    """A key that signed receipts."""

    key = ma.fields.String(attribute="text", required=True)
    key_id = ma.fields.String(required=True)
    since = ma.fields.AwareDateTime(required=True)


class ReceiptKeysSchema(ma.Schema):
    """The keys that signed receipts, the newest first."""

    items = ma.fields.List(ma.fields.Nested(ReceiptKeySchema), required=True)
