"""Outside JSON ⇄ synchronisation; what a record says is shown at the dead-letter desk, and nowhere else."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from catalog_sync.desk import Correction
from catalog_sync.models import KIND_LENGTH, REASON_LENGTH, TARGET_LENGTH, THING_LENGTH
from catalog_sync.states import State

# A page of the desk that is ticked as a whole.
MOST_RETRIED: Final = 500
MOST_MEMBERS: Final = 500


class SyncOutboxQuery(PageQuery):
    """Which rows of the outbox."""

    target = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    kind = ma.fields.String(load_default=None, validate=ma.validate.Length(1, KIND_LENGTH))
    thing = ma.fields.String(load_default=None, validate=ma.validate.Length(1, THING_LENGTH))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in State]))
    day = ma.fields.Date(load_default=None)


class SyncDeadLetterQuery(PageQuery):
    """Whose dead letters."""

    target = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))


class SyncOutboxRowSchema(ma.Schema):
    """A row of the outbox, without what it says."""

    number = ma.fields.Integer(required=True)
    target = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    thing = ma.fields.String(required=True, metadata={"description": "The natural key of what it is about."})
    version = ma.fields.Integer(required=True)
    operation = ma.fields.String(required=True, metadata={"description": "I, U or D."})
    key = ma.fields.String(required=True, metadata={"description": "SM3(id ‖ version ‖ content)."})
    state = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    attempts = ma.fields.Integer(required=True)
    tries = ma.fields.Integer(required=True)
    is_corrected = ma.fields.Boolean(required=True)
    upstream_id = ma.fields.String(allow_none=True)
    receipt = ma.fields.String(allow_none=True)
    written_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)
    next_at = ma.fields.AwareDateTime(required=True)


class SyncSentenceSchema(ma.Schema):
    """A sentence in both languages."""

    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class SyncReasonSchema(ma.Schema):
    """A reason why a row is not stored."""

    code = ma.fields.String(required=True)
    facts = ma.fields.Dict(required=True)
    detail = ma.fields.Nested(SyncSentenceSchema, required=True)


class SyncTransitionSchema(ma.Schema):
    """A row that went from one state to another."""

    at = ma.fields.AwareDateTime(required=True)
    before = ma.fields.String(allow_none=True)
    after = ma.fields.String(required=True)
    attempt = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    by = ma.fields.String(required=True)


class SyncNeedSchema(ma.Schema):
    """What has to arrive before."""

    kind = ma.fields.String(required=True)
    id = ma.fields.String(required=True)


class SyncOutboxDetailSchema(SyncOutboxRowSchema):
    """A row with its history, what it is stuck on, and what it says."""

    needs = ma.fields.List(ma.fields.Nested(SyncNeedSchema), required=True)
    content = ma.fields.Dict(metadata={"description": "Only for rows that were refused or given up."})
    written_content = ma.fields.Dict(metadata={"description": "What was written, where it was corrected since."})
    transitions = ma.fields.List(ma.fields.Nested(SyncTransitionSchema), required=True)
    stuck = ma.fields.List(ma.fields.Nested(SyncReasonSchema), required=True)


class SyncCorrectionSchema(ma.Schema):
    """What a row is to say instead, and why."""

    content = ma.fields.Dict(keys=ma.fields.String(), required=True, validate=ma.validate.Length(1, MOST_MEMBERS))
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))

    @ma.post_load
    def correction(self, data: dict[str, Any], **_: Any) -> Correction:
        """Make the value."""
        return Correction(**data)


class SyncRetriesSchema(ma.Schema):
    """Which rows to tell again."""

    numbers = ma.fields.List(
        ma.fields.Integer(strict=True, validate=ma.validate.Range(1)),
        required=True,
        validate=ma.validate.Length(1, MOST_RETRIED),
    )


class SyncRetryProblemSchema(ma.Schema):
    """A row that was not retried, and why."""

    number = ma.fields.Integer(required=True)
    code = ma.fields.String(required=True)


class SyncRetriedSchema(ma.Schema):
    """What came of a retry of several rows."""

    retried = ma.fields.List(ma.fields.Integer(), required=True)
    problems = ma.fields.List(ma.fields.Nested(SyncRetryProblemSchema), required=True)


class SyncPauseSchema(ma.Schema):
    """Why a channel is stopped."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class SyncChannelSchema(ma.Schema):
    """How a channel stands."""

    target = ma.fields.String(required=True)
    kinds = ma.fields.List(ma.fields.String(), required=True)
    state = ma.fields.String(required=True, metadata={"description": "running or paused."})
    reason = ma.fields.String(required=True)
    failure = ma.fields.String(required=True, metadata={"description": "What the last exchange failed of."})
    failures = ma.fields.Integer(required=True)
    rests_until = ma.fields.AwareDateTime(allow_none=True)
    opens_at = ma.fields.AwareDateTime(allow_none=True, metadata={"description": "Where its window is closed."})
    answered_at = ma.fields.AwareDateTime(allow_none=True)
    asked_at = ma.fields.AwareDateTime(allow_none=True)
    changed_at = ma.fields.AwareDateTime(allow_none=True)
    changed_by = ma.fields.String(required=True)
    counts = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    lag_seconds = ma.fields.Integer(required=True)
    unread_events = ma.fields.Integer(required=True)
    unknown_receipts = ma.fields.Integer(required=True)


class SyncChannelsSchema(ma.Schema):
    """Every channel of the site."""

    items = ma.fields.List(ma.fields.Nested(SyncChannelSchema), required=True)


class SyncRunsQuery(PageQuery):
    """Which runs."""

    job = ma.fields.String(load_default=None, validate=ma.validate.Length(1, 64))


class SyncRunSchema(ma.Schema):
    """One run of a job of synchronisation."""

    id = ma.fields.Integer(required=True)
    job = ma.fields.String(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    started_at = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    outcome = ma.fields.String(allow_none=True)
    error_code = ma.fields.String(allow_none=True)
    done = ma.fields.Integer(required=True)
    note = ma.fields.String(required=True)


SyncOutboxSchema = page_of(SyncOutboxRowSchema, "SyncOutboxSchema")
SyncRunsSchema = page_of(SyncRunSchema, "SyncRunsSchema")
