"""Outside JSON ⇄ the holder's view."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.drafts import Holder
from certs.holders.bindings import Binding, Capacity
from certs.holders.models import BEST, ID_LENGTH, NAME_LENGTH
from certs.holders.objections import STATES, About
from certs.models import REASON_LENGTH
from certs.schemas import CertificateDocumentSchema, CertificateHolderSchema
from exchange.objections.life import Heard, Outcome
from exchange.objections.schemas import ObjectionReasonSchema, ObjectionReceiverSchema

ID: Final = ma.validate.Length(1, ID_LENGTH)
SAID: Final = ma.validate.Regexp(r"(?s).*\S")
MONTH: Final = r"20[0-9]{2}-(0[1-9]|1[0-2])\Z"


class HolderBindingSchema(ma.Schema):
    """Which person is which holder, or acts for one on a basis."""

    person = ma.fields.String(required=True, validate=ID)
    holder = ma.fields.Nested(CertificateHolderSchema, required=True)
    capacity = ma.fields.Enum(Capacity, by_value=True, load_default=Capacity.SELF)
    basis = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))
    ends_at = ma.fields.AwareDateTime(load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Binding:
        """Make the value."""
        holder: Holder = data["holder"]
        return Binding(data["person"], holder, data["capacity"], data["basis"], data["ends_at"])


class BoundHolderSchema(ma.Schema):
    """A holder whom one may speak for."""

    code = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    capacity = ma.fields.Enum(Capacity, by_value=True, required=True)
    basis = ma.fields.String(required=True)


class BoundHoldersSchema(ma.Schema):
    """All holders whom one may speak for."""

    items = ma.fields.List(ma.fields.Nested(BoundHolderSchema), required=True)


class MyCertificateSchema(ma.Schema):
    """A certificate, for its holder: everything that it says."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    type_name = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    holding = ma.fields.String(required=True)
    status = ma.fields.String(required=True)
    holders = ma.fields.List(ma.fields.Nested(CertificateHolderSchema), required=True)
    issued_on = ma.fields.Date(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_until = ma.fields.Date(required=True)
    data = ma.fields.Dict(required=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    files = ma.fields.List(ma.fields.Nested(CertificateDocumentSchema), required=True)
    link = ma.fields.String(
        required=True, metadata={"description": "what the code on the face says: how it stands, for anyone"}
    )


class MyCertificatesSchema(ma.Schema):
    """One's certificates, newest first."""

    items = ma.fields.List(ma.fields.Nested(MyCertificateSchema), required=True)


class UseObjectionStateSchema(ma.Schema):
    """One's newest objection to a use, and where it stands."""

    id = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))


class MyUseSchema(ma.Schema):
    """A use of one's certificate, or of data of oneself: by whom, for what, which fields, when, and how it ended."""

    usage = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    kind = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    organisation_name = ma.fields.String(required=True)
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    stage = ma.fields.String(required=True)
    ground = ma.fields.String(required=True)
    type = ma.fields.String(
        required=True, metadata={"description": "the certificate's type; of `kind` data, the directory's code"}
    )
    type_name = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields")
    outcome = ma.fields.String(required=True)
    consent = ma.fields.String(required=True)
    evaluation = ma.fields.Integer(required=True, allow_none=True)
    evaluation_answer = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "what was answered to a bad evaluation"}
    )
    objection = ma.fields.Nested(UseObjectionStateSchema, required=True, allow_none=True)


class MyUsesSchema(ma.Schema):
    """The uses that may be told now; how many are told later, and why."""

    items = ma.fields.List(ma.fields.Nested(MyUseSchema), required=True)
    hidden = ma.fields.Integer(required=True)
    hidden_reason = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True, allow_none=True)


class UseProofSchema(ma.Schema):
    """The receipt of a use, with its place in the ledger; not yet while no signed batch holds it."""

    usage = ma.fields.String(required=True)
    receipt = ma.fields.Dict(required=True, allow_none=True)


class UseEvaluationSchema(ma.Schema):
    """What a holder says of a use: 5 very content … 1 very discontent (好差评)."""

    level = ma.fields.Integer(required=True, validate=ma.validate.Range(1, BEST))
    text = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class CertificateObjectionSchema(ma.Schema):
    """What a holder objects to in a certificate of theirs: all of it, or a field."""

    field = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    text = ma.fields.String(required=True, validate=ma.validate.And(ma.validate.Length(1, REASON_LENGTH), SAID))


class UseEvaluationAnswerSchema(ma.Schema):
    """What whoever used answers to a bad evaluation: what was found, and what was put right."""

    text = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH * 2))


class UseObjectionSchema(CertificateObjectionSchema):
    """What a holder objects to: what the use gave, a field of it, or the use."""

    about = ma.fields.Enum(About, by_value=True, required=True)


class HolderObjectionWordSchema(ObjectionReasonSchema):
    """What somebody says to an answer, with the reason where they dispute it."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("confirm", "dispute")))


class HolderObjectionStepSchema(ma.Schema):
    """A step: what, in which state it left the objection, by which organisation (nothing: the holder), when, why."""

    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class HolderObjectionSchema(ma.Schema):
    """An objection: what it is about, who answers until when, and how it ended. Whose it is, its holder alone knows."""

    id = ma.fields.String(required=True)
    usage = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True)
    about = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in About]))
    field = ma.fields.String(required=True)
    text = ma.fields.String(
        required=True, metadata={"description": "for the holder, whoever answers and whoever rules; else empty"}
    )
    addressee = ma.fields.String(required=True)
    addressee_name = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    outcome = ma.fields.String(
        required=True, allow_none=True, validate=ma.validate.OneOf([each.value for each in Outcome])
    )
    heard = ma.fields.String(
        required=True,
        allow_none=True,
        validate=ma.validate.OneOf([each.value for each in Heard]),
        metadata={"description": "what the holder said to the answer"},
    )
    judge = ma.fields.String(required=True, allow_none=True)
    at = ma.fields.AwareDateTime(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    is_overdue = ma.fields.Boolean(required=True)
    escalated_to = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    corrected_by = ma.fields.String(
        required=True, allow_none=True, metadata={"description": "the certificate that came in its place"}
    )
    answered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    receivers = ma.fields.List(ma.fields.Nested(ObjectionReceiverSchema), required=True)
    steps = ma.fields.List(ma.fields.Nested(HolderObjectionStepSchema), required=True)


class HolderObjectionsSchema(ma.Schema):
    """One's objections, newest first."""

    items = ma.fields.List(ma.fields.Nested(HolderObjectionSchema), required=True)


class HolderObjectionQuery(PageQuery):
    """Which objections."""

    state = ma.fields.String(validate=ma.validate.OneOf(STATES))


HolderObjectionPage = page_of(HolderObjectionSchema, "HolderObjectionPageSchema")


class HolderObjectionAnswerSchema(ma.Schema):
    """How an objection ends, and why; `corrected` when the certificate was changed or ended, or the use was wrong."""

    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    reason = ma.fields.String(required=True, validate=ma.validate.And(ma.validate.Length(1, REASON_LENGTH), SAID))


class EvaluationMonthQuery(ma.Schema):
    """Which month."""

    month = ma.fields.String(required=True, validate=ma.validate.Regexp(MONTH), metadata={"example": "2026-11"})


class LevelSchema(ma.Schema):
    """How often a level was given."""

    level = ma.fields.Integer(required=True)
    uses = ma.fields.Integer(required=True)


class UseEvaluationsSchema(ma.Schema):
    """What holders said of one's own uses in a month, the best first."""

    month = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(LevelSchema), required=True)
