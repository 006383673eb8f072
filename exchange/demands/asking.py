"""Demands as they come: begun, joined by others who need the same, widened, left; born of gaps by a room above.

What is demanded twice is one demand with several askers: whoever asks for what an open demand asks for already joins
it. Who asks for all of it and more begins a demand that takes its place, unless someone is providing it already. Who
leaves last withdraws it. A demand that a published directory meets goes back to the asker to look (matched); what
a gap came of is no demand then, for it lacks a grant and not the data.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from exchange import tasks
from exchange.acting import ROOM
from exchange.demands import negative, offered
from exchange.demands.demand import (
    LONGEST_NAME,
    MISSING_REPORTS,
    OWN,
    Lack,
    NewDemand,
    Relation,
    Wanted,
    item_set,
    normalised,
    relation,
)
from exchange.demands.errors import DemandForbidden, UnusableDemand
from exchange.demands.life import OPEN, ROLE_OF, UNBEGUN, Side, State, Step, begins
from exchange.demands.models import Demand, DemandAsker
from exchange.demands.steps import (
    OWN_DATA,
    PLATFORM,
    askers,
    demand_of,
    give_turn,
    keep,
    note,
    require,
    require_open,
    thing,
    wanted_of,
)
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import active_organisation

# Names of what waits for a demand; the ranking counts the cases, so that more names would only be read by nobody.
MOST_REFERENCES: Final = 200


def begin(session: Session, new: NewDemand, by: Caller, at: datetime) -> Demand:
    """Ask for data: join the demand that asks for them already, or begin one.

    Raises `NotYourDemand`, `UnusableDemand`, `DemandForbidden`, `NoSuchOrganisation`, `OrganisationSuspended`.
    """
    asking = Lack(by.organisation, new, OWN, ())
    _require_usable(session, asking)
    wanted = new.wanted
    near = offered.near(session, wanted)
    met = near[0].directory if near and near[0].is_whole else None
    return _asked(session, asking, met, by, at)


def born(session: Session, lack: Lack, at: datetime) -> Demand | None:
    """Have what a room above found lacking as a demand; none where a directory meets it or a rule forbids it.

    Entries that are missing are lacking in a directory that is there: it does not meet what is demanded of it.
    The same lack told again changes nothing but what waits for it. Raises `UnusableDemand`.
    """
    try:
        _require_usable(session, lack)
    except DemandForbidden:
        return None
    near = offered.near(session, lack.new.wanted)
    if near and near[0].is_whole and lack.origin != MISSING_REPORTS:
        return None
    return _asked(session, lack, None, PLATFORM, at)


def leave(session: Session, row: Demand, reason: str, by: Caller, at: datetime) -> Demand:
    """Ask no more: the last who leaves withdraws the demand. Raises `NotYourDemand`, `DemandStepNotAllowed`."""
    place = require(session, row, Side.ASKER, Step.WITHDRAW.value, by, at)
    require_open(row, Step.WITHDRAW.value)
    staying = []
    for each in askers(session, row, gone=False):
        if each.organisation == by.organisation:
            each.left_at = at
        else:
            staying.append(each)
    if not staying:
        return keep(session, row, Step.WITHDRAW, State.WITHDRAWN, reason, by, at, place)
    if row.asker == by.organisation:
        _lead(session, row, staying[0].organisation, at)
    row.version += 1
    note(session, row, "leave", reason, by, at, place)
    ROOM.changed(session, by, at, "demand.left", thing(row), row.version)
    return row


def merge(session: Session, row: Demand, into: str, reason: str, by: Caller, at: datetime) -> Demand:
    """Have the authority join two demands that are one under two names.

    Raises `NotYourDemand`, `DemandStepNotAllowed`, `NoSuchDemand`, `UnusableDemand` for a demand and itself.
    """
    place = require(session, row, Side.AUTHORITY, Step.SUPERSEDE.value, by, at)
    other = demand_of(session, into, locked=True)
    require(session, other, Side.AUTHORITY, Step.SUPERSEDE.value, by, at)
    if other.id == row.id:
        raise UnusableDemand("itself")
    if other.provider in {each.organisation for each in askers(session, row, gone=False)}:
        raise UnusableDemand(OWN_DATA)
    require_open(other, Step.SUPERSEDE.value)
    require_unbegun(row)
    return _superseded(session, row, other, reason, by, at, place)


def require_unbegun(row: Demand) -> None:
    """Let a demand be replaced while nobody provides it. Raises `DemandStepNotAllowed`."""
    from_here = State(row.state) in UNBEGUN
    require_open(row, Step.SUPERSEDE.value)
    if not from_here:
        raise UnusableDemand("already-under-way")


def _require_usable(session: Session, asking: Lack) -> None:
    """Have a demand that may be made: of somebody else, and nothing that a rule forbids."""
    wanted = asking.new.wanted
    active_organisation(session, asking.organisation)
    if wanted.provider == asking.organisation:
        raise UnusableDemand(OWN_DATA)
    if wanted.provider:
        active_organisation(session, wanted.provider)
    if len(item_set(wanted.items)) != len(wanted.items):
        raise UnusableDemand("item-twice")
    negative.require_allowed(session, wanted)


def _asked(session: Session, asking: Lack, met: str | None, by: Caller, at: datetime) -> Demand:
    wanted = asking.new.wanted
    known = _open_ones(session, wanted)
    for each in known:
        if relation(wanted, wanted_of(each)) is Relation.WITHIN and each.provider != asking.organisation:
            return _joined(session, each, asking, by, at)
    row = _begun(session, asking, met, by, at)
    if row is None:
        return _joined(session, _same(session, wanted), asking, by, at)
    for each in known:
        is_wider = relation(wanted, wanted_of(each)) is Relation.WIDER and State(each.state) in UNBEGUN
        if is_wider and wanted.provider not in {one.organisation for one in askers(session, each, gone=False)}:
            _superseded(session, each, row, "", by, at, None)
    return row


def _open_ones(session: Session, wanted: Wanted) -> Sequence[Demand]:
    """Give the open demands of that name, the oldest first, to be changed."""
    query = select(Demand).where(
        Demand.plain_name == _plain(wanted.name), Demand.state.in_(sorted(each.value for each in OPEN))
    )
    return session.scalars(query.order_by(Demand.created_at, Demand.id).with_for_update()).all()


def _begun(session: Session, asking: Lack, met: str | None, by: Caller, at: datetime) -> Demand | None:
    """Begin a demand; none where another transaction began the same at this moment."""
    wanted = asking.new.wanted
    state = begins(is_met=met is not None, has_provider=bool(wanted.provider))
    provider = active_organisation(session, wanted.provider) if wanted.provider else None
    told = {
        "id": new_id(),
        "asker": asking.organisation,
        "asker_region": active_organisation(session, asking.organisation).region,
        "provider": provider.code if provider else None,
        "provider_region": provider.region if provider else "",
        "name": wanted.name,
        "plain_name": _plain(wanted.name),
        "items": list(wanted.items),
        "update_cycle": wanted.update_cycle,
        "delivery": wanted.delivery,
        "scope": wanted.scope,
        "state": state.value,
        "open_as": _recognised(wanted),
        "directory": met,
        "rejected": [],
        "rule": "",
        "version": 1,
        "created_at": at,
        "changed_at": at,
    }
    made = inserting(session, Demand).values(told).on_conflict_do_nothing(index_elements=[Demand.open_as])
    number = session.execute(made.returning(Demand.id)).scalar_one_or_none()
    if number is None:
        return None
    row = demand_of(session, number)
    session.add(_asker(row, asking, by, at))
    session.flush()
    give_turn(session, row, at)
    note(session, row, "begin", asking.new.purpose, by, at)
    facts = {"provider": row.provider, "origin": asking.origin, "state": row.state, "directory": row.directory}
    ROOM.changed(session, by, at, "demand.begun", thing(row), row.version, **facts)
    return row


def _same(session: Session, wanted: Wanted) -> Demand:
    return session.scalars(select(Demand).where(Demand.open_as == _recognised(wanted)).with_for_update()).one()


def _joined(session: Session, row: Demand, asking: Lack, by: Caller, at: datetime) -> Demand:
    """Put somebody among those who ask; who asks already brings what more waits for it."""
    known = session.get(DemandAsker, (row.id, asking.organisation))
    if known is None:
        session.add(_asker(row, asking, by, at))
    elif known.left_at is not None or asking.references:
        references = tuple(dict.fromkeys((*known.references, *asking.references)))[:MOST_REFERENCES]
        if known.left_at is None and list(references) == known.references and asking.weight == known.weight:
            return row
        known.references, known.weight, known.left_at = list(references), asking.weight, None
    else:
        return row
    row.version += 1
    row.changed_at = at
    note(session, row, "join", asking.new.purpose, by, at)
    ROOM.changed(session, by, at, "demand.joined", thing(row), row.version, asker=asking.organisation)
    return row


def _asker(row: Demand, asking: Lack, by: Caller, at: datetime) -> DemandAsker:
    return DemandAsker(
        demand=row.id,
        organisation=asking.organisation,
        origin=asking.origin,
        basis=asking.new.basis,
        purpose=asking.new.purpose,
        references=list(asking.references[:MOST_REFERENCES]),
        weight=asking.weight,
        by=actor(by),
        joined_at=at,
        left_at=None,
    )


def _superseded(
    session: Session, row: Demand, other: Demand, reason: str, by: Caller, at: datetime, place: str | None
) -> Demand:
    """Let another demand take the place of one; those who asked for it ask for the other from now on."""
    for each in askers(session, row, gone=False):
        new = NewDemand(wanted_of(other), each.basis, each.purpose)
        moving = Lack(each.organisation, new, each.origin, tuple(each.references), each.weight)
        _joined(session, other, moving, by, at)
    row.superseded_by = other.id
    return keep(session, row, Step.SUPERSEDE, State.SUPERSEDED, reason, by, at, place)


def _lead(session: Session, row: Demand, organisation: str, at: datetime) -> None:
    """Put another asker first; what was the first one's turn is theirs now."""
    following = active_organisation(session, organisation)
    row.asker, row.asker_region = following.code, following.region
    for task in tasks.open_of(session, thing(row)):
        if task.role == ROLE_OF[Side.ASKER]:
            task.organisation = organisation
    row.changed_at = at
    session.flush()


def _plain(name: str) -> str:
    """Give a name as it is looked for: a single letter may fold to eighteen, and whole names are compared later."""
    return normalised(name)[:LONGEST_NAME]


def _recognised(wanted: Wanted) -> str:
    told: list[Json] = [
        wanted.provider,
        normalised(wanted.name),
        [*sorted(item_set(wanted.items))],
        wanted.update_cycle,
        wanted.delivery,
        normalised(wanted.scope),
    ]
    return SM3.of(canonical(told)).hex()
