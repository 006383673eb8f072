"""Whether a record that another site hands over is taken: is it what it says, and may that site say it? Pure.

In this order: 1. the key is the one that its parts make; 2. the content is what its kind says (`shapes`); 3. it belongs
to the region that was agreed on: its own region lies in it, and so does its organisation's, which for some kinds may
also stand above (a province's office issues a city's certificate; a city's offices hang from the province's). Where an
organisation stands is not taken from the record, but from what this house knows. What the newest version is, and
whether what it needs has come, is the act's to look up (`holding`).
"""

from dataclasses import dataclass
from typing import Final

from base.canonical import NotCanonical
from base.identifiers import InvalidRegionCode, RegionCode
from catalog_sync.cascade import shapes
from catalog_sync.cascade.shapes import SHAPES, Owner
from catalog_sync.record import Record

KEY_DIFFERS: Final = "key-differs"
NOT_CANONICAL: Final = "content-not-canonical"
OUTSIDE_REGION: Final = "outside-region"
OUTSIDE_ORGANISATIONS: Final = "outside-organisations"
OLDER_VERSION: Final = "older-version"
NEEDS_MISSING: Final = "needs-missing"


@dataclass(frozen=True)
class Refused:
    """Why a record is not taken: a code, and the member that it is about."""

    code: str
    place: str


def fault(record: Record, key: str) -> Refused | None:
    """Tell what is wrong with a record in itself (1 and 2)."""
    try:
        if record.key != key:
            return Refused(KEY_DIFFERS, "key")
    except NotCanonical as error:
        return Refused(NOT_CANONICAL, error.place[:100])
    found = shapes.misshapen(record.subject.kind, record.subject.id, record.content)
    return None if found is None else Refused(found.code, found.place)


def outside(kind: str, whose: Owner, stands_in: str | None, agreed: str) -> Refused | None:
    """Tell whether a thing is another region's (3); `stands_in` is where its organisation stands, if that is known."""
    shape = SHAPES[kind]
    if shape.region and not _belongs(whose.region, agreed, above=kind == "organisation"):
        return Refused(OUTSIDE_REGION, shape.region)
    if shape.organisation and stands_in is not None and not _belongs(stands_in, agreed, above=shape.may_be_above):
        return Refused(OUTSIDE_ORGANISATIONS, shape.organisation)
    return None


def region_of(whose: Owner, stands_in: str | None) -> str:
    """Give the region that a thing belongs to: its own, else its organisation's; empty where neither is one."""
    region = whose.region or stands_in or ""
    return region if _belongs(region, region, above=False) else ""


def lies_in(region: str, outer: str) -> bool:
    """Tell whether a region is another or lies in it; what is no region lies nowhere."""
    return _belongs(region, outer, above=False)


def _belongs(region: str, agreed: str, *, above: bool) -> bool:
    try:
        one, other = RegionCode(region), RegionCode(agreed)
    except InvalidRegionCode:
        return False
    return other.covers(one) or (above and one.covers(other))
