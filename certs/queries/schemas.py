"""Outside JSON ⇄ look-ups of certificates: three forms of a query, or up to a hundred, always with a purpose."""

from typing import Any, Final

import marshmallow as ma

from certs.holder_codes import holder_codes
from certs.libraries.answers import Named
from certs.models import IDENTIFIER_LENGTH, TYPE_LENGTH
from certs.queries.calls import MOST_QUERIES, Query
from certs.queries.outcomes import WORDS
from certs.types.certificate_type import Holding
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.outcomes import Outcome

CODE: Final = ma.validate.Length(1, 40)
NAME: Final = ma.validate.Length(1, 200)
NUMBER: Final = ma.validate.Length(1, IDENTIFIER_LENGTH)
TYPE: Final = ma.validate.Length(1, TYPE_LENGTH)
MOST_FIELDS: Final = 200
LONGEST_FIELD: Final = 100
_FORMS: Final = "identifier, or holder, or certificate_type and number · 请只用一种查询方式"


class NamedHolderSchema(ma.Schema):
    """A holder who is asked about: code and name both, since a code alone can be guessed."""

    code = ma.fields.String(required=True, validate=CODE)
    type = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(holder_codes())))
    name = ma.fields.String(required=True, validate=NAME)
    role = ma.fields.String(load_default="", validate=ma.validate.Length(max=40))
    acting_for = ma.fields.String(load_default=None, allow_none=True, validate=CODE)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Named:
        """Make the value; letters of codes are written large."""
        return Named(**{**data, "code": data["code"].strip().upper()})


class CertificateQuestionSchema(ma.Schema):
    """One query, in one of the three forms."""

    identifier = ma.fields.String(validate=NUMBER)
    holder = ma.fields.Nested(NamedHolderSchema)
    certificate_type = ma.fields.String(allow_none=True, validate=TYPE)
    number = ma.fields.String(validate=NUMBER)
    fields_ = ma.fields.List(
        ma.fields.String(validate=ma.validate.Length(1, LONGEST_FIELD)),
        data_key="fields",
        load_default=list,
        validate=ma.validate.Length(max=MOST_FIELDS),
        metadata={"description": "none means all that are granted"},
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def is_one_form(self, data: dict[str, Any], **_: Any) -> None:
        """Let a query have one form. Raises `ValidationError`."""
        forms = [name for name in ("identifier", "holder", "number") if name in data]
        typed = data.get("certificate_type") is not None
        if "queries" in data:
            return
        if len(forms) != 1 or ("number" in data and not typed) or ("identifier" in data and typed):
            raise ma.ValidationError(_FORMS)

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> Any:
        """Make the value, with the body as it was sent, which is digested."""
        return query_of(data, original)


class CertificateQuerySchema(CertificateQuestionSchema):
    """A call: a query with its purpose, or up to a hundred under `queries` with one purpose."""

    purpose = ma.fields.Nested(PurposeSchema, required=True)
    queries = ma.fields.List(ma.fields.Nested(CertificateQuestionSchema), validate=ma.validate.Length(1, MOST_QUERIES))

    @ma.validates_schema(skip_on_field_errors=True)
    def is_one_or_many(self, data: dict[str, Any], **_: Any) -> None:
        """Let a call be one query or many. Raises `ValidationError`."""
        alone = {"identifier", "holder", "certificate_type", "number"} & data.keys()
        if "queries" in data and (alone or data["fields_"]):
            raise ma.ValidationError("either one query or queries · 单条查询与 queries 只能用其一", "queries")

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        """Give the queries, and the purpose as it was sent."""
        asked = data.get("queries")
        queries = tuple(asked) if asked else (query_of(data, _without(original, "purpose")),)
        return {
            "queries": queries,
            "purpose": data["purpose"],
            "is_batch": asked is not None,
            "told_purpose": original["purpose"],
        }


def query_of(data: dict[str, Any], original: Any) -> Query:
    """Make a query of what was loaded."""
    return Query(
        data.get("identifier", "").strip(),
        data.get("holder"),
        data.get("certificate_type"),
        data.get("number", "").strip(),
        tuple(dict.fromkeys(data["fields_"])),
        original,
    )


def _without(original: Any, name: str) -> Any:
    return {key: value for key, value in original.items() if key != name}


class QueryReasonSchema(ma.Schema):
    """Why it ended so."""

    code = ma.fields.String(required=True, validate=ma.validate.OneOf(sorted(WORDS)))
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class AskedLibrarySchema(ma.Schema):
    """A library that was asked, and how it answered."""

    library = ma.fields.String(required=True)
    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.String(required=True)


class GivenCertificateSchema(ma.Schema):
    """A certificate as far as it is given; what it says only where it is valid and granted."""

    identifier = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    holding = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Holding]))
    status = ma.fields.String(required=True)
    data = ma.fields.Dict(keys=ma.fields.String(), required=True)
    superseded_by = ma.fields.String(required=True, allow_none=True)
    # HMAC-SM3 under the usage id: that it is the holder's, or has the number, that the query named.
    confirmation = ma.fields.String()


class CertificateItemSchema(ma.Schema):
    """How one query ended."""

    outcome = ma.fields.String(validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(QueryReasonSchema)
    usage_id = ma.fields.String(allow_none=True)
    origin = ma.fields.String()
    asked = ma.fields.List(ma.fields.Nested(AskedLibrarySchema))
    certificates = ma.fields.List(ma.fields.Nested(GivenCertificateSchema))
    # The certificates closed to the caller's own key, in base64, where the grant asks for that.
    sealed = ma.fields.String()
    missing_report = ma.fields.String(allow_none=True)
    receipt = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(), allow_none=True)


class CertificateAnswerSchema(CertificateItemSchema):
    """An answer: how the query ended, or how each of many did under `items`."""

    items = ma.fields.List(ma.fields.Nested(CertificateItemSchema))
