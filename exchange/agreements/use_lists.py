"""Use lists (用证清单): what each matter takes from which directory or certificate type, published by the authority.

Where the ground is statutory, a published row is enough: it is read as a contract of its own, so that it is judged like
any grant. A list is drafted from a table, published by another person, and comes into force at a moment; the version
before it ends at that moment. A row never lets a matter take more than the fields it names.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from base import workdays
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from exchange import authorities
from exchange.acting import ROOM
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.contracts import Call, Contract
from exchange.agreements.errors import (
    NoSuchUseList,
    NotYourUseList,
    OwnShareRequest,
    UnusableEffectiveDate,
    UseListStepNotAllowed,
)
from exchange.agreements.models import UseList, UseListItem
from exchange.agreements.purposes import Ground, Stage, basic_code
from exchange.agreements.use_list_tables import UseRow
from keys.parties.organisations import active_organisation

THING: Final = "use-list"
DRAFT, PUBLISHED, DISCARDED = "draft", "published", "discarded"
# A list in force has no end until the next one has a beginning.
NO_END: Final = datetime(9999, 1, 1, tzinfo=workdays.SHANGHAI)
# Published long ahead, a list would be forgotten; a day back is for a decision that took effect this morning.
FARTHEST_AHEAD: Final = timedelta(days=366)
# Whom a list can serve: others need a grant, since a list names matters and no callers.
SERVED: Final = frozenset({CallerKind.DEPARTMENT, CallerKind.AGENT})
_STAGES: Final = frozenset(Stage) - {Stage.AGREEMENT}
# Built once: building it costs more than running it, and it is run for every statutory use.
_IN_FORCE: Final = (
    select(UseListItem, UseList)
    .join(UseList, UseList.id == UseListItem.use_list)
    .where(
        UseListItem.resource.in_(bindparam("resources", expanding=True)),
        UseListItem.basic_code == bindparam("basic_code"),
        UseList.state == PUBLISHED,
        UseList.effective_from <= bindparam("at"),
        (UseList.effective_until.is_(None)) | (UseList.effective_until > bindparam("at")),
    )
    .order_by(UseList.effective_from, UseList.authority, UseList.number, UseListItem.place)
)


def implied(session: Session, call: Call) -> list[Contract]:
    """Give the contracts that the lists in force imply for a call: its matter and its resource."""
    return implied_each(session, call, (call.directory,)).get(call.directory, [])


def implied_each(session: Session, call: Call, resources: Sequence[str]) -> dict[str, list[Contract]]:
    """Give the contracts that the lists in force imply for a call's matter, by the resources that are asked for."""
    if call.kind not in SERVED or (call.kind is CallerKind.AGENT and call.mandate is None):
        return {}
    asked = {"resources": list(resources), "basic_code": basic_code(call.purpose.item_code), "at": call.at}
    merged: dict[tuple[Any, ...], Contract] = {}
    for item, use_list in session.execute(_IN_FORCE, asked):
        made = _contract(item, use_list, call)
        same = (made.directory, item.use_list, made.matters, made.organs, made.stages)
        merged[same] = _joined(merged[same], made) if same in merged else made
    found: dict[str, list[Contract]] = {}
    for made in merged.values():
        found.setdefault(made.directory, []).append(made)
    return found


def draft(session: Session, title: str, basis: str, rows: Sequence[UseRow], by: Caller, at: datetime) -> UseList:
    """Take the rows of a new list in. Raises `NotYourUseList`."""
    authority = active_organisation(session, by.organisation)
    if authorities.ROLE not in by.roles:
        raise NotYourUseList("")
    last = select(func.max(UseList.number)).where(UseList.authority == authority.code)
    row = UseList(
        id=new_id(),
        authority=authority.code,
        region=authority.region,
        number=(session.execute(last).scalar_one() or 0) + 1,
        title=title,
        basis=basis,
        state=DRAFT,
        rows=len(rows),
        author=actor(by),
        effective_from=None,
        effective_until=None,
        version=1,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    session.add_all(_item(row, place, told) for place, told in enumerate(rows, start=1))
    session.flush()
    ROOM.changed(session, by, at, "use-list.drafted", Thing(THING, row.id), row.version, rows=row.rows)
    return row


def publish(session: Session, row: UseList, effective_from: datetime, by: Caller, at: datetime) -> UseList:
    """Let a list come into force; the one before it ends then.

    Raises `NotYourUseList`, `UseListStepNotAllowed`, `OwnShareRequest` for one's own draft, `UnusableEffectiveDate`.
    """
    _require_own(row, by)
    _require_draft(row, "publish")
    if row.author == actor(by):
        raise OwnShareRequest("publish")
    if effective_from < at:
        raise UnusableEffectiveDate("past")
    if effective_from > at + FARTHEST_AHEAD:
        raise UnusableEffectiveDate("too-far")
    for earlier in session.scalars(_running(row)):
        if earlier.effective_from is not None and earlier.effective_from >= effective_from:
            raise UnusableEffectiveDate("before-the-one-before")
        earlier.effective_until = effective_from
        earlier.version += 1
    row.state, row.effective_from = PUBLISHED, effective_from
    _changed(session, row, "use-list.published", by, at, effective_from=effective_from.isoformat())
    return row


def discard(session: Session, row: UseList, by: Caller, at: datetime) -> UseList:
    """Discard a draft; its record stays. Raises `NotYourUseList`, `UseListStepNotAllowed`."""
    _require_own(row, by)
    _require_draft(row, "discard")
    row.state = DISCARDED
    _changed(session, row, "use-list.discarded", by, at)
    return row


def end(session: Session, row: UseList, reason: str, by: Caller, at: datetime) -> UseList:
    """End a list that is in force, or will be, at once. Raises `NotYourUseList`, `UseListStepNotAllowed`."""
    _require_own(row, by)
    if row.state != PUBLISHED or (row.effective_until is not None and row.effective_until <= at):
        raise UseListStepNotAllowed("end", row.state)
    row.effective_until = at
    _changed(session, row, "use-list.ended", by, at, reason=reason)
    return row


def use_list_of(session: Session, known: str, *, locked: bool = False) -> UseList:
    """Give a list. Raises `NoSuchUseList`."""
    query = select(UseList).where(UseList.id == known)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchUseList(known)
    return found


def listed_codes(session: Session, codes: Sequence[str]) -> set[str]:
    """Tell which of these 12-digit codes some published list names."""
    query = (
        select(UseListItem.basic_code)
        .join(UseList, UseList.id == UseListItem.use_list)
        .where(UseListItem.basic_code.in_(codes), UseList.state == PUBLISHED)
    )
    return set(session.scalars(query.distinct()))


def _contract(item: UseListItem, use_list: UseList, call: Call) -> Contract:
    return Contract(
        id=f"use-list:{use_list.id}:{item.place}",
        directory=item.resource,
        grantee=call.organisation,
        kind=call.kind,
        fields=tuple(item.fields),
        matters=(item.item_code,),
        stages=frozenset(map(Stage, item.stages)) or _STAGES,
        grounds=frozenset({Ground.STATUTORY}),
        modes=frozenset({Mode.QUERY, Mode.BATCH}),
        begins=use_list.effective_from or NO_END,
        ends=use_list.effective_until or NO_END,
        organs=frozenset(item.organs),
        regions=(use_list.region,),
        mandate=call.mandate,
        version=use_list.number,
        purpose=item.material,
    )


def _joined(one: Contract, other: Contract) -> Contract:
    """Let several materials of one matter take their fields together."""
    told = {**vars(one), "fields": tuple(dict.fromkeys((*one.fields, *other.fields)))}
    return Contract(**told)


def _running(row: UseList) -> Select[UseList]:
    query = select(UseList).where(UseList.authority == row.authority, UseList.state == PUBLISHED)
    return query.where(UseList.effective_until.is_(None)).with_for_update()


def _item(row: UseList, place: int, told: UseRow) -> UseListItem:
    return UseListItem(
        use_list=row.id,
        place=place,
        item_code=told.item_code,
        basic_code=basic_code(told.item_code),
        item_name=told.item_name,
        material=told.material,
        resource=told.resource,
        fields=list(told.fields),
        organs=list(told.organs),
        stages=[each.value for each in told.stages],
        basis=told.basis,
    )


def _changed(session: Session, row: UseList, act: str, by: Caller, at: datetime, **facts: Any) -> None:
    row.version += 1
    row.changed_at = at
    session.flush()
    ROOM.changed(session, by, at, act, Thing(THING, row.id), row.version, number=row.number, **facts)


def _require_own(row: UseList, by: Caller) -> None:
    if authorities.ROLE not in by.roles or by.organisation != row.authority:
        raise NotYourUseList(row.id)


def _require_draft(row: UseList, step: str) -> None:
    if row.state != DRAFT:
        raise UseListStepNotAllowed(step, row.state)
