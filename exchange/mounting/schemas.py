"""Outside JSON ⇄ mounts: unknown members refused; a declaration is read member by member by its kind of source."""

from typing import Any

import marshmallow as ma

from exchange.mounting.health import Health
from exchange.mounting.models import STATES
from exchange.mounting.mounts import NewMount
from exchange.sources import SOURCES
from exchange.sources.declarations import LONGEST_NAME
from exchange.sources.source import Difference, Outcome
from keys.parties.schemas import REASON_LENGTH

LONGEST_MOUNT_NAME = 100
LONGEST_KIND = 40
EXAMPLE = {"origin": "https://data.example.gov.cn", "path": "/v1/licences", "rows": "/data"}


class NewMountSchema(ma.Schema):
    """Where a directory's data is. Credentials, databases and files are named, never written here."""

    name = ma.fields.String(
        required=True, validate=(ma.validate.Length(1, LONGEST_MOUNT_NAME), ma.validate.Regexp(r"[^\x00-\x1f\x7f]+\Z"))
    )
    # Rooms above hand in kinds of their own, so that the table is asked when the declaration is read.
    kind = ma.fields.String(
        required=True,
        validate=ma.validate.Length(1, LONGEST_KIND),
        metadata={"description": f"{' | '.join(sorted(SOURCES))} | promises"},
    )
    declaration = ma.fields.Dict(keys=ma.fields.String(), required=True, metadata={"example": EXAMPLE})
    columns = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(1, LONGEST_MOUNT_NAME)),
        values=ma.fields.String(validate=ma.validate.Length(1, LONGEST_NAME)),
        load_default=dict,
    )

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewMount:
        """Make the value."""
        return NewMount(**data)


class MountReasonSchema(ma.Schema):
    """Why a mount is stopped."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class MountSchema(ma.Schema):
    """A mount; where its data is, only those inside see."""

    id = ma.fields.String(required=True)
    directory = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    health = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Health]))
    health_since = ma.fields.AwareDateTime(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)
    serving = ma.fields.Dict(allow_none=True)
    proposed = ma.fields.Dict(allow_none=True)
    proposed_by = ma.fields.String()
    is_proven = ma.fields.Boolean()
    confirmed_by = ma.fields.String(allow_none=True)
    confirmed_at = ma.fields.AwareDateTime(allow_none=True)
    data_updated_at = ma.fields.AwareDateTime(allow_none=True)
    calls = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.Integer())


class MountsSchema(ma.Schema):
    """The mounts of a directory."""

    items = ma.fields.List(ma.fields.Nested(MountSchema), required=True)


class MountDifferenceSchema(ma.Schema):
    """How the source differs from what the directory promises."""

    item = ma.fields.String(required=True)
    difference = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Difference]))


class MountProbeSchema(ma.Schema):
    """What one look at the source showed."""

    id = ma.fields.Integer(required=True)
    at = ma.fields.AwareDateTime(required=True)
    by = ma.fields.String(required=True)
    of_proposal = ma.fields.Boolean(required=True)
    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    milliseconds = ma.fields.Integer(required=True)
    differences = ma.fields.List(ma.fields.Nested(MountDifferenceSchema), required=True)


class MountProbesSchema(ma.Schema):
    """The last probes of a mount, the newest first."""

    items = ma.fields.List(ma.fields.Nested(MountProbeSchema), required=True)
