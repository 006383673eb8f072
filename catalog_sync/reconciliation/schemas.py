"""Outside JSON ⇄ comparisons, their differences and the balances of days."""

import marshmallow as ma

from base.api import PageQuery, page_of
from catalog_sync.models import TARGET_LENGTH
from catalog_sync.reconciliation.models import OUTCOMES


class SyncComparisonsQuery(PageQuery):
    """Which comparisons."""

    target = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    outcome = ma.fields.String(load_default=None, validate=ma.validate.OneOf(OUTCOMES))


class SyncDifferencesQuery(PageQuery):
    """Which differences of a comparison."""

    open = ma.fields.Boolean(load_default=False, metadata={"description": "Only those that are not settled."})


class SyncExchangedSchema(ma.Schema):
    """What crossed."""

    questions = ma.fields.Integer(required=True)
    sent_bytes = ma.fields.Integer(required=True)
    received_bytes = ma.fields.Integer(required=True)
    share = ma.fields.Float(
        allow_none=True,
        metadata={"description": "Of what telling every row would weigh; none where the bytes are not known."},
    )


class SyncLimitSchema(ma.Schema):
    """Something that was not compared, or that a comparison is not."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class SyncComparisonSchema(ma.Schema):
    """One comparison with a target."""

    number = ma.fields.Integer(required=True)
    target = ma.fields.String(required=True)
    day = ma.fields.Date(required=True)
    began_at = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(required=True)
    by = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, metadata={"description": "agrees, differs or failed."})
    code = ma.fields.String(required=True, metadata={"description": "Why it failed."})
    depth = ma.fields.String(
        required=True, metadata={"description": "content, versions, identifiers, counts or nothing."}
    )
    limits = ma.fields.List(ma.fields.Nested(SyncLimitSchema), required=True)
    here = ma.fields.Integer(required=True, metadata={"description": "How many things count as stored there."})
    there = ma.fields.Integer(allow_none=True, metadata={"description": "How many the other side holds, if it tells."})
    found = ma.fields.Integer(required=True, metadata={"description": "How many things differ."})
    moving = ma.fields.Integer(required=True, metadata={"description": "How many were on their way meanwhile."})
    exchanged = ma.fields.Nested(SyncExchangedSchema, required=True)


class SyncComparisonDetailSchema(SyncComparisonSchema):
    """One comparison with the balance of the day as it was signed."""

    balance = ma.fields.Dict(allow_none=True, metadata={"description": "The balance and its signatures."})


class SyncDifferenceSchema(ma.Schema):
    """A thing that differs."""

    number = ma.fields.Integer(required=True)
    target = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    thing = ma.fields.String(required=True)
    department = ma.fields.String(required=True)
    difference = ma.fields.String(required=True)
    here = ma.fields.Integer(allow_none=True, metadata={"description": "The version that we told."})
    there = ma.fields.Integer(allow_none=True, metadata={"description": "The version that the other side holds."})
    first = ma.fields.Integer(required=True, metadata={"description": "The comparison that named it first."})
    last = ma.fields.Integer(required=True, metadata={"description": "The one that named it last."})
    repair = ma.fields.String(required=True, metadata={"description": "tell-again, take-over or person."})
    repaired_at = ma.fields.AwareDateTime(allow_none=True)
    repaired_by = ma.fields.String(required=True)
    settled_at = ma.fields.AwareDateTime(allow_none=True)


SyncComparisonsSchema = page_of(SyncComparisonSchema, "SyncComparisonsSchema")
SyncDifferencesSchema = page_of(SyncDifferenceSchema, "SyncDifferencesSchema")
