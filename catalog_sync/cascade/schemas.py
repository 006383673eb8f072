"""JSON of the cascade, outside and inside: what other sites tell and ask, and what operators are shown of it."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from base.canonical import LARGEST_INTEGER
from catalog_sync.cascade.answering import MOST_RECORDS, Asked
from catalog_sync.cascade.holding import Handed
from catalog_sync.cascade.models import RETURNED, TOLD
from catalog_sync.models import DIGEST_LENGTH, KIND_LENGTH, TARGET_LENGTH, THING_LENGTH
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.site.words import MOST_NEEDS

_KIND: Final = ma.validate.Length(1, KIND_LENGTH)
_THING: Final = ma.validate.Length(1, THING_LENGTH)
_KEY: Final = ma.validate.Regexp(rf"\A[0-9a-f]{{{DIGEST_LENGTH}}}\Z")
_VERSION: Final = ma.validate.Range(0, LARGEST_INTEGER)
_MARK: Final = ma.validate.Length(0, 19)


class CascadeRecordSchema(ma.Schema):
    """A record as another site hands it over."""

    kind = ma.fields.String(required=True, validate=_KIND)
    thing = ma.fields.String(required=True, validate=_THING)
    version = ma.fields.Integer(required=True, strict=True, validate=_VERSION)
    operation = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Operation]))
    day = ma.fields.Date(required=True, format="iso")
    key = ma.fields.String(required=True, validate=_KEY)
    content = ma.fields.Dict(keys=ma.fields.String(), required=True)
    needs = ma.fields.List(
        ma.fields.List(ma.fields.String(validate=_THING), validate=ma.validate.Length(equal=2)),
        required=True,
        validate=ma.validate.Length(0, MOST_NEEDS),
    )

    @ma.post_load
    def handed(self, data: dict[str, Any], **_: Any) -> Handed:
        """Make the value."""
        needs = tuple(Subject(*each) for each in data["needs"])
        subject, operation = Subject(data["kind"], data["thing"]), Operation(data["operation"])
        day = data["day"].isoformat()
        return Handed(Record(subject, data["version"], operation, data["content"], needs, day), data["key"])


class CascadeBatchSchema(ma.Schema):
    """Records of one batch, in the order in which they are taken in."""

    records = ma.fields.List(
        ma.fields.Nested(CascadeRecordSchema), required=True, validate=ma.validate.Length(1, MOST_RECORDS)
    )


class CascadeReplySchema(ma.Schema):
    """What came of a record."""

    key = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, metadata={"description": "stored, refused or later."})
    receipt = ma.fields.String(required=True, allow_none=True)
    code = ma.fields.String(required=True)
    words = ma.fields.String(required=True, metadata={"description": "The member, or the thing, that it is about."})


class CascadeRepliesSchema(ma.Schema):
    """One reply for each record, in their order."""

    replies = ma.fields.List(ma.fields.Nested(CascadeReplySchema), required=True)


class CascadeMarkQuery(ma.Schema):
    """From where to read on."""

    mark = ma.fields.String(load_default="", validate=_MARK)


class CascadeReceiptsSchema(ma.Schema):
    """Decisions since a mark."""

    receipts = ma.fields.List(ma.fields.Nested(CascadeReplySchema), required=True)
    mark = ma.fields.String(required=True)


class CascadeFindSchema(ma.Schema):
    """Which version is asked about."""

    kind = ma.fields.String(required=True, validate=_KIND)
    thing = ma.fields.String(required=True, validate=_THING)
    version = ma.fields.Integer(required=True, strict=True, validate=_VERSION)
    key = ma.fields.String(required=True, validate=_KEY)

    @ma.post_load
    def asked(self, data: dict[str, Any], **_: Any) -> Asked:
        """Make the value."""
        return Asked(**data)


class CascadeFoundSchema(ma.Schema):
    """What was decided about a version; null where it never came."""

    reply = ma.fields.Nested(CascadeReplySchema, required=True, allow_none=True)


class CascadeListingQuery(CascadeMarkQuery):
    """What is listed."""

    kind = ma.fields.String(required=True, validate=_KIND)


class CascadeListedSchema(ma.Schema):
    """A thing that is held."""

    thing = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    digest = ma.fields.String(required=True)


class CascadeListingSchema(ma.Schema):
    """A page of what is held, and the mark of the next."""

    held = ma.fields.List(ma.fields.Nested(CascadeListedSchema), required=True)
    mark = ma.fields.String(required=True, allow_none=True)


class CascadeStatisticsSchema(ma.Schema):
    """What this site says of itself to another."""

    partner = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    held = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    refused = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    most_records = ma.fields.Integer(required=True)
    most_bytes = ma.fields.Integer(required=True)


class CascadeReturnsSchema(ma.Schema):
    """A page of what is returned."""

    returns = ma.fields.List(ma.fields.Dict(), required=True)
    mark = ma.fields.String(required=True)
    more = ma.fields.Boolean(required=True)


# --- for operators ------------------------------------------------------------------------------------------------


class SyncHeldQuery(PageQuery):
    """Which held things."""

    way = ma.fields.String(load_default=None, validate=ma.validate.OneOf([TOLD, RETURNED]))
    partner = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    kind = ma.fields.String(load_default=None, validate=_KIND)
    thing = ma.fields.String(load_default=None, validate=_THING)


class SyncHeldRowSchema(ma.Schema):
    """A thing that another site told or returned, without what it says."""

    id = ma.fields.Integer(required=True)
    way = ma.fields.String(required=True, metadata={"description": "told or returned."})
    partner = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    thing = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    operation = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    digest = ma.fields.String(required=True, metadata={"description": "SM3 of the canonical content."})
    organisation = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    is_gone = ma.fields.Boolean(required=True)
    first_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class SyncHeldVersionSchema(ma.Schema):
    """A decision about one version of a thing."""

    number = ma.fields.Integer(required=True, metadata={"description": "The receipt."})
    version = ma.fields.Integer(required=True)
    operation = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    place = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class SyncHeldDetailSchema(SyncHeldRowSchema):
    """A held thing with its decisions, and what it says."""

    content = ma.fields.Dict(metadata={"description": "Only for those who run synchronisation."})
    versions = ma.fields.List(ma.fields.Nested(SyncHeldVersionSchema), required=True)


SyncHeldSchema = page_of(SyncHeldRowSchema, "SyncHeldSchema")
