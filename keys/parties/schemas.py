"""Outside JSON ⇄ the parties' values: codes are checked as they are read, unknown members refused."""

import base64
import binascii
from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from base.callers import ROLES, SCOPES
from base.errors import DomainError
from base.identifiers import CreditCode, RegionCode
from keys.algorithms.algorithm import PublicKey
from keys.parties import jwk
from keys.parties.models import (
    ACTIVE,
    EMAIL_LENGTH,
    LEVELS,
    LOGIN_LENGTH,
    NAME_LENGTH,
    SUSPENDED,
    SYSTEM_ID_LENGTH,
)
from keys.parties.organisations import NewOrganisation, OrganisationChange
from keys.parties.people import NewPerson, PersonChange
from keys.parties.system_keys import NewKey
from keys.parties.systems import NewSystem

REASON_LENGTH = 500
SYSTEM_ID = ma.validate.Regexp(r"[a-z0-9][a-z0-9-]{1,62}[a-z0-9]\Z", error="lower-case letters, digits and hyphens")
LOGIN = ma.validate.Regexp(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,63}\Z", error="letters, digits and . _ @ -")
NAME = ma.validate.And(
    ma.validate.Length(1, NAME_LENGTH), ma.validate.Regexp(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*\Z", error="no name")
)
STATE = ma.validate.OneOf((ACTIVE, SUSPENDED))


class CreditCodeField(ma.fields.String):
    """A unified social credit code, exact and with its check characters right."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _read(CreditCode, super()._deserialize(value, attr, data, **kwargs))


class RegionField(ma.fields.String):
    """A region code of 6, 9 or 12 digits."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return _read(RegionCode, super()._deserialize(value, attr, data, **kwargs))


class Words(ma.fields.List[str]):
    """A list kept as words in one column."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return super()._serialize(value.split() if isinstance(value, str) else value, attr, obj, **kwargs)


class Base64(ma.fields.String):
    """Bytes in base64."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return base64.b64decode(super()._deserialize(value, attr, data, **kwargs), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ma.ValidationError("not base64") from error


def _read(kind: Any, text: str) -> Any:
    try:
        return kind(text)
    except DomainError as error:
        raise ma.ValidationError(f"{error.code}: {error.facts.get('faults', '')}") from error


class ReasonSchema(ma.Schema):
    """Why a party is suspended or resumed; it stands in the audit record."""

    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


# --- organisations ------------------------------------------------------------------------------------------------


class OrganisationSchema(ma.Schema):
    """An organisation."""

    code = ma.fields.String(required=True, metadata={"example": "11320000YNX00001XQ", "format": "uscc"})
    name = ma.fields.String(required=True, metadata={"example": "演示省数据管理局"})
    region = ma.fields.String(required=True, metadata={"example": "320000"})
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(LEVELS))
    parent = ma.fields.String(allow_none=True, required=True)
    state = ma.fields.String(required=True, validate=STATE)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class NewOrganisationSchema(ma.Schema):
    """An organisation to be taken in."""

    code = CreditCodeField(required=True, metadata={"format": "uscc"})
    name = ma.fields.String(required=True, validate=NAME)
    region = RegionField(required=True)
    level = ma.fields.String(required=True, validate=ma.validate.OneOf(LEVELS))
    parent = CreditCodeField(load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewOrganisation:
        """Make the value."""
        return NewOrganisation(**data)


class OrganisationChangeSchema(ma.Schema):
    """What of an organisation is to become; `"parent": null` puts it on top."""

    name = ma.fields.String(validate=NAME)
    region = RegionField()
    level = ma.fields.String(validate=ma.validate.OneOf(LEVELS))
    parent = CreditCodeField(allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> OrganisationChange:
        """Make the value."""
        return OrganisationChange(**data, top="parent" in data and data["parent"] is None)


class OrganisationQuery(PageQuery):
    """Which organisations to list."""

    region = ma.fields.String(load_default=None, validate=ma.validate.Regexp(r"[0-9]{2,12}\Z"))
    parent = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    level = ma.fields.String(load_default=None, validate=ma.validate.OneOf(LEVELS))
    state = ma.fields.String(load_default=None, validate=STATE)


OrganisationPage = page_of(OrganisationSchema, "OrganisationPage")

# --- systems ------------------------------------------------------------------------------------------------------


class SystemSchema(ma.Schema):
    """A business system; its identifier is the `client_id` of OAuth."""

    id = ma.fields.String(required=True, metadata={"example": "yanshi-window"})
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    scopes = Words(ma.fields.String(validate=ma.validate.OneOf(sorted(SCOPES))), required=True)
    state = ma.fields.String(required=True, validate=STATE)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class NewSystemSchema(ma.Schema):
    """A business system to be taken in, without scopes and keys."""

    id = ma.fields.String(required=True, validate=ma.validate.And(SYSTEM_ID, ma.validate.Length(max=SYSTEM_ID_LENGTH)))
    name = ma.fields.String(required=True, validate=NAME)
    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=18))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewSystem:
        """Make the value."""
        return NewSystem(**data)


class SystemChangeSchema(ma.Schema):
    """What of a system is to become."""

    name = ma.fields.String(required=True, validate=NAME)


class ScopesSchema(ma.Schema):
    """The scopes that a system is to hold from now on."""

    scopes = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(sorted(SCOPES))),
        required=True,
        validate=ma.validate.Length(max=len(SCOPES)),
    )


class SystemQuery(PageQuery):
    """Which systems to list."""

    organisation = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    state = ma.fields.String(load_default=None, validate=STATE)


SystemPage = page_of(SystemSchema, "SystemPage")


class KeySchema(ma.Schema):
    """A public key of a system and its period."""

    kid = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, metadata={"enum": ["sm2", "p-256"]})
    jwk = ma.fields.Dict(required=True)
    valid_from = ma.fields.AwareDateTime(required=True)
    valid_until = ma.fields.AwareDateTime(required=True)
    withdrawn_at = ma.fields.AwareDateTime(allow_none=True, required=True)
    added_at = ma.fields.AwareDateTime(required=True)


class KeysSchema(ma.Schema):
    """Every key that a system ever had."""

    items = ma.fields.List(ma.fields.Nested(KeySchema), required=True)


class NewKeySchema(ma.Schema):
    """A public key, as `jwk` or as `pem`, with its period; the key id is the JWK's, or the key's thumbprint."""

    jwk = ma.fields.Dict(keys=ma.fields.String())
    pem = ma.fields.String(validate=ma.validate.Length(max=4096))
    valid_from = ma.fields.AwareDateTime(load_default=None)
    valid_until = ma.fields.AwareDateTime(load_default=None)

    @ma.validates_schema
    def one_of_two(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for the key once."""
        if ("jwk" in data) == ("pem" in data):
            raise ma.ValidationError("one of jwk and pem")

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewKey:
        """Make the value; a key that is not accepted is a refusal of its own, not a fault of the form."""
        kid = None
        public: PublicKey
        if "jwk" in data:
            public = jwk.read(data["jwk"])
            kid = data["jwk"].get("kid")
        else:
            public = jwk.read_pem(data["pem"].encode())
        if kid is not None and not isinstance(kid, str):
            raise ma.ValidationError("not a text", "jwk")
        return NewKey(public, kid, data["valid_from"], data["valid_until"])


# --- people -------------------------------------------------------------------------------------------------------


class PersonSchema(ma.Schema):
    """A person's account."""

    id = ma.fields.String(required=True)
    login = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    email = ma.fields.String(allow_none=True, required=True)
    roles = ma.fields.List(ma.fields.String(validate=ma.validate.OneOf(sorted(ROLES))), required=True)
    state = ma.fields.String(required=True, validate=STATE)
    version = ma.fields.Integer(required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)


class NewPersonSchema(ma.Schema):
    """An account to be made, without roles."""

    login = ma.fields.String(required=True, validate=ma.validate.And(LOGIN, ma.validate.Length(max=LOGIN_LENGTH)))
    name = ma.fields.String(required=True, validate=NAME)
    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=18))
    email = ma.fields.Email(load_default=None, allow_none=True, validate=ma.validate.Length(max=EMAIL_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewPerson:
        """Make the value."""
        return NewPerson(**data)


class PersonChangeSchema(ma.Schema):
    """What of an account is to become."""

    name = ma.fields.String(validate=NAME)
    organisation = ma.fields.String(validate=ma.validate.Length(equal=18))
    email = ma.fields.Email(validate=ma.validate.Length(max=EMAIL_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> PersonChange:
        """Make the value."""
        return PersonChange(**data)


class RolesSchema(ma.Schema):
    """The roles that a person is to hold from now on."""

    roles = ma.fields.List(
        ma.fields.String(validate=ma.validate.OneOf(sorted(ROLES))),
        required=True,
        validate=ma.validate.Length(max=len(ROLES)),
    )


class PersonQuery(PageQuery):
    """Which accounts to list."""

    organisation = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    role = ma.fields.String(load_default=None, validate=ma.validate.OneOf(sorted(ROLES)))
    state = ma.fields.String(load_default=None, validate=STATE)


PersonPage = page_of(PersonSchema, "PersonPage")

# --- tables that are taken in -------------------------------------------------------------------------------------


class ImportQuery(ma.Schema):
    """Whether the table is only looked at, or taken in when it has no fault."""

    apply = ma.fields.Boolean(load_default=False)


class PlaceSchema(ma.Schema):
    """One fault of a table: where it stands, and what it is."""

    row = ma.fields.Integer(required=True)
    column = ma.fields.String(required=True)
    cell = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class ImportSchema(ma.Schema):
    """What taking the table in does, or would do."""

    applied = ma.fields.Boolean(required=True)
    rows = ma.fields.Integer(required=True)
    added = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    unchanged = ma.fields.Integer(required=True)
    faults = ma.fields.List(ma.fields.Nested(PlaceSchema), required=True)


# --- signed requests ----------------------------------------------------------------------------------------------


class RequestToSignSchema(ma.Schema):
    """The request that was signed, as it was sent."""

    method = ma.fields.String(required=True, validate=ma.validate.Regexp(r"[A-Z]{1,20}\Z"))
    url = ma.fields.String(required=True, validate=ma.validate.Length(1, 8000))
    headers = ma.fields.Dict(
        keys=ma.fields.String(), values=ma.fields.String(), required=True, validate=ma.validate.Length(max=100)
    )
    body = Base64(load_default=b"", metadata={"description": "in base64"})


class SignatureDebugSchema(ma.Schema):
    """A request with its signature headers, and the canonical string that the caller computed for it."""

    request = ma.fields.Nested(RequestToSignSchema, required=True)
    canonical = ma.fields.String(required=True, validate=ma.validate.Length(max=32_000))


class DifferenceSchema(ma.Schema):
    """One line in which the two canonical strings differ."""

    line = ma.fields.Integer(required=True)
    column = ma.fields.Integer(required=True)
    component = ma.fields.String(required=True)
    yours = ma.fields.String(allow_none=True, required=True)
    ours = ma.fields.String(allow_none=True, required=True)
    hint = ma.fields.Dict(required=True)


class SignatureDebugAnswerSchema(ma.Schema):
    """Where the two canonical strings differ."""

    same = ma.fields.Boolean(required=True)
    canonical = ma.fields.String(required=True)
    digests = ma.fields.Dict(required=True)
    differences = ma.fields.List(ma.fields.Nested(DifferenceSchema), required=True)
