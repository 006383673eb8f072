"""Outside JSON ⇄ objections; unknown members refused."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.door.models import USAGE_ID_LENGTH
from exchange.models import COMMENT_LENGTH, NAME_LENGTH, REASON_LENGTH
from exchange.objections.life import Heard, Outcome, State
from exchange.objections.objections import Evidence, NewObjection
from exchange.objections.received import About, Meant

STATES: Final = [each.value for each in State]
MOST_EVIDENCE: Final = 20
# A call asks for so many subjects at most; a place beyond them is none.
MOST_SUBJECTS: Final = 1000
MOST_OF_IDENTIFIER: Final = 128
_SAID = ma.validate.Regexp(r"(?s).*\S")


class EvidenceSchema(ma.Schema):
    """A piece of evidence: what it is, and its SM3 digest."""

    title = ma.fields.String(required=True, validate=ma.validate.And(ma.validate.Length(1, NAME_LENGTH), _SAID))
    sm3 = ma.fields.String(required=True, validate=ma.validate.Regexp(r"[0-9a-f]{64}\Z"))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Evidence:
        """Make the value."""
        return Evidence(**data)


class NewObjectionSchema(ma.Schema):
    """What is objected to: by the number of one's use, the place of the subject in it, and the field."""

    usage_id = ma.fields.String(required=True, validate=ma.validate.Length(1, USAGE_ID_LENGTH))
    about = ma.fields.Enum(About, by_value=True, required=True)
    subject = ma.fields.Integer(load_default=0, strict=True, validate=ma.validate.Range(0, MOST_SUBJECTS))
    field = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    certificate = ma.fields.String(
        load_default="",
        validate=ma.validate.Length(max=MOST_OF_IDENTIFIER),
        metadata={"description": "which certificate, where the use gave several · 证照标识"},
    )
    text = ma.fields.String(required=True, validate=ma.validate.And(ma.validate.Length(1, COMMENT_LENGTH), _SAID))
    evidence = ma.fields.List(
        ma.fields.Nested(EvidenceSchema), required=True, validate=ma.validate.Length(1, MOST_EVIDENCE)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewObjection:
        """Make the value."""
        meant = Meant(data["about"], data["subject"], data["field"], data["certificate"])
        return NewObjection(data["usage_id"], meant, data["text"], tuple(data["evidence"]))


class ObjectionReasonSchema(ma.Schema):
    """Why a step is taken."""

    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class ObjectionAnswerSchema(ObjectionReasonSchema):
    """What the provider found."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("correct", "keep")))


class ObjectionRulingSchema(ObjectionReasonSchema):
    """What the authority ruled on a disputed answer."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("uphold", "redo")))


class ObjectionRowSchema(ma.Schema):
    """An objection in a list, without what was said."""

    id = ma.fields.String(required=True)
    about = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in About]))
    usage_id = ma.fields.String(required=True, attribute="usage")
    directory = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    field = ma.fields.String(required=True)
    objector = ma.fields.String(required=True)
    provider = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    outcome = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.OneOf([each.value for each in Outcome])
    )
    judge = ma.fields.String(required=True, allow_none=True, metadata={"description": "who rules while it is disputed"})
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class ObjectionReceiverSchema(ma.Schema):
    """Someone who was told, and what they said to the answer."""

    organisation = ma.fields.String(required=True)
    uses = ma.fields.Integer(required=True)
    heard = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Heard]))
    told_at = ma.fields.AwareDateTime(required=True)
    said_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class ObjectionSchema(ObjectionRowSchema):
    """An objection with what was said, its evidence, and everyone who was told."""

    text = ma.fields.String(required=True)
    evidence = ma.fields.List(ma.fields.Nested(EvidenceSchema), required=True)
    receivers = ma.fields.List(ma.fields.Nested(ObjectionReceiverSchema), required=True)


class ObjectionStepSchema(ma.Schema):
    """A step, by whom, when and why."""

    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    on_behalf_of = ma.fields.String(required=True, allow_none=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class ObjectionHistorySchema(ma.Schema):
    """Every step, in order."""

    items = ma.fields.List(ma.fields.Nested(ObjectionStepSchema), required=True)


class ObjectionQuery(PageQuery):
    """Which objections: in a state."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


ObjectionPage = page_of(ObjectionRowSchema, "ObjectionPageSchema")
