"""Outside JSON ⇄ letters of assistance, promises, later papers and papers handed in before."""

import base64
import binascii
from typing import Any, Final

import marshmallow as ma

from base.workdays import MOST_DAYS
from certs.filing.cases.models import KEY_LENGTH, NAME_LENGTH, NUMBER_LENGTH
from certs.filing.cases.schemas import KEY, TEXT, WORD, CaseMaterialSchema, CaseMaterialShownSchema
from certs.filing.undertakings.replies import Reply
from certs.filing.undertakings.undertaking import Kind, State, Step
from certs.filing.undertakings.undertakings import ESCALATE, LATER, LaterPaper, Letter, Promise
from certs.holder_codes import holder_codes
from certs.models import CODE_LENGTH, REASON_LENGTH, WORD_LENGTH

WORDS: Final = ma.validate.Length(1, REASON_LENGTH * 4)
SETTLED_BY_WORD: Final = (Step.FULFIL, Step.BREAK, Step.LET_COME_LATER, Step.CANCEL)


class _AboutMaterialSchema(ma.Schema):
    material = ma.fields.String(required=True, validate=KEY)
    name = ma.fields.String(required=True, validate=TEXT)
    days = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(0, MOST_DAYS))


class NewAssistanceLetterSchema(_AboutMaterialSchema):
    """A question to another organ, and what happens when it is not answered in time."""

    # Left out: the organ that the matter names for this material, and a question that says what is filed.
    to = ma.fields.String(load_default="", validate=ma.validate.Length(equal=CODE_LENGTH))
    question = ma.fields.String(load_default="", validate=WORDS)
    if_missed = ma.fields.String(load_default=ESCALATE, validate=ma.validate.OneOf([ESCALATE, LATER]))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Letter:
        """Make the value."""
        return Letter(**data)


class NewPromiseSchema(_AboutMaterialSchema):
    """What the applicant promises, word by word, and what is kept of the signature below it."""

    text = ma.fields.String(required=True, validate=WORDS)
    proof_kind = ma.fields.String(required=True, validate=WORD)
    proof_number = ma.fields.String(required=True, validate=ma.validate.Length(1, KEY_LENGTH))
    proof_sm3 = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9a-f]{64})?\Z"))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Promise:
        """Make the value."""
        return Promise(**data)


class NewLaterPaperSchema(_AboutMaterialSchema):
    """A material that comes later, and why."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> LaterPaper:
        """Make the value."""
        return LaterPaper(**data)


class AssistanceReplySchema(ma.Schema):
    """The reply to a letter, with a signed file in base64 where there is one."""

    answer = ma.fields.String(required=True, validate=ma.validate.OneOf(["confirmed", "denied", "unknown"]))
    text = ma.fields.String(required=True, validate=WORDS)
    file = ma.fields.String(load_default=None, allow_none=True)
    file_name = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Reply:
        """Make the value. Raises `ValidationError` for a file that is no base64."""
        try:
            file = None if data["file"] is None else base64.b64decode(data["file"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ma.ValidationError("not base64 · 不是 base64", "file") from error
        return Reply(**{**data, "file": file})


class UndertakingStepSchema(ma.Schema):
    """How it ends by somebody's word: fulfilled, broken, to come later, cancelled."""

    step = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in SETTLED_BY_WORD]))
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class HandedInSchema(ma.Schema):
    """A later paper that is handed in."""

    material = ma.fields.Nested(CaseMaterialSchema, required=True)


class UndertakingSchema(ma.Schema):
    """A letter, a promise or a later paper; what it says is for the sides of the case and the organ that is asked."""

    id = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Kind]))
    case = ma.fields.String(required=True)
    material = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    days = ma.fields.Integer(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    facts = ma.fields.Dict(required=True)
    words = ma.fields.Dict(required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    settled_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class UndertakingsSchema(ma.Schema):
    """Several of them."""

    items = ma.fields.List(ma.fields.Nested(UndertakingSchema), required=True)


class ReusableQuestionSchema(ma.Schema):
    """Whose materials, and which; in the body, since a code never stands in an address."""

    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    code = ma.fields.String(required=True, validate=ma.validate.Length(1, WORD_LENGTH))
    case = ma.fields.String(required=True, validate=ma.validate.Length(1, NUMBER_LENGTH))


class ReusableMaterialSchema(CaseMaterialShownSchema):
    """A material that was handed in before, and in which case."""

    case = ma.fields.String(required=True)


class ReusableMaterialsSchema(ma.Schema):
    """What may serve again, the newest of each."""

    items = ma.fields.List(ma.fields.Nested(ReusableMaterialSchema), required=True)


class NewReuseSchema(ma.Schema):
    """Which material of which case serves again, and as which."""

    material = ma.fields.String(required=True, validate=KEY)
    from_case = ma.fields.String(required=True, validate=ma.validate.Length(1, NUMBER_LENGTH))
    from_material = ma.fields.String(required=True, validate=KEY)
