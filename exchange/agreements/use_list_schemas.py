"""Outside JSON ⇄ use lists, the register of callers and the code list of matters."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.callers import Registration
from exchange.models import CODE_LENGTH, NAME_LENGTH, ORGANISATION_LENGTH, REASON_LENGTH


class UseListQuery(ma.Schema):
    """What a new list is called, and on what it is based."""

    title = ma.fields.String(required=True, validate=ma.validate.Length(1, NAME_LENGTH))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class UseListSchema(ma.Schema):
    """A use list without its rows."""

    id = ma.fields.String(required=True)
    authority = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True)
    title = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    rows = ma.fields.Integer(required=True)
    author = ma.fields.String(required=True)
    effective_from = ma.fields.AwareDateTime(allow_none=True, required=True)
    effective_until = ma.fields.AwareDateTime(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class UseListItemSchema(ma.Schema):
    """A row: the matter, the material, the resource and its fields."""

    place = ma.fields.Integer(required=True)
    item_code = ma.fields.String(required=True)
    item_name = ma.fields.String(required=True)
    material = ma.fields.String(required=True)
    resource = ma.fields.String(required=True)
    fields_ = ma.fields.List(ma.fields.String(), required=True, data_key="fields", attribute="fields")
    organs = ma.fields.List(ma.fields.String(), required=True)
    stages = ma.fields.List(ma.fields.String(), required=True)
    basis = ma.fields.String(required=True)


class UseListItemQuery(PageQuery):
    """Which rows of a list."""

    resource = ma.fields.String(load_default=None, validate=ma.validate.Length(1, CODE_LENGTH))


class UseListPublicationSchema(ma.Schema):
    """From when on a list is in force; left out: at once."""

    effective_from = ma.fields.AwareDateTime(load_default=None, allow_none=True)


class UseListEndSchema(ma.Schema):
    """Why a list ends."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class KindOfCallerSchema(ma.Schema):
    """A kind of caller and what it may at most."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    grounds = ma.fields.List(ma.fields.String(), required=True)
    stages = ma.fields.List(ma.fields.String(), required=True)
    modes = ma.fields.List(ma.fields.String(), required=True)
    needs = ma.fields.List(ma.fields.String(), required=True)


class RegisteredCallerSchema(ma.Schema):
    """What an organisation is registered as."""

    organisation = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    mandate = ma.fields.String(allow_none=True, required=True)
    paper = ma.fields.String(required=True)
    valid_until = ma.fields.AwareDateTime(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)


class CallerKindsSchema(ma.Schema):
    """The kinds of callers, and who is registered as something else than a department."""

    kinds = ma.fields.List(ma.fields.Nested(KindOfCallerSchema), required=True)
    registered = ma.fields.List(ma.fields.Nested(RegisteredCallerSchema), required=True)


class RegistrationSchema(ma.Schema):
    """What an organisation is to be registered as."""

    kind = ma.fields.Enum(CallerKind, by_value=True, required=True)
    mandate = ma.fields.String(
        load_default=None, allow_none=True, validate=ma.validate.Length(ORGANISATION_LENGTH, ORGANISATION_LENGTH)
    )
    paper = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    valid_until = ma.fields.AwareDateTime(load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Registration:
        """Make the value."""
        return Registration(**data)


class MatterCodeSchema(ma.Schema):
    """A matter of the code list."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    levels = ma.fields.List(ma.fields.String(), required=True)
    system = ma.fields.String(required=True)
    department = ma.fields.String(required=True)


class MatterCodesSchema(ma.Schema):
    """The code list of matters, and the paper it is from."""

    source = ma.fields.String(required=True)
    items = ma.fields.List(ma.fields.Nested(MatterCodeSchema), required=True)


UseListPage = page_of(UseListSchema, "UseListPage")
UseListItemPage = page_of(UseListItemSchema, "UseListItemPage")
