"""Comparisons and predicates over what a certificate says: yes, no, or unknown. Pure.

    equals        a field is what the caller has on paper; letters' width, spaces and strokes do not count
    valid_on      it was or is in force on a day, as far as its dates say
    older_than    a date in a field lies so many years before a day
    same_company  the holder, or a credit code in a field, is the organisation that the caller names

Only a certificate that stands valid is compared; *unknown* is what cannot be told from it: a field that it does not
have, or no date where one is needed.
"""

import dataclasses
import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from certs.libraries.answers import Entry
from certs.libraries.names import same_name
from certs.queries import fields as certificate_fields
from certs.queries.fields import Dates
from certs.types.certificate_type import CertificateType, FieldKind


class Predicate(enum.StrEnum):
    """What is asked."""

    EQUALS = "equals"
    VALID_ON = "valid_on"
    OLDER_THAN = "older_than"
    SAME_COMPANY = "same_company"


class Result(enum.StrEnum):
    """What is answered."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


# How often a day one caller may ask one predicate of one holder's certificate. A day in ten years is found by halving
# in twelve questions, an age in seven; a text cannot be halved, and a clerk mistypes.
BUDGETS: Final[Mapping[Predicate, int]] = MappingProxyType(
    {Predicate.EQUALS: 10, Predicate.VALID_ON: 3, Predicate.OLDER_THAN: 3, Predicate.SAME_COMPANY: 10}
)


@dataclass(frozen=True)
class Comparison:
    """One question: a predicate, the field that it is about, and what to compare with."""

    predicate: Predicate
    name: str = ""
    value: str = dataclasses.field(default="", repr=False)
    on: date | None = None
    years: int = 0

    @property
    def needs(self) -> str:
        """Name the field that must be granted; the days of validity are told of every certificate."""
        if self.predicate is Predicate.VALID_ON:
            return ""
        return self.name or ("holder_code" if self.predicate is Predicate.SAME_COMPANY else "")


def compared(comparison: Comparison, entry: Entry, type_: CertificateType, today: date) -> Result:
    """Answer one question."""
    if entry.content is None:
        return Result.UNKNOWN
    dates = Dates(entry.issuer, entry.region, entry.issued_on, entry.valid_from, entry.valid_until)
    names = certificate_fields.names_of(type_)
    told = certificate_fields.values(entry.content, dates)
    value = told.get(names.get(comparison.needs, ""))
    return _ANSWERS[comparison.predicate](comparison, value, entry, type_, today)


Answering = Callable[[Comparison, Any, Entry, CertificateType, date], Result]


def _equals(comparison: Comparison, value: Any, *_: Any) -> Result:
    if value is None:
        return Result.UNKNOWN
    if isinstance(value, bool):
        return _result(comparison.value.casefold() == str(value).casefold())
    return _result(same_name(str(value), comparison.value) and bool(comparison.value))


def _valid_on(comparison: Comparison, _value: Any, entry: Entry, _type: CertificateType, today: date) -> Result:
    if entry.valid_from is None or entry.valid_until is None:
        return Result.UNKNOWN
    return _result(entry.valid_from <= (comparison.on or today) <= entry.valid_until)


def _older_than(comparison: Comparison, value: Any, _entry: Entry, _type: CertificateType, today: date) -> Result:
    born = _day(value)
    return Result.UNKNOWN if born is None else _result(_years(born, comparison.on or today) >= comparison.years)


def _same_company(comparison: Comparison, value: Any, entry: Entry, type_: CertificateType, _today: date) -> Result:
    if comparison.name:
        known = type_.by_name.get(certificate_fields.names_of(type_)[comparison.name])
        if known is None or known.kind is not FieldKind.CREDIT_CODE or value is None:
            return Result.UNKNOWN
        return _result(str(value) == comparison.value)
    holders = entry.content.holders if entry.content is not None else ()
    return _result(any(each.code == comparison.value for each in holders))


_ANSWERS: Final[Mapping[Predicate, Answering]] = MappingProxyType(
    {
        Predicate.EQUALS: _equals,
        Predicate.VALID_ON: _valid_on,
        Predicate.OLDER_THAN: _older_than,
        Predicate.SAME_COMPANY: _same_company,
    }
)


def _result(holds: bool) -> Result:  # noqa: FBT001 - it is the answer itself
    return Result.YES if holds else Result.NO


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _years(born: date, day: date) -> int:
    """Count full years; who is born on the last of February has a birthday on the first of March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
