"""Outside JSON ⇄ impressions of seals; pictures go out under an address of their own."""

import marshmallow as ma

from base.api import PageQuery, page_of
from signing.impressions.models import SOURCE_LENGTH


class SealImpressionsQuery(ma.Schema):
    """Who hands a package over."""

    source = ma.fields.String(
        required=True, validate=ma.validate.Length(1, SOURCE_LENGTH), metadata={"example": "演示市公安局印章业务系统"}
    )


class SealImpressionFaultSchema(ma.Schema):
    """What is wrong with a row of a package."""

    row = ma.fields.Integer(required=True, metadata={"description": "from 1, in the order of the list"})
    member = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class SealImpressionsImportedSchema(ma.Schema):
    """What became of a package of impressions."""

    added = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    refused = ma.fields.List(ma.fields.Nested(SealImpressionFaultSchema), required=True)


class SealImpressionSchema(ma.Schema):
    """An impression in the register."""

    filing = ma.fields.String(required=True, metadata={"example": "3209020012345"})
    organisation = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    width_mm = ma.fields.Integer(required=True)
    height_mm = ma.fields.Integer(required=True)
    sm3 = ma.fields.String(required=True, metadata={"description": "of the picture as it is kept"})
    original_sm3 = ma.fields.String(required=True, metadata={"description": "of the picture as it was handed over"})
    source = ma.fields.String(required=True)
    imported_at = ma.fields.AwareDateTime(required=True)
    withdrawn_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    withdrawn_because = ma.fields.String(allow_none=True, required=True)


class SealImpressionQuery(PageQuery):
    """Which impressions to list."""

    organisation = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))


SealImpressionPage = page_of(SealImpressionSchema, "SealImpressionPage")
