"""Outside JSON ⇄ keys in custody. Where a key lies is told by the kind of device alone; no private byte has a field."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery
from keys.algorithms.algorithm import KeyKind
from keys.custody.acts import ID_SHAPE, NewKey
from keys.custody.models import REASON_LENGTH
from keys.custody.rules import STATES, USES
from keys.signers import uris

KEY_ID = ma.validate.Regexp(rf"(?:{ID_SHAPE.pattern})\Z", error="lower-case letters, digits, . and -")
KIND = ma.validate.OneOf([each.value for each in KeyKind])
WHERE = ma.validate.OneOf((uris.FILE, uris.PKCS11))


class NewCustodyKeySchema(ma.Schema):
    """A key to be made inside a device."""

    id = ma.fields.String(required=True, validate=KEY_ID, metadata={"example": "checkpoint"})
    use = ma.fields.String(required=True, validate=ma.validate.OneOf(USES))
    kind = ma.fields.String(load_default=KeyKind.SM2.value, validate=KIND)
    where = ma.fields.String(load_default=uris.FILE, validate=WHERE)
    within = ma.fields.String(load_default="", validate=ma.validate.Length(max=64))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewKey:
        """Make the value."""
        return NewKey(**{**data, "kind": KeyKind(data["kind"])})


class EndSchema(ma.Schema):
    """Why a key ends; it stands in the audit record."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class CustodyKeySchema(ma.Schema):
    """One version of a key in custody."""

    id = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    use = ma.fields.String(required=True, attribute="key_use", validate=ma.validate.OneOf(USES))
    kind = ma.fields.String(required=True, validate=KIND)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    device = ma.fields.Function(lambda row: uris.parse(row.uri).scheme, metadata={"type": "string"})
    public_key_sm3 = ma.fields.String(required=True, attribute="spki_sm3")
    organisation = ma.fields.String(required=True)
    not_after = ma.fields.AwareDateTime(allow_none=True, required=True)
    proposed_by = ma.fields.String(required=True)
    proposed_at = ma.fields.AwareDateTime(required=True)
    confirmed_by = ma.fields.String(allow_none=True, required=True)
    activated_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    retired_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    withdrawn_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    ended_why = ma.fields.String(allow_none=True, required=True)


class CustodyKeyPage(ma.Schema):
    """One page of keys."""

    items = ma.fields.List(ma.fields.Nested(CustodyKeySchema), required=True)
    next_cursor = ma.fields.String(allow_none=True)


class CustodyKeyVersions(ma.Schema):
    """Every version of one key, the newest first."""

    items = ma.fields.List(ma.fields.Nested(CustodyKeySchema), required=True)


class CustodyKeyQuery(PageQuery):
    """Which keys to list."""

    use = ma.fields.String(load_default=None, validate=ma.validate.OneOf(USES))
    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(STATES))
