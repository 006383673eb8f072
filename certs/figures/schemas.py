"""Outside JSON ⇄ the figures of a month."""

from typing import Any, Final

import marshmallow as ma

from certs.figures.figures import BY_NAME, DEFAULT
from certs.figures.months import Month
from certs.figures.reading import By
from certs.holders.schemas import MONTH


class FiguresQuery(ma.Schema):
    """Which month, by what, and by which figure it is ranked."""

    month = ma.fields.String(required=True, validate=ma.validate.Regexp(MONTH), metadata={"example": "2026-11"})
    by = ma.fields.Enum(By, by_value=True, load_default=By.CITY)
    order = ma.fields.String(load_default=DEFAULT, validate=ma.validate.OneOf(list(BY_NAME)))

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Read the month."""
        return {**data, "month": Month.read(data["month"])}


class FiguresTableQuery(FiguresQuery):
    """The same, in which language its heads are."""

    language = ma.fields.String(load_default="zh", validate=ma.validate.OneOf(["zh", "en"]))


class FigureSchema(ma.Schema):
    """A figure: its words and its formula."""

    name = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    formula_zh = ma.fields.String(required=True)
    formula_en = ma.fields.String(required=True)
    unit = ma.fields.String(required=True, validate=ma.validate.OneOf(["number", "percent"]))
    is_less_better = ma.fields.Boolean(required=True)


class FigureToldSchema(ma.Schema):
    """A figure of the month, of the month before, and the change: in per cent, or of a share in percentage points."""

    value = ma.fields.Float(required=True, allow_none=True)
    before = ma.fields.Float(required=True, allow_none=True)
    change = ma.fields.Float(required=True, allow_none=True)


_TOLD: Final = ma.fields.Nested(FigureToldSchema)


class FigureLineSchema(ma.Schema):
    """A city, county or department; the code is empty for what lies in no ranked city."""

    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    rank = ma.fields.Integer(required=True, allow_none=True)
    figures = ma.fields.Dict(keys=ma.fields.String(), values=_TOLD, required=True)


class FiguresSchema(ma.Schema):
    """The figures of a month, how far the counting has come, and the whole."""

    month = ma.fields.String(required=True)
    by = ma.fields.Enum(By, by_value=True, required=True)
    order = ma.fields.String(required=True)
    counted_at = ma.fields.AwareDateTime(required=True, allow_none=True)
    waiting = ma.fields.Integer(
        required=True, metadata={"description": "entries of the ledger that are not counted yet"}
    )
    figures = ma.fields.List(ma.fields.Nested(FigureSchema), required=True)
    total = ma.fields.Dict(keys=ma.fields.String(), values=_TOLD, required=True)
    items = ma.fields.List(ma.fields.Nested(FigureLineSchema), required=True)
