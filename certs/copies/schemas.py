"""Outside JSON ⇄ copies."""

from typing import Any, Final

import marshmallow as ma

from certs.copies.sheet import LONGEST
from certs.models import IDENTIFIER_LENGTH
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.outcomes import Outcome

USUAL_DAYS: Final = 7


class CopyQuestionSchema(ma.Schema):
    """A copy that is asked for; how many days it may be shown."""

    identifier = ma.fields.String(required=True, validate=ma.validate.Length(1, IDENTIFIER_LENGTH))
    purpose = ma.fields.Nested(PurposeSchema, required=True)
    format = ma.fields.String(load_default="pdf", validate=ma.validate.OneOf(["pdf", "ofd"]))
    days = ma.fields.Integer(load_default=USUAL_DAYS, validate=ma.validate.Range(1, LONGEST.days))


class CopyReasonSchema(ma.Schema):
    """Why it ended so, in both languages."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class MadeCopySchema(ma.Schema):
    """A copy that was made: its link works once, and not after `link_ends_at`."""

    id = ma.fields.String(required=True)
    format = ma.fields.String(required=True)
    link = ma.fields.String(required=True)
    link_ends_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)
    sm3 = ma.fields.String(required=True)
    original_sm3 = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)


class CopyAnswerSchema(ma.Schema):
    """How asking for a copy ended."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(CopyReasonSchema, required=True)
    usage_id = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    status = ma.fields.String(required=True, metadata={"description": "empty where it is not told"})
    copy: Any = ma.fields.Nested(MadeCopySchema, required=True, allow_none=True)
