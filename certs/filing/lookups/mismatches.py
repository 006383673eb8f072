"""What does not fit together in what was found: names, addresses, last days. A hint for a clerk, never a verdict. Pure.

The name that the applicant gave is held against every name that came back; addresses are held against each other; and
what has run out, or will before the case can be done, is told. Values are not repeated here: who reads the hint sees
them beside it. What is shown masked cannot be compared and is left out.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from certs.filing.plans.reasons import Said

NAMES: Final = ("holder_name", "姓名", "名称", "企业名称", "单位名称", "持证主体", "权利人", "所有人")
ADDRESSES: Final = ("address", "住所", "地址", "经营地址", "经营场所", "住址")
LAST_DAYS: Final = ("valid_until", "有效期止", "有效期至", "证照有效期截止日期")
# A case takes some weeks; what runs out within them would run out under the decision.
SOON: Final = timedelta(days=30)
MASK: Final = "*"


@dataclass(frozen=True)
class Found:
    """What was found for a material: whose, by the name that the applicant gave, and the fields."""

    material: str
    holder: int
    name: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Mismatch:
    """A hint: of which kind, between which materials, about whom."""

    kind: str
    holder: int
    materials: tuple[str, ...]
    said: Said


def mismatches(found: Sequence[Found], today: date) -> tuple[Mismatch, ...]:
    """Tell what does not fit together."""
    return (*_names(found), *_addresses(found), *_last_days(found, today))


def _names(found: Sequence[Found]) -> Iterator[Mismatch]:
    for each in found:
        told = [value for value in _values(each, NAMES) if _plain(each.name) not in _split(value)]
        if told:
            zh = f"“{each.material}”上的名称与申请人所填不一致，请核对。"
            en = f"The name on “{each.material}” is not the one that was given."
            yield Mismatch("name", each.holder, (each.material,), Said(zh, en))


def _addresses(found: Sequence[Found]) -> Iterator[Mismatch]:
    for holder in sorted({each.holder for each in found}):
        told = [
            (each.material, _plain(value))
            for each in found
            if each.holder == holder
            for value in _values(each, ADDRESSES)
        ]
        if len({address for _, address in told}) > 1:
            materials = tuple(dict.fromkeys(material for material, _ in told))
            named = "”“".join(materials)
            zh, en = f"“{named}”上的地址不一致，请核对。", f"The addresses on “{named}” differ."
            yield Mismatch("address", holder, materials, Said(zh, en))


def _last_days(found: Sequence[Found], today: date) -> Iterator[Mismatch]:
    for each in found:
        days = [day for value in _values(each, LAST_DAYS) if (day := _day(value)) is not None]
        if days and min(days) < today:
            said = Said(f"“{each.material}”已过有效期。", f"“{each.material}” has run out.")
            yield Mismatch("expired", each.holder, (each.material,), said)
        elif days and min(days) < today + SOON:
            zh = f"“{each.material}”将在{SOON.days}天内到期。"
            yield Mismatch("expiry", each.holder, (each.material,), Said(zh, f"“{each.material}” runs out soon."))


def _values(found: Found, names: Sequence[str]) -> list[str]:
    told = (found.fields.get(each) for each in names)
    return [each for each in told if isinstance(each, str) and each.strip() and MASK not in each]


def _split(names: str) -> set[str]:
    """Several holders of one certificate stand in one field."""
    return {_plain(each) for each in names.split("、")}


def _plain(text: str) -> str:
    """Leave out what differs between two ways to write the same: widths, spaces, kinds of brackets."""
    return "".join(each for each in unicodedata.normalize("NFKC", text).casefold() if each.isalnum())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
