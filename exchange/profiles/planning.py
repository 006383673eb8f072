"""Which directories a profile or a zone asks, for which items, by which conditions: read before anything is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base.callers import Caller
from exchange.agreements.life import GrantState
from exchange.agreements.models import Grant, UseList, UseListItem
from exchange.agreements.purposes import Purpose, basic_code
from exchange.agreements.use_lists import PUBLISHED
from exchange.models import Directory
from exchange.profiles.errors import TooManyMembers
from exchange.sources.questions import Asked
from exchange.zones import reading
from exchange.zones.errors import NoSuchZone
from exchange.zones.life import Standing
from exchange.zones.models import Zone, ZoneMember
from exchange.zones.subjects import KINDS, NAMING, Subject, item_of
from exchange.zones.zone import MOST_MEMBERS, Known

# What an organisation holds is looked through for what knows the subject's key; more is named by hand.
MOST_HELD: Final = 200
# Why a directory is not asked; their words stand in `exchange.profiles.answers`.
WITHDRAWN, LEFT, NO_KEY, KEY_NOT_TOLD = "directory-withdrawn", "left-zone", "no-subject-key", "key-not-told"


@dataclass(frozen=True)
class Planned:
    """A directory that is to be asked: for which items (none: all that are granted), by which; or why it is not."""

    directory: str
    name: str = ""
    owner: str = ""
    update_cycle: str = ""
    fields: tuple[str, ...] = ()
    conditions: tuple[Asked, ...] = field(default=(), repr=False)
    zones: tuple[str, ...] = ()
    not_asked: str | None = None


def of_zone(session: Session, code: str, subject: Subject) -> list[Planned]:
    """Plan the call of a zone. Raises `NoSuchZone`."""
    return _joined(session, _of_zone(session, code, subject))


def of_profile(
    session: Session,
    subject: Subject,
    directories: Sequence[str],
    zones: Sequence[str],
    purpose: Purpose,
    by: Caller,
    at: datetime,
) -> list[Planned]:
    """Plan a profile over directories and zones; over all that the caller holds where none is named.

    A directory that is named by itself is asked for all that is granted, whatever a zone uses of it.
    Raises `NoSuchZone`, `TooManyMembers`.
    """
    codes: Sequence[str] = directories
    if not directories and not zones:
        codes = _held(session, subject, purpose, by, at)
    planned = [_whole(each, subject, found) for each, found in _known(session, codes)]
    for zone in zones:
        planned += _of_zone(session, zone, subject)
    return _joined(session, planned)


def _of_zone(session: Session, code: str, subject: Subject) -> list[Planned]:
    zone = session.get(Zone, code)
    if zone is None or zone.published is None:
        raise NoSuchZone(code)
    told = reading.members(session, zone.code, zone.published)
    known = reading.known(session, [each.directory for each in told])
    return [_in_zone(each, subject, known.get(each.directory)) for each in told]


def _in_zone(row: ZoneMember, subject: Subject, known: Known | None) -> Planned:
    member, zones = reading.member_of(row), (row.zone,)
    not_asked = None
    if row.standing == Standing.WITHDRAWN:
        not_asked = LEFT
    elif known is None:
        not_asked = WITHDRAWN
    elif not set(member.keys) <= set(subject.keys):
        not_asked = KEY_NOT_TOLD
    conditions = _conditions(member.keys, subject) if not_asked is None else ()
    return Planned(
        row.directory, owner=row.provider, fields=member.named, conditions=conditions, zones=zones, not_asked=not_asked
    )


def _whole(code: str, subject: Subject, known: Known | None) -> Planned:
    """Plan a directory that is named by itself.

    One that is not there is asked all the same, and always by a key: the gate refuses it and has that on record.
    """
    if known is None:
        kind = next(each for each in NAMING if each in subject.keys)
        return Planned(code, conditions=_conditions({kind: min(KINDS[kind].items)}, subject))
    keys = _keys_of(known, subject)
    return Planned(code, conditions=_conditions(keys, subject), not_asked=None if keys else NO_KEY)


def _keys_of(known: Known | None, subject: Subject) -> dict[str, str]:
    if known is None:
        return {}
    found = {kind: item_of(kind, known.items) for kind in NAMING if kind in subject.keys}
    return {kind: item for kind, item in found.items() if item is not None}


def _conditions(keys: Mapping[str, str], subject: Subject) -> tuple[Asked, ...]:
    return tuple(Asked(item, "equal", (subject.keys[kind],)) for kind, item in sorted(keys.items()))


def _known(session: Session, codes: Iterable[str]) -> list[tuple[str, Known | None]]:
    told = list(dict.fromkeys(codes))
    known = reading.known(session, told)
    return [(each, known.get(each)) for each in told]


def _held(session: Session, subject: Subject, purpose: Purpose, by: Caller, at: datetime) -> list[str]:
    """Give the directories that the caller's grants, and the use lists for the matter, name and that know the key."""
    granted = select(Grant.directory).where(
        Grant.grantee == by.organisation,
        Grant.state == GrantState.ACTIVE.value,
        Grant.begins_at <= at,
        Grant.ends_at > at,
    )
    listed = (
        select(UseListItem.resource)
        .join(UseList, UseList.id == UseListItem.use_list)
        .where(
            UseListItem.basic_code == basic_code(purpose.item_code),
            UseList.state == PUBLISHED,
            UseList.effective_from <= at,
            or_(UseList.effective_until.is_(None), UseList.effective_until > at),
        )
    )
    query = select(Directory.code).where(or_(Directory.code.in_(granted), Directory.code.in_(listed)))
    known = _known(session, session.scalars(query.order_by(Directory.code).limit(MOST_HELD)))
    return [code for code, found in known if _keys_of(found, subject)]


def _joined(session: Session, planned: Sequence[Planned]) -> list[Planned]:
    """Ask each directory once, and name it. Raises `TooManyMembers`."""
    told: dict[str, Planned] = {}
    for each in planned:
        told[each.directory] = _both(told[each.directory], each) if each.directory in told else each
    if len(told) > MOST_MEMBERS:
        raise TooManyMembers(len(told), MOST_MEMBERS)
    rows = {each.code: each for each in session.scalars(select(Directory).where(Directory.code.in_(told)))}
    return [_named(each, rows.get(each.directory)) for each in told.values()]


def _both(one: Planned, other: Planned) -> Planned:
    """Join two plans of one directory that are asked the same way; else what is asked goes before what is not."""
    zones = tuple(dict.fromkeys((*one.zones, *other.zones)))
    first, second = (one, other) if one.not_asked is None else (other, one)
    fields = first.fields
    if second.not_asked is None:
        is_all = not one.fields or not other.fields
        fields = () if is_all else tuple(dict.fromkeys((*one.fields, *other.fields)))
    return Planned(one.directory, fields=fields, conditions=first.conditions, zones=zones, not_asked=first.not_asked)


def _named(planned: Planned, row: Directory | None) -> Planned:
    """Say whose a directory is, where it is published; of what is not, nobody learns even that it is there."""
    if row is None or row.published is None:
        return planned
    return Planned(**{**vars(planned), "name": row.name, "owner": row.owner, "update_cycle": row.update_cycle})
