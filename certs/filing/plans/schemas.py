"""Outside JSON ⇄ plans of filing, what would change them, and the gaps that they meet."""

from typing import Any, Final

import marshmallow as ma

from certs.filing.plans.offers import HandedIn
from certs.filing.plans.plan import Answer
from certs.filing.plans.planning import Asked, Trial
from certs.queries.schemas import NamedHolderSchema
from exchange.agreements.purpose_schemas import PurposeSchema

# A birth has a child and two parents; a fleet of vehicles files in parts.
MOST_HOLDERS: Final = 20
MOST_ANSWERS: Final = 60
MOST_HANDED_IN: Final = 100
# A province has some hundred counties.
MOST_TRIALS: Final = 120
WORD: Final = ma.validate.Length(1, 80)
MATTER: Final = ma.validate.Regexp(r"[0-9A-Z]{12}\Z|[0-9A-Z]{31}\Z|[0-9A-Z]{33}\Z")
REGION: Final = ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})\Z")
TARGET: Final = ma.validate.Length(1, 200)


def situation_field() -> ma.fields.Dict:
    """Give the field of a situation: answers by the keys of their questions."""
    answer = ma.fields.String(validate=WORD)
    return ma.fields.Dict(
        keys=ma.fields.String(validate=WORD),
        values=answer,
        load_default=dict,
        validate=ma.validate.Length(max=MOST_ANSWERS),
    )


class HandedInMaterialSchema(ma.Schema):
    """A paper that the applicant handed in before: for which material, where it lies, since when, good until when."""

    material = ma.fields.String(required=True, validate=WORD)
    place = ma.fields.String(required=True, validate=ma.validate.Length(1, 100))
    at = ma.fields.AwareDateTime(required=True)
    until = ma.fields.AwareDateTime(load_default=None, allow_none=True)


class PlanAskedSchema(ma.Schema):
    """What is planned: which matter, in which situation, where; for whom, where the form is to be filled in."""

    matter = ma.fields.String(required=True, validate=MATTER)
    situation = situation_field()
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))
    holders = ma.fields.List(
        ma.fields.Nested(NamedHolderSchema),
        load_default=None,
        allow_none=True,
        validate=ma.validate.Length(1, MOST_HOLDERS),
    )
    purpose = ma.fields.Nested(PurposeSchema, load_default=None, allow_none=True)
    handed_in = ma.fields.List(
        ma.fields.Nested(HandedInMaterialSchema), load_default=list, validate=ma.validate.Length(max=MOST_HANDED_IN)
    )

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Asked:
        """Make the value."""
        handed = {each.pop("material"): HandedIn(**each) for each in data["handed_in"]}
        return Asked(
            data["matter"],
            data["situation"],
            data["region"],
            tuple(data["holders"] or ()),
            data["purpose"],
            handed,
            original.get("purpose") or {},
        )


class PlanTrialSchema(ma.Schema):
    """One *what if*: in another region, with grants that are not there, with types or directories brought in."""

    region = ma.fields.String(load_default="", validate=REGION)
    grants = ma.fields.List(ma.fields.String(validate=TARGET), load_default=list, validate=ma.validate.Length(max=20))
    brought_in = ma.fields.List(
        ma.fields.String(validate=TARGET), load_default=list, validate=ma.validate.Length(max=20)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Trial:
        """Make the value."""
        return Trial(data["region"], tuple(data["grants"]), tuple(data["brought_in"]))


class PlanTrialsAskedSchema(ma.Schema):
    """What is tried: the plan as it is, and what else might be."""

    matter = ma.fields.String(required=True, validate=MATTER)
    situation = situation_field()
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))
    trials = ma.fields.List(
        ma.fields.Nested(PlanTrialSchema), required=True, validate=ma.validate.Length(1, MOST_TRIALS)
    )


class FilingSentenceSchema(ma.Schema):
    """A sentence in both languages."""

    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class PlannedMaterialSchema(ma.Schema):
    """One material of a plan."""

    name = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    needed = ma.fields.Boolean(required=True)
    answer = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Answer]))
    legal = ma.fields.Boolean(required=True)
    basis = ma.fields.String(required=True)
    source = ma.fields.Dict(keys=ma.fields.String(), required=True)
    because = ma.fields.Nested(FilingSentenceSchema, required=True)
    fallback = ma.fields.Dict(keys=ma.fields.String(), required=True)
    due = ma.fields.String(required=True, allow_none=True)
    would_be_free_if = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    confidence = ma.fields.String(required=True)


class FilingPlanSchema(ma.Schema):
    """How a matter is filed with the least burden for the applicant."""

    matter = ma.fields.Dict(keys=ma.fields.String(), required=True)
    region = ma.fields.String(required=True)
    materials = ma.fields.List(ma.fields.Nested(PlannedMaterialSchema), required=True)
    prefill = ma.fields.Dict(keys=ma.fields.String(), required=True)
    spared = ma.fields.Integer(required=True)
    spared_at_most = ma.fields.Integer(required=True)
    to_submit = ma.fields.Integer(required=True)
    to_submit_at_most = ma.fields.Integer(required=True)
    promised = ma.fields.Integer(required=True)
    promised_at_most = ma.fields.Integer(required=True)
    burden = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    questions = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)


class PlanDifferenceSchema(ma.Schema):
    """A material that would be answered otherwise."""

    name = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    before = ma.fields.String(required=True, allow_none=True)
    after = ma.fields.String(required=True, allow_none=True)
    because = ma.fields.Nested(FilingSentenceSchema, required=True)


class TriedPlanSchema(ma.Schema):
    """What would come of a *what if*."""

    region = ma.fields.String(required=True)
    grants = ma.fields.List(ma.fields.String(), required=True)
    brought_in = ma.fields.List(ma.fields.String(), required=True)
    spared = ma.fields.Integer(required=True)
    spared_at_most = ma.fields.Integer(required=True)
    to_submit = ma.fields.Integer(required=True)
    to_submit_at_most = ma.fields.Integer(required=True)
    differences = ma.fields.List(ma.fields.Nested(PlanDifferenceSchema), required=True)


class PlanTrialsSchema(ma.Schema):
    """The plan as it is, in two numbers, and every *what if* beside it."""

    matter = ma.fields.Dict(keys=ma.fields.String(), required=True)
    region = ma.fields.String(required=True)
    spared = ma.fields.Integer(required=True)
    spared_at_most = ma.fields.Integer(required=True)
    to_submit = ma.fields.Integer(required=True)
    to_submit_at_most = ma.fields.Integer(required=True)
    trials = ma.fields.List(ma.fields.Nested(TriedPlanSchema), required=True)


class FilingGapQuery(ma.Schema):
    """Of which region's matters."""

    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))


class FilingGapSchema(ma.Schema):
    """One thing that is missing, and the materials and cases that hang on it."""

    kind = ma.fields.String(required=True)
    means = ma.fields.String(required=True)
    target = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    because = ma.fields.Nested(FilingSentenceSchema, required=True)
    cases = ma.fields.Integer(required=True)
    matters = ma.fields.List(ma.fields.String(), required=True)
    materials = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    confidence = ma.fields.String(required=True)


class FilingGapsSchema(ma.Schema):
    """The gaps, the one that touches most cases first."""

    matters = ma.fields.Integer(required=True)
    items = ma.fields.List(ma.fields.Nested(FilingGapSchema), required=True)
