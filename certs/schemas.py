"""Outside JSON ⇄ certificates: unknown members refused; what a type's fields take is checked against the type."""

from typing import Any

import marshmallow as ma

from base.api import page_of
from certs.drafts import Draft, Holder
from certs.holder_codes import holder_codes
from certs.issuing import Asked, Case
from certs.life import BY_WORD, Standing, State, Step
from certs.models import CASE_LENGTH, CODE_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, WORD_LENGTH
from certs.types.certificate_type import FieldKind, Holding, Level
from signing.models import SEAL_ID_LENGTH

CODE = ma.validate.Length(1, 40)
NAME = ma.validate.Length(1, 200)
REASON = ma.validate.Length(1, REASON_LENGTH)
# A certificate of the largest type has some forty fields; a request with more is none.
MOST_FIELDS = 200
MOST_HOLDERS = 200


class CertificateHolderSchema(ma.Schema):
    """Who holds a certificate, and as what."""

    code = ma.fields.String(required=True, validate=CODE)
    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    name = ma.fields.String(required=True, validate=NAME)
    role = ma.fields.String(load_default="holder", validate=ma.validate.Length(1, WORD_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Holder:
        """Make the value."""
        return Holder(**data)


class CaseStepSchema(ma.Schema):
    """The case and its step that a certificate comes of; told twice, it makes no second one."""

    number = ma.fields.String(required=True, validate=ma.validate.Length(1, CASE_LENGTH))
    step = ma.fields.String(load_default="result", validate=ma.validate.Length(1, WORD_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Case:
        """Make the value."""
        return Case(**data)


class CertificateDraftSchema(ma.Schema):
    """What a certificate shall say. Without a number one is given; without a last day the type says it."""

    holders = ma.fields.List(
        ma.fields.Nested(CertificateHolderSchema), required=True, validate=ma.validate.Length(1, MOST_HOLDERS)
    )
    issued_on = ma.fields.Date(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_until = ma.fields.Date(load_default=None, allow_none=True)
    number = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, IDENTIFIER_LENGTH))
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9]{6}([0-9]{6})?)?\Z"))
    item_code = ma.fields.String(load_default="", validate=ma.validate.Length(max=CASE_LENGTH))
    data = ma.fields.Dict(keys=ma.fields.String(), required=True, validate=ma.validate.Length(max=MOST_FIELDS))
    case = ma.fields.Nested(CaseStepSchema, load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[Draft, Case | None]:
        """Make the values."""
        case = data.pop("case")
        data.pop("type", None)
        holders = tuple(data.pop("holders"))
        return Draft(holders=holders, **data), case


class NewCertificateSchema(CertificateDraftSchema):
    """A certificate that is asked for."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(1, 21))
    # For whom it is issued, where that is another organ that has allowed it in writing.
    issuer = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, CODE_LENGTH))
    # A seal of the kind that the type names for the act; without one the house chooses.
    seal = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, SEAL_ID_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **told: Any) -> Asked:
        """Make the value."""
        code, issuer, seal = data["type"], data.pop("issuer"), data.pop("seal")
        draft, case = super().made(data, **told)
        return Asked(code, draft, case, issuer=issuer, seal=seal)


class CertificateVersionSchema(CertificateDraftSchema):
    """What the next version of a certificate shall say, and the seal that it shall bear, where one is named."""

    seal = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, SEAL_ID_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **told: Any) -> tuple[Draft, Case | None, str | None]:
        """Make the values."""
        seal = data.pop("seal")
        return (*super().made(data, **told), seal)


class CertificateReasonSchema(ma.Schema):
    """Why it is done, and from which day it counts."""

    reason = ma.fields.String(required=True, validate=REASON)
    effective_on = ma.fields.Date(load_default=None, allow_none=True)


class CertificateStepSchema(CertificateReasonSchema):
    """What is done to a certificate by word."""

    step = ma.fields.Enum(Step, by_value=True, required=True, validate=ma.validate.OneOf(sorted(BY_WORD)))


class CertificateDocumentSchema(ma.Schema):
    """A file of a certificate."""

    format = ma.fields.String(required=True)
    sm3 = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)


class LibraryCertificateSchema(ma.Schema):
    """A certificate, for its issuer."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    type_name = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    region = ma.fields.String(required=True)
    holding = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Holding]))
    state = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in State]))
    status = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Standing]))
    holders = ma.fields.List(ma.fields.Nested(CertificateHolderSchema), required=True)
    issued_on = ma.fields.Date(required=True)
    valid_from = ma.fields.Date(required=True)
    valid_until = ma.fields.Date(required=True)
    review_due = ma.fields.Date(required=True, allow_none=True)
    data = ma.fields.Dict(required=True)
    supersedes = ma.fields.String(required=True, allow_none=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    files = ma.fields.List(ma.fields.Nested(CertificateDocumentSchema), required=True)
    version = ma.fields.Integer(required=True)


class CertificateEventSchema(ma.Schema):
    """A step in a certificate's life."""

    step = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    effective_on = ma.fields.Date(required=True)
    by = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)


class CertificateEventsSchema(ma.Schema):
    """All steps of a certificate, oldest first."""

    items = ma.fields.List(ma.fields.Nested(CertificateEventSchema), required=True)


class CertificateStatusSchema(ma.Schema):
    """How a certificate stands, as everyone may know who has it in hand."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    type_name = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    status = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Standing]))
    as_of = ma.fields.AwareDateTime(required=True)
    is_superseded = ma.fields.Boolean(required=True)


class CertificateFieldSchema(ma.Schema):
    """A field of a type."""

    name = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    kind = ma.fields.Enum(FieldKind, by_value=True, required=True)
    sensitivity = ma.fields.Integer(required=True)
    needed = ma.fields.Boolean(required=True)
    longest = ma.fields.Integer(required=True)
    choices = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    unit = ma.fields.String(required=True)


class CertificateTypeSchema(ma.Schema):
    """A certificate type."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    name_en = ma.fields.String(required=True)
    defined_by = ma.fields.String(required=True)
    holding = ma.fields.Enum(Holding, by_value=True, required=True)
    level = ma.fields.Enum(Level, by_value=True, required=True)
    holder_types = ma.fields.List(ma.fields.String(), required=True)
    least_holders = ma.fields.Integer(required=True)
    most_holders = ma.fields.Integer(required=True)
    roles = ma.fields.List(ma.fields.String(), required=True)
    fields_ = ma.fields.List(ma.fields.Nested(CertificateFieldSchema), required=True, data_key="fields")
    confidence = ma.fields.String(required=True)


CertificateTypePage = page_of(CertificateTypeSchema, "CertificateTypePage")
