"""Outside JSON ⇄ the values of sharing: requests, clauses, grants; unknown members refused."""

import enum
from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.clauses import MOST_CONDITIONS, MOST_MATTERS, MOST_NAMED, MOST_VALUES, Clauses
from exchange.agreements.contracts import NO_QUOTA, ROW_TESTS, Quota, RowCondition
from exchange.agreements.life import GrantState, RequestState
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.agreements.purposes import LONGEST_NUMBER, Ground, Stage
from exchange.agreements.sharing import NewRequest
from exchange.form import MOST_ITEMS
from exchange.models import CODE_LENGTH, COMMENT_LENGTH, NAME_LENGTH, REASON_LENGTH

# Larger than any quota that means something, and within 63 bits.
LARGEST: Final = 10**12
# A code of any kind in a list: an organisation, a region, a matter, a system.
LONGEST_CODE: Final = 64
REASON = ma.validate.Length(max=REASON_LENGTH)


def _several(longest: int, most: int, least: int = 0, **told: Any) -> ma.fields.List[Any]:
    inner = ma.fields.String(validate=ma.validate.Length(1, longest))
    return ma.fields.List(inner, validate=ma.validate.Length(least, most), **told)


def _each_of(values: type[enum.StrEnum]) -> ma.fields.List[Any]:
    inner = ma.fields.Enum(values, by_value=True)
    return ma.fields.List(inner, required=True, validate=ma.validate.Length(1, len(values)))


def _bound() -> ma.fields.Integer:
    return ma.fields.Integer(load_default=None, allow_none=True, strict=True, validate=ma.validate.Range(1, LARGEST))


class QuotaSchema(ma.Schema):
    """How much may be used; null means no bound here."""

    per_minute = _bound()
    per_day = _bound()
    rows_per_call = _bound()
    in_total = _bound()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Quota:
        """Make the value."""
        return Quota(**data)


class RowConditionSchema(ma.Schema):
    """Which rows are granted: an item, a test and its values."""

    item = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    test = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(ROW_TESTS)))
    values = _several(NAME_LENGTH, MOST_VALUES, 1, required=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> RowCondition:
        """Make the value."""
        return RowCondition(data["item"], data["test"], tuple(data["values"]))


class ClausesSchema(ma.Schema):
    """The clauses of a grant. Empty systems, organs or regions mean any."""

    fields_ = _several(NAME_LENGTH, MOST_ITEMS, 1, required=True, data_key="fields", attribute="fields")
    matters = _several(LONGEST_CODE, MOST_MATTERS, 1, required=True)
    stages = _each_of(Stage)
    grounds = _each_of(Ground)
    modes = _each_of(Mode)
    begins = ma.fields.AwareDateTime(required=True)
    ends = ma.fields.AwareDateTime(required=True)
    systems = _several(LONGEST_CODE, MOST_NAMED, load_default=list)
    organs = _several(LONGEST_CODE, MOST_NAMED, load_default=list)
    regions = _several(LONGEST_CODE, MOST_NAMED, load_default=list)
    masks = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(1, NAME_LENGTH)),
        values=ma.fields.String(validate=ma.validate.Length(1, LONGEST_CODE)),
        load_default=dict,
        validate=ma.validate.Length(max=MOST_ITEMS),
    )
    conditions = ma.fields.List(
        ma.fields.Nested(RowConditionSchema), load_default=list, validate=ma.validate.Length(max=MOST_CONDITIONS)
    )
    quota = ma.fields.Nested(QuotaSchema, load_default=NO_QUOTA)
    encrypted = ma.fields.Boolean(load_default=False)
    agreement = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, LONGEST_NUMBER))
    purpose = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Clauses:
        """Make the value."""
        for name in ("fields", "matters", "regions", "conditions"):
            data[name] = tuple(data[name])
        for name in ("stages", "grounds", "modes", "systems", "organs"):
            data[name] = frozenset(data[name])
        return Clauses(**data)


class NewShareRequestSchema(ma.Schema):
    """A request to use a directory's data."""

    directory = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    legal_basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    scene = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    clauses = ma.fields.Nested(ClausesSchema, required=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewRequest:
        """Make the value."""
        return NewRequest(**data)


class ShareReasonSchema(ma.Schema):
    """Why a step is taken."""

    reason = ma.fields.String(load_default="", validate=REASON)


class OwnCheckSchema(ShareReasonSchema):
    """What the requester's own department found."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("forward", "return")))


class DecisionSchema(ShareReasonSchema):
    """What the provider decided; with `offer`, the narrower clauses."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("approve", "offer", "refuse")))
    clauses = ma.fields.Nested(ClausesSchema, load_default=None, allow_none=True)


class AnswerSchema(ShareReasonSchema):
    """What the requester says to an offer."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("accept", "decline")))


class RulingSchema(ShareReasonSchema):
    """What the authority ruled; with `grant`, perhaps narrower clauses."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("grant", "uphold")))
    clauses = ma.fields.Nested(ClausesSchema, load_default=None, allow_none=True)


class NewMessageSchema(ma.Schema):
    """Something said about a request."""

    text = ma.fields.String(required=True, validate=ma.validate.Length(1, COMMENT_LENGTH))


class ShareMessageSchema(ma.Schema):
    """What was said, by whom, when."""

    id = ma.fields.Integer(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class ShareMessagesSchema(ma.Schema):
    """Everything that was said about a request."""

    items = ma.fields.List(ma.fields.Nested(ShareMessageSchema), required=True)


class ShareRequestSchema(ma.Schema):
    """A request as it stands; clauses as JSON, as they were asked and offered."""

    id = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    requester = ma.fields.String(required=True)
    provider = ma.fields.String(required=True)
    share_type = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in RequestState]))
    legal_basis = ma.fields.String(required=True)
    scene = ma.fields.String(required=True)
    asked = ma.fields.Dict(keys=ma.fields.String(), required=True)
    offered = ma.fields.Dict(keys=ma.fields.String(), allow_none=True, required=True)
    extended = ma.fields.Boolean(required=True)
    forwarded_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    due_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    grant = ma.fields.String(allow_none=True, required=True)
    author = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class ShareRequestQuery(PageQuery):
    """Which requests to list: as the requester, the provider, or the authority."""

    side = ma.fields.String(load_default=None, validate=ma.validate.OneOf(("requester", "provider")))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in RequestState]))
    directory = ma.fields.String(load_default=None, validate=ma.validate.Length(1, CODE_LENGTH))


class ShareStepSchema(ma.Schema):
    """A step: what was done, by whom, why."""

    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class ShareHistorySchema(ma.Schema):
    """Every step in order."""

    items = ma.fields.List(ma.fields.Nested(ShareStepSchema), required=True)


class GrantSchema(ma.Schema):
    """A grant as it is in force."""

    code = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    provider = ma.fields.String(required=True)
    grantee = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in CallerKind]))
    mandate = ma.fields.String(allow_none=True, required=True)
    request = ma.fields.String(allow_none=True, required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in GrantState]))
    begins_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)
    clauses = ma.fields.Dict(keys=ma.fields.String(), required=True)
    number = ma.fields.Integer(required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class GrantQuery(PageQuery):
    """Which grants to list."""

    side = ma.fields.String(load_default=None, validate=ma.validate.OneOf(("grantee", "provider")))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in GrantState]))
    directory = ma.fields.String(load_default=None, validate=ma.validate.Length(1, CODE_LENGTH))


class NarrowedSchema(ShareReasonSchema):
    """The narrower clauses of a grant's next version."""

    clauses = ma.fields.Nested(ClausesSchema, required=True)


class GrantRenewalSchema(ShareReasonSchema):
    """Until when a grant goes on."""

    ends = ma.fields.AwareDateTime(required=True)


class GrantVersionSchema(ma.Schema):
    """What a grant said in one of its versions."""

    number = ma.fields.Integer(required=True)
    clauses = ma.fields.Dict(keys=ma.fields.String(), required=True)
    clauses_sm3 = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class GrantVersionsSchema(ma.Schema):
    """Every version, the newest first."""

    items = ma.fields.List(ma.fields.Nested(GrantVersionSchema), required=True)


class TrialCallSchema(ma.Schema):
    """A call to be judged without being made: for what, which fields, how, how many rows."""

    purpose = ma.fields.Nested(PurposeSchema, required=True)
    fields_ = _several(NAME_LENGTH, MOST_ITEMS, load_default=list, data_key="fields", attribute="fields")
    mode = ma.fields.Enum(Mode, by_value=True, load_default=Mode.QUERY)
    rows = ma.fields.Integer(load_default=1, strict=True, validate=ma.validate.Range(1, LARGEST))
    system = ma.fields.String(load_default="", validate=ma.validate.Length(max=LONGEST_CODE))


class JudgementSchema(ma.Schema):
    """How a call would be judged now: allowed with these fields and masks, or the reason why not."""

    allowed = ma.fields.Boolean(required=True)
    reason = ma.fields.String(allow_none=True, required=True)
    because = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields", attribute="fields")
    masks = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    encrypted = ma.fields.Boolean(required=True)
    consent = ma.fields.Boolean(required=True)


class GrantTrialSchema(ma.Schema):
    """A generated trial of a grant: what is tried, what must come of it, and whether it does."""

    name = ma.fields.String(required=True)
    expected = ma.fields.String(required=True, metadata={"description": "allowed, or the reason of refusal"})
    holds = ma.fields.Boolean(required=True)


class GrantTrialsSchema(ma.Schema):
    """Every generated trial of a grant."""

    holds = ma.fields.Boolean(required=True)
    items = ma.fields.List(ma.fields.Nested(GrantTrialSchema), required=True)


ShareRequestPage = page_of(ShareRequestSchema, "ShareRequestPage")
GrantPage = page_of(GrantSchema, "GrantPage")
