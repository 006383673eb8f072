"""Outside JSON ⇄ blank papers: unknown members refused."""

from typing import Any

import marshmallow as ma

from certs.models import IDENTIFIER_LENGTH, REASON_LENGTH, TYPE_LENGTH
from certs.papers.keeping import LARGEST_RANGE, MOST_DIGITS, NewRange
from certs.papers.models import LOST, NUMBER_LENGTH, PREFIX_LENGTH, VOID

NUMBER = ma.validate.Length(1, NUMBER_LENGTH)
REASON = ma.validate.Length(1, REASON_LENGTH)
TYPE = ma.validate.Length(1, TYPE_LENGTH)


class NewBlankRangeSchema(ma.Schema):
    """Blank papers that were received."""

    type = ma.fields.String(required=True, validate=TYPE)
    prefix = ma.fields.String(load_default="", validate=ma.validate.Length(max=PREFIX_LENGTH))
    digits = ma.fields.Integer(required=True, validate=ma.validate.Range(1, MOST_DIGITS))
    first = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 10**MOST_DIGITS))
    last = ma.fields.Integer(required=True, validate=ma.validate.Range(0, 10**MOST_DIGITS))
    basis = ma.fields.String(required=True, validate=REASON)

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> NewRange:
        """Make the value."""
        return NewRange(**data)


class BlankRangeSchema(ma.Schema):
    """A range, and what became of its papers."""

    id = ma.fields.String(required=True)
    type = ma.fields.String(required=True)
    first = ma.fields.String(required=True)
    last = ma.fields.String(required=True)
    basis = ma.fields.String(required=True)
    at = ma.fields.AwareDateTime(required=True)
    used = ma.fields.Integer(required=True)
    void = ma.fields.Integer(required=True)
    lost = ma.fields.Integer(required=True)
    left = ma.fields.Integer(required=True, validate=ma.validate.Range(0, LARGEST_RANGE))


class BlankRangesSchema(ma.Schema):
    """Every range of an organ."""

    items = ma.fields.List(ma.fields.Nested(BlankRangeSchema), required=True)


class NextBlanksQuery(ma.Schema):
    """Of which type blanks are wanted."""

    type = ma.fields.String(required=True, validate=TYPE)


class NextBlanksSchema(ma.Schema):
    """The next blanks that can be printed on."""

    items = ma.fields.List(ma.fields.String(), required=True)


class PaperPrintSchema(ma.Schema):
    """A certificate that is printed: on which blank; with a reason where a paper of it is void with this."""

    number = ma.fields.String(required=True, validate=NUMBER)
    reason = ma.fields.String(load_default="", validate=ma.validate.Length(max=REASON_LENGTH))
    again = ma.fields.Boolean(load_default=False)


class PaperEndSchema(ma.Schema):
    """A paper that is void or lost."""

    type = ma.fields.String(required=True, validate=TYPE)
    number = ma.fields.String(required=True, validate=NUMBER)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf((VOID, LOST)))
    reason = ma.fields.String(required=True, validate=REASON)


class PaperSchema(ma.Schema):
    """A paper."""

    type = ma.fields.String(required=True)
    number = ma.fields.String(required=True)
    state = ma.fields.String(required=True)
    identifier = ma.fields.String(required=True, allow_none=True, validate=ma.validate.Length(max=IDENTIFIER_LENGTH))
    replaces = ma.fields.String(required=True, allow_none=True)
    reason = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    used_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    ended_at = ma.fields.AwareDateTime(required=True, allow_none=True)


class PapersSchema(ma.Schema):
    """Every paper of a certificate."""

    items = ma.fields.List(ma.fields.Nested(PaperSchema), required=True)
