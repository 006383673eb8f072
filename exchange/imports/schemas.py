"""Outside JSON ⇄ the values of imports, exports and scores: unknown members refused."""

from typing import Any

import marshmallow as ma

from base.api import PageQuery, page_of
from exchange.imports.models import FILE_NAME_LENGTH, ROW_STATES, STATES
from exchange.imports.tables import CELL_LIMIT

CELLS = ma.fields.Dict(keys=ma.fields.String(), values=ma.fields.String(validate=ma.validate.Length(max=CELL_LIMIT)))
# A row that is corrected in place; a directory with more items comes as a workbook.
ITEMS_CORRECTED = 1000


class ImportCountsSchema(ma.Schema):
    """How many rows of each state an import has."""

    new = ma.fields.Integer(required=True)
    changed = ma.fields.Integer(required=True)
    same = ma.fields.Integer(required=True)
    error = ma.fields.Integer(required=True)
    applied = ma.fields.Integer(required=True)


class ImportRemarkSchema(ma.Schema):
    """Something of the file that was left out."""

    code = ma.fields.String(required=True)
    place = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class ImportProgressSchema(ma.Schema):
    """How many rows the task has behind it, and of how many, as far as that is known."""

    done = ma.fields.Integer(required=True)
    total = ma.fields.Integer(allow_none=True, required=True)


class ImportProblemSchema(ma.Schema):
    """Why a file could not be read to its end: the code of a refusal, and its sentence in both languages."""

    code = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)


class DirectoryImportSchema(ma.Schema):
    """A file that was taken in, and how far it is."""

    id = ma.fields.String(required=True)
    organisation = ma.fields.String(required=True)
    by = ma.fields.String(required=True)
    file_name = ma.fields.String(required=True)
    kind = ma.fields.String(required=True, validate=ma.validate.OneOf(("xlsx", "csv", "json-ld", "turtle")))
    size = ma.fields.Integer(required=True)
    sm3 = ma.fields.String(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(STATES))
    rows = ma.fields.Nested(ImportCountsSchema, required=True)
    progress = ma.fields.Nested(ImportProgressSchema, allow_none=True, required=True)
    problem = ma.fields.Nested(ImportProblemSchema, allow_none=True, required=True)
    remarks = ma.fields.List(ma.fields.Nested(ImportRemarkSchema), required=True)
    task = ma.fields.Integer(allow_none=True, required=True)
    created_at = ma.fields.AwareDateTime(required=True)
    changed_at = ma.fields.AwareDateTime(required=True)
    expires_at = ma.fields.AwareDateTime(required=True)


class DirectoryImportsSchema(ma.Schema):
    """The imports of an organisation, the newest first; there are some twenty at most."""

    items = ma.fields.List(ma.fields.Nested(DirectoryImportSchema), required=True)


class CellFaultSchema(ma.Schema):
    """What is wrong with a cell, in both languages."""

    sheet = ma.fields.String(required=True)
    row = ma.fields.Integer(required=True)
    column = ma.fields.String(required=True)
    cell = ma.fields.String(required=True)
    field = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    zh = ma.fields.String(
        required=True, metadata={"example": "第 37 行 F 列「更新周期」：不在代码表中；可填：实时、每日…"}
    )
    en = ma.fields.String(required=True)


class ImportRowSchema(ma.Schema):
    """A row: what it told, what that comes to, and what is wrong with it."""

    number = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True, validate=ma.validate.OneOf(ROW_STATES))
    code = ma.fields.String(required=True)
    name = ma.fields.String(required=True)
    told = ma.fields.Dict(required=True)
    content = ma.fields.Dict(required=True)
    faults = ma.fields.List(ma.fields.Nested(CellFaultSchema), required=True)
    directory = ma.fields.String(allow_none=True, required=True)
    directory_version = ma.fields.Integer(allow_none=True, required=True)
    version = ma.fields.Integer(required=True)


class ImportRowQuery(PageQuery):
    """Which rows to list."""

    state = ma.fields.String(load_default=None, validate=ma.validate.OneOf(ROW_STATES))


class ImportFileQuery(ma.Schema):
    """What the file is called, where it comes as the whole body."""

    file_name = ma.fields.String(load_default="", validate=ma.validate.Length(max=FILE_NAME_LENGTH))


class RowCorrectionSchema(ma.Schema):
    """Cells that say something else now, by field; `items`, where given, replaces all items of the row."""

    cells = ma.fields.Dict(
        keys=ma.fields.String(),
        values=ma.fields.String(validate=ma.validate.Length(max=CELL_LIMIT)),
        load_default=dict,
    )
    items_ = ma.fields.List(
        CELLS,
        load_default=None,
        allow_none=True,
        data_key="items",
        attribute="items",
        validate=ma.validate.Length(max=ITEMS_CORRECTED),
    )


class ApplicationSchema(ma.Schema):
    """The task that applies the good rows."""

    task = ma.fields.Integer(required=True)
    state = ma.fields.String(required=True)


class ExportQuery(ma.Schema):
    """Which directories to give out, and in which encoding a table comes."""

    owner = ma.fields.String(load_default=None, validate=ma.validate.Length(max=18))
    encoding = ma.fields.String(load_default="utf-8", validate=ma.validate.OneOf(("utf-8", "gb18030")))


class CatalogueQuery(ma.Schema):
    """In which form the catalogue comes."""

    form = ma.fields.String(load_default="json-ld", validate=ma.validate.OneOf(("json-ld", "turtle")))


class FailingSchema(ma.Schema):
    """Something that lowers the score, and where it stands."""

    pointer = ma.fields.String(required=True)
    code = ma.fields.String(required=True)
    text = ma.fields.String(required=True)


class QualityPartSchema(ma.Schema):
    """One part of the score; without data it is not measured and has no figure."""

    name = ma.fields.String(required=True)
    zh = ma.fields.String(required=True)
    en = ma.fields.String(required=True)
    formula_zh = ma.fields.String(required=True)
    formula_en = ma.fields.String(required=True)
    measured = ma.fields.Boolean(required=True)
    good = ma.fields.Integer(allow_none=True, required=True)
    all = ma.fields.Integer(allow_none=True, required=True)
    score = ma.fields.Integer(allow_none=True, required=True)
    failing = ma.fields.List(ma.fields.Nested(FailingSchema), required=True)


class QualitySchema(ma.Schema):
    """The score of a directory, from the parts that are measured."""

    directory = ma.fields.String(required=True)
    number = ma.fields.Integer(required=True)
    score = ma.fields.Integer(allow_none=True, required=True)
    measured = ma.fields.Integer(required=True)
    formula_zh = ma.fields.String(required=True)
    formula_en = ma.fields.String(required=True)
    parts: Any = ma.fields.List(ma.fields.Nested(QualityPartSchema), required=True)


ImportRowPage = page_of(ImportRowSchema, "ImportRowPage")
