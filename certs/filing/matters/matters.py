"""Matters as they held on a day: found by 12, 31 or 33 characters, with what can stand in for each material there.

Where twelve characters stand for several matters, a region chooses among the organs that carry one of them out, the
nearest first; it never chooses between two names. Versions are by day of Asia/Shanghai: a case of last month is read
with the version of last month. How a version comes to be kept is `keeping`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from base import search as words
from base.identifiers import RegionCode, read_region_code
from base.workdays import local_day
from certs.filing.matter import BASIC, IMPLEMENTED, ITEM, Confidence, Matter, Replacement
from certs.filing.matters import contents
from certs.filing.matters.errors import MOST_CANDIDATES, AmbiguousMatter, Candidate, NoSuchMatter
from certs.filing.matters.models import MATTER_SEARCH, CatalogueEntry, Correspondence, MatterItem, MatterVersion
from exchange.agreements import purposes

# One more than is told, so that it is known that there are more.
_MOST: Final = 4 * MOST_CANDIDATES
_HELD: Final = (
    MatterVersion.effective_from <= bindparam("day"),
    or_(MatterVersion.effective_until.is_(None), MatterVersion.effective_until > bindparam("day")),
)
_OF_CANDIDATE: Final = (
    *(MatterItem.item_code, MatterVersion.name, MatterItem.organ),
    *(MatterVersion.organ_name, MatterVersion.region, MatterVersion.number),
)
# Built once, since every plan and look-up runs them.
_CANDIDATES: Final = (
    select(*_OF_CANDIDATE)
    .join(MatterVersion, MatterVersion.item_code == MatterItem.item_code)
    .where(*_HELD)
    .order_by(MatterItem.item_code)
    .limit(_MOST)
)
_BY: Final = {
    BASIC: _CANDIDATES.where(MatterItem.basic_code == bindparam("code")),
    IMPLEMENTED: _CANDIDATES.where(MatterItem.implementation_code == bindparam("code")),
    ITEM: _CANDIDATES.where(MatterItem.item_code == bindparam("code")),
}
_CORRESPONDENCE: Final = (
    select(Correspondence)
    .where(
        Correspondence.code.in_(bindparam("codes", expanding=True)),
        Correspondence.effective_from <= bindparam("day"),
        or_(Correspondence.effective_until.is_(None), Correspondence.effective_until > bindparam("day")),
    )
    .order_by(Correspondence.place, Correspondence.id)
)


def matter_of(session: Session, code: str, at: datetime, region: str = "") -> Matter:
    """Give the matter of a code as it held at a time, with what can stand in for its materials in the region.

    Without a region, the one in which the matter is carried out. Raises `NoSuchMatter`, `AmbiguousMatter`.
    """
    day = local_day(at)
    found = _nearest(_candidates(session, code, day), region)
    if not found:
        raise NoSuchMatter(shown(code))
    if len(found) > 1:
        raise AmbiguousMatter.of(code, tuple(_candidate(each) for each in found))
    version = session.get_one(MatterVersion, (found[0].item_code, found[0].number))
    return _with_replacements(session, matter(version), day, region or version.region)


def matter(version: MatterVersion) -> Matter:
    """Read a version, without what can stand in for its materials."""
    return Matter(
        item_code=version.item_code,
        name=version.name,
        organ=version.item_code[:18],
        region=version.region,
        version=version.number,
        effective_from=version.effective_from,
        effective_until=version.effective_until,
        questions=contents.questions(version.questions),
        materials=contents.materials(version.materials),
        result_type=version.result_type,
        confidence=Confidence(version.confidence),
        organ_name=version.organ_name,
        source=version.source,
        elements=contents.elements(version.elements),
    )


def codes_of(item_code: str) -> tuple[str, str, str]:
    """Give the three codes under which something may be said of an item."""
    return purposes.basic_code(item_code), item_code[:IMPLEMENTED], item_code


def listed(session: Session, text: str, code: str, region: str) -> Select[MatterItem]:
    """Ask for items: that words find, whose code begins so or whose twelve do, in a region and what lies in it."""
    query = select(MatterItem)
    if text:
        dialect = session.connection().dialect.name
        found = select(MATTER_SEARCH.c.subject).where(words.matches(MATTER_SEARCH, text, dialect))
        query = query.where(MatterItem.item_code.in_(found))
    if code:
        begins = MatterItem.item_code.startswith(code, autoescape=True)
        query = query.where(begins | MatterItem.basic_code.startswith(code, autoescape=True))
    if region:
        query = query.where(MatterItem.region.startswith(_stem(region), autoescape=True))
    return query


def catalogue(text: str, code: str) -> Select[CatalogueEntry]:
    """Ask for entries of the basic catalogue: by a part of their names, the beginning of their twelve characters."""
    query = select(CatalogueEntry)
    if text:
        query = query.where(CatalogueEntry.name.contains(text, autoescape=True))
    return query.where(CatalogueEntry.basic_code.startswith(code, autoescape=True)) if code else query


def versions(session: Session, item_code: str) -> Sequence[MatterVersion]:
    """Give every version of an item, the first first. Raises `NoSuchMatter`."""
    query = select(MatterVersion).where(MatterVersion.item_code == item_code).order_by(MatterVersion.number)
    found = session.scalars(query).all()
    if not found:
        raise NoSuchMatter(shown(item_code))
    return found


def shown(code: str) -> str:
    """Say a code back: whatever was sent, not more than a code has."""
    return code[:ITEM]


def _candidates(session: Session, code: str, day: date) -> Sequence[Any]:
    if not purposes.is_matter_code(code):
        return ()
    return list(session.execute(_BY[len(code)], {"code": code, "day": day}))


def _nearest(found: Sequence[Row[Any]], region: str) -> Sequence[Row[Any]]:
    """Let the region choose where one name is carried out in several places: what covers it, the smallest of those.

    Where nothing covers it, what lies within it.
    """
    if len(found) < 2 or not read_region_code(region).exact:  # noqa: PLR2004 - two are several
        return found
    asked = RegionCode(region)
    covering = [each for each in found if RegionCode(each.region).covers(asked)]
    if not covering:
        return [each for each in found if asked.covers(RegionCode(each.region))] or found
    smallest = max(RegionCode(each.region).level for each in covering)
    nearest = [each for each in covering if RegionCode(each.region).level == smallest]
    # The county may carry out only one of two matters that share the code: then the city's other one is meant as well.
    names = {each.name for each in nearest}
    return nearest + [each for each in covering if each.name not in names]


def _candidate(told: Row[Any]) -> Candidate:
    return Candidate(told.item_code, told.name, told.organ, told.organ_name, told.region)


def _with_replacements(session: Session, of: Matter, day: date, region: str) -> Matter:
    rows = session.scalars(_CORRESPONDENCE, {"codes": list(codes_of(of.item_code)), "day": day}).all()
    said: dict[str, list[Correspondence]] = {}
    for row in rows:
        if row.matter_name in ("", of.name) and _holds_in(row.region, region):
            said.setdefault(row.material, []).append(row)
    found = {material: _narrowest(each) for material, each in said.items()}
    return replace(of, materials=tuple(replace(each, replacements=found.get(each.name, ())) for each in of.materials))


def _narrowest(rows: Sequence[Correspondence]) -> tuple[Replacement, ...]:
    """Let what is said of the item take the place of what is said of the twelve characters."""
    longest = max(len(each.code) for each in rows)
    return tuple(replacement_of(each) for each in rows if len(each.code) == longest)


def replacement_of(row: Correspondence) -> Replacement:
    """Read a row of the correspondence."""
    return contents.replacement(vars(row))


def _holds_in(said: str, region: str) -> bool:
    if not said or not read_region_code(region).exact:
        return not said
    return RegionCode(said).covers(RegionCode(region))


def _stem(region: str) -> str:
    """Give the digits that regions within a region begin with: 320900 takes in 320902."""
    stem = region.ljust(12, "0")
    for end in (2, 4, 6, 9):
        if not stem[end:].strip("0"):
            return stem[:end]
    return region
