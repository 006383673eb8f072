"""Outside JSON ⇄ changes, subscriptions and pushes; unknown members refused, secrets taken and never given."""

from collections.abc import Mapping
from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.feeds.changes import MOST_CHANGES
from exchange.feeds.cloud_events import TYPES
from exchange.feeds.delivery_signatures import HMAC, SIGNATURES
from exchange.feeds.models import DELIVERY_STATES, LONGEST_URL, PUSH_STATES, RUN_STATES, SUBSCRIPTION_STATES
from exchange.feeds.pushes.destinations import KINDS
from exchange.feeds.pushes.plan import Mode
from exchange.feeds.pushes.registry import NewPush
from exchange.feeds.subscriptions import MOST_DIRECTORIES, NewSubscription
from exchange.models import CODE_LENGTH, NAME_LENGTH

LONGEST_NAME: Final = 100
LONGEST_LIST: Final = 4000
LONGEST_SECRET: Final = 200
# A year; what is brought more seldom is not a push.
MOST_MINUTES: Final = 366 * 24 * 60
FEWEST_MINUTES: Final = 5
MOST_FIELDS: Final = 1000
_NAME: Final = (ma.validate.Length(1, LONGEST_NAME), ma.validate.Regexp(r"[^\x00-\x1f\x7f]+\Z"))


def _type() -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.OneOf(sorted(TYPES)))


def _code() -> ma.fields.String:
    return ma.fields.String(validate=ma.validate.Length(1, CODE_LENGTH))


class ChangesQuery(ma.Schema):
    """Where to read on in the feed, and what is wanted of it."""

    after = ma.fields.String(load_default="0", validate=ma.validate.Length(1, 40))
    limit = ma.fields.Integer(load_default=MOST_CHANGES, validate=ma.validate.Range(1, MOST_CHANGES))
    types = ma.fields.String(load_default="", validate=ma.validate.Length(max=LONGEST_LIST))
    directories = ma.fields.String(load_default="", validate=ma.validate.Length(max=LONGEST_LIST))

    @ma.post_load
    def lists(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Read the lists, which are written with commas."""
        for name in ("types", "directories"):
            data[name] = tuple(dict.fromkeys(each.strip() for each in data[name].split(",") if each.strip()))
        return data


class ChangeSchema(ma.Schema):
    """A change, as CloudEvents 1.0 writes it; webhooks bring the same."""

    specversion = ma.fields.String(required=True)
    id = ma.fields.String(required=True, metadata={"description": "Also the cursor of this change."})
    source = ma.fields.String(required=True)
    type = ma.fields.String(required=True, metadata={"example": "yinxin.directory.published"})
    subject = ma.fields.String(required=True)
    time = ma.fields.String(required=True)
    datacontenttype = ma.fields.String(required=True)
    sequence = ma.fields.String(required=True)
    data = ma.fields.Dict(required=True)


class ChangesSchema(ma.Schema):
    """A page of changes; the cursor is always there, and `more` says whether to ask again at once."""

    items = ma.fields.List(ma.fields.Nested(ChangeSchema), required=True)
    next_cursor = ma.fields.String(required=True)
    more = ma.fields.Boolean(required=True)


class ChangeTypeSchema(ma.Schema):
    """A type of change: its name, what it tells, and whether a grant is needed to be told."""

    type = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    of_data = ma.fields.Boolean(required=True)


class ChangeTypesSchema(ma.Schema):
    """Every type of change."""

    items = ma.fields.List(ma.fields.Nested(ChangeTypeSchema), required=True)


class NewSubscriptionSchema(ma.Schema):
    """What is wanted, where it is to be sent, and how it is signed. The secret is the subscriber's own."""

    name = ma.fields.String(required=True, validate=_NAME)
    url = ma.fields.String(required=True, validate=ma.validate.Length(1, LONGEST_URL))
    types = ma.fields.List(_type(), load_default=tuple, validate=ma.validate.Length(max=len(TYPES)))
    directories = ma.fields.List(_code(), load_default=tuple, validate=ma.validate.Length(max=MOST_DIRECTORIES))
    signature = ma.fields.String(load_default=HMAC, validate=ma.validate.OneOf(SIGNATURES))
    secret = ma.fields.String(
        load_default=None,
        validate=ma.validate.Length(1, LONGEST_SECRET),
        metadata={"example": "whsec_ZGVtby1vbmx5LWRlbW8tb25seS1kZW1vLTAx"},
    )
    purpose = ma.fields.Nested(PurposeSchema, load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewSubscription:
        """Make the value."""
        for name in ("types", "directories"):
            data[name] = tuple(dict.fromkeys(data[name]))
        return NewSubscription(**data)


class SubscriptionSchema(ma.Schema):
    """A subscription as its organisation sees it; the secret is never told."""

    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    url = ma.fields.String(required=True)
    types = ma.fields.List(ma.fields.String(), required=True)
    directories = ma.fields.List(ma.fields.String(), required=True)
    signature = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(SUBSCRIPTION_STATES))
    failures = ma.fields.Integer(required=True)
    rest_until = ma.fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)


class AttemptSchema(ma.Schema):
    """One try at a delivery; an empty code means that it arrived."""

    at = ma.fields.AwareDateTime(required=True)
    code = ma.fields.String(required=True)
    status = ma.fields.Integer(required=True, allow_none=True)
    milliseconds = ma.fields.Integer(required=True)


class DeliverySchema(ma.Schema):
    """One change on its way to the subscriber, with every try."""

    id = ma.fields.Integer(required=True)
    event_id = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(DELIVERY_STATES))
    attempts = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    resend = ma.fields.Integer(required=True)
    written_at = ma.fields.AwareDateTime(required=True)
    next_try_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    settled_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    tries = ma.fields.List(ma.fields.Nested(AttemptSchema), required=True)


class DeliveriesQuery(PageQuery):
    """Which deliveries."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(DELIVERY_STATES))


class NewPushSchema(ma.Schema):
    """Which rows are to be brought where. Databases and folders are named, never written here."""

    name = ma.fields.String(required=True, validate=_NAME)
    directory = ma.fields.String(required=True, validate=ma.validate.Length(1, CODE_LENGTH))
    purpose = ma.fields.Nested(PurposeSchema, required=True)
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, NAME_LENGTH)),
        data_key="fields",
        load_default=tuple,
        validate=ma.validate.Length(max=MOST_FIELDS),
    )
    key = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    mode = ma.fields.Enum(Mode, by_value=True, load_default=Mode.FULL)
    version_item = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, NAME_LENGTH))
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(KINDS)))
    destination = ma.fields.Dict(
        keys=ma.fields.String(), required=True, metadata={"example": {"database": "warehouse", "table": "licences"}}
    )
    every_minutes = ma.fields.Integer(
        load_default=None, allow_none=True, validate=ma.validate.Range(FEWEST_MINUTES, MOST_MINUTES)
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewPush:
        """Make the value."""
        data["fields"] = tuple(dict.fromkeys(data.pop("fields_")))
        return NewPush(**data)


class PushSchema(ma.Schema):
    """A push; where it brings rows to, only the receiving organisation sees."""

    id = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    mode = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(PUSH_STATES))
    every_minutes = ma.fields.Integer(required=True, allow_none=True)
    next_run_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    created_at = ma.fields.AwareDateTime(required=True)
    version = ma.fields.Integer(required=True)
    fields_ = ma.fields.List(ma.fields.String(), data_key="fields", attribute="fields")
    key = ma.fields.String()
    version_item = ma.fields.String(allow_none=True)
    destination = ma.fields.Dict()


class PushRunSchema(ma.Schema):
    """One run: how it ended, and its counts."""

    id = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(RUN_STATES))
    code = ma.fields.String(required=True)
    contract = ma.fields.String(required=True)
    started_by = ma.fields.String(required=True)
    started_at = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    read = ma.fields.Integer(required=True)
    staged = ma.fields.Integer(required=True)
    rejected = ma.fields.Integer(required=True)
    inserted = ma.fields.Integer(required=True)
    updated = ma.fields.Integer(required=True)
    deleted = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)


class PushRejectSchema(ma.Schema):
    """A row that was not taken: its place in the reading, the item, the reason."""

    row = ma.fields.Integer(required=True)
    item = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)


SubscriptionsSchema = page_of(SubscriptionSchema, "SubscriptionsSchema")
DeliveriesSchema = page_of(DeliverySchema, "DeliveriesSchema")
PushesSchema = page_of(PushSchema, "PushesSchema")
PushRunsSchema = page_of(PushRunSchema, "PushRunsSchema")
PushRejectsSchema = page_of(PushRejectSchema, "PushRejectsSchema")


def told(row: Any, schema: type[ma.Schema], **more: Any) -> Mapping[str, Any]:
    """Gather what a schema shows of a row, with what the row does not know itself."""
    names = [field.attribute or name for name, field in schema._declared_fields.items()]  # noqa: SLF001
    return {**{name: getattr(row, name) for name in names if hasattr(row, name)}, **more}
