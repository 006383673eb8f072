"""What stands on a certificate, by the names that grants call it, and what of it may be given. Pure.

A grant names the type's own fields, in the type's words or in Chinese as directories do, and the elements that every
certificate has (GB/T 36903-2018 5). What it does not name is not given, be it the number or the holder's name. The
identifier, the type, how it is held and how it stands are no fields: whoever may ask for the type is told them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from base.canonical import LARGEST_INTEGER, Json
from certs.drafts import Content
from certs.types.certificate_type import CertificateType
from exchange.agreements.contracts import RowCondition
from exchange.door import masking

NUMBER: Final = "number"
# The elements of every certificate → what tables of directories and use lists call them.
COMMON: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        NUMBER: ("证照编号", "证照号码", "证书编号", "许可证编号", "ZZBH"),
        "holder_name": ("持证主体", "持证主体名称", "姓名", "单位名称", "CZZT"),
        "holder_code": ("持证主体代码", "公民身份号码", "统一社会信用代码", "CZZTDM"),
        "issuer": ("证照颁发机构代码", "颁发机构代码", "ZZBFJGDM"),
        "region": ("证照所属区域", "行政区划", "行政区划代码"),
        "issued_on": ("证照颁发日期", "颁发日期", "发证日期", "ZZBFRQ"),
        "valid_from": ("证照有效期起始日期", "有效期起始日期", "有效期起", "ZZYXQQSRQ"),
        "valid_until": ("证照有效期截止日期", "有效期截止日期", "有效期止", "ZZYXQJZRQ"),
    }
)


@dataclass(frozen=True)
class Dates:
    """What every certificate says beside its fields; nothing where another library did not tell it."""

    issuer: str
    region: str
    issued_on: date | None
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True)
class Given:
    """What of a certificate is given: its number, where that is granted, and its fields by their names."""

    number: str = field(default="", repr=False)
    data: Mapping[str, Json] = field(default_factory=dict, repr=False)


def names_of(type_: CertificateType) -> Mapping[str, str]:
    """Give the name of each field and element by every name that a grant may use; the type's own come first."""
    told: dict[str, str] = {}
    for each in type_.fields:
        told.setdefault(each.name, each.name)
    for each in type_.fields:
        told.setdefault(each.zh, each.name)
    for name, spellings in COMMON.items():
        for spelling in (name, *spellings):
            told.setdefault(spelling, name)
    return MappingProxyType(told)


def given(fields: Iterable[str], masks: Mapping[str, str], salt: bytes, content: Content, dates: Dates) -> Given:
    """Give the fields that may be seen, as they may be seen; one that the certificate does not have is left out."""
    told = values(content, dates)
    row = {name: told[name] for name in fields if name in told and not _is_untold(name, told[name])}
    shown = {name: _plain(value) for name, value in masking.masked(row, masks, salt).items()}
    number = shown.pop(NUMBER, "")
    return Given(number if isinstance(number, str) else "", shown)


def values(content: Content, dates: Dates) -> dict[str, Any]:
    """Give everything that a certificate says, by name; a field of the type's own hides an element of that name."""
    common = {
        NUMBER: content.number,
        "holder_name": "、".join(each.name for each in content.holders),
        "holder_code": "、".join(each.code for each in content.holders),
        "issuer": dates.issuer or None,
        "region": dates.region or None,
        "issued_on": _day(dates.issued_on),
        "valid_from": _day(dates.valid_from),
        "valid_until": _day(dates.valid_until),
    }
    return {**common, **content.data}


def _day(told: date | None) -> str | None:
    return told.isoformat() if told is not None else None


def _is_untold(name: str, value: Any) -> bool:
    """Tell whether an element of every certificate is one that nobody told."""
    return name in COMMON and value is None


def within(conditions: Iterable[RowCondition], told: Mapping[str, Any]) -> bool:
    """Tell whether a certificate lies in the granted rows (数据范围); `told` is by the names of the conditions."""
    return all(_holds(each, told.get(each.item)) for each in conditions)


def _holds(condition: RowCondition, value: Any) -> bool:
    """Tell whether a condition holds; texts of dates and codes are in order as they are written, numbers as numbers."""
    if value is None:
        return False
    if condition.test in {"equal", "in"}:
        return str(value) in {str(each) for each in condition.values}
    bound = condition.values[0]
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(bound, int):
        return value >= bound if condition.test == "at_least" else value <= bound
    one, other = str(value), str(bound)
    return one >= other if condition.test == "at_least" else one <= other


def _plain(value: Any) -> Json:
    """Write a value as JSON; a number that other readers would round (RFC 8259 6) as text."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return value
    return str(value)
