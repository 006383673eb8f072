"""What is kept of others' seals ⇄ outside JSON."""

from typing import Final

import marshmallow as ma

from base.api import PageQuery, page_of
from catalog_sync.models import TARGET_LENGTH
from catalog_sync.outside_seals.answers import CODE_LENGTH
from catalog_sync.outside_seals.word import State

STATES: Final = tuple(each.value for each in State)


class SyncOutsideSealsQuery(PageQuery):
    """Which seals."""

    code = ma.fields.String(load_default=None, validate=ma.validate.Length(1, CODE_LENGTH))
    source = ma.fields.String(load_default=None, validate=ma.validate.Length(1, TARGET_LENGTH))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))


class SyncOutsideSealSchema(ma.Schema):
    """The last word on a seal of another site."""

    code = ma.fields.String(required=True)
    state = ma.fields.String(
        required=True, metadata={"description": f"{', '.join(STATES)}; the last: met, and not asked for yet."}
    )
    since = ma.fields.AwareDateTime(allow_none=True, required=True)
    name = ma.fields.String(required=True)
    unit = ma.fields.String(required=True)
    unit_name = ma.fields.String(required=True)
    valid_from = ma.fields.AwareDateTime(allow_none=True, required=True)
    valid_until = ma.fields.AwareDateTime(allow_none=True, required=True)
    reason = ma.fields.String(required=True)
    successor = ma.fields.String(required=True)
    source = ma.fields.String(required=True, metadata={"description": "Who says so: the target's name."})
    as_of = ma.fields.AwareDateTime(
        allow_none=True, required=True, metadata={"description": "When it was read from there."}
    )
    expires_at = ma.fields.AwareDateTime(
        allow_none=True, required=True, metadata={"description": "Until when it is relied on."}
    )
    counts = ma.fields.Boolean(required=True, metadata={"description": "Whether it is relied on now."})
    wanted_at = ma.fields.AwareDateTime(
        allow_none=True, required=True, metadata={"description": "Since when it is to be asked for."}
    )


SyncOutsideSealsSchema = page_of(SyncOutsideSealSchema, "SyncOutsideSealsSchema")
