"""Outside JSON ⇄ packages and their kinds."""

from typing import Any, Final

import marshmallow as ma

from base.api import page_of
from base.workdays import MOST_DAYS
from certs.filing.cases.schemas import (
    MOST_MATERIALS,
    TEXT,
    WORD,
    CaseIntakeSchema,
    CaseMaterialSchema,
    CaseOperatorSchema,
    CaseSchema,
)
from certs.filing.matter import ITEM
from certs.filing.packages.models import KIND_LENGTH
from certs.filing.packages.package import MOST_MEMBERS, Member
from certs.models import REASON_LENGTH

KIND: Final = ma.validate.Regexp(rf"[A-Za-z0-9-]{{1,{KIND_LENGTH}}}\Z")
MEMBER: Final = ma.validate.Regexp(r"[A-Za-z0-9-]{1,33}\Z")


class PackageMemberSchema(ma.Schema):
    """A part of a package: an item of 33 characters, or another kind of package."""

    code = ma.fields.String(required=True, validate=MEMBER)
    required = ma.fields.Boolean(load_default=False)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Member:
        """Make the value."""
        return Member(**data)


class NewPackageKindSchema(ma.Schema):
    """A kind of package as its lead department lays it down."""

    name = ma.fields.String(required=True, validate=TEXT)
    members = ma.fields.List(
        ma.fields.Nested(PackageMemberSchema), required=True, validate=ma.validate.Length(1, MOST_MEMBERS)
    )


class PackageKindSchema(ma.Schema):
    """A kind of package, with the items that it comes to."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    lead = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    items_ = ma.fields.List(ma.fields.Nested(PackageMemberSchema), data_key="items", required=True)


class PackageKindsSchema(ma.Schema):
    """The kinds of packages."""

    items = ma.fields.List(ma.fields.Nested(PackageKindSchema), required=True)


class NewPackageSchema(CaseIntakeSchema):
    """A package that is filed: its kind, what was chosen of it, and the one receipt of all its cases."""

    kind = ma.fields.String(required=True, validate=KIND)
    chosen = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(equal=ITEM)),
        load_default=list,
        validate=ma.validate.Length(max=MOST_MEMBERS),
        metadata={"description": "none means all"},
    )
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9]{6,12})?\Z"))


class PackageNoteSchema(ma.Schema):
    """What is missing in one case of a package."""

    case = ma.fields.String(required=True, validate=WORD)
    missing = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH * 2))


class PackageNoticeSchema(ma.Schema):
    """The one notice of all that is missing, with one term."""

    days = ma.fields.Integer(load_default=None, allow_none=True, validate=ma.validate.Range(0, MOST_DAYS))
    operator = ma.fields.Nested(CaseOperatorSchema, load_default=None, allow_none=True)


class PackageSupplementSchema(ma.Schema):
    """What was missing, handed in once."""

    materials = ma.fields.List(
        ma.fields.Nested(CaseMaterialSchema), required=True, validate=ma.validate.Length(1, MOST_MATERIALS)
    )
    operator = ma.fields.Nested(CaseOperatorSchema, load_default=None, allow_none=True)


class PackageDeliverySchema(ma.Schema):
    """How the results are handed over, all together or those that there are."""

    delivery_type = ma.fields.String(required=True, validate=WORD)
    delivery_number = ma.fields.String(load_default="", validate=ma.validate.Length(max=64))
    in_part = ma.fields.Boolean(load_default=False)
    operator = ma.fields.Nested(CaseOperatorSchema, load_default=None, allow_none=True)


class PackageRowSchema(ma.Schema):
    """A package in a list."""

    number = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    lead = ma.fields.String(required=True)
    receiving_organ = ma.fields.String(required=True)
    receiving_region = ma.fields.String(required=True)
    received_at = ma.fields.AwareDateTime(required=True)
    supplement_asked_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    supplemented_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    delivered_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class PackageSchema(PackageRowSchema):
    """A package with all its cases in one view."""

    state = ma.fields.String(required=True)
    done = ma.fields.Integer(required=True)
    due_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    cases = ma.fields.List(ma.fields.Nested(CaseSchema), required=True)
    missing = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)


PackagePage = page_of(PackageRowSchema, "PackagePageSchema")
