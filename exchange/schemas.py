"""Outside JSON ⇄ the values of the exchange: unknown members refused."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.directories import NewDirectory
from exchange.life import State
from exchange.models import CODE_LENGTH, COMMENT_LENGTH, POINTER_LENGTH
from keys.parties.models import LEVELS
from keys.parties.schemas import REASON_LENGTH

REASON = ma.validate.Length(max=REASON_LENGTH)
# Words, initials or a code: what people type into a search box.
LONGEST_SEARCH = 200
# Accounts are named by UUIDs; anything longer names nobody.
PERSON_LENGTH = 64


class NewDirectorySchema(ma.Schema):
    """A directory to be written; a draft may say as little as it likes."""

    content = ma.fields.Dict(keys=ma.fields.String(), required=True)
    code = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, CODE_LENGTH))
    base_code = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, CODE_LENGTH))
    theme_code = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, CODE_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewDirectory:
        """Make the value."""
        return NewDirectory(**data)


class ContentSchema(ma.Schema):
    """What a draft says from now on."""

    content = ma.fields.Dict(keys=ma.fields.String(), required=True)


class DirectoryReasonSchema(ma.Schema):
    """Why a step is taken."""

    reason = ma.fields.String(load_default="", validate=REASON)


class RevisionSchema(ma.Schema):
    """Why a new version is begun, and from which earlier one; left out: from the published one."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    from_version = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(1))


class ReviewSchema(ma.Schema):
    """What a check or review decided."""

    decision = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("forward", "publish", "return", "withdraw", "keep"))
    )
    reason = ma.fields.String(load_default="", validate=REASON)


class UpwardReviewSchema(ma.Schema):
    """What the authority of a level above decided."""

    level = ma.fields.String(required=True, validate=ma.validate.OneOf(("city", "province")))
    accepted = ma.fields.Boolean(required=True)
    reason = ma.fields.String(load_default="", validate=REASON)


class NewCommentSchema(ma.Schema):
    """A remark on a field."""

    pointer = ma.fields.String(required=True, validate=ma.validate.Length(1, POINTER_LENGTH))
    text = ma.fields.String(required=True, validate=ma.validate.Length(1, COMMENT_LENGTH))


class CommentSchema(ma.Schema):
    """A remark as it stands."""

    id = ma.fields.Integer(required=True)
    pointer = ma.fields.String(required=True)
    text = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    resolved_by = ma.fields.String(allow_none=True, required=True)
    resolved_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class CommentsSchema(ma.Schema):
    """The remarks on a version."""

    items = ma.fields.List(ma.fields.Nested(CommentSchema), required=True)


class DirectorySchema(ma.Schema):
    """A directory as lists show it."""

    code = ma.fields.String(required=True, metadata={"example": "30701509003010000000000000/000001"})
    owner = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    level = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    share_type = ma.fields.String(required=True)
    field_of_work = ma.fields.String(required=True)
    update_cycle = ma.fields.String(required=True)
    base_code = ma.fields.String(allow_none=True, required=True)
    theme_code = ma.fields.String(allow_none=True, required=True)
    published = ma.fields.Integer(allow_none=True, required=True)
    published_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class DirectoryQuery(PageQuery):
    """Which directories to list; `q` takes words, pinyin initials or codes."""

    q = ma.fields.String(load_default=None, validate=ma.validate.Length(1, LONGEST_SEARCH))
    owner = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    region = ma.fields.String(load_default=None, validate=ma.validate.Regexp(r"[0-9]{2,12}\Z"))
    share_type = ma.fields.String(load_default=None, validate=ma.validate.Length(max=40))
    field_of_work = ma.fields.String(load_default=None, validate=ma.validate.Length(max=40))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf([each.value for each in State]))
    level = ma.fields.String(load_default=None, validate=ma.validate.OneOf(LEVELS))


class FacetsSchema(ma.Schema):
    """How many published directories there are of each kind."""

    owner = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    share_type = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    field_of_work = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)
    level = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer(), required=True)


class ContentFaultSchema(ma.Schema):
    """Something wrong in a content."""

    pointer = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    field = ma.fields.String(required=True)
    expected = ma.fields.String(required=True)


class VersionHeadSchema(ma.Schema):
    """A version of a directory without what it says."""

    directory = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True)
    content_sm3 = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    author = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)
    published_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class VersionSchema(VersionHeadSchema):
    """A version of a directory, what it says and what is wrong with it."""

    content = ma.fields.Dict(required=True)
    faults = ma.fields.List(ma.fields.Nested(ContentFaultSchema), required=True)


class VersionsSchema(ma.Schema):
    """Every version of a directory, the newest first, without contents."""

    items = ma.fields.List(ma.fields.Nested(VersionHeadSchema), required=True)


class PieceSchema(ma.Schema):
    """A run of text that stayed, went or came."""

    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(("same", "gone", "new")))
    text = ma.fields.String(required=True)


class FieldDifferenceSchema(ma.Schema):
    """A field that differs."""

    pointer = ma.fields.String(required=True)
    field = ma.fields.String(required=True)
    old = ma.fields.Raw(allow_none=True, required=True)
    new = ma.fields.Raw(allow_none=True, required=True)
    pieces = ma.fields.List(ma.fields.Nested(PieceSchema), required=True)


def _differing() -> Any:
    """Make the member `fields`, a name that a schema keeps for itself."""
    nested = ma.fields.Nested(FieldDifferenceSchema)
    return ma.fields.List(nested, required=True, data_key="fields", attribute="fields")


class ItemDifferenceSchema(ma.Schema):
    """An item that came, went or changed."""

    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    fields_ = _differing()


class DifferenceQuery(ma.Schema):
    """Against which version; left out: the one before."""

    against = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1))


class DirectoryDifferenceSchema(ma.Schema):
    """All that differs between two versions."""

    fields_ = _differing()
    items_ = ma.fields.List(ma.fields.Nested(ItemDifferenceSchema), required=True, data_key="items", attribute="items")


class DirectoryStepSchema(ma.Schema):
    """A step in the life of a directory."""

    number = ma.fields.Integer(required=True)
    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class ElevationSchema(ma.Schema):
    """What the authority of a level above says to a version."""

    number = ma.fields.Integer(required=True)
    level = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    asked_at = ma.fields.AwareDateTime(required=True)
    decided_by = ma.fields.String(allow_none=True, required=True)
    decided_at = ma.fields.AwareDateTime(allow_none=True, required=True)


class HistorySchema(ma.Schema):
    """What happened to a directory, step by step, and what the levels above said."""

    steps = ma.fields.List(ma.fields.Nested(DirectoryStepSchema), required=True)
    elevations = ma.fields.List(ma.fields.Nested(ElevationSchema), required=True)


class TaskSchema(ma.Schema):
    """Something to do, and until when."""

    id = ma.fields.Integer(required=True)
    duty = ma.fields.String(required=True)
    thing_kind = ma.fields.String(required=True)
    thing_id = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    role = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    days = ma.fields.Integer(required=True)
    escalated_to = ma.fields.String(allow_none=True, required=True)
    in_place_of = ma.fields.String(allow_none=True, required=True)


class TasksSchema(ma.Schema):
    """What the caller has to do, the most pressing first."""

    items = ma.fields.List(ma.fields.Nested(TaskSchema), required=True)


class NewSubstitutionSchema(ma.Schema):
    """Who takes whose place, and for how long; `person` left out: the caller's own."""

    person = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, PERSON_LENGTH))
    substitute = ma.fields.String(required=True, validate=ma.validate.Length(1, PERSON_LENGTH))
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)


class SubstitutionSchema(ma.Schema):
    """Someone who acts for someone else for a while, and what is lent by that."""

    id = ma.fields.Integer(required=True)
    person = ma.fields.String(required=True)
    substitute = ma.fields.String(required=True)
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    created_by = ma.fields.String(required=True)
    created_at = ma.fields.AwareDateTime(required=True)


class SubstitutionsSchema(ma.Schema):
    """Who takes whose place, the newest first."""

    items = ma.fields.List(ma.fields.Nested(SubstitutionSchema), required=True)


class TermSchema(ma.Schema):
    """A duty's term in working days, with its basis and how sure it is."""

    duty = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    days = ma.fields.Integer(required=True)
    hours = ma.fields.Integer(
        required=True, allow_none=True, metadata={"description": "Hours of the clock, where it is counted in these."}
    )
    basis = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class TermsSchema(ma.Schema):
    """Every duty's term."""

    items = ma.fields.List(ma.fields.Nested(TermSchema), required=True)


class TermChangeSchema(ma.Schema):
    """A new term and the text it rests on."""

    days = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 2500))
    hours = ma.fields.Integer(load_default=None, validate=ma.validate.Range(1, 336))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class DictionaryEntrySchema(ma.Schema):
    """One code and its words."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class DictionarySchema(ma.Schema):
    """A code table, where it was seen and how sure that is."""

    name = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    source = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    entries = ma.fields.List(ma.fields.Nested(DictionaryEntrySchema), required=True)


class DictionariesSchema(ma.Schema):
    """Every code table of directories."""

    items = ma.fields.List(ma.fields.Nested(DictionarySchema), required=True)


DirectoryPage = page_of(DirectorySchema, "DirectoryPage")
