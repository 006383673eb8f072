"""Outside JSON ⇄ missing-reports."""

from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.missing.models import ID_LENGTH, STATES
from certs.missing.reports import Reported
from certs.models import CODE_LENGTH, IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH
from certs.queries.schemas import NamedHolderSchema

REASON: Final = ma.validate.Length(1, REASON_LENGTH)


class NewMissingReportSchema(ma.Schema):
    """What is missing: the look-up that found nothing, and what the paper says."""

    usage_id = ma.fields.String(required=True, validate=ma.validate.Length(1, ID_LENGTH))
    certificate_type = ma.fields.String(required=True, validate=ma.validate.Length(1, TYPE_LENGTH))
    holder = ma.fields.Nested(NamedHolderSchema, required=True)
    number = ma.fields.String(load_default="", validate=ma.validate.Length(max=IDENTIFIER_LENGTH))
    issuer = ma.fields.String(load_default="", validate=ma.validate.Length(max=CODE_LENGTH))
    note = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Reported:
        """Make the value."""
        usage, code = data.pop("usage_id"), data.pop("certificate_type")
        return Reported(usage, code, **data)


class MissingReportAnswerSchema(ma.Schema):
    """How it ends: the certificate that was entered, or why there is none to enter."""

    identifier = ma.fields.String(validate=ma.validate.Length(1, IDENTIFIER_LENGTH))
    refused = ma.fields.String(validate=REASON)

    @ma.validates_schema
    def is_one(self, data: dict[str, Any], **_: Any) -> None:
        """Let it be one of the two. Raises `ValidationError`."""
        if len(data) != 1:
            raise ma.ValidationError("either identifier or refused · identifier 与 refused 只能填其一")


class MissingReportSchema(ma.Schema):
    """A report; whom it is about is read by the reporter and the issuer alone."""

    id = ma.fields.String(required=True)
    certificate_type = ma.fields.String(required=True, attribute="type")
    holder = ma.fields.Nested(NamedHolderSchema, allow_none=True, required=True)
    number = ma.fields.String(required=True)
    note = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    issuer = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    identifier = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    is_overdue = ma.fields.Boolean(required=True)
    reported_at = ma.fields.AwareDateTime(required=True)
    answered_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class MissingReportQuery(PageQuery):
    """Which reports: our own, or those that we are to answer."""

    of = ma.fields.String(load_default="own", validate=ma.validate.OneOf(["own", "issuer"]))
    state = ma.fields.String(validate=ma.validate.OneOf(STATES))


class MissingReportRowSchema(MissingReportSchema):
    """A report in a list, without whom it is about."""

    class Meta:
        """Whoever wants to read whom it is about opens it."""

        exclude = ("holder", "number", "note", "is_overdue")


MissingReportPage = page_of(MissingReportRowSchema, "MissingReportPageSchema")
