"""A certificate type as a value: who defines and issues it, who may hold it, what stands on it, and how it lives.

A type is data. Nothing in the house asks which type it has before it; it asks the type what it says: which fields,
which rule for the number, how long it is valid, which seal goes with which act. How a type is read from a file, and
every fault of such a file, is `reading`.
"""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

# A long-term certificate has no last day; GB/T 36903 writes this one.
NO_LAST_DAY: Final = date(9999, 12, 31)
ANY_ISSUER: Final[tuple[str, ...]] = ()


class Holding(enum.StrEnum):
    """How the library comes to a certificate of the type, and what it has of it."""

    ISSUED = "issued"
    COLLECTED = "collected"
    DIRECTORY_ONLY = "directory_only"
    CHECK_ONLY = "check_only"


class Level(enum.StrEnum):
    """How much it tells of a person: a high level asks for the holder's consent whatever the ground."""

    NORMAL = "normal"
    HIGH = "high"


class FieldKind(enum.StrEnum):
    """What can stand in a field."""

    TEXT = "text"
    LONG = "long"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    FLAG = "flag"
    CHOICE = "choice"
    CREDIT_CODE = "credit-code"
    ID_NUMBER = "id-number"
    REGION = "region"
    PICTURE = "picture"


class Lasting(enum.StrEnum):
    """How long a certificate of the type is valid."""

    YEARS = "years"
    LONG_TERM = "long-term"
    AS_TOLD = "as-told"


@dataclass(frozen=True)
class Field:
    """A field of the type's own: what it is called, what may stand in it, how sensitive it is (1 to 4)."""

    name: str
    zh: str
    en: str
    kind: FieldKind
    sensitivity: int
    needed: bool = False
    longest: int = 200
    choices: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""

    @property
    def ofd_name(self) -> str:
        """Give the name under which OFD carries it: own fields stand beside those of GB/T 36903 with this prefix."""
        return f"KZ_{self.name}"


@dataclass(frozen=True)
class Body:
    """An organisation that a type names."""

    code: str
    name: str


@dataclass(frozen=True)
class Holders:
    """Who may hold it: code types of GB/T 36903, how many together, and as what."""

    types: tuple[str, ...]
    least: int = 1
    most: int = 1
    roles: tuple[str, ...] = ("holder",)


@dataclass(frozen=True)
class Numbering:
    """What is accepted as a number, and, where the type is issued here, how numbers are given."""

    accepts: re.Pattern[str]
    rule: str = ""

    def number(self, year: int, serial: int, region: str) -> str:
        """Write a number."""
        return self.rule.format(year=year, serial=serial, region=region)

    def counted_by(self, year: int, region: str) -> tuple[str, int]:
        """Tell what is counted apart: numbers that do not show the region or the year must not begin again with it."""
        return (region if "{region" in self.rule else ""), (year if "{year" in self.rule else 0)


@dataclass(frozen=True)
class Validity:
    """How long it is valid, and how often it is looked at again (年审、校验)."""

    lasting: Lasting
    years: int = 0
    review_months: int = 0
    review_name: str = ""

    def last_day(self, first: date) -> date | None:
        """Give the last day; none where the issuer says it."""
        if self.lasting is Lasting.LONG_TERM:
            return NO_LAST_DAY
        if self.lasting is Lasting.AS_TOLD:
            return None
        return _day_before_anniversary(first, 12 * self.years)

    def review_due(self, last: date) -> date | None:
        """Give the day by which it must have been looked at again; none where that is not asked."""
        return _day_before_anniversary(last, self.review_months) if self.review_months else None


@dataclass(frozen=True)
class CertificateType:
    """A certificate type. One with the same code is the same type, in whichever site."""

    code: str
    name: str
    name_en: str
    defined_by: Body
    holding: Holding
    level: Level
    holders: Holders
    numbering: Numbering
    validity: Validity
    fields: tuple[Field, ...]
    # Which kind of seal goes with which act: issue, change, renew, revoke.
    seals: Mapping[str, str]
    issuers: tuple[str, ...] = ANY_ISSUER
    face: str = ""
    copies: int = 0
    resource: str = ""
    source: str = ""
    # Whether a finished file is taken in though its seal cannot be decided, because its authority's root is not here.
    takes_undecided: bool = False
    confidence: str = "assumed"

    @property
    def is_issued_here(self) -> bool:
        """Whether certificates of it can be made here at all."""
        return self.holding is Holding.ISSUED

    @property
    def by_name(self) -> Mapping[str, Field]:
        """Give its fields by name."""
        return {each.name: each for each in self.fields}

    def may_be_issued_by(self, organisation: str) -> bool:
        """Tell whether the type itself allows this issuer; whether it holds a seal for it is asked elsewhere."""
        return self.is_issued_here and (self.issuers == ANY_ISSUER or organisation in self.issuers)


def _day_before_anniversary(first: date, months: int) -> date:
    """Give the last day of so many months beginning with a day: 2026-03-01 and 12 months end on 2027-02-28."""
    ordinal = first.year * 12 + first.month - 1 + months
    year, month = divmod(ordinal, 12)
    month += 1
    try:
        after = date(year, month, first.day)
    except ValueError:  # the month has no such day: the period ends with the month
        return _last_of(year, month)
    return date.fromordinal(after.toordinal() - 1)


def _last_of(year: int, month: int) -> date:
    return date.fromordinal((date(year + month // 12, month % 12 + 1, 1)).toordinal() - 1)
