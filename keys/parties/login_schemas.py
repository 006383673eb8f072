"""Outside JSON ⇄ logging in; whatever is secret comes in only, or goes out once."""

from typing import Any

import marshmallow as ma

from keys.parties.models import LOGIN_LENGTH
from keys.parties.password_rules import LONGEST
from keys.parties.schemas import REASON_LENGTH

# Longer than any password that is taken, so that the refusal is the rule's own and not the schema's.
PASSWORD_LIMIT = 4 * LONGEST
SIX_DIGITS = ma.validate.Regexp(r"[0-9]{6}\Z", error="six digits")


class NewSessionSchema(ma.Schema):
    """A login; `totp` is left out only by those who have no second factor yet."""

    login = ma.fields.String(required=True, validate=ma.validate.Length(1, LOGIN_LENGTH))
    password = ma.fields.String(required=True, validate=ma.validate.Length(1, PASSWORD_LIMIT), load_only=True)
    totp = ma.fields.String(
        load_default=None, allow_none=True, validate=SIX_DIGITS, load_only=True, metadata={"example": "492039"}
    )


class OpenedSessionSchema(ma.Schema):
    """A session under a new id, which stands in the cookie; the token goes into `X-CSRF-Token`."""

    id = ma.fields.String(required=True)
    csrf_token = ma.fields.String(required=True)
    person = ma.fields.String(required=True)
    level = ma.fields.Integer(required=True, metadata={"minimum": 1, "maximum": 5})
    methods = ma.fields.List(ma.fields.String(), required=True, metadata={"example": ["pwd", "otp"]})
    pending = ma.fields.String(
        required=True, validate=ma.validate.OneOf(("", "password", "second-factor")), metadata={"example": ""}
    )
    opened_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)


class SessionSchema(ma.Schema):
    """A living session."""

    id = ma.fields.String(required=True)
    level = ma.fields.Integer(required=True)
    methods = ma.fields.List(ma.fields.String(), required=True)
    pending = ma.fields.String(required=True)
    address = ma.fields.String(required=True)
    agent = ma.fields.String(required=True)
    opened_at = ma.fields.AwareDateTime(required=True)
    seen_at = ma.fields.AwareDateTime(required=True)
    ends_at = ma.fields.AwareDateTime(required=True)
    current = ma.fields.Boolean(required=True)


class SessionListSchema(ma.Schema):
    """Every living session of a person; there are ten at most, so no pages."""

    items = ma.fields.List(ma.fields.Nested(SessionSchema), required=True)


class CodeSchema(ma.Schema):
    """A six-digit code."""

    totp = ma.fields.String(required=True, validate=SIX_DIGITS, load_only=True)


class PasswordChangeSchema(ma.Schema):
    """The present password and the new one."""

    present = ma.fields.String(required=True, validate=ma.validate.Length(1, PASSWORD_LIMIT), load_only=True)
    new = ma.fields.String(required=True, validate=ma.validate.Length(1, PASSWORD_LIMIT), load_only=True)


class SecondFactorSchema(ma.Schema):
    """A second factor's secret, shown this once."""

    secret = ma.fields.String(required=True, attribute="text")
    otpauth = ma.fields.String(required=True, attribute="address")


class ResetSchema(ma.Schema):
    """Which half of an account's proof is lost, and why it is believed."""

    what = ma.fields.String(required=True, validate=ma.validate.OneOf(("password", "second-factor")))
    reason = ma.fields.String(required=True, validate=ma.validate.Length(1, REASON_LENGTH))


class ResetDoneSchema(ma.Schema):
    """What the person is told, by word of mouth; nothing for a second factor, which is set up at the next login."""

    one_time_password = ma.fields.String(allow_none=True, required=True)


class IdentitySchema(ma.Schema):
    """By what name the identity provider knows the person."""

    name = ma.fields.String(required=True, validate=ma.validate.Length(1, 255), load_only=True)


def shown(sessions: list[Any], current: str | None) -> dict[str, Any]:
    """Mark the session of the request itself."""
    return {"items": [{**vars(each), "current": each.id == current} for each in sessions]}
