"""Outside JSON ⇄ demands and the negative list; unknown members refused."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.demands.demand import ORIGINS, NewDemand, Target, Wanted
from exchange.demands.life import Ground, State
from exchange.demands.lists import DEMANDS, RESPONSIBILITIES
from exchange.demands.models import ID_LENGTH
from exchange.demands.negative import NewEntry
from exchange.dictionaries import dictionaries
from exchange.form import MOST_ITEMS
from exchange.models import CODE_LENGTH, NAME_LENGTH, ORGANISATION_LENGTH, REASON_LENGTH

STATES: Final = [each.value for each in State]
_REASON = ma.validate.Length(max=REASON_LENGTH)
_SAID = ma.validate.And(ma.validate.Length(1, REASON_LENGTH), ma.validate.Regexp(r"(?s).*\S"))
_NAME = ma.validate.And(ma.validate.Length(1, NAME_LENGTH), ma.validate.Regexp(r"(?s).*[^\W_]"))
_ORGANISATION = ma.validate.Length(1, ORGANISATION_LENGTH)


def _code_of(dictionary: str) -> ma.fields.String:
    codes = [each.code for each in dictionaries()[dictionary].entries]
    return ma.fields.String(required=True, validate=ma.validate.OneOf(codes))


def _reason() -> ma.fields.String:
    return ma.fields.String(load_default="", validate=_REASON)


class WantedSchema(ma.Schema):
    """What is wanted: of whom (empty: nobody knows), which resource and items, how often, in which way, which part."""

    provider = ma.fields.String(load_default="", validate=ma.validate.Length(max=ORGANISATION_LENGTH))
    name = ma.fields.String(required=True, validate=_NAME)
    items = ma.fields.List(ma.fields.String(validate=_NAME), required=True, validate=ma.validate.Length(1, MOST_ITEMS))
    update_cycle = _code_of("update_cycle")
    delivery = _code_of("share_mode")
    scope = ma.fields.String(load_default="", validate=_REASON)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Wanted:
        """Make the value."""
        return Wanted(**{**data, "items": tuple(data["items"])})


class NewDemandSchema(WantedSchema):
    """A demand: what is wanted, on which legal basis, and for what."""

    basis = ma.fields.String(required=True, validate=_SAID)
    purpose = ma.fields.String(required=True, validate=_SAID)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewDemand:
        """Make the value."""
        basis, purpose = data.pop("basis"), data.pop("purpose")
        return NewDemand(Wanted(**{**data, "items": tuple(data["items"])}), basis, purpose)


class DemandReasonSchema(ma.Schema):
    """Why a step is taken."""

    reason = _reason()


class DemandAnswerSchema(DemandReasonSchema):
    """What an asker says to the directory that was found."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("accept", "reject")))


class DemandAssignmentSchema(DemandReasonSchema):
    """Who is to provide it; or, with `close`, why nobody can."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("assign", "close")))
    provider = ma.fields.String(load_default="", validate=ma.validate.Length(max=ORGANISATION_LENGTH))


class DemandDecisionSchema(DemandReasonSchema):
    """What the provider decided: promised, provided by a directory, refused by a rule, or handed back."""

    decision = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("promise", "satisfy", "refuse", "hand-back"))
    )
    directory = ma.fields.String(load_default="", validate=ma.validate.Length(max=CODE_LENGTH))
    ground = ma.fields.Enum(Ground, by_value=True, load_default=None, allow_none=True)
    rule = ma.fields.String(load_default="", validate=_REASON)


class DemandRulingSchema(DemandReasonSchema):
    """What the authority ruled on a refusal."""

    decision = ma.fields.String(required=True, validate=ma.validate.OneOf(("oblige", "uphold")))


class DemandMergerSchema(DemandReasonSchema):
    """Of which demand this one is the same under another name."""

    into = ma.fields.String(required=True, validate=ma.validate.Length(1, ID_LENGTH))


class DemandAskerSchema(ma.Schema):
    """Someone who asks, and what waits for it there."""

    organisation = ma.fields.String(required=True)
    origin = ma.fields.String(required=True, validate=ma.validate.OneOf(ORIGINS))
    basis = ma.fields.String(required=True)
    purpose = ma.fields.String(required=True)
    references = ma.fields.List(ma.fields.String(), required=True)
    weight = ma.fields.Integer(required=True)
    joined_at = ma.fields.AwareDateTime(required=True)
    left_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class DemandRowSchema(ma.Schema):
    """A demand in a list."""

    id = ma.fields.String(required=True)
    asker = ma.fields.String(required=True)
    provider = ma.fields.String(required=True, allow_none=True)
    name = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.String(), required=True)
    update_cycle = ma.fields.String(required=True)
    delivery = ma.fields.String(required=True)
    scope = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    directory = ma.fields.String(required=True, allow_none=True)
    ground = ma.fields.String(required=True, allow_none=True)
    rule = ma.fields.String(required=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class DemandSchema(DemandRowSchema):
    """A demand with those who ask."""

    askers = ma.fields.List(ma.fields.Nested(DemandAskerSchema), required=True)


class DemandQuery(PageQuery):
    """Which demands: one of the lists, in a state, of a provider or an asker."""

    list = ma.fields.String(load_default=None, validate=ma.validate.OneOf((DEMANDS, RESPONSIBILITIES)))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))
    provider = ma.fields.String(load_default=None, validate=_ORGANISATION)
    asker = ma.fields.String(load_default=None, validate=_ORGANISATION)


DemandPage = page_of(DemandRowSchema, "DemandPageSchema")


class DemandMatchSchema(ma.Schema):
    """A directory that meets a demand or comes near it, and what it lacks."""

    directory = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    missing = ma.fields.List(ma.fields.String(), required=True)
    is_named_so = ma.fields.Boolean(required=True)
    is_quick_enough = ma.fields.Boolean(required=True)
    comes_that_way = ma.fields.Boolean(required=True)
    is_whole = ma.fields.Boolean(required=True)


class DemandMatchesSchema(ma.Schema):
    """The directories, the nearest first."""

    items = ma.fields.List(ma.fields.Nested(DemandMatchSchema), required=True)


class DemandStepSchema(ma.Schema):
    """A step, by whom, when and why."""

    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    on_behalf_of = ma.fields.String(required=True, allow_none=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class DemandHistorySchema(ma.Schema):
    """Every step, in order."""

    items = ma.fields.List(ma.fields.Nested(DemandStepSchema), required=True)


class NewNegativeSchema(ma.Schema):
    """An entry of the negative list; no provider: it holds for everybody."""

    target = ma.fields.Enum(Target, by_value=True, required=True)
    text = ma.fields.String(required=True, validate=_NAME)
    basis = ma.fields.String(required=True, validate=_SAID)
    reason = ma.fields.String(required=True, validate=_SAID)
    provider = ma.fields.String(load_default="", validate=ma.validate.Length(max=ORGANISATION_LENGTH))
    anywhere = ma.fields.Boolean(load_default=False)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewEntry:
        """Make the value."""
        return NewEntry(**data)


class NegativeSchema(ma.Schema):
    """An entry as it stands."""

    id = ma.fields.String(required=True)
    provider = ma.fields.String(required=True, allow_none=True)
    target = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    anywhere = ma.fields.Boolean(required=True)
    basis = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    since = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class NegativeQuery(PageQuery):
    """Which entries: of a provider, with those that hold for everybody."""

    provider = ma.fields.String(load_default=None, validate=_ORGANISATION)


NegativePage = page_of(NegativeSchema, "NegativePageSchema")
