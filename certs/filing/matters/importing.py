"""Tables of matters taken in: each sound matter kept, with what can stand in for its materials.

A dry run keeps nothing, walks the same way and counts the same. Faulty matters are left out and told by cell; the
others are taken, since the matters of a province do not wait for each other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from certs.acting import ROOM
from certs.filing.matter import Matter
from certs.filing.matters import correspondence, import_reading, keeping, targets
from certs.filing.matters.correspondence import Of
from certs.filing.matters.errors import MatterDateTaken
from certs.filing.matters.import_drafts import Draft, Entry, Judged, from_source
from certs.filing.matters.import_tables import MOST_FAULTS, Fault, Read
from certs.filing.matters.models import CatalogueEntry
from certs.filing.matters.sites import site_of
from certs.filing.matters.targets import Site
from certs.types import Types

THING: Final = "matter-import"
UNKNOWN_TOLD: Final = 40


@dataclass(frozen=True)
class Source:
    """Where tables are from, from which day on what they say holds, and whether only to look."""

    name: str
    since: date
    dry_run: bool = True


@dataclass(frozen=True)
class Report:
    """What was done, or would be."""

    dry_run: bool
    matters: int
    new: int
    changed: int
    same: int
    faulty: int
    materials: int
    without_basis: int
    unmapped: int
    unknown_columns: tuple[str, ...]
    faults: tuple[Fault, ...]


def take_in(session: Session, tables: Sequence[Read], types: Types, source: Source, by: Caller, at: datetime) -> Report:
    """Take tables in, or look at what that would do. Raises `NotYourMatter` for what the caller does not speak for."""
    judged = import_reading.judge(tables, source.since)
    sound, faults = _sound(judged, source)
    site = site_of(session, types, targets.names_in(row for each in sound for row in each.rows))
    counted = {"new": 0, "changed": 0, "same": 0}
    refused: list[Fault] = []
    for draft in sound:
        keeping.require_speaker(session, draft.matter.item_code, by, (draft.matter.region,))
        known = _known(session, draft)
        try:
            if not source.dry_run and known != "same":
                _keep(session, draft, by, at)
            if not source.dry_run:
                _say(session, draft, site, by, at)
        except MatterDateTaken:
            refused.append(replace(draft.place, code="date-taken"))
        else:
            counted[known] += 1
    if not source.dry_run:
        _enter(session, judged.entries, source, by, at)
        facts = {name: count for name, count in counted.items() if count}
        ROOM.record(session, by, at, "matters.imported", Thing(THING, source.name[:100]), **facts)
    told = (*judged.faults, *faults, *refused)
    return Report(
        source.dry_run,
        len(sound) + judged.faulty + len(faults),
        **counted,
        faulty=judged.faulty + len(faults) + len(refused),
        materials=sum(len(each.matter.materials) for each in sound),
        without_basis=sum(not material.basis.strip() for each in sound for material in each.matter.materials),
        unmapped=sum(1 for each in sound for _ in _unmapped(each, site)),
        unknown_columns=_unknown(tables),
        faults=told[:MOST_FAULTS],
    )


def _sound(judged: Judged, source: Source) -> tuple[list[Draft], list[Fault]]:
    """Part the drafts that hang together from those that do not."""
    found, faults = [], []
    for each in judged.drafts:
        draft = from_source(each, source.name)
        if next(keeping.faults(draft.matter), None) is None:
            found.append(draft)
        else:
            faults.append(draft.place)
    return found, faults


def _known(session: Session, draft: Draft) -> str:
    """Tell what keeping it would do: `new`, `changed` or `same`; what stands in is said again in any case."""
    newest = keeping.newest(session, draft.matter.item_code)
    if draft.gone:
        return "same" if newest is None or newest.effective_until is not None else "changed"
    if newest is None:
        return "new"
    is_same = newest.content_sm3 == keeping.content_digest(draft.matter)
    return "same" if is_same and newest.effective_until == draft.withdrawn else "changed"


def _keep(session: Session, draft: Draft, by: Caller, at: datetime) -> None:
    told = draft.matter
    if not draft.gone:
        keeping.keep(session, told, by, at)
        _enter_missing(session, told, at)
    if draft.withdrawn is not None:
        keeping.withdraw(session, told.item_code, max(draft.withdrawn, told.effective_from), by, at)


def _say(session: Session, draft: Draft, site: Site, by: Caller, at: datetime) -> None:
    """Say what stands in for each material of the rows; the same again changes nothing."""
    told = draft.matter
    for row in draft.rows:
        of = Of(told.item_code, told.name, row.material)
        correspondence.correspond(session, of, targets.replacements(row, site), told.effective_from, by, at)


def _enter_missing(session: Session, told: Matter, at: datetime) -> None:
    if session.get(CatalogueEntry, (told.basic_code, told.name)) is None:
        session.add(_entry(Entry(told.basic_code, told.name, (), told.elements.by_law), told.source, at))


def _enter(session: Session, entries: Sequence[Entry], source: Source, by: Caller, at: datetime) -> None:
    """Put entries into the catalogue, which is the whole province's. Raises `NotYourMatter`."""
    for each in entries:
        keeping.require_speaker(session, each.code, by, ())
        row = session.get(CatalogueEntry, (each.code, each.name))
        if row is None:
            session.add(_entry(each, source.name, at))
        elif (row.levels, row.by_law) != (list(each.levels), each.by_law):
            row.levels, row.by_law, row.source, row.changed_at = list(each.levels), each.by_law, source.name, at
    session.flush()


def _entry(told: Entry, source: str, at: datetime) -> CatalogueEntry:
    return CatalogueEntry(
        basic_code=told.code,
        name=told.name,
        levels=list(told.levels),
        department="",
        system="",
        by_law=told.by_law,
        source=source,
        confidence="known",
        changed_at=at,
    )


def _unmapped(draft: Draft, site: Site) -> Iterator[str]:
    for row in draft.rows:
        yield from (each.name for each in targets.replacements(row, site) if not each.is_mapped)


def _unknown(tables: Sequence[Read]) -> tuple[str, ...]:
    told = dict.fromkeys(f"{table.table.value}: {each}" for table in tables for each in table.unknown)
    return tuple(told)[:UNKNOWN_TOLD]
