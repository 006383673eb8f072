"""Outside JSON ⇄ look-ups for filing."""

from typing import Any, Final

import marshmallow as ma

from certs.filing.lookups.lookups import Looking
from certs.filing.plans.schemas import MATTER, MOST_HOLDERS, FilingSentenceSchema, situation_field
from certs.queries.schemas import NamedHolderSchema
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.outcomes import Outcome
from exchange.door.schemas import LONGEST_CASE

MOST_TYPES: Final = 50


class FilingLookupAskedSchema(ma.Schema):
    """What is looked up: for which matter and purpose, about whom; `types` narrows it to these."""

    matter = ma.fields.String(required=True, validate=MATTER)
    purpose = ma.fields.Nested(PurposeSchema, required=True)
    holders = ma.fields.List(
        ma.fields.Nested(NamedHolderSchema), required=True, validate=ma.validate.Length(1, MOST_HOLDERS)
    )
    types = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, 200)),
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, MOST_TYPES),
    )
    situation = situation_field()

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Looking:
        """Make the value, with the body as it was sent, which is digested."""
        types = tuple(dict.fromkeys(data["types"])) if data["types"] is not None else None
        return Looking(data["matter"], data["purpose"], tuple(data["holders"]), types, data["situation"], original)


class FilingReasonSchema(ma.Schema):
    """Why a question ended so."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class FilingLookupItemSchema(ma.Schema):
    """How one material ended for one person; `holder` is their place in the question."""

    material = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    holder = ma.fields.Integer(required=True, allow_none=True)
    means = ma.fields.String(required=True)
    mode = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(FilingReasonSchema, required=True)
    usage_id = ma.fields.String(required=True, allow_none=True)
    origin = ma.fields.String(required=True)
    certificates = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    data = ma.fields.Dict(keys=ma.fields.String(), required=True)
    sealed = ma.fields.String()
    fallback = ma.fields.Dict(keys=ma.fields.String(), required=True)


class FilingHintSchema(ma.Schema):
    """Something that does not fit together."""

    kind = ma.fields.String(required=True)
    holder = ma.fields.Integer(required=True)
    materials = ma.fields.List(ma.fields.String(), required=True)
    because = ma.fields.Nested(FilingSentenceSchema, required=True)


class FilingNoticeSchema(ma.Schema):
    """The one-time notice (一次告知单): what is still to be brought or signed."""

    items = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    to_submit = ma.fields.Integer(required=True)


class FilingLookupReceiptSchema(ma.Schema):
    """Where the look-up is, its sealed receipt by format, and the signed receipts of its uses."""

    id = ma.fields.String(required=True)
    url = ma.fields.String(required=True)
    documents = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    uses = ma.fields.List(ma.fields.String(), required=True)


class FilingLookupSchema(ma.Schema):
    """What came of a look-up."""

    usage_id = ma.fields.String(required=True)
    runs = ma.fields.Integer(required=True)
    complete = ma.fields.Boolean(required=True)
    questions = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    items = ma.fields.List(ma.fields.Nested(FilingLookupItemSchema), required=True)
    mismatches = ma.fields.List(ma.fields.Nested(FilingHintSchema), required=True)
    notice = ma.fields.Nested(FilingNoticeSchema, required=True)
    receipt = ma.fields.Nested(FilingLookupReceiptSchema, required=True)


class KeptLookupSchema(ma.Schema):
    """A look-up as it is on record: how everything ended, and nothing that was found."""

    id = ma.fields.String(required=True)
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    organ_name = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    stage = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    complete = ma.fields.Boolean(required=True)
    runs = ma.fields.Integer(required=True)
    usages = ma.fields.List(ma.fields.String(), required=True)
    items = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    notice = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    last_at = ma.fields.AwareDateTime(required=True)
    bound_to = ma.fields.String(required=True, allow_none=True)
    bound_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class LookupBindingSchema(ma.Schema):
    """The case that came of a look-up."""

    case = ma.fields.String(
        required=True, validate=(ma.validate.Length(1, LONGEST_CASE), ma.validate.Regexp(r"[^\s\x00-\x1f\x7f]+\Z"))
    )
