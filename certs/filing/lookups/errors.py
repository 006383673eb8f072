"""What looking up for filing refuses. That something was not found, not granted or not answered is an outcome."""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class PurposeOfOtherMatter(DomainError):
    """The purpose names another matter than the one that is filed."""

    matter: str
    purpose: str
    code: ClassVar[str] = "purpose-of-other-matter"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class NoSuchLookup(DomainError):
    """There is no look-up of that number, or it is not yours."""

    lookup: str
    code: ClassVar[str] = "no-such-lookup"
    kind: ClassVar[Kind] = Kind.MISSING


@dataclass(eq=False)
class LookupBound(DomainError):
    """The look-up belongs to a case already."""

    lookup: str
    case: str
    code: ClassVar[str] = "lookup-bound"
    kind: ClassVar[Kind] = Kind.CONFLICT
