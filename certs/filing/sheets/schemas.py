"""Outside JSON ⇄ filing documents."""

from typing import Any, Final

import marshmallow as ma

from certs.filing.plans.planning import Asked
from certs.filing.plans.schemas import WORD, FilingSentenceSchema, PlanAskedSchema, situation_field
from certs.filing.sheets.making import NoticeAsked

MOST_FORMS: Final = 100


def forms_field() -> ma.fields.Dict:
    """Give the field of forms: in what form a material is to be handed in, by the material's key."""
    return ma.fields.Dict(
        keys=ma.fields.String(validate=WORD),
        values=ma.fields.String(validate=ma.validate.Length(1, 100)),
        load_default=dict,
        validate=ma.validate.Length(max=MOST_FORMS),
    )


class CaseNoticeAskedSchema(ma.Schema):
    """What the notice of a case is made with: the situation, and the forms of papers that the clerk names."""

    situation = situation_field()
    forms = forms_field()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NoticeAsked:
        """Make the value."""
        return NoticeAsked(data["situation"], data["forms"])


class PlanNoticeAskedSchema(PlanAskedSchema):
    """The same for a plan without a case: which matter, in which situation, where."""

    forms = forms_field()

    class Meta:
        """Holders do not stand on a notice."""

        exclude = ("holders", "purpose")

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **told: Any) -> Any:
        """Make the value, with the forms beside it."""
        forms = data.pop("forms")
        asked: Asked = super().made({**data, "holders": None, "purpose": None}, original, **told)
        return asked, forms


class NoticeLineSchema(ma.Schema):
    """One thing that the applicant has to do: which material, how, in what form, until when, why."""

    name = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    answer = ma.fields.String(required=True)
    legal = ma.fields.Boolean(required=True)
    basis = ma.fields.String(required=True)
    form = ma.fields.String(required=True)
    due = ma.fields.String(required=True, allow_none=True)
    because = ma.fields.Nested(FilingSentenceSchema, required=True)


class NoticeDocumentsSchema(ma.Schema):
    """Where the sealed files are had."""

    pdf = ma.fields.String(required=True)
    ofd = ma.fields.String(required=True)


class OneTimeNoticeSchema(ma.Schema):
    """The one-time notice (一次告知单), and where its sealed documents are."""

    id = ma.fields.String(required=True)
    case = ma.fields.String(required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    is_new = ma.fields.Boolean(required=True)
    items = ma.fields.List(ma.fields.Nested(NoticeLineSchema), required=True)
    free = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    received = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    spared = ma.fields.Integer(required=True)
    spared_at_most = ma.fields.Integer(required=True)
    to_submit = ma.fields.Integer(required=True)
    to_submit_at_most = ma.fields.Integer(required=True)
    promised = ma.fields.Integer(required=True)
    promised_at_most = ma.fields.Integer(required=True)
    questions = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    documents = ma.fields.Nested(NoticeDocumentsSchema, required=True)
