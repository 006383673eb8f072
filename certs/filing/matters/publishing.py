"""The correspondence published as a use list (用证清单), which is what a statutory use needs.

1. A list in force is whole: publishing one ends the one before it (`exchange.agreements.use_lists`). So a draft takes
   over the rows of the list in force for every matter that it is not about, and says anew those of the matters that
   were named.
2. One such draft of an authority waits at a time, and it is published only while the list that it was built on is
   still in force: else rows that came into force meanwhile would be lost without a word.
3. Who drafts does not publish; that, and from when on, is decided where use lists are.

Only what names a certificate type or a directory becomes a row: a check at its source and an organ that is asked need
no grant. Twelve characters that stand for several matters are never granted as twelve: each item is named in full.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.workdays import local_day
from certs.acting import ROOM
from certs.filing.matter import BASIC, IMPLEMENTED, ITEM, Means
from certs.filing.matters import matters
from certs.filing.matters.correspondence import held
from certs.filing.matters.errors import (
    NoSuchMatter,
    NoSuchMatterUseList,
    NothingCorresponds,
    UseListDraftOpen,
    UseListOutdated,
)
from certs.filing.matters.models import Correspondence, MatterItem, MatterUseList
from certs.queries.permission import resource_of
from certs.types import Types
from exchange.agreements import purposes, use_lists
from exchange.agreements.models import UseList, UseListItem
from exchange.agreements.purposes import Stage
from exchange.agreements.use_list_tables import UseRow

THING: Final = "use-list"
# What stands in for a paper where it is filed; an inspection has its own lists.
STAGES: Final = (Stage.GUIDANCE, Stage.INTAKE, Stage.ACCEPTANCE, Stage.REVIEW)
_GRANTED: Final = (Means.CERTIFICATE.value, Means.SHARED.value)
# Names and reasons of a use list are shorter than those of tables of matters.
_NAME, _BASIS = purposes.LONGEST_NAME, purposes.LONGEST_REASON


@dataclass(frozen=True)
class NewUseList:
    """A use list that is to be drafted: for these codes, or for every matter."""

    title: str
    basis: str
    codes: tuple[str, ...] = ()


def draft(session: Session, types: Types, new: NewUseList, by: Caller, at: datetime) -> UseList:
    """Draft the next use list of the caller's authority from the correspondence.

    Raises `NotYourUseList`, `UseListDraftOpen`, `NoSuchMatter`, `NothingCorresponds`.
    """
    _require_none_open(session, by)
    _require_known(session, new.codes)
    rows = list(_rows(session, types, new.codes, at))
    if not rows:
        raise NothingCorresponds(len(new.codes))
    standing = _standing(session, by.organisation)
    carried = _carried(session, standing, new.codes)
    made = use_lists.draft(session, new.title, new.basis, [*carried, *rows], by, at)
    session.add(
        MatterUseList(
            use_list=made.id,
            authority=made.authority,
            built_on=standing.id if standing is not None else None,
            matters=list(new.codes),
            carried=len(carried),
            made_by=actor(by),
            made_at=at,
        )
    )
    session.flush()
    ROOM.record(session, by, at, "matter-use-list.drafted", Thing(THING, made.id), rows=len(rows), carried=len(carried))
    return made


def publish(session: Session, known: str, effective_from: datetime | None, by: Caller, at: datetime) -> UseList:
    """Let a draft made from the correspondence come into force, by another person than its writer.

    Raises `NoSuchMatterUseList`, `UseListOutdated`, and what `use_lists.publish` raises.
    """
    made = session.get(MatterUseList, known)
    if made is None:
        raise NoSuchMatterUseList(known[:36])
    row = use_lists.use_list_of(session, known, locked=True)
    standing = _standing(session, made.authority)
    if row.state == use_lists.DRAFT and (standing.id if standing is not None else None) != made.built_on:
        raise UseListOutdated(known)
    return use_lists.publish(session, row, effective_from or at, by, at)


def _rows(session: Session, types: Types, codes: Sequence[str], at: datetime) -> Iterator[UseRow]:
    """Give the rows of the correspondence that name something that is granted."""
    query = select(Correspondence).where(
        Correspondence.means.in_(_GRANTED), Correspondence.target != "", *held(local_day(at))
    )
    if codes:
        query = query.where(Correspondence.basic_code.in_({purposes.basic_code(each) for each in codes}))
    said: dict[tuple[str, str, str], UseRow] = {}
    items = _Items(session, codes)
    for each in session.scalars(query.order_by(Correspondence.code, Correspondence.material, Correspondence.place)):
        for code, name in items.named(each):
            made = _row(types, code, name, each)
            key = (made.item_code, made.material, made.resource)
            said[key] = _joined(said[key], made) if key in said else made
    yield from said.values()


def _row(types: Types, code: str, name: str, of: Correspondence) -> UseRow:
    type_ = types.get(of.target)
    resource = resource_of(type_) if type_ is not None else of.target
    fields = tuple(each[:_NAME] for each in of.fields)
    return UseRow(code, name[:_NAME], of.material[:_NAME], resource, fields, (), STAGES, of.basis[:_BASIS])


def _joined(one: UseRow, other: UseRow) -> UseRow:
    fields = tuple(dict.fromkeys((*one.fields, *other.fields)))
    return UseRow(**{**vars(one), "fields": fields})


class _Items:
    """Tells under which code a row of the correspondence is granted; asks for each twelve characters once."""

    def __init__(self, session: Session, codes: Sequence[str]) -> None:
        self._session = session
        self._codes = codes
        self._known: dict[str, list[MatterItem]] = {}

    def named(self, of: Correspondence) -> Iterator[tuple[str, str]]:
        """Give the code and the name: the twelve where they stand for one matter and are asked for, else each item."""
        found = self._of(of.basic_code)
        names = {each.name for each in found}
        is_whole = not self._codes or of.basic_code in self._codes
        if is_whole and (len(of.code) == ITEM or len(names) <= 1):
            yield of.code, of.matter_name or next(iter(names), "")
            return
        for each in found:
            is_asked = is_whole or any(each.item_code.startswith(code) for code in self._codes)
            if is_asked and of.code in matters.codes_of(each.item_code) and of.matter_name in ("", each.name):
                yield each.item_code, each.name

    def _of(self, basic: str) -> list[MatterItem]:
        if basic not in self._known:
            query = select(MatterItem).where(MatterItem.basic_code == basic).order_by(MatterItem.item_code)
            self._known[basic] = list(self._session.scalars(query))
        return self._known[basic]


def _carried(session: Session, standing: UseList | None, codes: Sequence[str]) -> list[UseRow]:
    """Take over the rows of the list in force that are about other matters than those that are said anew."""
    if standing is None:
        return []
    spoken = set(codes) or set(session.scalars(select(Correspondence.basic_code).distinct()))
    query = select(UseListItem).where(UseListItem.use_list == standing.id).order_by(UseListItem.place)
    kept = (each for each in session.scalars(query) if not _is_of(each, spoken))
    return [
        UseRow(
            each.item_code,
            each.item_name,
            each.material,
            each.resource,
            tuple(each.fields),
            tuple(each.organs),
            tuple(map(Stage, each.stages)),
            each.basis,
        )
        for each in kept
    ]


def _is_of(row: UseListItem, codes: AbstractSet[str]) -> bool:
    """Tell whether a row is about one of the codes; a row of twelve characters says more than one item."""
    return row.basic_code in codes or row.item_code in codes or row.item_code[:IMPLEMENTED] in codes


def _standing(session: Session, authority: str) -> UseList | None:
    """Give the list of an authority that has no end yet; publishing another ends it."""
    query = select(UseList).where(
        UseList.authority == authority, UseList.state == use_lists.PUBLISHED, UseList.effective_until.is_(None)
    )
    return session.scalars(query.order_by(UseList.number.desc()).limit(1)).one_or_none()


def _require_none_open(session: Session, by: Caller) -> None:
    query = (
        select(UseList.id)
        .join(MatterUseList, MatterUseList.use_list == UseList.id)
        .where(UseList.authority == by.organisation, UseList.state == use_lists.DRAFT)
    )
    found = session.scalars(query.limit(1)).one_or_none()
    if found is not None:
        raise UseListDraftOpen(found)


def _require_known(session: Session, codes: Sequence[str]) -> None:
    columns = {
        BASIC: MatterItem.basic_code,
        IMPLEMENTED: MatterItem.implementation_code,
        ITEM: MatterItem.item_code,
    }
    for each in codes:
        column = columns.get(len(each))
        query = select(MatterItem.item_code).limit(1)
        if column is None or session.scalars(query.where(column == each)).first() is None:
            raise NoSuchMatter(matters.shown(each))
