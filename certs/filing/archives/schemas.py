"""Outside JSON ⇄ archives, their transfers, and how long matters are kept."""

import base64
import binascii
from typing import Any, Final

import marshmallow as ma

from base.api import PageQuery, page_of
from certs.filing.archives.models import RECEIVED, REFUSED
from certs.filing.archives.retention import Class
from certs.filing.archives.transfers import Answer
from certs.filing.cases.models import KEY_LENGTH, NUMBER_LENGTH
from certs.models import REASON_LENGTH

MOST_COPIES: Final = 60
ORGANISATION: Final = ma.validate.Regexp(r"[0-9A-Z]{18}\Z")


class ArchiveAskedSchema(ma.Schema):
    """What an archive is made with, beside what the house has: the marked copies that the office fetched."""

    copies = ma.fields.List(ma.fields.String(), load_default=list, validate=ma.validate.Length(max=MOST_COPIES))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[bytes, ...]:
        """Make the files."""
        try:
            return tuple(base64.b64decode(each, validate=True) for each in data["copies"])
        except (binascii.Error, ValueError) as error:
            raise ma.ValidationError("base64", "copies") from error


class CaseArchiveSchema(ma.Schema):
    """The archive of a case: which version, kept how long, how its four properties are, and where it stands."""

    id = ma.fields.String(required=True)
    case = ma.fields.String(required=True)
    version = ma.fields.Integer(required=True)
    organ = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    retention = ma.fields.String(required=True)
    retention_basis = ma.fields.String(required=True)
    manifest_sm3 = ma.fields.String(required=True)
    sm3 = ma.fields.String(required=True)
    size = ma.fields.Integer(required=True)
    entries = ma.fields.Integer(required=True)
    properties = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), required=True)
    findings = ma.fields.Integer(required=True)
    left_out = ma.fields.List(ma.fields.Dict(keys=ma.fields.String()), required=True)
    made_at = ma.fields.AwareDateTime(required=True)
    file = ma.fields.String(required=True)


class ArchiveTransferSchema(ma.Schema):
    """A transfer: to whom, until when it is to answer, and what it said."""

    id = ma.fields.String(required=True)
    archive = ma.fields.String(required=True)
    to = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    sm3 = ma.fields.String(required=True)
    accepted_findings = ma.fields.String(required=True)
    handed_over_at = ma.fields.AwareDateTime(required=True)
    due_at = ma.fields.AwareDateTime(required=True)
    receipt = ma.fields.String(required=True)
    reason = ma.fields.String(required=True)
    settled_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class CaseArchiveWholeSchema(CaseArchiveSchema):
    """The same with its transfers."""

    transfers = ma.fields.List(ma.fields.Nested(ArchiveTransferSchema), required=True)


class CaseArchiveMadeSchema(CaseArchiveSchema):
    """The same, and whether it was made now."""

    is_new = ma.fields.Boolean(required=True)


class ArchivesQuery(PageQuery):
    """Which archives: of one case, or all."""

    case = ma.fields.String(validate=ma.validate.Length(1, NUMBER_LENGTH))


CaseArchivePage = page_of(CaseArchiveSchema, "CaseArchivePageSchema")


class NewArchiveTransferSchema(ma.Schema):
    """To which archive office; why an archive with findings may be handed over."""

    to = ma.fields.String(required=True, validate=ORGANISATION)
    accepted_findings = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))


class ArchiveAnswerSchema(ma.Schema):
    """What the archive office says: received, under its number and with the SM3 of what it has; or refused and why."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([RECEIVED, REFUSED]))
    receipt = ma.fields.String(load_default="", validate=ma.validate.Length(max=KEY_LENGTH))
    sm3 = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9a-f]{64})?\Z"))
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))

    @ma.validates_schema
    def whole(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for what an answer cannot do without."""
        needed = ("receipt", "sm3") if data.get("outcome") == RECEIVED else ("reason",)
        missing = [each for each in needed if not data.get(each)]
        if missing:
            raise ma.ValidationError("needed", missing[0])

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Answer:
        """Make the value."""
        return Answer(data["outcome"], data["receipt"], data["sm3"], data["reason"])


class ArchiveRetentionSchema(ma.Schema):
    """For how long cases of a scope are kept, on which basis, and how sure that is."""

    scope = ma.fields.String(dump_only=True)
    retention = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Class]))
    basis = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))
    confidence = ma.fields.String(dump_only=True)
    changed_at = ma.fields.AwareDateTime(dump_only=True)


class ArchiveRetentionsSchema(ma.Schema):
    """What is laid down, the most general first."""

    items = ma.fields.List(ma.fields.Nested(ArchiveRetentionSchema), required=True)
