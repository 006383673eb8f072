"""Outside JSON ⇄ scenes."""

from typing import Any, Final

import marshmallow as ma

from certs.models import CASE_LENGTH, CODE_LENGTH, WORD_LENGTH
from certs.scenes.scenes import Agreement

_MONTH: Final = r"20[0-9]{2}-(0[1-9]|1[0-2])\Z"


class SceneSchema(ma.Schema):
    """A scene, with the approved fields by the name of the certificate type."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    confidence = ma.fields.String(required=True)
    types = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()), required=True)


class ScenesSchema(ma.Schema):
    """Every scene of this site."""

    items = ma.fields.List(ma.fields.Nested(SceneSchema), required=True)


class SceneAgreementSchema(ma.Schema):
    """Which organisation acts in which scene, under which agreement, from when to when."""

    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=CODE_LENGTH))
    number = ma.fields.String(required=True, validate=ma.validate.Length(1, CASE_LENGTH))
    scene = ma.fields.String(required=True, validate=ma.validate.Length(1, WORD_LENGTH))
    begins_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Agreement:
        """Make the value."""
        return Agreement(data["organisation"], data["number"], data["scene"], data["begins_at"], data["ends_at"])


class SceneMonthQuery(ma.Schema):
    """Which month."""

    month = ma.fields.String(required=True, validate=ma.validate.Regexp(_MONTH), metadata={"example": "2026-11"})


class SceneCountSchema(ma.Schema):
    """How often a type was used under an agreement, and how that ended."""

    agreement = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True)
    uses = ma.fields.Integer(required=True)


class SceneStatisticsSchema(ma.Schema):
    """A month of one's own uses under agreements."""

    month = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(SceneCountSchema), required=True)


class SceneEndingSchema(ma.Schema):
    """Which agreement ends now."""

    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=CODE_LENGTH))
    number = ma.fields.String(required=True, validate=ma.validate.Length(1, CASE_LENGTH))


class SceneUseSchema(SceneCountSchema):
    """How often an organisation used a type in a scene, and how that ended."""

    organisation = ma.fields.String(required=True)


class SceneUsesSchema(ma.Schema):
    """A month of a scene."""

    scene = ma.fields.String(required=True)
    month = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(SceneUseSchema), required=True)
