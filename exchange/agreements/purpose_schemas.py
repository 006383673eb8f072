"""The purpose as it stands in a body, read into the value that is judged; every fault is told with its place."""

import enum
from collections.abc import Iterable
from typing import Any, Final

import marshmallow as ma

from exchange.agreements import purposes
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage

# Longer text is refused before anybody looks into it; what a text may say is decided in `exchange.agreements.purposes`.
LONGEST: Final = 1000
WORDS: Final = {
    "not-a-matter-code": "not a matter code of 12, 31 or 33 characters · 不是 12、31 或 33 位事项编码",
    "empty": "must not be empty · 不能为空",
    "too-long": "too long · 过长",
    "not-printable": "holds characters that cannot be printed · 含不可打印字符",
    "not-at-this-stage": "not possible at this stage · 该环节不适用",
    "needed-at-this-stage": "needed at this stage · 该环节必须填写办理依据",
    "not-a-region": "not a region code of 6, 9 or 12 digits · 不是 6、9 或 12 位行政区划代码",
}


def _one_of(values: type[enum.StrEnum]) -> ma.fields.Enum[Any]:
    return ma.fields.Enum(values, by_value=True, required=True)


def _text(**told: Any) -> ma.fields.String:
    return ma.fields.String(**{"required": True, "validate": ma.validate.Length(max=LONGEST), **told})


class BasisSchema(ma.Schema):
    """The number under which a use is on file."""

    kind = _one_of(BasisKind)
    number = _text()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Basis:
        """Make the value."""
        return Basis(**data)


class OperatorSchema(ma.Schema):
    """Who works on the matter."""

    kind = _one_of(OperatorKind)
    name = _text()
    unit = _text()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Operator:
        """Make the value."""
        return Operator(**data)


class PurposeSchema(ma.Schema):
    """What the data is for: the matter, the stage, the basis, the ground, the operator, the region."""

    item_code = _text(metadata={"example": "000123010000"})
    item_name = _text()
    stage = _one_of(Stage)
    basis = ma.fields.Nested(BasisSchema, load_default=None, allow_none=True)
    ground = _one_of(Ground)
    grant_code = _text(required=False, load_default=None, allow_none=True)
    operator = ma.fields.Nested(OperatorSchema, required=True)
    handling_region = _text(metadata={"example": "320900"})
    reason = _text()

    @ma.post_load
    def made(self, data: dict[str, Any], **_: Any) -> Purpose:
        """Make the value. Raises `ValidationError` with every fault at its place."""
        purpose = Purpose(**data)
        found = purposes.faults(purpose)
        if found:
            raise ma.ValidationError(_messages(found))
        return purpose


def _messages(found: Iterable[purposes.PurposeFault]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for fault in found:
        place = told
        for member in fault.path[:-1]:
            place = place.setdefault(member, {})
        place[fault.path[-1]] = [WORDS[fault.code]]
    return told
