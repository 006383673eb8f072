"""Outside JSON ⇄ those whom a case is about: its applicant, whom to turn to, and the others."""

from typing import Any, Final

import marshmallow as ma

from certs.filing.cases.models import NAME_LENGTH
from certs.filing.cases.told import Concerned, Party
from certs.holder_codes import holder_codes
from certs.models import WORD_LENGTH

NAME: Final = ma.validate.Length(1, NAME_LENGTH)
CODE: Final = ma.validate.Length(1, WORD_LENGTH)


class CasePartySchema(ma.Schema):
    """The applicant, or whom to turn to."""

    name = ma.fields.String(required=True, validate=NAME)
    kind = ma.fields.String(load_default="person", validate=ma.validate.OneOf(["person", "organisation"]))
    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    code = ma.fields.String(required=True, validate=ma.validate.Length(1, WORD_LENGTH))
    mobile = ma.fields.String(load_default="", validate=ma.validate.Length(max=WORD_LENGTH))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Party:
        """Make the value; letters of codes are written large."""
        return Party(**{**data, "code": data["code"].strip().upper()})


class CaseConcernedSchema(ma.Schema):
    """Whom the case is about beside its applicant; without a code as long as there is none (a newborn)."""

    role = ma.fields.String(required=True, validate=ma.validate.Regexp(r"[a-z][a-z_]{0,39}\Z"))
    name = ma.fields.String(required=True, validate=NAME)
    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    code = ma.fields.String(load_default=None, allow_none=True, validate=CODE)
    acting_for = ma.fields.String(load_default=None, allow_none=True, validate=CODE)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Concerned:
        """Make the value; letters of codes are written large."""
        codes = {name: data[name] and data[name].strip().upper() for name in ("code", "acting_for")}
        return Concerned(**{**data, **codes})


class CasePartyShownSchema(ma.Schema):
    """Whom the case is about beside its applicant, for its two sides."""

    place = ma.fields.Integer(required=True)
    role = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    code = ma.fields.String(required=True, allow_none=True)
    acting_for = ma.fields.String(required=True, allow_none=True)
    bound_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class CasePartyCodeSchema(ma.Schema):
    """The code that somebody did not have when the case was received."""

    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    code = ma.fields.String(required=True, validate=CODE)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> tuple[str, str]:
        """Give type and code; letters are written large."""
        return data["type"], data["code"].strip().upper()
