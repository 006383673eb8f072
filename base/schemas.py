"""The ledger's answers, in the very shape that the independent checker reads."""

from typing import Any

import marshmallow as ma

# SQLite and PostgreSQL number entries in 63 bits; a tree of that size would take longer than the sun has.
MOST_ENTRIES = 2**63 - 1


def _number(**told: Any) -> ma.fields.Integer:
    return ma.fields.Integer(validate=ma.validate.Range(0, MOST_ENTRIES), **told)


class TreeSizeQuery(ma.Schema):
    """In which tree to prove."""

    size = _number(load_default=None)


class InclusionSchema(ma.Schema):
    """A proof that an entry is in the tree; the entry itself is the reader's to bring."""

    kind = ma.fields.Constant("inclusion")
    index = ma.fields.Integer(required=True)
    size = ma.fields.Integer(required=True)
    root = ma.fields.String(required=True)
    leaf = ma.fields.String(required=True, metadata={"description": "SM3(00 ‖ entry), hexadecimal"})
    path = ma.fields.List(ma.fields.String(), required=True)


class ConsistencyQuery(ma.Schema):
    """Which two trees to compare."""

    first = _number(required=True)
    second = _number(load_default=None)


class ConsistencySchema(ma.Schema):
    """A proof that the second tree continues the first."""

    kind = ma.fields.Constant("consistency")
    old_size = ma.fields.Integer(required=True)
    old_root = ma.fields.String(required=True)
    new_size = ma.fields.Integer(required=True)
    new_root = ma.fields.String(required=True)
    path = ma.fields.List(ma.fields.String(), required=True)
