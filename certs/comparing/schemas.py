"""Outside JSON ⇄ comparisons: a query in one of the three forms, and what to answer yes or no to."""

from typing import Any, Final

import marshmallow as ma

from certs.comparing.comparisons import Comparison, Predicate, Result
from certs.queries.schemas import (
    LONGEST_FIELD,
    AskedLibrarySchema,
    CertificateQuestionSchema,
    QueryReasonSchema,
    query_of,
)
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.door.outcomes import Outcome

# What a paper says that a clerk compares.
MOST_COMPARISONS: Final = 10
LONGEST_VALUE: Final = 500
OLDEST: Final = 150
_NEEDS: Final = {
    Predicate.EQUALS: ("field_", "value"),
    Predicate.VALID_ON: ("on",),
    Predicate.OLDER_THAN: ("field_", "years"),
    Predicate.SAME_COMPANY: ("value",),
}


class ComparisonSchema(ma.Schema):
    """One comparison or predicate."""

    predicate = ma.fields.Enum(Predicate, by_value=True, required=True)
    field_ = ma.fields.String(data_key="field", validate=ma.validate.Length(1, LONGEST_FIELD))
    value = ma.fields.String(validate=ma.validate.Length(1, LONGEST_VALUE))
    on = ma.fields.Date()
    years = ma.fields.Integer(strict=True, validate=ma.validate.Range(1, OLDEST))

    @ma.validates_schema(skip_on_field_errors=True)
    def is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for what the predicate needs. Raises `ValidationError`."""
        missing = [name for name in _NEEDS[data["predicate"]] if name not in data]
        if missing:
            raise ma.ValidationError("needed by this predicate · 该比对方式必填", missing[0].rstrip("_"))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Comparison:
        """Make the value."""
        return Comparison(name=data.pop("field_", ""), **data)


class CertificateCheckSchema(CertificateQuestionSchema):
    """A query, its purpose, and what to compare; what is compared must be granted as if it were to be read."""

    class Meta:
        """What is given is yes and no, and no field."""

        exclude = ("fields_",)

    purpose = ma.fields.Nested(PurposeSchema, required=True)
    checks = ma.fields.List(
        ma.fields.Nested(ComparisonSchema), required=True, validate=ma.validate.Length(1, MOST_COMPARISONS)
    )

    @ma.validates_schema(skip_on_field_errors=True)
    def is_of_one_type(self, data: dict[str, Any], **_: Any) -> None:
        """Ask about a type: yes and no to whatever a holder has would tell nothing. Raises `ValidationError`."""
        if "holder" in data and data.get("certificate_type") is None:
            raise ma.ValidationError("needed with a holder · 按持证主体核验时必填", "certificate_type")

    @ma.post_load(pass_original=True)
    def made(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        """Give the query with the fields that it compares, the purpose as it was sent, and the comparisons."""
        checks = tuple(data["checks"])
        needed = [each.needs for each in checks if each.needs]
        rest = {name: value for name, value in original.items() if name != "purpose"}
        query = query_of({**data, "fields_": needed}, rest)
        return {"query": query, "purpose": data["purpose"], "told_purpose": original["purpose"], "checks": checks}


class ComparedSchema(ma.Schema):
    """The answer to one comparison."""

    predicate = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Predicate]))
    field_ = ma.fields.String(data_key="field", required=True)
    result = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Result]))


class CertificateCheckAnswerSchema(ma.Schema):
    """Yes and no, and the signed statement of it: SM2 over the statement's bytes, DER in base64."""

    outcome = ma.fields.String(required=True, validate=ma.validate.OneOf([each.value for each in Outcome]))
    reason = ma.fields.Nested(QueryReasonSchema, required=True)
    usage_id = ma.fields.String(required=True)
    origin = ma.fields.String(required=True)
    asked = ma.fields.List(ma.fields.Nested(AskedLibrarySchema), required=True)
    certificate = ma.fields.String(required=True, allow_none=True)
    status = ma.fields.String(required=True, allow_none=True)
    results = ma.fields.List(ma.fields.Nested(ComparedSchema), required=True)
    statement = ma.fields.String(required=True)
    signature = ma.fields.String(required=True)
    key = ma.fields.String(required=True)
    receipt = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String())
