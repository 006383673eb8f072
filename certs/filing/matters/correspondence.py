"""Correspondence (材料与证照对照): what can stand in for a material, said by code and material, and dated.

What is said of a material takes the place of what was said of it before, from its day on; a case of last month is read
with what was said then. Saying the same again changes nothing. How it becomes a use list is `publishing`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.identifiers import read_region_code
from certs.acting import ROOM
from certs.filing.matter import Means, Replacement
from certs.filing.matters import matters
from certs.filing.matters.errors import UnsoundCorrespondence
from certs.filing.matters.keeping import require_speaker
from certs.filing.matters.models import NAME_LENGTH, TARGET_LENGTH, TEXT_LENGTH, Correspondence
from exchange.agreements import purposes

THING: Final = "matter-correspondence"
# As many as a use list takes in one row.
MOST_FIELDS: Final = 200
# One material that more things could stand in for is several materials.
MOST_REPLACEMENTS: Final = 20
_SAID: Final = ("means", "target", "name", "fields", "mode", "basis", "source", "region", "confidence")


@dataclass(frozen=True)
class Of:
    """Of which material: the code that says how widely, the matter's name where the code stands for several."""

    code: str
    matter_name: str
    material: str


def correspond(
    session: Session, of: Of, told: Sequence[Replacement], since: date, by: Caller, at: datetime
) -> list[Correspondence]:
    """Say what can stand in for a material from a day on; none says that nothing does any more.

    Raises `NotYourMatter`, `UnsoundCorrespondence`.
    """
    for member, reason in faults(of, told):
        raise UnsoundCorrespondence(of.material[:NAME_LENGTH], member, reason)
    require_speaker(session, of.code, by, [each.region for each in told])
    before = _standing(session, of)
    rows = [_row(of, place, each, since, by, at) for place, each in enumerate(told, start=1)]
    if [_said(each) for each in before] == [_said(each) for each in rows]:
        return before
    if any(each.effective_from > since for each in before):
        raise UnsoundCorrespondence(of.material, "effective_from", "before-the-one-before")
    for each in before:
        each.effective_until = since
    session.add_all(rows)
    session.flush()
    facts: dict[str, Any] = {"material": of.material, "replacements": len(rows), "since": since.isoformat()}
    ROOM.changed(session, by, at, "matter-correspondence.said", Thing(THING, of.code), **facts)
    return rows


def of_code(session: Session, item_code: str, name: str, day: date) -> list[Correspondence]:
    """Give what is said of an item's materials on a day, wherever."""
    query = select(Correspondence).where(Correspondence.code.in_(matters.codes_of(item_code)))
    query = query.where(Correspondence.matter_name.in_(("", name)), *held(day))
    return list(session.scalars(query.order_by(Correspondence.material, Correspondence.place)))


def held(day: date) -> tuple[Any, ...]:
    """Say in SQL that a row holds on a day."""
    until = or_(Correspondence.effective_until.is_(None), Correspondence.effective_until > day)
    return Correspondence.effective_from <= day, until


def faults(of: Of, told: Sequence[Replacement]) -> Iterator[tuple[str, str]]:
    """Tell what is wrong: a member and a stable reason."""
    if not purposes.is_matter_code(of.code):
        yield "code", "not-a-matter-code"
    if not of.material.strip() or len(of.material) > NAME_LENGTH or len(of.matter_name) > NAME_LENGTH:
        yield "material", "empty-or-too-long"
    if len(told) > MOST_REPLACEMENTS:
        yield "replacements", "too-many"
    for place, each in enumerate(told):
        yield from ((f"replacements/{place}/{member}", reason) for member, reason in _faults(each))


def _faults(told: Replacement) -> Iterator[tuple[str, str]]:
    if not told.name.strip() or len(told.name) > NAME_LENGTH:
        yield "name", "empty-or-too-long"
    if len(told.target) > TARGET_LENGTH or not told.target.isprintable():
        yield "target", "too-long"
    if told.means in {Means.CHECK, Means.ASSISTANCE} and not told.target.strip():
        yield "target", "empty"
    if len(told.fields) > MOST_FIELDS or any(not each or len(each) > TARGET_LENGTH for each in told.fields):
        yield "fields", "too-many-or-too-long"
    if told.region and not read_region_code(told.region).exact:
        yield "region", "not-a-region"
    if len(told.basis) > TEXT_LENGTH or len(told.source) > NAME_LENGTH:
        yield "basis", "too-long"


def _standing(session: Session, of: Of) -> list[Correspondence]:
    query = select(Correspondence).where(
        Correspondence.code == of.code,
        Correspondence.matter_name == of.matter_name,
        Correspondence.material == of.material,
        Correspondence.effective_until.is_(None),
    )
    return list(session.scalars(query.order_by(Correspondence.place).with_for_update()))


def _said(row: Correspondence) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _SAID)


def _row(of: Of, place: int, told: Replacement, since: date, by: Caller, at: datetime) -> Correspondence:
    return Correspondence(
        id=new_id(),
        code=of.code,
        basic_code=purposes.basic_code(of.code),
        matter_name=of.matter_name,
        material=of.material,
        place=place,
        means=told.means.value,
        target=told.target,
        name=told.name,
        fields=list(told.fields),
        mode=told.mode.value,
        basis=told.basis,
        source=told.source,
        region=told.region,
        confidence=told.confidence.value,
        effective_from=since,
        effective_until=None,
        made_by=actor(by),
        made_at=at,
    )
