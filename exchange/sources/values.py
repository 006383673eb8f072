"""The values of rows: read into the type that the directory promises, and written in one plain form.

Reading is as soft as the field is in spelling (20260101, 是, 1.50) and hard in meaning: what cannot be read as the
type is a mismatch and never passed on as something else. A time without a zone is Beijing's.
"""

import enum
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
# A field of a form is a few thousand characters at the most; a document does not travel in a row.
LONGEST_TEXT: Final = 64 * 1024
# Nineteen digits fill what databases keep as a whole number; amounts of the field have at most 20 digits and 6 places.
LARGEST_WHOLE: Final = 10**19
INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
# On either side of the point; the pattern takes as many.
MOST_DIGITS: Final = 40
DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?")
DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})-([0-9]{1,2})|/([0-9]{1,2})/([0-9]{1,2})|([0-9]{2})([0-9]{2}))")
COMPACT_TIME: Final = re.compile(r"[0-9]{14}")
TRUE: Final = frozenset({"true", "t", "1", "yes", "y", "是"})
FALSE: Final = frozenset({"false", "f", "0", "no", "n", "否"})

Value = str | int | Decimal | bool | date | datetime | None


class Mismatch(Exception):
    """A value is not of the type that was promised; it never says the value."""


class ItemType(enum.StrEnum):
    """The types of items that can be asked for."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"


def typed(raw: object, kind: ItemType) -> Value:
    """Read a value as a type; nothing and, but for texts, an empty text are nothing. Raises `Mismatch`."""
    if raw is None:
        return None
    if isinstance(raw, str):
        if not is_plain(raw):
            raise Mismatch
        if kind is not ItemType.STRING:
            raw = raw.strip()
            if not raw:
                return None
    return _READ[kind](raw)


def plain(value: Value) -> str | int | bool | None:
    """Write a value as JSON and partners take it: decimals and times as text."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def is_plain(text: str) -> bool:
    """Tell whether a text can be kept and sent everywhere: no NUL, no half surrogate, not without end."""
    if len(text) > LONGEST_TEXT or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in text)


def _string(raw: object) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < 10**15:
        return str(int(raw))
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | date):
        raise Mismatch
    return str(plain(raw))


def _integer(raw: object) -> int:
    if isinstance(raw, bool):
        raise Mismatch
    number: int | None = None
    if isinstance(raw, int):
        number = raw
    elif isinstance(raw, str):
        number = int(raw) if INTEGER.fullmatch(raw) else None
    elif isinstance(raw, float | Decimal):
        fits = math.isfinite(raw) and -LARGEST_WHOLE < raw < LARGEST_WHOLE
        number = int(raw) if fits and int(raw) == raw else None
    if number is None or abs(number) >= LARGEST_WHOLE:
        raise Mismatch
    return number


def _decimal(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        raise Mismatch
    text = repr(raw) if isinstance(raw, float) else str(raw)
    if not DECIMAL.fullmatch(text) or not text.isascii():
        raise Mismatch
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise Mismatch from error
    if value.adjusted() >= MOST_DIGITS or int(value.as_tuple().exponent) < -MOST_DIGITS:
        raise Mismatch
    return value


def _date(raw: object) -> date:
    if isinstance(raw, datetime):
        at = raw if raw.tzinfo is None else raw.astimezone(BEIJING)
        if at.time() != time():
            raise Mismatch
        return at.date()
    if isinstance(raw, date):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    found = DATE.fullmatch(raw) if isinstance(raw, str) else None
    if found is None:
        if isinstance(raw, str) and len(raw) > len("2026-01-01"):
            return _date(_datetime(raw))
        raise Mismatch
    year, month, day = (int(part) for part in found.groups() if part)
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Mismatch from error


def _datetime(raw: object) -> datetime:
    if isinstance(raw, str):
        text = f"{raw[:8]}T{raw[8:]}" if COMPACT_TIME.fullmatch(raw) else raw.replace("/", "-")
        try:
            raw = datetime.fromisoformat(text)
        except ValueError as error:
            raise Mismatch from error
    if isinstance(raw, date) and not isinstance(raw, datetime):
        raw = datetime.combine(raw, time(), BEIJING)
    if not isinstance(raw, datetime):
        raise Mismatch
    try:
        return (raw if raw.tzinfo else raw.replace(tzinfo=BEIJING)).astimezone(UTC)
    except OverflowError as error:
        raise Mismatch from error


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    text = str(raw).lower() if isinstance(raw, str | int) else ""
    if text in TRUE or text in FALSE:
        return text in TRUE
    raise Mismatch


_READ: Final[Mapping[ItemType, Callable[[object], Value]]] = {
    ItemType.STRING: _string,
    ItemType.INTEGER: _integer,
    ItemType.DECIMAL: _decimal,
    ItemType.DATE: _date,
    ItemType.DATETIME: _datetime,
    ItemType.BOOLEAN: _boolean,
}
