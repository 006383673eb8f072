"""Outside JSON ⇄ presentations."""

from typing import Final

import marshmallow as ma

from certs.consents.schemas import LONGEST_FIELD, MOST_FIELDS
from certs.copies.schemas import CopyReasonSchema
from certs.life import Standing
from certs.models import CODE_LENGTH, IDENTIFIER_LENGTH, TYPE_LENGTH
from certs.presentations.code import MOST_MINUTES, MOST_SHOWN, USUAL_MINUTES
from certs.presentations.province import LONGEST_CODE
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.outcomes import Outcome

_FIELDS: Final = ma.fields.List(
    ma.fields.String(validate=ma.validate.Length(1, LONGEST_FIELD)), validate=ma.validate.Length(1, MOST_FIELDS)
)


class NewPresentationSchema(ma.Schema):
    """What a holder shows: the chosen fields of their certificates, to one organisation, for one matter."""

    holder_code = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.Length(1, 40))
    organisation = ma.fields.String(required=True, validate=ma.validate.Length(equal=CODE_LENGTH))
    matter = ma.fields.String(required=True, validate=ma.validate.Length(1, 33))
    shows = ma.fields.Dict(
        keys=ma.fields.String(validate=ma.validate.Length(1, IDENTIFIER_LENGTH)),
        values=_FIELDS,
        required=True,
        validate=ma.validate.Length(1, MOST_SHOWN),
        metadata={"description": "fields by certificate identifier"},
    )
    minutes = ma.fields.Integer(load_default=USUAL_MINUTES, validate=ma.validate.Range(1, MOST_MINUTES))


class PresentationSchema(ma.Schema):
    """What is shown, for the holder."""

    id = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    organisation_name = ma.fields.String(required=True)
    matter = ma.fields.String(required=True)
    shows = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.List(ma.fields.String()), required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(["open", "redeemed", "withdrawn", "expired"]))
    made_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)


class ShownPresentationSchema(PresentationSchema):
    """What is shown, with its code: told this once."""

    code = ma.fields.String(required=True)
    qr = ma.fields.String(required=True, metadata={"description": "the text of the square"})


class PresentationsSchema(ma.Schema):
    """What a holder shows or has shown lately."""

    items = ma.fields.List(ma.fields.Nested(PresentationSchema), required=True)


class RedemptionSchema(ma.Schema):
    """What a code is redeemed for."""

    purpose = ma.fields.Nested(PurposeSchema, required=True)


class ProvinceRedemptionSchema(RedemptionSchema):
    """A code of the province's own, and what is wanted on it."""

    code = ma.fields.String(required=True, validate=ma.validate.Length(1, LONGEST_CODE))
    certificate_type = ma.fields.String(required=True, validate=ma.validate.Length(1, TYPE_LENGTH))
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, LONGEST_FIELD)),
        data_key="fields",
        required=True,
        validate=ma.validate.Length(1, MOST_FIELDS),
    )


class RedeemedCertificateSchema(ma.Schema):
    """A certificate that was shown, with the fields that were chosen and granted."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    holding = ma.fields.String(required=True)
    status = ma.fields.Enum(Standing, by_value=True, required=True)
    data = ma.fields.Dict(required=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    outcome = ma.fields.Enum(Outcome, by_value=True, required=True)
    reason = ma.fields.Nested(CopyReasonSchema, required=True)
    usage_id = ma.fields.String(required=True)


class RedeemedSchema(ma.Schema):
    """What a code was good for; the consent that it stood for is on record."""

    presentation = ma.fields.String(required=True)
    consent = ma.fields.String(required=True)
    certificates = ma.fields.List(ma.fields.Nested(RedeemedCertificateSchema), required=True)
