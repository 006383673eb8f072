"""Outside JSON ⇄ how content applicants are, and what the organ answers."""

from typing import Any

import marshmallow as ma

from certs.filing.cases.evaluations import BEST, WORST, Rated
from certs.filing.cases.models import KEY_LENGTH
from certs.filing.cases.schemas import KEY, WORD
from certs.models import REASON_LENGTH


class NewCaseEvaluationSchema(ma.Schema):
    """How content the applicant is: 5 very, 1 not at all."""

    key = ma.fields.String(required=True, validate=KEY)
    satisfaction = ma.fields.Integer(required=True, validate=ma.validate.Range(WORST, BEST))
    options = ma.fields.List(ma.fields.String(validate=WORD), load_default=list, validate=ma.validate.Length(max=20))
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH * 2))
    channel = ma.fields.String(load_default="window", validate=WORD)
    is_default = ma.fields.Boolean(load_default=False)
    usage_id = ma.fields.String(load_default="", validate=ma.validate.Length(max=KEY_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Rated:
        """Make the value."""
        usage = data.pop("usage_id")
        return Rated(**{**data, "options": tuple(data["options"]), "usage": usage})


class CaseEvaluationAnswerSchema(ma.Schema):
    """What the organ answers to a bad evaluation, and what it put right."""

    answer = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH * 2))
    rectified = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH * 2))
    is_malicious = ma.fields.Boolean(load_default=False)


class CaseEvaluationSchema(ma.Schema):
    """An evaluation, with its answer."""

    number = ma.fields.Integer(required=True)
    satisfaction = ma.fields.Integer(required=True)
    options = ma.fields.List(ma.fields.String(), required=True)
    text = ma.fields.String(required=True)
    channel = ma.fields.String(required=True)
    is_default = ma.fields.Boolean(required=True)
    usage_id = ma.fields.String(required=True, attribute="usage")
    state = ma.fields.String(required=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    answer = ma.fields.String(required=True)
    rectified = ma.fields.String(required=True)
    is_malicious = ma.fields.Boolean(required=True)
    at = ma.fields.AwareDateTime(required=True)
    answered_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class CaseEvaluationsSchema(ma.Schema):
    """The evaluations of a case, in order."""

    items = ma.fields.List(ma.fields.Nested(CaseEvaluationSchema), required=True)
