"""Steps of demands: who may take them, what they need, the tasks that they end and begin, and who is told.

Every step is a row, an audit entry and an event in one transaction. The turn that begins with it is a task of exactly
one organisation and role, so that no open demand is without an owner: only `give_turn` opens tasks.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import notices
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.notices import Notice, Role, kinds_in
from exchange import authorities, substitutions, tasks
from exchange.acting import ROOM
from exchange.agreements.errors import ReasonNeeded
from exchange.agreements.granting import SYSTEM_SCOPE
from exchange.demands import negative, offered
from exchange.demands.demand import Wanted
from exchange.demands.errors import DemandNotMet, DemandStepNotAllowed, NoSuchDemand, NotYourDemand, UnusableDemand
from exchange.demands.life import MOVES, OPEN, ROLE_OF, TURNS, Ground, Side, State, Step, moved
from exchange.demands.matching import match
from exchange.demands.models import Demand, DemandAsker, DemandStep
from keys.parties.organisations import active_organisation

THING: Final = "demand"
KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
PLATFORM: Final = Caller("system", "exchange.demands", "供需对接")
# Asking for one's own data, or naming a provider that is none of the facts a step needs.
OWN_DATA: Final = "own-data"


@dataclass(frozen=True)
class Said:
    """What is said with a step: why, and the fact that it needs: a provider, a directory, a ground with its rule."""

    reason: str = ""
    provider: str = ""
    directory: str = ""
    ground: Ground | None = None
    rule: str = ""


def demand_of(session: Session, known: str, *, locked: bool = False) -> Demand:
    """Give the demand. Raises `NoSuchDemand`."""
    query = select(Demand).where(Demand.id == known)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchDemand(known)
    return found


def wanted_of(row: Demand) -> Wanted:
    """Give what is demanded."""
    return Wanted(row.provider or "", row.name, tuple(row.items), row.update_cycle, row.delivery, row.scope)


def askers(session: Session, row: Demand, *, gone: bool = True) -> list[DemandAsker]:
    """Give those who ask, in the order in which they came; those who left on demand."""
    query = select(DemandAsker).where(DemandAsker.demand == row.id)
    if not gone:
        query = query.where(DemandAsker.left_at.is_(None))
    return list(session.scalars(query.order_by(DemandAsker.joined_at, DemandAsker.organisation)))


def history(session: Session, row: Demand) -> list[DemandStep]:
    """Give every step, in order."""
    return list(session.scalars(select(DemandStep).where(DemandStep.demand == row.id).order_by(DemandStep.id)))


def take(session: Session, row: Demand, step: Step, said: Said, by: Caller, at: datetime) -> Demand:
    """Take a step.

    Raises `DemandStepNotAllowed`, `NotYourDemand`, `ReasonNeeded`, `UnusableDemand`, `DemandNotMet`, `NoAuthority`.
    """
    move = MOVES[step]
    place = require(session, row, move.side, step.value, by, at)
    moved(State(row.state), step, has_provider=row.provider is not None)
    if move.needs_reason and not said.reason.strip():
        raise ReasonNeeded(step.value)
    _apply(session, row, step, said)
    target = moved(State(row.state), step, has_provider=row.provider is not None)
    return keep(session, row, step, target, said.reason, by, at, place)


def keep(
    session: Session,
    row: Demand,
    step: Step,
    target: State,
    reason: str,
    by: Caller,
    at: datetime,
    place: str | None = None,
) -> Demand:
    """Have a step on record: where it stands now, whose turn it is, and who hears of it."""
    row.state, row.changed_at = target.value, at
    row.version += 1
    row.open_as = row.open_as if target in OPEN else None
    tasks.close(session, thing(row), by, at)
    give_turn(session, row, at)
    note(session, row, step.value, reason, by, at, place)
    _tell(session, row, by, at)
    facts = {"state": row.state, "provider": row.provider, "directory": row.directory}
    ROOM.changed(session, by, at, f"demand.{step.value}", thing(row), row.version, **facts)
    return row


def give_turn(session: Session, row: Demand, at: datetime) -> None:
    """Give the demand to whose turn it is, as a task with its term; what is over is nobody's."""
    turn = TURNS.get(State(row.state))
    row.due_at = None
    if turn is not None:
        whose = _organisation_of(session, row, turn.side)
        duty = tasks.Duty(turn.duty, thing(row), row.name, whose, ROLE_OF[turn.side])
        row.due_at = tasks.open_task(session, duty, at).due_at
    session.flush()


def note(
    session: Session, row: Demand, step: str, reason: str, by: Caller, at: datetime, place: str | None = None
) -> None:
    """Write a step down."""
    session.add(
        DemandStep(
            demand=row.id,
            step=step,
            state=row.state,
            by=actor(by),
            on_behalf_of=place,
            organisation=by.organisation,
            reason=reason,
            at=at,
        )
    )
    session.flush()


def thing(row: Demand) -> Thing:
    """Name the demand, as audit entries and tasks do."""
    return Thing(THING, row.id)


def _apply(session: Session, row: Demand, step: Step, said: Said) -> None:
    """Write into the row what a step says, once it was looked at."""
    if step in {Step.ASSIGN, Step.HAND_BACK}:
        row.open_as = None
    if step is Step.ASSIGN:
        _assigned(session, row, said.provider)
    elif step is Step.HAND_BACK:
        row.provider, row.provider_region = None, ""
    elif step is Step.REFUSE:
        if said.ground is None or not said.rule.strip():
            raise UnusableDemand("rule-missing")
        row.ground, row.rule = said.ground.value, said.rule
    elif step is Step.REJECT:
        row.rejected, row.directory = [*row.rejected, *([row.directory] if row.directory else [])], None
    elif step is Step.SATISFY:
        row.directory = _met(session, row, said.directory)
    elif step is Step.OBLIGE:
        row.ground, row.rule = None, ""


def _assigned(session: Session, row: Demand, provider: str) -> None:
    found = active_organisation(session, provider)
    if any(each.organisation == found.code for each in askers(session, row, gone=False)):
        raise UnusableDemand(OWN_DATA)
    # What is forbidden of this provider alone was not known while there was none.
    negative.require_allowed(session, replace(wanted_of(row), provider=found.code))
    row.provider, row.provider_region = found.code, found.region


def _met(session: Session, row: Demand, code: str) -> str:
    """Have the provider's own published directory, which lacks nothing of what is demanded but perhaps the name."""
    found = offered.of_codes(session, [code])
    if not found or found[0].owner != row.provider:
        raise DemandNotMet(code, "no-directory-of-yours")
    near = match(wanted_of(row), found[0])
    if near is None:
        raise DemandNotMet(code, "items")
    if near.missing or not near.is_quick_enough or not near.comes_that_way:
        lacking = "items" if near.missing else "delivery" if near.is_quick_enough else "update-cycle"
        raise DemandNotMet(code, lacking)
    return code


def _organisation_of(session: Session, row: Demand, side: Side) -> str:
    if side is Side.AUTHORITY:
        return _authority(session, row)
    return row.provider if side is Side.PROVIDER and row.provider is not None else row.asker


def _authority(session: Session, row: Demand) -> str:
    """Find the nearest authority over both sides (条例 article 27); over the asker, where there is no provider."""
    return authorities.common_authority(session, row.provider or row.asker, row.asker)


def require(session: Session, row: Demand, side: Side, step: str, by: Caller, at: datetime) -> str | None:
    """Let only those take a step whose it is; gives the person in whose place it is taken, if not in one's own."""
    if side is Side.PLATFORM:
        raise NotYourDemand(row.id, step)
    held = substitutions.roles_of(session, by, at)
    by_system = by.kind == "system" and side is Side.ASKER and SYSTEM_SCOPE in by.scopes
    if ROLE_OF[side] not in held and not by_system:
        raise NotYourDemand(row.id, step)
    if not _belongs(session, row, side, by):
        raise NotYourDemand(row.id, step)
    return held.get(ROLE_OF[side])


def sides_of(session: Session, row: Demand, by: Caller, at: datetime) -> set[Side]:
    """Tell for which sides of a demand a person may act."""
    held = substitutions.roles_of(session, by, at)
    return {side for side, role in ROLE_OF.items() if role in held and _belongs(session, row, side, by)}


def _belongs(session: Session, row: Demand, side: Side, by: Caller) -> bool:
    if side is Side.ASKER:
        return any(each.organisation == by.organisation for each in askers(session, row, gone=False))
    if side is Side.PROVIDER:
        return by.organisation == row.provider
    return authorities.has_authority_over(session, by.organisation, _authority(session, row))


def _tell(session: Session, row: Demand, by: Caller, at: datetime) -> None:
    """Tell those who ask, and the provider, but for whoever did it."""
    whom = [Role(each.organisation, ROLE_OF[Side.ASKER]) for each in askers(session, row, gone=False)]
    whom += [Role(row.provider, ROLE_OF[Side.PROVIDER])] if row.provider else []
    others = tuple(each for each in whom if each.organisation != by.organisation)
    if others:
        facts = {"name": row.name, "demand": row.id, "state": row.state, "directory": row.directory or ""}
        notices.tell(session, Notice(KINDS["demand-moved"], facts, others), at)


def require_open(row: Demand, step: str) -> None:
    """Let a step be taken while the demand is not over. Raises `DemandStepNotAllowed`."""
    if State(row.state) not in OPEN:
        raise DemandStepNotAllowed(step, row.state)
