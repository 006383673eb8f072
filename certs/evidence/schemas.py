"""Outside JSON ⇄ evidence."""

import marshmallow as ma

from exchange.agreements.purpose_schemas import PurposeSchema


class EvidenceQuestionSchema(ma.Schema):
    """For what evidence is asked for; holders and issuers of the certificate need not say."""

    purpose = ma.fields.Nested(PurposeSchema, load_default=None, allow_none=True)
    format = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.OneOf(["ofd", "pdf"]))


class HolderKeySchema(ma.Schema):
    """A public key (RFC 7517) that a credential is bound to: P-256, its two coordinates."""

    kty = ma.fields.String(required=True)
    crv = ma.fields.String(required=True)
    x = ma.fields.String(required=True)
    y = ma.fields.String(required=True)


class CredentialQuestionSchema(ma.Schema):
    """For what a credential is asked for, and the holder's key that it is bound to, if it is."""

    purpose = ma.fields.Nested(PurposeSchema, load_default=None, allow_none=True)
    format = ma.fields.String(load_default=None, allow_none=True, validate=ma.validate.OneOf(["ofd", "pdf"]))
    holder_key = ma.fields.Nested(HolderKeySchema, load_default=None, allow_none=True)
