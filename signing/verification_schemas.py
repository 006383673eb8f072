"""Outside JSON ⇄ verifications: what may be asked, and the whole report as it is documented."""

from typing import Any

import marshmallow as ma

from signing import policy
from signing.levels import Level
from signing.report import Indication, Outcome, Verdict
from signing.verifications import NAME_LENGTH

TEXT = ma.fields.String
SM3_LENGTH = 64


class VerificationQuery(ma.Schema):
    """How a document is to be verified."""

    name = TEXT(load_default="", validate=ma.validate.Length(max=NAME_LENGTH), metadata={"example": "document.ofd"})
    policy = TEXT(load_default=policy.DEFAULT.name, validate=ma.validate.OneOf(list(policy.POLICIES)))
    at = ma.fields.AwareDateTime(
        load_default=None, format="iso", metadata={"description": "Verify as of this moment in the past."}
    )


class WordsSchema(ma.Schema):
    """A sentence in both languages."""

    zh = TEXT(required=True)
    en = TEXT(required=True)


class CheckSchema(ma.Schema):
    """One thing that was looked at."""

    code = TEXT(required=True, metadata={"example": "REF_DIGEST_MISMATCH"})
    outcome = TEXT(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    subject = TEXT(required=True)
    detail = ma.fields.Nested(WordsSchema, required=True)
    clause = TEXT(required=True)


class ReportWarningSchema(ma.Schema):
    """Something to know about the whole document."""

    code = TEXT(required=True)
    detail = ma.fields.Nested(WordsSchema, required=True)


class PlaceOnPageSchema(ma.Schema):
    """Where a signature shows, in millimetres from the upper left corner."""

    page = ma.fields.Integer(required=True)
    x_mm = ma.fields.Float(required=True)
    y_mm = ma.fields.Float(required=True)
    width_mm = ma.fields.Float(required=True)
    height_mm = ma.fields.Float(required=True)


class SignerSchema(ma.Schema):
    """Who signed, by the certificate."""

    subject = TEXT(required=True)
    issuer = TEXT(required=True)
    serial = TEXT(required=True)
    not_before = TEXT(required=True)
    not_after = TEXT(required=True)
    chain = ma.fields.List(TEXT(), required=True)


class SealPictureSchema(ma.Schema):
    """The picture inside the signed seal, by its digest."""

    media_type = TEXT(required=True)
    sm3 = TEXT(required=True)


class SealFactsSchema(ma.Schema):
    """What the seal says of itself."""

    id = TEXT(required=True)
    name = TEXT(required=True)
    type = ma.fields.Integer(required=True)
    valid_from = TEXT(required=True)
    valid_until = TEXT(required=True)
    maker = TEXT(required=True)
    picture = ma.fields.Nested(SealPictureSchema, required=True)


class SignedAtSchema(ma.Schema):
    """When it was signed: claimed, and proven."""

    claimed = TEXT(required=True, allow_none=True)
    proven = TEXT(required=True, allow_none=True)
    source = TEXT(required=True)


class CoverageSchema(ma.Schema):
    """What the signature protects."""

    kind = TEXT(required=True)
    uncovered = ma.fields.List(TEXT(), required=True)
    later_changes = ma.fields.List(TEXT(), required=True)


class SignatureJudgementSchema(ma.Schema):
    """The judgement of one signature."""

    id = TEXT(required=True)
    kind = TEXT(required=True)
    standard = TEXT(required=True)
    verdict = TEXT(required=True, validate=ma.validate.OneOf(["valid", "invalid", "indeterminate"]))
    indication = TEXT(required=True)
    sub_indication = TEXT(required=True, allow_none=True)
    intact = ma.fields.Boolean(required=True, allow_none=True)
    cryptographically_valid = ma.fields.Boolean(required=True, allow_none=True)
    trusted = ma.fields.Boolean(required=True, allow_none=True)
    level = TEXT(
        required=True,
        allow_none=True,
        validate=ma.validate.OneOf([each.value for each in Level]),
        metadata={"description": "What a signature of a PDF carries for later (EN 319 142-1); null for all others."},
    )
    signer = ma.fields.Nested(SignerSchema, required=True, allow_none=True)
    seal = ma.fields.Nested(SealFactsSchema, required=True, allow_none=True)
    signed_at = ma.fields.Nested(SignedAtSchema, required=True)
    coverage = ma.fields.Nested(CoverageSchema, required=True)
    places = ma.fields.List(ma.fields.Nested(PlaceOnPageSchema), required=True)
    checks = ma.fields.List(ma.fields.Nested(CheckSchema), required=True)


class VerifiedDocumentSchema(ma.Schema):
    """What was looked at; the document itself is not kept."""

    name = TEXT(required=True)
    format = TEXT(required=True, allow_none=True)
    bytes = ma.fields.Integer(required=True)
    sm3 = TEXT(required=True, validate=ma.validate.Length(equal=SM3_LENGTH))
    sha256 = TEXT(required=True)


class PolicySchema(ma.Schema):
    """By which policy."""

    name = TEXT(required=True)
    version = TEXT(required=True)


class TrustSchema(ma.Schema):
    """Against which trust."""

    anchors = ma.fields.Integer(required=True)
    digest = TEXT(required=True)


class PresentStatusSchema(ma.Schema):
    """What the library says now of the e-certificate; never merged with the verdict."""

    identifier = TEXT(required=True)
    type = TEXT(required=True)
    status = TEXT(required=True)
    as_of = TEXT(required=True, allow_none=True)
    source = TEXT(required=True)
    superseded_by = TEXT(required=True, allow_none=True)


class LinksSchema(ma.Schema):
    """Where the report can be had again, while it is kept."""

    self = TEXT(required=True)
    page = TEXT(required=True)
    pdf = TEXT(required=True)
    xml = TEXT(required=True)


class KeptVerificationSchema(ma.Schema):
    """The verification report, and where it can be had again."""

    verdict = TEXT(required=True, validate=ma.validate.OneOf([each.value for each in Verdict]))
    indication = TEXT(required=True, validate=ma.validate.OneOf([each.value for each in Indication]))
    sub_indication = TEXT(required=True, allow_none=True)
    summary = ma.fields.Nested(WordsSchema, required=True)
    document = ma.fields.Nested(VerifiedDocumentSchema, required=True)
    policy = ma.fields.Nested(PolicySchema, required=True)
    verified_at = TEXT(required=True)
    trust = ma.fields.Nested(TrustSchema, required=True)
    certificate = ma.fields.Nested(PresentStatusSchema, required=True, allow_none=True)
    signatures = ma.fields.List(ma.fields.Nested(SignatureJudgementSchema), required=True)
    warnings = ma.fields.List(ma.fields.Nested(ReportWarningSchema), required=True)
    id = TEXT(required=True, metadata={"description": "Random, 128 bits: who has it may read the report."})
    kept_until = TEXT(required=True)
    links = ma.fields.Nested(LinksSchema, required=True)


class BoxSchema(PlaceOnPageSchema):
    """Where a signature shows on a picture."""

    signature = TEXT(required=True)


class NotDrawnSchema(ma.Schema):
    """Something that the picture does not show, or not as it stands."""

    code = TEXT(required=True)
    subject = TEXT(required=True)
    count = ma.fields.Integer(required=True)
    detail = ma.fields.Nested(WordsSchema, required=True)


class PageAsPictureSchema(ma.Schema):
    """A page as a picture."""

    page = ma.fields.Integer(required=True)
    pages = ma.fields.Integer(required=True)
    image = TEXT(required=True, metadata={"description": "A data: image."})
    width_mm = ma.fields.Float(required=True)
    height_mm = ma.fields.Float(required=True)
    boxes = ma.fields.List(ma.fields.Nested(BoxSchema), required=True)
    not_drawn = ma.fields.List(ma.fields.Nested(NotDrawnSchema), required=True)


class VerificationSchema(KeptVerificationSchema):
    """The verification report with pictures, which are in this answer only."""

    previews = ma.fields.List(ma.fields.Nested(PageAsPictureSchema), required=True)
    seal_pictures = ma.fields.Dict(
        keys=TEXT(), values=TEXT(), required=True, metadata={"description": "By signature: a data: image."}
    )


def told(query: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """Read how to verify: from the query, else from the form's fields. Raises `ValidationError`."""
    loaded: dict[str, Any] = VerificationQuery().load({**form, **query})
    return loaded
