"""Outside JSON ⇄ matters, their materials, their correspondence and its use lists."""

from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.filing.matter import Condition, Confidence, Material, Matter, Means, Mode, Question, Replacement
from certs.filing.matters.correspondence import MOST_FIELDS, MOST_REPLACEMENTS
from certs.filing.matters.models import ITEM_LENGTH, NAME_LENGTH, TARGET_LENGTH, TEXT_LENGTH
from certs.filing.matters.publishing import NewUseList
from exchange.models import NAME_LENGTH as TITLE_LENGTH
from exchange.models import REASON_LENGTH

# kind:new,agent:yes; a matter has at most sixty questions of short keys.
SITUATION_LENGTH: Final = 4000
_SITUATION: Final = r"([^:,]{1,80}:[^:,]{1,80})(,[^:,]{1,80}:[^:,]{1,80}){0,59}\Z"
MOST_MATTERS: Final = 2000


class MatterQuery(PageQuery):
    """Which matters: words, the beginning of a code, a region with what lies in it."""

    q = ma.fields.String(load_default="", validate=ma.validate.Length(max=100))
    code = ma.fields.String(load_default="", validate=ma.validate.Length(max=ITEM_LENGTH))
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))


class MatterPlaceQuery(ma.Schema):
    """Where and when: a region chooses among organs, a moment among versions."""

    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))
    at = ma.fields.AwareDateTime(load_default=None)


class MaterialQuery(MatterPlaceQuery):
    """In which situation: answers by the keys of their questions, such as `kind:new,agent:yes`."""

    situation = ma.fields.String(
        load_default="",
        validate=ma.validate.And(ma.validate.Length(max=SITUATION_LENGTH), ma.validate.Regexp(rf"\Z|{_SITUATION}")),
        metadata={"example": "kind:new,agent:yes"},
    )

    @ma.post_load
    def read(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Take the answers apart; one question has one answer."""
        pairs = [each.split(":") for each in data["situation"].split(",") if each]
        told = dict(pairs)
        if len(told) != len(pairs):
            raise ma.ValidationError("a question stands twice", "situation")
        return {**data, "situation": told}


class MatterItemSchema(ma.Schema):
    """An item in a list, as its newest version has it."""

    item_code = ma.fields.String(required=True)
    implementation_code = ma.fields.String(required=True)
    basic_code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organ = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)


class ConditionSchema(ma.Schema):
    """A question and the answers that will do."""

    question = ma.fields.String(required=True)
    answers = ma.fields.List(ma.fields.String(), required=True)


class SituationAnswerSchema(ma.Schema):
    """An answer of a question."""

    key = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class QuestionSchema(ma.Schema):
    """A question; where it has conditions, it is put only where all of them hold."""

    key = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    answers = ma.fields.List(ma.fields.Nested(SituationAnswerSchema), required=True)
    when = ma.fields.List(ma.fields.Nested(ConditionSchema), required=True)


class ReplacementSchema(ma.Schema):
    """What can stand in for a material; one that is not mapped names nothing that this site can ask."""

    means = ma.fields.Enum(Means, by_value=True, required=True)
    target = ma.fields.String(load_default="", validate=ma.validate.Length(max=TARGET_LENGTH))
    name = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, TARGET_LENGTH)),
        load_default=list,
        data_key="fields",
        attribute="fields",
        validate=ma.validate.Length(max=MOST_FIELDS),
    )
    mode = ma.fields.Enum(Mode, by_value=True, required=True)
    basis = ma.fields.String(load_default="", validate=ma.validate.Length(max=TEXT_LENGTH))
    source = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"(\d{6}|\d{9}|\d{12})?\Z"))
    confidence = ma.fields.Enum(Confidence, by_value=True, load_default=Confidence.ASSUMED)
    is_mapped = ma.fields.Boolean(dump_only=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Replacement:
        """Make the value."""
        return Replacement(**{**data, "fields": tuple(data["fields"])})


class MaterialSchema(ma.Schema):
    """A material: whether it may be asked for, and what can stand in for it."""

    key = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    necessity = ma.fields.String(required=True)
    legal = ma.fields.Boolean(required=True)
    basis = ma.fields.String(required=True)
    when = ma.fields.List(ma.fields.Nested(ConditionSchema), required=True)
    roles = ma.fields.List(ma.fields.String(), required=True)
    may_be_promised = ma.fields.Boolean(required=True)
    later_working_days = ma.fields.Integer(allow_none=True, required=True)
    confidence = ma.fields.String(required=True)
    note = ma.fields.String(required=True)
    provider = ma.fields.String(required=True)
    replacements = ma.fields.List(ma.fields.Nested(ReplacementSchema), required=True)


class MatterSchema(ma.Schema):
    """A matter as it held on a day."""

    item_code = ma.fields.String(required=True)
    implementation_code = ma.fields.String(required=True)
    basic_code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organ = ma.fields.String(required=True)
    organ_name = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    effective_from = ma.fields.Date(required=True)
    effective_until = ma.fields.Date(allow_none=True, required=True)
    elements = ma.fields.Dict(keys=ma.fields.String(), required=True)
    result_type = ma.fields.String(allow_none=True, required=True)
    confidence = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    questions = ma.fields.List(ma.fields.Nested(QuestionSchema), required=True)
    materials = ma.fields.List(ma.fields.Nested(MaterialSchema), required=True)


class AskedMaterialsSchema(ma.Schema):
    """What a matter asks for in a situation, and which questions should still be put."""

    matter = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    situation = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    materials = ma.fields.List(ma.fields.Nested(MaterialSchema), required=True)
    open_questions = ma.fields.List(ma.fields.Nested(QuestionSchema), required=True)


class MatterVersionSchema(ma.Schema):
    """A version of a matter, without what it says."""

    number = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    effective_from = ma.fields.Date(required=True)
    effective_until = ma.fields.Date(allow_none=True, required=True)
    content_sm3 = ma.fields.String(required=True)
    made_at = ma.fields.AwareDateTime(required=True)


class MatterVersionsSchema(ma.Schema):
    """Every version of a matter, the first first."""

    items = ma.fields.List(ma.fields.Nested(MatterVersionSchema), required=True)


class CorrespondenceSchema(ma.Schema):
    """What can stand in for a material from a day on; none says that nothing does any more."""

    material = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    matter_name = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    effective_from = ma.fields.Date(load_default=None, allow_none=True)
    replacements = ma.fields.List(
        ma.fields.Nested(ReplacementSchema), required=True, validate=ma.validate.Length(max=MOST_REPLACEMENTS)
    )


class SaidSchema(ma.Schema):
    """How many things stand in for the material now."""

    code = ma.fields.String(required=True)
    material = ma.fields.String(required=True)
    replacements = ma.fields.Integer(required=True)


class MatterUseListDraftSchema(ma.Schema):
    """A use list of one matter's correspondence: its title and its basis."""

    title = ma.fields.String(required=True, validate=ma.validate.Length(1, TITLE_LENGTH))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class MatterUseListSchema(MatterUseListDraftSchema):
    """A use list of several matters' correspondence; without codes, of every matter."""

    matters = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, ITEM_LENGTH)),
        load_default=list,
        validate=ma.validate.Length(max=MOST_MATTERS),
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewUseList:
        """Make the value."""
        return NewUseList(data["title"], data["basis"], tuple(dict.fromkeys(data["matters"])))


class ImportFaultSchema(ma.Schema):
    """What is wrong with a cell: the table, the row as a spreadsheet numbers it, the column, a code and words."""

    table = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    column = ma.fields.String(required=True)
    cell = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class ImportQuery(ma.Schema):
    """Whether only to look, and from which day on the matters hold that name none."""

    dry_run = ma.fields.Boolean(load_default=True)
    effective_from = ma.fields.Date(load_default=None)


class MatterImportSchema(ma.Schema):
    """What an import did, or would do."""

    dry_run = ma.fields.Boolean(required=True)
    matters = ma.fields.Integer(required=True)
    new = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    same = ma.fields.Integer(required=True)
    faulty = ma.fields.Integer(required=True)
    materials = ma.fields.Integer(required=True)
    without_basis = ma.fields.Integer(required=True)
    unmapped = ma.fields.Integer(required=True)
    unknown_columns = ma.fields.List(ma.fields.String(), required=True)
    faults = ma.fields.List(ma.fields.Nested(ImportFaultSchema), required=True)


MatterPage = page_of(MatterItemSchema, "MatterPage")


class CatalogueQuery(PageQuery):
    """Which entries of the basic catalogue: a part of the name, the beginning of the code."""

    q = ma.fields.String(load_default="", validate=ma.validate.Length(max=100))
    code = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"[0-9]{0,12}\Z"))


class CatalogueEntrySchema(ma.Schema):
    """An entry of the basic catalogue (基本目录); twelve characters may stand for several names."""

    basic_code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    levels = ma.fields.List(ma.fields.String(), required=True)
    department = ma.fields.String(required=True)
    system = ma.fields.String(required=True)
    by_law = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


CataloguePage = page_of(CatalogueEntrySchema, "CataloguePage")


def shown(of: Matter) -> dict[str, Any]:
    """Say a matter as it is answered."""
    names = ("item_code", "name", "organ", "organ_name", "region", "version", "effective_from", "effective_until")
    told = {name: getattr(of, name) for name in (*names, "level", "result_type", "source", "implementation_code")}
    return {
        **told,
        "basic_code": of.basic_code,
        "confidence": of.confidence.value,
        "elements": {name: value for name, value in vars(of.elements).items() if value not in ("", None)},
        "questions": [shown_question(each) for each in of.questions],
        "materials": [shown_material(each) for each in of.materials],
    }


def shown_question(of: Question) -> dict[str, Any]:
    """Say a question as it is answered."""
    answers = [{"key": key, "zh": words[0], "en": words[1]} for key, words in of.answers.items()]
    return {"key": of.key, "zh": of.zh, "en": of.en, "answers": answers, "when": _when(of.when)}


def shown_material(of: Material) -> dict[str, Any]:
    """Say a material as it is answered."""
    names = ("key", "name", "basis", "roles", "may_be_promised", "later_working_days", "note", "provider")
    told: Mapping[str, Any] = {name: getattr(of, name) for name in (*names, "replacements")}
    enums = {"necessity": of.necessity.value, "confidence": of.confidence.value}
    return {**told, **enums, "legal": of.is_legal, "when": _when(of.when)}


def _when(of: tuple[Condition, ...]) -> list[dict[str, Any]]:
    return [{"question": each.question, "answers": sorted(each.answers)} for each in of]
