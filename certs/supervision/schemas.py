"""Outside JSON ⇄ supervision: rules, notices, receipts and feedback."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.models import CASE_LENGTH, REASON_LENGTH, TYPE_LENGTH, WORD_LENGTH
from certs.supervision.answering import NewFeedback
from certs.supervision.models import ANY_ISSUER, CODE_LENGTH, STATES
from certs.supervision.notice import ACTS, Feedback
from certs.supervision.rules import NewRule

# Keys and receipts are a supervisor's own numbers.
_KEY: Final = ma.validate.Regexp(r"[A-Za-z0-9._:\-]{1,64}\Z")
_SIDES: Final = ("own", "issuer")


class SupervisionReceiptSchema(ma.Schema):
    """That a notice has arrived, under the supervisor's own number."""

    receipt = ma.fields.String(required=True, validate=ma.validate.Length(1, CASE_LENGTH))


class NewSupervisionFeedbackSchema(ma.Schema):
    """What the supervisor says: a code, the day on which it was found, and words."""

    key = ma.fields.String(required=True, validate=_KEY)
    code = ma.fields.Enum(Feedback, by_value=True, required=True)
    on = ma.fields.Date(required=True)
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewFeedback:
        """Make the value."""
        return NewFeedback(**data)


class SupervisionFeedbackSchema(ma.Schema):
    """Feedback as both sides read it."""

    key = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    on = ma.fields.Date(required=True)
    text = ma.fields.String(required=True)
    told_at = ma.fields.AwareDateTime(required=True)


class SupervisedHolderSchema(ma.Schema):
    """A holder of the certificate."""

    code = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    role = ma.fields.String(required=True)


class SupervisedCertificateSchema(ma.Schema):
    """The certificate that a notice is about, as it stands now."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    holders = ma.fields.List(ma.fields.Nested(SupervisedHolderSchema), required=True)
    data = ma.fields.Dict(keys=ma.fields.String(), required=True)
    status = ma.fields.String(required=True)
    issued_on = ma.fields.Date(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_until = ma.fields.Date(required=True)
    supersedes = ma.fields.String(required=True, allow_none=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)


class SupervisionNoticeRowSchema(ma.Schema):
    """A notice in a list: which act, of which certificate, until when its receipt is due."""

    id = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    act = ma.fields.String(required=True, validate=ma.validate.OneOf(ACTS))
    type = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    supervisor = ma.fields.String(required=True)
    rule = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    acted_at = ma.fields.AwareDateTime(required=True)
    told_at = ma.fields.AwareDateTime(required=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    receipt = ma.fields.String(required=True)
    received_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class SupervisionNoticeSchema(SupervisionNoticeRowSchema):
    """A notice with its certificate and what was answered."""

    is_overdue = ma.fields.Boolean(required=True)
    certificate = ma.fields.Nested(SupervisedCertificateSchema, required=True, allow_none=True)
    feedback = ma.fields.List(ma.fields.Nested(SupervisionFeedbackSchema), required=True)


class SupervisionNoticeQuery(PageQuery):
    """Which notices: those told to us, or those about what we issued."""

    of = ma.fields.String(load_default="own", validate=ma.validate.OneOf(_SIDES))
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))


SupervisionNoticePage = page_of(SupervisionNoticeRowSchema, "SupervisionNoticePageSchema")


class NewSupervisionRuleSchema(ma.Schema):
    """Certificates of a type, of one issuer or of any (`*`), are supervised by an organisation."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(1, TYPE_LENGTH))
    issuer = ma.fields.String(load_default=ANY_ISSUER, validate=ma.validate.Length(1, CODE_LENGTH))
    supervisor = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    confidence = ma.fields.String(load_default="site", validate=ma.validate.Length(1, WORD_LENGTH))
    begins_at = ma.fields.AwareDateTime(load_default=None)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewRule:
        """Make the value."""
        return NewRule(**data)


class SupervisionRuleSchema(ma.Schema):
    """A rule, with when it holds."""

    id = ma.fields.Integer(required=True)
    type = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    supervisor = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    begins_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class SupervisionRulesSchema(ma.Schema):
    """Every rule, those that ended too."""

    items = ma.fields.List(ma.fields.Nested(SupervisionRuleSchema), required=True)
