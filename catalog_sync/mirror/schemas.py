"""Outside JSON ⇄ the mirror."""

from typing import Final

import marshmallow as ma

from base.api import PageQuery, page_of
from catalog_sync.mirror.models import STATES, VERSION_LENGTH
from catalog_sync.mirror.offering import KINDS
from catalog_sync.models import REASON_LENGTH, TARGET_LENGTH

LONGEST_TEXT: Final = 200


def _narrowed(longest: int) -> ma.fields.String:
    return ma.fields.String(load_default=None, validate=ma.validate.Length(1, longest))


class MirrorCatalogQuery(PageQuery):
    """Which directories of other platforms; `own` has ours told beside them, in a list of their own."""

    q = _narrowed(LONGEST_TEXT)
    source = _narrowed(TARGET_LENGTH)
    region = _narrowed(12)
    organisation = _narrowed(18)
    share_type = _narrowed(40)
    update_cycle = _narrowed(40)
    gone = ma.fields.Boolean(load_default=False, metadata={"description": "Also what is gone there."})
    own = ma.fields.Boolean(load_default=False, metadata={"description": "Also our own, found by the same words."})


class MirrorCatalogSchema(ma.Schema):
    """A directory of another platform, as lists show it."""

    id = ma.fields.Integer(required=True)
    source = ma.fields.String(required=True)
    upstream_id = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    digest = ma.fields.String(required=True, metadata={"description": "SM3 over its content."})
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    share_type = ma.fields.String(required=True)
    update_cycle = ma.fields.String(required=True)
    first_seen_at = ma.fields.AwareDateTime(required=True)
    last_seen_at = ma.fields.AwareDateTime(required=True)
    gone_since = ma.fields.AwareDateTime(allow_none=True)


class MirrorCatalogDetailSchema(MirrorCatalogSchema):
    """A directory of another platform with everything that it says."""

    content = ma.fields.Dict(required=True)


class MirrorOwnSchema(ma.Schema):
    """A directory of ours that the same words find."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    owner = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    share_type = ma.fields.String(required=True)


class MirrorCatalogsSchema(ma.Schema):
    """A page of directories, what the question can be narrowed with, and ours where they were asked for."""

    items = ma.fields.List(ma.fields.Nested(MirrorCatalogSchema), required=True)
    next_cursor = ma.fields.String(allow_none=True)
    facets = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())
    )
    own = ma.fields.List(ma.fields.Nested(MirrorOwnSchema))


class MirrorCodesQuery(ma.Schema):
    """Which version of a code table, and whose."""

    source = _narrowed(TARGET_LENGTH)
    version = _narrowed(VERSION_LENGTH)


class MirrorCodeSchema(ma.Schema):
    """A code and its words."""

    code = ma.fields.String(required=True)
    words = ma.fields.String(required=True)
    parent = ma.fields.String()


class MirrorVersionSchema(ma.Schema):
    """A version of a code table that is kept."""

    source = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    digest = ma.fields.String(required=True)
    first_seen_at = ma.fields.AwareDateTime(required=True)
    last_seen_at = ma.fields.AwareDateTime(required=True)
    gone_since = ma.fields.AwareDateTime(allow_none=True)


class MirrorCodesSchema(MirrorVersionSchema):
    """A code table at one version, and which others are kept."""

    name = ma.fields.String(required=True)
    title = ma.fields.String(required=True)
    codes = ma.fields.List(ma.fields.Nested(MirrorCodeSchema), required=True, attribute="content")
    versions = ma.fields.List(ma.fields.Nested(MirrorVersionSchema), required=True)


class MirrorRunSchema(ma.Schema):
    """What to read now: of one platform or all, one kind or all, from the beginning or what changed."""

    target = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(KINDS))
    whole = ma.fields.Boolean(load_default=False)


class MirrorAskedSchema(ma.Schema):
    """A kind of a platform that is read by the next run."""

    target = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)


class MirrorRunsSchema(ma.Schema):
    """What is read by the next run."""

    asked = ma.fields.List(ma.fields.Nested(MirrorAskedSchema), required=True)


class MirrorLoadQuery(PageQuery):
    """Which readings."""

    target = _narrowed(TARGET_LENGTH)
    kind = ma.fields.String(load_default=None, validate=ma.validate.OneOf(KINDS))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


class MirrorLoadSchema(ma.Schema):
    """A reading: what it brought, and how it ended."""

    id = ma.fields.Integer(required=True)
    target = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    state = ma.fields.String(required=True, metadata={"description": "open, read, held, applied or dropped."})
    reason = ma.fields.String(required=True)
    whole = ma.fields.Boolean(required=True)
    pages = ma.fields.Integer(required=True)
    rows = ma.fields.Integer(required=True)
    rejects = ma.fields.Integer(required=True)
    added = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    gone = ma.fields.Integer(required=True)
    begun_at = ma.fields.AwareDateTime(required=True)
    ended_at = ma.fields.AwareDateTime(allow_none=True)
    decided_by = ma.fields.String(required=True)


class MirrorRejectSchema(ma.Schema):
    """A row that was not taken."""

    number = ma.fields.Integer(required=True)
    upstream_id = ma.fields.String(required=True)
    fault = ma.fields.String(required=True)
    member = ma.fields.String(required=True)


class MirrorDecisionSchema(ma.Schema):
    """What becomes of a reading that is held, and why."""

    applies = ma.fields.Boolean(required=True)
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


MirrorLoadsSchema = page_of(MirrorLoadSchema, "MirrorLoadsSchema")
MirrorRejectsSchema = page_of(MirrorRejectSchema, "MirrorRejectsSchema")
