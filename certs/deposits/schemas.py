"""What a sender tells beside a finished file: JSON in the form's part `metadata`, everything but the type optional."""

from typing import Any

import marshmallow as ma

from certs.deposits.metadata import Sent
from certs.issuing import Case
from certs.models import CASE_LENGTH, CODE_LENGTH, IDENTIFIER_LENGTH, TYPE_LENGTH
from certs.schemas import MOST_FIELDS, MOST_HOLDERS, CaseStepSchema, CertificateHolderSchema


class DepositMetadataSchema(ma.Schema):
    """A finished certificate, as its sender knows it; what the file itself says must be the same."""

    type = ma.fields.String(required=True, validate=ma.validate.Length(1, TYPE_LENGTH))
    identifier = ma.fields.String(load_default="", validate=ma.validate.Length(max=IDENTIFIER_LENGTH))
    number = ma.fields.String(load_default="", validate=ma.validate.Length(max=IDENTIFIER_LENGTH))
    issuer = ma.fields.String(load_default="", validate=ma.validate.Length(max=CODE_LENGTH))
    holders = ma.fields.List(
        ma.fields.Nested(CertificateHolderSchema), load_default=list, validate=ma.validate.Length(max=MOST_HOLDERS)
    )
    issued_on = ma.fields.Date(load_default=None, allow_none=True)
    valid_from = ma.fields.Date(load_default=None, allow_none=True)
    valid_until = ma.fields.Date(load_default=None, allow_none=True)
    region = ma.fields.String(load_default="", validate=ma.validate.Regexp(r"([0-9]{6}([0-9]{6})?)?\Z"))
    item_code = ma.fields.String(load_default="", validate=ma.validate.Length(max=CASE_LENGTH))
    data = ma.fields.Dict(keys=ma.fields.String(), load_default=dict, validate=ma.validate.Length(max=MOST_FIELDS))
    case = ma.fields.Nested(CaseStepSchema, load_default=None, allow_none=True)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[Sent, Case | None]:
        """Make the values."""
        case = data.pop("case")
        return Sent(**{**data, "holders": tuple(data["holders"])}), case
