"""What another site may ask about what it told: receipts since a mark, one version, a listing, the counts.

Everything is asked by the site about its own records; nobody sees another's. A mark is the number of the last row of
the page before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.cascade.errors import UnknownCascadeMark
from catalog_sync.cascade.holding import Source
from catalog_sync.cascade.models import Held, HeldVersion
from catalog_sync.targets.target import Outcome

# Pages that take milliseconds to read, and stay below a quarter of a megabyte.
MOST_RECEIPTS: Final = 500
MOST_LISTED: Final = 500
# Records of one batch, and bytes of its body: fifty directories of two hundred items each.
MOST_RECORDS: Final = 50
MOST_BYTES: Final = 8 * 1024 * 1024
# SQLite and PostgreSQL count rows in 64 bits.
LARGEST_MARK: Final = 2**63 - 1


@dataclass(frozen=True)
class Asked:
    """Which version a site asks about."""

    kind: str
    thing: str
    version: int
    key: str


def receipts(session: Session, source: Source, mark: str) -> tuple[list[HeldVersion], str]:
    """Give the decisions since a mark, and the mark to read on from. Raises `UnknownCascadeMark`."""
    query = select(HeldVersion).where(*_own(source, HeldVersion), HeldVersion.number > number_of(mark))
    rows = list(session.scalars(query.order_by(HeldVersion.number).limit(MOST_RECEIPTS)))
    return rows, str(rows[-1].number) if rows else mark


def find(session: Session, source: Source, asked: Asked) -> HeldVersion | None:
    """Give what was decided last about this very version."""
    query = select(HeldVersion).where(
        *_own(source, HeldVersion),
        HeldVersion.key == asked.key,
        HeldVersion.kind == asked.kind,
        HeldVersion.thing == asked.thing,
        HeldVersion.version == asked.version,
    )
    return session.scalars(query.order_by(HeldVersion.number.desc()).limit(1)).one_or_none()


def listing(session: Session, source: Source, kind: str, mark: str) -> tuple[list[Held], str | None]:
    """List the things of a kind that are held and were not taken back. Raises `UnknownCascadeMark`."""
    query = select(Held).where(
        *_own(source, Held), Held.kind == kind, Held.is_gone.is_(False), Held.id > number_of(mark)
    )
    rows = list(session.scalars(query.order_by(Held.id).limit(MOST_LISTED + 1)))
    shown = rows[:MOST_LISTED]
    return shown, str(shown[-1].id) if len(rows) > MOST_LISTED else None


def counts(session: Session, source: Source) -> Mapping[str, Json]:
    """Count what is held by kind, and what was refused by code."""
    held = select(Held.kind, func.count()).where(*_own(source, Held), Held.is_gone.is_(False)).group_by(Held.kind)
    refused = (
        select(HeldVersion.code, func.count())
        .where(*_own(source, HeldVersion), HeldVersion.outcome == Outcome.REFUSED.value)
        .group_by(HeldVersion.code)
    )
    return {"held": _counted(session, held), "refused": _counted(session, refused)}


def number_of(mark: str) -> int:
    """Read a mark; an empty one stands before everything. Raises `UnknownCascadeMark`."""
    if not mark:
        return 0
    if not (mark.isascii() and mark.isdecimal()) or len(mark) > len(str(LARGEST_MARK)) or int(mark) > LARGEST_MARK:
        raise UnknownCascadeMark
    return int(mark)


def _counted(session: Session, query: Select[str, int]) -> dict[str, Json]:
    rows = session.execute(query).all()
    return {name: count for name, count in rows}  # noqa: C416 - rows are no pairs to the type checker


def _own(source: Source, model: type[Held] | type[HeldVersion]) -> tuple[ColumnElement[bool], ...]:
    return model.way == source.way, model.partner == source.name
