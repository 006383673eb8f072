"""Outside JSON ⇄ profiles, and what a called zone answers; unknown members refused."""

import marshmallow as ma

from exchange.door.outcomes import Outcome
from exchange.door.schemas import GatewaySourceSchema, ReceiptPlaceSchema
from exchange.models import CODE_LENGTH
from exchange.zones.schemas import CODE, ZoneQuerySchema
from exchange.zones.zone import MOST_MEMBERS


class ProfileQuerySchema(ZoneQuerySchema):
    """A profile: about whom, for what, over which directories and zones; none means all that one's grants reach."""

    directories = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, CODE_LENGTH)),
        load_default=list,
        validate=ma.validate.Length(max=MOST_MEMBERS),
    )
    zones = ma.fields.List(
        ma.fields.String(validate=CODE), load_default=list, validate=ma.validate.Length(max=MOST_MEMBERS)
    )


class SharedReasonSchema(ma.Schema):
    """Why a directory ended so: a reason of the gateway, of this page, or the code of a refusal."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class AllowedSchema(ma.Schema):
    """How a use was allowed: under which grant or use list, on which ground, and which items."""

    grant = ma.fields.String(required=True)
    ground = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields", attribute="fields")


class SharedMemberSchema(ma.Schema):
    """A directory and how it ended; `answer` is the gateway's own, `request` the call that its receipt is about."""

    directory = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    update_cycle = ma.fields.String(required=True)
    zones = ma.fields.List(ma.fields.String(), required=True)
    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(SharedReasonSchema, required=True)
    usage_id = ma.fields.String(required=True, allow_none=True)
    receipt = ma.fields.Nested(ReceiptPlaceSchema, required=True, allow_none=True)
    source = ma.fields.Nested(GatewaySourceSchema, required=True, allow_none=True)
    allowed = ma.fields.Nested(AllowedSchema, required=True, allow_none=True)
    not_granted = ma.fields.List(ma.fields.String(), required=True)
    answer = ma.fields.Dict(keys=ma.fields.String(), required=True, allow_none=True)
    request = ma.fields.Dict(keys=ma.fields.String(), required=True, allow_none=True)
    problem = ma.fields.Dict(keys=ma.fields.String(), required=True, allow_none=True)


class ObjectionPlaceSchema(ma.Schema):
    """How to object to a value: where, and the beginning of the body; text and evidence are the objector's."""

    url = ma.fields.String(required=True)
    body = ma.fields.Dict(keys=ma.fields.String(), required=True)


class ValueSourceSchema(ma.Schema):
    """Who says a value: the directory, the use, the row of its answer."""

    directory = ma.fields.String(required=True)
    usage_id = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    objection = ma.fields.Nested(ObjectionPlaceSchema, required=True)


class SharedValueSchema(ma.Schema):
    """A value of a field, by which mask it is shown, and all sources that say it."""

    value = ma.fields.Raw(required=True, allow_none=True)
    mask = ma.fields.String(required=True)
    sources = ma.fields.List(ma.fields.Nested(ValueSourceSchema), required=True)


class SharedFieldSchema(ma.Schema):
    """A field: its values side by side, and whether sources contradict each other."""

    name = ma.fields.String(required=True)
    conflict = ma.fields.Boolean(required=True)
    values = ma.fields.List(ma.fields.Nested(SharedValueSchema), required=True)


class SharedSubjectSchema(ma.Schema):
    """What is shared about a subject: fields with their sources, and every directory with its outcome."""

    as_of = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(("person", "enterprise")))
    fields_ = ma.fields.List(ma.fields.Nested(SharedFieldSchema), required=True, data_key="fields", attribute="fields")
    members = ma.fields.List(ma.fields.Nested(SharedMemberSchema), required=True)
    certificates = ma.fields.Dict(keys=ma.fields.String())
