"""The register of seals: applied for, agreed to, made, filed, activated, stopped, renewed, ended; and what it was when.

Every step is one row, one audit entry and one event, in one transaction. Who may take a step is asked three times: by
the guard (role), here (the owner's own people, a person and no system), and by `signing.life` (not the same person
twice). Making is in `signing.making`, using in `signing.sealing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from keys.parties.organisations import active_organisation
from signing import kinds, life, pictures
from signing.acting import ROOM
from signing.errors import (
    NoSuchSeal,
    NotTheOwners,
    PersonNeeded,
    RenewalUnderWay,
    SealStepNotAllowed,
    UnusableSealPeriod,
    UnusableSealSize,
)
from signing.life import State, Step
from signing.models import Seal, SealEdition, SealNumber, SealStep

THING: Final = "seal"
# A seal outlives no certificate, and certificates of organs run five years; ten leaves room for slow offices.
LONGEST_PERIOD: Final = timedelta(days=3660)
_STEP_NAMES: Final[Mapping[Step, str]] = {step: f"seal.{step.value}" for step in Step}


@dataclass(frozen=True)
class Application:
    """What a clerk applies for."""

    owner: str
    kind: str
    name: str
    valid_from: datetime
    valid_until: datetime
    picture: bytes
    width_mm: int
    height_mm: int
    basis: str
    person: str | None = None
    impression: str | None = None


@dataclass(frozen=True)
class Renewal:
    """What of a seal is to be new; None keeps what the last edition has."""

    valid_from: datetime
    valid_until: datetime
    basis: str
    picture: bytes | None = None
    width_mm: int | None = None
    height_mm: int | None = None


@dataclass(frozen=True)
class Status:
    """Where a seal stood at a moment."""

    seal: Seal
    edition: SealEdition | None
    state: State | None
    since: datetime | None
    in_period: bool

    @property
    def usable(self) -> bool:
        """Tell whether the seal could be used at that moment."""
        return self.state is State.ACTIVE and self.in_period


def seal_of(session: Session, seal_id: str, *, locked: bool = False) -> Seal:
    """Give the seal. Raises `NoSuchSeal`."""
    query = select(Seal).where(Seal.id == seal_id)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchSeal(seal_id)
    return found


def editions(session: Session, seal_id: str) -> list[SealEdition]:
    """Give every edition of a seal, the first first."""
    return list(session.scalars(select(SealEdition).where(SealEdition.seal == seal_id).order_by(SealEdition.number)))


def steps(session: Session, seal_id: str) -> list[SealStep]:
    """Give every step of a seal's life, in order."""
    return list(session.scalars(select(SealStep).where(SealStep.seal == seal_id).order_by(SealStep.id)))


def apply(session: Session, asked: Application, by: Caller, at: datetime) -> Seal:
    """Apply for a new seal.

    Raises `NotTheOwners`, `PersonNeeded`, `NoSuchSealKind`, `UnusableSealPicture`, `UnusableSealSize`,
    `UnusableSealPeriod`, and what an unknown or suspended owner raises.
    """
    _require_person(by, Step.APPLY)
    owner = active_organisation(session, asked.owner)
    if by.organisation != owner.code:
        raise NotTheOwners("")
    number = _new_number(session, owner.region[:6])
    row = Seal(
        id=number,
        owner=owner.code,
        person=asked.person,
        kind=kinds.kind(asked.kind).name,
        name=asked.name,
        region=owner.region,
        successor=None,
        version=1,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    edition = _edition(row, 1, asked, at)
    _begin(session, row, edition, asked.basis, by, at)
    return row


def renew(session: Session, seal: Seal, asked: Renewal, by: Caller, at: datetime) -> SealEdition:
    """Apply for a new edition of a living seal, which goes on until the new one is activated.

    Raises as `apply` does, and `RenewalUnderWay`, `SealStepNotAllowed`.
    """
    require_own_person(seal, by, Step.APPLY)
    known = editions(session, seal.id)
    if any(State(each.state) not in life.ENDED | {State.ACTIVE, State.SUSPENDED} for each in known):
        raise RenewalUnderWay(seal.id)
    last = _living(known)
    if last is None:
        raise SealStepNotAllowed("renew", known[-1].state)
    told = Application(
        seal.owner,
        seal.kind,
        seal.name,
        asked.valid_from,
        asked.valid_until,
        asked.picture or last.picture,
        asked.width_mm or last.width_mm,
        asked.height_mm or last.height_mm,
        asked.basis,
        impression=None if asked.picture else last.impression,
    )
    edition = _edition(seal, known[-1].number + 1, told, at)
    _begin(session, seal, edition, asked.basis, by, at)
    return edition


def take(session: Session, seal: Seal, step: Step, reason: str, by: Caller, at: datetime) -> SealEdition:
    """Take a step that needs no more than a reason: agree, refuse, withdraw, suspend, resume, cancel, revoke.

    Raises `PersonNeeded`, `NotTheOwners`, `SealStepNotAllowed`, `SamePerson`.
    """
    edition = standing(session, seal, step)
    return advance(session, seal, edition, step, reason, by, at)


def file(session: Session, seal: Seal, number: str, by: Caller, at: datetime) -> SealEdition:
    """Note under which number the seal was filed with the office that keeps the filings (备案).

    Raises as `take` does.
    """
    edition = standing(session, seal, Step.FILE)
    edition.filing = number
    return advance(session, seal, edition, Step.FILE, number, by, at)


def activate(session: Session, seal: Seal, reason: str, by: Caller, at: datetime) -> SealEdition:
    """Bring the filed edition into use; the one that lived until now is superseded in the same moment.

    Raises as `take` does, and `UnusableSealPeriod` for one whose time is over.
    """
    edition, known = standing(session, seal, Step.ACTIVATE), editions(session, seal.id)
    # A seal that was ended does not come back by the renewal that was on its way: its name may be gone, its heir named.
    if any(State(each.state) in {State.CANCELLED, State.REVOKED} for each in known):
        raise SealStepNotAllowed(Step.ACTIVATE.value, "ended")
    if edition.valid_until <= at:
        raise UnusableSealPeriod("over")
    earlier = _living(known)
    if earlier is not None:
        advance(session, seal, earlier, Step.SUPERSEDE, f"edition {edition.number}", by, at)
        session.flush()
    return advance(session, seal, edition, Step.ACTIVATE, reason, by, at)


def succeed(session: Session, seal: Seal, successor: Seal, reason: str, by: Caller, at: datetime) -> SealEdition:
    """Cancel a seal after renaming or merger and name the one that took its place.

    Raises as `take` does, and `SealStepNotAllowed` for a successor that is not in use.
    """
    heir = _living(editions(session, successor.id))
    if successor.id == seal.id or heir is None or heir.state != State.ACTIVE:
        raise SealStepNotAllowed("succeed", heir.state if heir else "none")
    seal.successor = successor.id
    return take(session, seal, Step.CANCEL, reason, by, at)


def standing(session: Session, seal: Seal, step: Step) -> SealEdition:
    """Give the edition to which a step applies: of those that stand where it begins, the last.

    Raises `SealStepNotAllowed`.
    """
    known = editions(session, seal.id)
    fit = [each for each in known if State(each.state) in life.MOVES[step].sources]
    if not fit:
        raise SealStepNotAllowed(step.value, known[-1].state)
    return fit[-1] if step is not Step.CANCEL and step is not Step.REVOKE else fit[0]


def advance(
    session: Session, seal: Seal, edition: SealEdition, step: Step, reason: str, by: Caller, at: datetime
) -> SealEdition:
    """Take a step with an edition and keep the record of it.

    Raises `PersonNeeded`, `NotTheOwners`, `SealStepNotAllowed`, `SamePerson`.
    """
    edition.state = require_may(session, seal, edition, step, by)
    edition.version += 1
    _note(session, seal, edition, step, reason, by, at)
    return edition


def require_may(session: Session, seal: Seal, edition: SealEdition, step: Step, by: Caller) -> State:
    """Tell the state after a step that this caller may take.

    Raises `PersonNeeded`, `NotTheOwners`, `SealStepNotAllowed`, `SamePerson`.
    """
    if life.MOVES[step].of_owner:
        require_own_person(seal, by, step)
    else:
        _require_person(by, step)
    done_by = {Step(each.step): each.by for each in steps(session, seal.id) if each.edition == edition.number}
    return life.moved(State(edition.state), step, actor(by), done_by)


def living(session: Session, seal: Seal) -> SealEdition | None:
    """Give the edition that is active or suspended, if there is one."""
    return _living(editions(session, seal.id))


def status_at(session: Session, seal: Seal, at: datetime) -> Status:
    """Tell where the seal stood at a moment, by its recorded steps: of the edition that was last brought into use."""
    query = select(SealStep).where(SealStep.seal == seal.id, SealStep.at <= at).order_by(SealStep.id)
    last: dict[int, SealStep] = {}
    for each in session.scalars(query):
        last[each.edition] = each
    if not last:
        return Status(seal, None, None, None, in_period=False)
    lived = [number for number, step in last.items() if State(step.state) in {State.ACTIVE, State.SUSPENDED}]
    used = [number for number, step in last.items() if State(step.state) not in _NEVER_USED]
    number = max(lived or used or last)
    edition = session.get_one(SealEdition, (seal.id, number))
    told = last[number]
    in_period = edition.valid_from <= at <= edition.valid_until
    return Status(seal, edition, State(told.state), told.at, in_period)


_NEVER_USED: Final = frozenset({State.APPLIED, State.AGREED, State.MADE, State.FILED, State.REFUSED, State.WITHDRAWN})


def _living(known: list[SealEdition]) -> SealEdition | None:
    return next((each for each in known if State(each.state) in {State.ACTIVE, State.SUSPENDED}), None)


def _edition(seal: Seal, number: int, asked: Application, at: datetime) -> SealEdition:
    kind = kinds.kind(asked.kind)
    if not (kind.fits(asked.width_mm) and kind.fits(asked.height_mm)):
        raise UnusableSealSize(asked.width_mm, asked.height_mm, kind.smallest_mm, kind.largest_mm)
    if asked.valid_until <= asked.valid_from:
        raise UnusableSealPeriod("empty")
    if asked.valid_until <= at:
        raise UnusableSealPeriod("over")
    if asked.valid_until - asked.valid_from > LONGEST_PERIOD:
        raise UnusableSealPeriod("too-long")
    return SealEdition(
        seal=seal.id,
        number=number,
        state=State.APPLIED.value,
        valid_from=asked.valid_from.replace(microsecond=0),
        valid_until=asked.valid_until.replace(microsecond=0),
        basis=asked.basis,
        impression=asked.impression,
        picture=pictures.cleaned(asked.picture).png,
        width_mm=asked.width_mm,
        height_mm=asked.height_mm,
        key_id=None,
        certificate=None,
        drawn_at=None,
        draft=None,
        content=None,
        filing=None,
        version=1,
    )


def _begin(session: Session, seal: Seal, edition: SealEdition, reason: str, by: Caller, at: datetime) -> None:
    session.add(edition)
    session.flush()
    _note(session, seal, edition, Step.APPLY, reason, by, at)


def _note(
    session: Session, seal: Seal, edition: SealEdition, step: Step, reason: str, by: Caller, at: datetime
) -> None:
    """Keep the step, the audit entry and the event."""
    if step is not Step.APPLY or edition.number > 1:
        seal.version += 1
    seal.changed_at = at
    session.add(
        SealStep(
            seal=seal.id,
            edition=edition.number,
            step=step.value,
            state=edition.state,
            by=actor(by),
            organisation=by.organisation,
            reason=reason,
            at=at,
        )
    )
    session.flush()
    thing = Thing(THING, seal.id)
    ROOM.changed(session, by, at, _STEP_NAMES[step], thing, seal.version, edition=edition.number, state=edition.state)


def require_own_person(seal: Seal, by: Caller, step: str) -> None:
    """Let a person of the seal's owner pass. Raises `PersonNeeded`, `NotTheOwners`."""
    _require_person(by, step)
    if by.organisation != seal.owner:
        raise NotTheOwners(seal.id)


def _require_person(by: Caller, step: str) -> None:
    if by.kind != "person":
        raise PersonNeeded(step)


def _new_number(session: Session, region: str) -> str:
    """Give the next number of a region: its six digits and eight that count up."""
    counted = inserting(session, SealNumber).values(region=region, last=1)
    counted = counted.on_conflict_do_update(index_elements=[SealNumber.region], set_={"last": SealNumber.last + 1})
    last = session.execute(counted.returning(SealNumber.last)).scalar_one()
    return f"{region}{last:08d}"
