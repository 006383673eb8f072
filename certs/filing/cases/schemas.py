"""Outside JSON ⇄ cases, their steps, deliveries and terms."""

import base64
import binascii
from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from base.workdays import MOST_DAYS
from certs.filing.cases.life import Act, State
from certs.filing.cases.models import KEY_LENGTH, NAME_LENGTH, NUMBER_LENGTH
from certs.filing.cases.party_schemas import CaseConcernedSchema, CasePartySchema, CasePartyShownSchema
from certs.filing.cases.terms import Terms
from certs.filing.cases.told import (
    PERSON,
    SYSTEM,
    Agreement,
    MaterialIn,
    Operator,
    Received,
    Told,
)
from certs.filing.models import SCOPE_LENGTH
from certs.models import IDENTIFIER_LENGTH, REASON_LENGTH, WORD_LENGTH

KEY: Final = ma.validate.Regexp(r"[A-Za-z0-9._:-]{1,64}\Z")
TEXT: Final = ma.validate.Length(1, NAME_LENGTH)
WORD: Final = ma.validate.Length(1, WORD_LENGTH)
REGION: Final = ma.validate.Regexp(r"[0-9]{6}(?:[0-9]{3}|[0-9]{6})?\Z")
# An application form has some dozens of fields; a supplement some dozens of materials.
MOST_FIELDS: Final = 500
MOST_MATERIALS: Final = 100
# The largest fleets file in several cases; a look-up asks about twenty at once.
MOST_PARTIES: Final = 200
# A material may serve again for as long as its holder agrees, and not longer than two years.
MOST_REUSE_DAYS: Final = 730
# What a step says plainly; names and explanations go into `words`.
FACTS: Final = (
    "process_name event_name event_start_time event_end_time accept_doc_no special_type special_name result "
    "result_cetr_no result_cetr_name is_delivery_results delivery_type delivery_number"
).split()
WORDS: Final = ("reason", "explain")
# Steps that are told here; the receipt is `POST /cases`.
ACTS: Final = tuple(each.value for each in Act if each is not Act.RECEIVE)


class CaseOperatorSchema(ma.Schema):
    """Who did it: a person of a unit, or a system that decided without one (秒批)."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf([PERSON, SYSTEM]))
    name = ma.fields.String(required=True, validate=TEXT)
    unit = ma.fields.String(required=True, validate=TEXT)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Operator:
        """Make the value."""
        return Operator(**data)


class MaterialAgreementSchema(ma.Schema):
    """The holder's agreement that a material may serve again."""

    days = ma.fields.Integer(required=True, validate=ma.validate.Range(1, MOST_REUSE_DAYS))
    kind = ma.fields.String(required=True, validate=WORD)
    number = ma.fields.String(required=True, validate=ma.validate.Length(1, KEY_LENGTH))
    sm3 = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9a-f]{64})?\Z"))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Agreement:
        """Make the value."""
        return Agreement(**data)


class CaseMaterialSchema(ma.Schema):
    """A material that is handed in, or what stands in for it; a file comes in base64."""

    key = ma.fields.String(required=True, validate=KEY)
    name = ma.fields.String(required=True, validate=TEXT)
    answer = ma.fields.String(
        load_default="submit",
        validate=ma.validate.OneOf(
            "certificate shared checked assisted cancelled reused promised later submit".split()
        ),
    )
    get_type = ma.fields.String(load_default="paper", validate=WORD)
    get_num = ma.fields.Integer(load_default=1, validate=ma.validate.Range(0, 1000))
    source = ma.fields.String(load_default="", validate=ma.validate.Length(max=IDENTIFIER_LENGTH))
    file_name = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    content = ma.fields.String(load_default=None, allow_none=True)
    agreement = ma.fields.Nested(MaterialAgreementSchema, load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> MaterialIn:
        """Make the value. Raises `ValidationError` for a file that is no base64."""
        try:
            file = None if data["content"] is None else base64.b64decode(data["content"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ma.ValidationError("not base64 · 不是 base64", "content") from error
        return MaterialIn(**{**data, "content": file})


class CaseIntakeSchema(ma.Schema):
    """What every receipt says, of one case or of a package."""

    key = ma.fields.String(required=True, validate=KEY, metadata={"description": "收件号, the receiver's own"})
    receiving_region = ma.fields.String(required=True, validate=REGION)
    receiving_window = ma.fields.String(required=True, validate=TEXT)
    project_name = ma.fields.String(required=True, validate=TEXT)
    applicant = ma.fields.Nested(CasePartySchema, required=True)
    contact = ma.fields.Nested(CasePartySchema, load_default=None, allow_none=True)
    operator = ma.fields.Nested(CaseOperatorSchema, load_default=None, allow_none=True)
    legal = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    address = ma.fields.String(load_default="", validate=ma.validate.Length(max=NAME_LENGTH))
    zip_code = ma.fields.String(load_default="", validate=ma.validate.Length(max=WORD_LENGTH))
    apply_type = ma.fields.String(load_default="window", validate=WORD)
    project_type = ma.fields.String(load_default="promised", validate=WORD)
    form = ma.fields.Dict(
        keys=ma.fields.String(validate=TEXT), load_default=dict, validate=ma.validate.Length(max=MOST_FIELDS)
    )
    materials = ma.fields.List(
        ma.fields.Nested(CaseMaterialSchema), load_default=list, validate=ma.validate.Length(max=MOST_MATERIALS)
    )

    parties = ma.fields.List(
        ma.fields.Nested(CaseConcernedSchema), load_default=list, validate=ma.validate.Length(max=MOST_PARTIES)
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def names_each_once(self, data: dict[str, Any], **_: Any) -> None:
        """Let every material stand once, and everybody once in a role. Raises `ValidationError`."""
        keys = [each.key for each in data["materials"]]
        if len(keys) != len(set(keys)):
            raise ma.ValidationError("a material stands twice · 材料重复", "materials")
        who = [(each.role, each.type, each.code) for each in data["parties"] if each.code is not None]
        if len(who) != len(set(who)):
            raise ma.ValidationError("somebody stands twice in a role · 关系人重复", "parties")

    @ma.validates_schema(skip_on_field_errors=True)
    def acts_for_somebody_here(self, data: dict[str, Any], **_: Any) -> None:
        """Let everybody act for somebody of the same case. Raises `ValidationError`."""
        here = {data["applicant"].code, *(each.code for each in data["parties"])}
        if any(each.acting_for not in here for each in data["parties"] if each.acting_for is not None):
            raise ma.ValidationError("acts for nobody of this case · 被代理人不在本办件中", "parties")


class NewCaseSchema(CaseIntakeSchema):
    """A case that is received, for the organ that carries the matter out."""

    matter = ma.fields.String(required=True, validate=ma.validate.Length(12, 33))
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9]{6,12})?\Z"))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Give what `Received` is made of."""
        return {**data, "materials": tuple(data["materials"]), "parties": tuple(data["parties"])}


class CaseCertificateSchema(ma.Schema):
    """What the result certificate shall say; holders are the applicant's where none are named."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(1, 21))
    data = ma.fields.Dict(keys=ma.fields.String(validate=TEXT), required=True)
    issued_on = ma.fields.Date(load_default=None, allow_none=True)
    valid_from = ma.fields.Date(load_default=None, allow_none=True)
    valid_until = ma.fields.Date(load_default=None, allow_none=True)
    number = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, IDENTIFIER_LENGTH))
    holders = ma.fields.List(ma.fields.Nested(CasePartySchema), load_default=list, validate=ma.validate.Length(max=20))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Write it as it is kept: plain JSON."""
        days = ("issued_on", "valid_from", "valid_until")
        told = {name: None if data[name] is None else data[name].isoformat() for name in days}
        holders = [{"name": each.name, "type": each.type, "code": each.code} for each in data["holders"]]
        return {**data, **told, "holders": holders}


class NewCaseStepSchema(ma.Schema):
    """A step, told under a key of one's own; with its sequence where the teller counts the case's steps."""

    key = ma.fields.String(required=True, validate=KEY)
    act = ma.fields.String(required=True, validate=ma.validate.OneOf(ACTS))
    sequence = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(1, 100_000))
    days = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(0, MOST_DAYS))
    operator = ma.fields.Nested(CaseOperatorSchema, load_default=None, allow_none=True)
    facts = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.OneOf(FACTS)),
        values=ma.fields.String(validate=ma.validate.Length(max=NAME_LENGTH)),
        load_default=dict,
    )
    words = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.OneOf(WORDS)),
        values=ma.fields.String(validate=ma.validate.Length(max=REASON_LENGTH * 4)),
        load_default=dict,
    )
    materials = ma.fields.List(
        ma.fields.Nested(CaseMaterialSchema), load_default=list, validate=ma.validate.Length(max=MOST_MATERIALS)
    )
    certificate = ma.fields.Nested(CaseCertificateSchema, load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Give what `Told` is made of."""
        return {**data, "act": Act(data["act"]), "materials": tuple(data["materials"])}


def told_step(data: dict[str, Any], operator: Operator) -> Told:
    """Make a step of what was sent and who did it."""
    return Told(**{**data, "operator": operator})


def told_receipt(data: dict[str, Any], operator: Operator) -> Received:
    """Make a receipt of what was sent and who took it."""
    return Received(**{**data, "operator": operator})


class CaseSchema(ma.Schema):
    """Where a case stands, whose it is now, and until when."""

    number = ma.fields.String(required=True)
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    organ = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    receiving_organ = ma.fields.String(required=True)
    receiving_region = ma.fields.String(required=True)
    receiving_window = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    result = ma.fields.Integer(required=True, allow_none=True)
    duty = ma.fields.String(required=True, allow_none=True)
    owner = ma.fields.String(required=True, allow_none=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    legal_due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    is_overdue = ma.fields.Boolean(required=True)
    certificate_state = ma.fields.String(required=True)
    certificate = ma.fields.String(required=True, allow_none=True)
    certificate_code = ma.fields.String(required=True)
    package = ma.fields.String(required=True, allow_none=True)
    received_at = ma.fields.AwareDateTime(required=True)
    accepted_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    decided_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    closed_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    sequence = ma.fields.Integer(required=True, attribute="version")


class CaseMaterialShownSchema(ma.Schema):
    """A material of a case, without its file."""

    key = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    answer = ma.fields.String(required=True)
    get_type = ma.fields.String(required=True)
    get_num = ma.fields.Integer(required=True)
    source = ma.fields.String(required=True)
    file_name = ma.fields.String(required=True)
    sm3 = ma.fields.String(required=True)
    handed_in_at = ma.fields.AwareDateTime(required=True)
    reusable_until = ma.fields.AwareDateTime(required=True, allow_none=True)


class CaseWholeSchema(CaseSchema):
    """A case with whom it is about and what was handed in, for its two sides."""

    applicant = ma.fields.Dict(required=True, allow_none=True)
    contact = ma.fields.Dict(required=True, allow_none=True)
    project_name = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    form = ma.fields.Dict(required=True)
    materials = ma.fields.List(ma.fields.Nested(CaseMaterialShownSchema), required=True)
    parties = ma.fields.List(ma.fields.Nested(CasePartyShownSchema), required=True)


class CaseActSchema(ma.Schema):
    """A step of a case, and what it says in words for the two sides."""

    sequence = ma.fields.Integer(required=True)
    key = ma.fields.String(required=True)
    act = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    days = ma.fields.Integer(required=True, allow_none=True)
    organisation = ma.fields.String(required=True)
    operator_kind = ma.fields.String(required=True)
    facts = ma.fields.Dict(required=True)
    words = ma.fields.Dict(required=True)
    at = ma.fields.AwareDateTime(required=True)


class CaseStepsSchema(ma.Schema):
    """The steps of a case, in order."""

    items = ma.fields.List(ma.fields.Nested(CaseActSchema), required=True)


class CaseStepTakenSchema(ma.Schema):
    """The step as it was taken, whether it is new, and where the case stands now."""

    step = ma.fields.Nested(CaseActSchema, required=True)
    is_new = ma.fields.Boolean(required=True)
    case = ma.fields.Nested(CaseSchema, required=True)


class CaseRowSchema(ma.Schema):
    """A row of a national table."""

    table = ma.fields.String(required=True)
    columns = ma.fields.Dict(required=True)


class CaseRowsSchema(ma.Schema):
    """The rows that a step makes."""

    items = ma.fields.List(ma.fields.Nested(CaseRowSchema), required=True)


class CasesQuery(PageQuery):
    """Which cases: in a state, of a package, whose duty is one's own, or that are overdue."""

    state = ma.fields.String(validate=ma.validate.OneOf([each.value for each in State]))
    package = ma.fields.String(validate=ma.validate.Length(1, NUMBER_LENGTH))
    owed = ma.fields.Boolean(load_default=False)
    overdue = ma.fields.Boolean(load_default=False)


CasePage = page_of(CaseSchema, "CasePageSchema")


class CaseDeliverySchema(ma.Schema):
    """A step that waits to be fetched."""

    id = ma.fields.Integer(required=True)
    case = ma.fields.String(required=True)
    sequence = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True)
    receipt = ma.fields.String(required=True)
    step = ma.fields.Nested(CaseActSchema, required=True)


class CaseDeliveriesSchema(ma.Schema):
    """What waits, the oldest first."""

    items = ma.fields.List(ma.fields.Nested(CaseDeliverySchema), required=True)


class CaseReceiptSchema(ma.Schema):
    """The receiver's own receipt."""

    receipt = ma.fields.String(required=True, validate=ma.validate.Length(1, KEY_LENGTH * 2))


class CaseTermsSchema(ma.Schema):
    """The working days of a matter's cases, and on what they rest."""

    scope = ma.fields.String(dump_only=True, validate=ma.validate.Length(1, SCOPE_LENGTH))
    accept = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    supplement = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    legal = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    promised = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    extension = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    issue = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    deliver = ma.fields.Integer(required=True, validate=ma.validate.Range(0, MOST_DAYS))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))

    confidence = ma.fields.String(dump_only=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[Terms, str]:
        """Make the value."""
        basis = data.pop("basis")
        return Terms(**data), basis


class CaseTermsListSchema(ma.Schema):
    """What is laid down, the most general first."""

    items = ma.fields.List(ma.fields.Nested(CaseTermsSchema), required=True)
