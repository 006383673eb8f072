"""Outside JSON ⇄ the authority's values."""

from datetime import timedelta
from typing import Any

import marshmallow as ma

from base.api import PageQuery
from keys.algorithms import pem
from keys.authority.authorities import NewAuthority
from keys.authority.models import AUTHORITY_LENGTH, KEY_ID_LENGTH, WORDS_LENGTH
from keys.authority.requests import SIZE_LIMIT
from keys.authority.revoking import REASONS, Revocation
from keys.authority.states import CERTIFICATE_STATES, STATES
from keys.authority.subjects import Subject
from keys.authority.templates import TEMPLATES
from keys.extensions import Usage
from keys.revocation_lists import Reason

AUTHORITY_ID = ma.validate.And(
    ma.validate.Length(max=AUTHORITY_LENGTH),
    ma.validate.Regexp(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?\Z", error="lower-case letters, digits and hyphens"),
)
DAYS = ma.validate.Range(1, 365 * 30)
REASON = ma.validate.OneOf(sorted(REASONS))
KEY_ID = ma.validate.Length(1, KEY_ID_LENGTH)


class PemField(ma.fields.String):
    """A certificate signing request as PEM text."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > SIZE_LIMIT:
            raise ma.ValidationError(f"longer than {SIZE_LIMIT} characters")
        return text.encode()


class SubjectSchema(ma.Schema):
    """Whom a certificate names; an empty text leaves an attribute out."""

    common_name = ma.fields.String(required=True, metadata={"example": "演示市数据管理局电子印章"})
    organisation = ma.fields.String()
    unit = ma.fields.String()
    country = ma.fields.String(metadata={"example": "CN"})
    province = ma.fields.String()
    locality = ma.fields.String()
    organisation_identifier = ma.fields.String()
    serial_number = ma.fields.String()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Subject:
        """Make the value. Raises `UnfitSubject`."""
        return Subject(**data)


class TemplateSchema(ma.Schema):
    """A kind of certificate that is issued."""

    name = ma.fields.String(required=True)
    title = ma.fields.Method("told_title", metadata={"type": "object"})
    usages = ma.fields.Method("told_usages", metadata={"type": "array"})
    extended_usages = ma.fields.List(ma.fields.String(), attribute="extended")
    usual_days = ma.fields.Integer(attribute="usual.days")
    longest_days = ma.fields.Integer(attribute="longest.days")
    needs = ma.fields.Method("told_needs", metadata={"type": "array"})
    two_persons = ma.fields.Boolean()
    in_custody = ma.fields.Boolean()
    authority = ma.fields.Boolean()

    def told_title(self, template: Any) -> dict[str, str]:
        """Give its name in both languages."""
        return {"zh": template.zh, "en": template.en}

    def told_usages(self, template: Any) -> list[str]:
        """Give its key usages in their order."""
        return [each.value for each in Usage if each in template.usages]

    def told_needs(self, template: Any) -> list[str]:
        """Give what its subject must name."""
        return sorted(template.needs)


class TemplatesSchema(ma.Schema):
    """Every kind of certificate that is issued."""

    items = ma.fields.List(ma.fields.Nested(TemplateSchema), required=True)


# --- authorities --------------------------------------------------------------------------------------------------


class NewAuthoritySchema(ma.Schema):
    """An authority to be opened: a root, or one below a parent; its key is in custody."""

    id = ma.fields.String(required=True, validate=AUTHORITY_ID)
    subject = ma.fields.Nested(SubjectSchema, required=True)
    key_id = ma.fields.String(required=True, validate=KEY_ID)
    parent = ma.fields.String(load_default=None, allow_none=True, validate=AUTHORITY_ID)
    days = ma.fields.Integer(load_default=None, allow_none=True, validate=DAYS)
    is_test = ma.fields.Boolean(load_default=False)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewAuthority:
        """Make the value."""
        lasting = life(data.pop("days"))
        return NewAuthority(**data, life=lasting)


class AuthoritySchema(ma.Schema):
    """An authority."""

    id = ma.fields.String(required=True)
    parent = ma.fields.String(allow_none=True, required=True)
    name = ma.fields.String(required=True)
    template = ma.fields.String(required=True)
    kind = ma.fields.String(required=True)
    key_id = ma.fields.String(required=True)
    is_test = ma.fields.Boolean(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    version = ma.fields.Integer(required=True)
    proposed_by = ma.fields.String(required=True)
    proposed_at = ma.fields.AwareDateTime(required=True)
    confirmed_by = ma.fields.String(allow_none=True)
    confirmed_at = ma.fields.AwareDateTime(allow_none=True)
    withdrawal_by = ma.fields.String(allow_none=True)
    withdrawal_at = ma.fields.AwareDateTime(allow_none=True)
    withdrawal_why = ma.fields.String(allow_none=True)
    withdrawal_confirmed_by = ma.fields.String(allow_none=True)
    withdrawal_confirmed_at = ma.fields.AwareDateTime(allow_none=True)


class AuthoritiesSchema(ma.Schema):
    """Every authority of this site."""

    items = ma.fields.List(ma.fields.Nested(AuthoritySchema), required=True)


class WithdrawalSchema(ma.Schema):
    """Why an authority is to issue nothing more."""

    reason = ma.fields.Enum(Reason, by_value=True, required=True, metadata={"example": "cessation-of-operation"})
    words = ma.fields.String(required=True, validate=ma.validate.Length(1, WORDS_LENGTH))


# --- certificates -------------------------------------------------------------------------------------------------


class OrderSchema(ma.Schema):
    """A certificate to be issued: for the key of a request (PKCS#10), or for one in custody with its subject."""

    template = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(TEMPLATES)))
    request = PemField(load_default=None, allow_none=True)
    key_id = ma.fields.String(load_default=None, allow_none=True, validate=KEY_ID)
    subject = ma.fields.Nested(SubjectSchema, load_default=None, allow_none=True)
    days = ma.fields.Integer(load_default=None, allow_none=True, validate=DAYS)

    @ma.validates_schema
    def one_key(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for one key, and for a subject where no request wishes for one."""
        if (data.get("request") is None) == (data.get("key_id") is None):
            raise ma.ValidationError("give either request or key_id", "request")
        if data.get("key_id") is not None and data.get("subject") is None:
            raise ma.ValidationError("a key in custody needs a subject", "subject")


class RenewalSchema(ma.Schema):
    """A certificate to follow another: for the same key, or for that of a new request."""

    request = PemField(load_default=None, allow_none=True)
    days = ma.fields.Integer(load_default=None, allow_none=True, validate=DAYS)


class RevocationSchema(ma.Schema):
    """Why a certificate is revoked, and since when its key is held to be in other hands."""

    reason = ma.fields.Enum(Reason, by_value=True, required=True, metadata={"example": "key-compromise"})
    invalid_since = ma.fields.AwareDateTime(load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Revocation:
        """Make the value."""
        return Revocation(data["reason"], data["invalid_since"])


class CertificateSchema(ma.Schema):
    """A certificate of the authority, from its draft on."""

    authority = ma.fields.String(required=True)
    serial = ma.fields.String(required=True, metadata={"description": "hexadecimal"})
    template = ma.fields.String(required=True)
    subject = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(CERTIFICATE_STATES))
    not_before = ma.fields.AwareDateTime(required=True)
    not_after = ma.fields.AwareDateTime(required=True)
    sm3 = ma.fields.String(allow_none=True)
    key_id = ma.fields.String(allow_none=True)
    of_authority = ma.fields.String(allow_none=True)
    version = ma.fields.Integer(required=True)
    proposed_by = ma.fields.String(required=True)
    proposed_at = ma.fields.AwareDateTime(required=True)
    confirmed_by = ma.fields.String(allow_none=True)
    issued_at = ma.fields.AwareDateTime(allow_none=True)
    revoked_at = ma.fields.AwareDateTime(allow_none=True)
    revoked_by = ma.fields.String(allow_none=True)
    revoked_why = ma.fields.String(allow_none=True)
    invalid_since = ma.fields.AwareDateTime(allow_none=True)
    pem = ma.fields.Method("told_pem", metadata={"type": ["string", "null"]})

    def told_pem(self, row: Any) -> str | None:
        """Give the certificate as PEM, once it was signed."""
        return None if row.der is None else pem.written("CERTIFICATE", row.der).decode()


class CertificatePage(ma.Schema):
    """One page of certificates."""

    items = ma.fields.List(ma.fields.Nested(CertificateSchema), required=True)
    next_cursor = ma.fields.String(allow_none=True)


class IssuedCertificatesQuery(PageQuery):
    """Which certificates."""

    template = ma.fields.String(load_default=None, validate=ma.validate.OneOf(sorted(TEMPLATES)))
    revoked = ma.fields.Boolean(load_default=None)


# --- lists --------------------------------------------------------------------------------------------------------


class ListSchema(ma.Schema):
    """A revocation list."""

    authority = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True)
    this_update = ma.fields.AwareDateTime(required=True)
    next_update = ma.fields.AwareDateTime(required=True)
    entries = ma.fields.Integer(required=True)
    sm3 = ma.fields.String(allow_none=True)


class FormatQuery(ma.Schema):
    """In which form a list or a certificate is wanted; without it Accept decides."""

    format = ma.fields.String(load_default=None, validate=ma.validate.OneOf(("der", "pem")))


def life(days: int | None) -> timedelta | None:
    """Make a duration of days; none leaves it to the template."""
    return None if days is None else timedelta(days=days)
