"""What of a value may be seen: a table of rules, each a function of the value alone.

A rule never shows more than it promises, whatever the value: a text too short to hide part of it, a number where a text
was expected, or a rule that nobody knows is hidden whole. Nothing (None) stays nothing: that a value is missing is what
the quality of the source is judged by.

Not decided here: which rule stands at which field (the grant says it), and what may be seen at all (GB/T 39477-2020,
sharing stage: de-identification as the agreement has it).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from base.readings import masked_id_number, masked_name
from keys.algorithms.sm3 import HMAC_SM3

HIDDEN: Final = "***"
# So many signs stay readable at the end of a number, and at least as many more must be hidden before them.
SHOWN: Final = 4
PHONE_HEAD: Final = 3
# 省市 or 市县 of a Chinese address; a shorter text would be shown nearly whole.
ADDRESS_HEAD: Final = 6
SHORTEST_ADDRESS: Final = 10
# A year alone, before anything that is no digit, or before the month and day of a compact date.
_YEAR: Final = re.compile(r"([0-9]{4})(?:[^0-9].*|[0-9]{4})?", re.DOTALL)


@dataclass(frozen=True)
class Rule:
    """A way to show a value: its words in both languages, and what it makes of a text."""

    zh: str
    en: str
    show: Callable[[str], str]


def masked(row: Mapping[str, Any], masks: Mapping[str, str], salt: bytes = b"") -> dict[str, Any]:
    """Give the row with every masked field shown by its rule; `salt` is the grant's own, for `hash`."""
    return {name: shown(value, masks[name], salt) if name in masks else value for name, value in row.items()}


def shown(value: Any, rule: str, salt: bytes = b"") -> Any:
    """Show one value by one rule; a rule that nobody knows hides it whole."""
    if value is None or rule == KEEP:
        return value
    text = _text(value)
    if text is None or rule not in RULES:
        return HIDDEN
    return _digest(text, salt) if rule == HASH else RULES[rule].show(text)


def _text(value: Any) -> str | None:
    """Give a value as text, if it is one that can be shown in part."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def _digest(text: str, salt: bytes) -> str:
    """Give the same sign for the same value within one grant; without a salt of its own it would be guessed at once."""
    return HMAC_SM3.tag(salt, text.encode("utf-8", "replace")).hex() if salt else HIDDEN


def _hide(_text: str) -> str:
    return HIDDEN


def _name(text: str) -> str:
    return masked_name(text) if len(text) > 1 else HIDDEN


def _id_number(text: str) -> str:
    return masked_id_number(text) if len(text) > 3 * SHOWN else HIDDEN


def _phone(text: str) -> str:
    hidden = len(text) - PHONE_HEAD - SHOWN
    return text[:PHONE_HEAD] + "*" * hidden + text[-SHOWN:] if hidden >= SHOWN else HIDDEN


def _last4(text: str) -> str:
    hidden = len(text) - SHOWN
    return "*" * hidden + text[-SHOWN:] if hidden >= SHOWN else HIDDEN


def _address(text: str) -> str:
    return text[:ADDRESS_HEAD] + HIDDEN if len(text) >= SHORTEST_ADDRESS else HIDDEN


def _year_only(text: str) -> str:
    found = _YEAR.fullmatch(text)
    return found[1] if found else HIDDEN


KEEP: Final = "keep"
HASH: Final = "hash"
RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        KEEP: Rule("不脱敏", "shown as it is", str),
        "hide": Rule("全部隐藏", "hidden whole", _hide),
        "name": Rule("姓名保留首字", "a name's first character", _name),
        "id_number": Rule("证件号码保留前四后四", "a number's first and last four", _id_number),
        "phone": Rule("电话保留前三后四", "a telephone number's first three and last four", _phone),
        "last4": Rule("保留后四位", "the last four", _last4),
        "address": Rule("地址保留前六字", "an address's first six characters", _address),
        "year_only": Rule("日期只留年份", "a date's year", _year_only),
        HASH: Rule("替换为本授权内唯一的摘要", "a sign that is the same for the same value within one grant", _hide),
    }
)
