"""Declares zones: written, submitted, reviewed, published in versions; providers object before and leave afterwards.

Every step is a row, an audit entry and an event in one transaction. A content is judged whenever it is written,
submitted and published, so that nothing is published that was withdrawn while it was being looked at.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from base import notices
from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from base.notices import Notice, Role, kinds_in
from exchange import authorities, substitutions, tasks
from exchange.acting import ROOM
from exchange.agreements.errors import ReasonNeeded
from exchange.errors import OwnWork
from exchange.zones import reading
from exchange.zones.errors import (
    NoSuchZoneMember,
    NotYourZone,
    UnusableZone,
    ZoneForbidden,
    ZoneStepNotAllowed,
    ZoneTaken,
)
from exchange.zones.life import ASKED, MOVES, OPEN, ROLES, Side, Standing, State, Step, moved
from exchange.zones.models import Zone, ZoneMember, ZoneStep, ZoneVersion
from exchange.zones.zone import FORBIDDEN, Content
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import active_organisation

THING: Final = "zone"
MEMBER: Final = "zone-member"
REVIEW, REPAIR = "zone-review", "zone-repair"
PROVIDER: Final = "provider"
KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))


@dataclass(frozen=True)
class Noted:
    """A step as it is written down: where the version stands then, why, in whose place, about which directory."""

    step: str
    state: str
    reason: str = ""
    in_place_of: str | None = None
    directory: str | None = None


def declare(session: Session, code: str, content: Content, by: Caller, at: datetime) -> Zone:
    """Begin a zone as a draft that the caller's organisation leads.

    Raises `NotYourZone`, `ZoneTaken`, `UnusableZone`, `ZoneForbidden`.
    """
    lead = active_organisation(session, by.organisation)
    _require_lead(session, code, lead.code, "declare", by, at)
    _require_sound(session, content)
    told: dict[str, Any] = {
        "code": code,
        "lead": lead.code,
        "lead_region": lead.region,
        "name": content.name,
        "published": None,
    }
    told |= {"version": 0, "created_at": at, "changed_at": at}
    # Of two that declare the same at one moment, the second waits here and finds it taken.
    made = inserting(session, Zone).values(told).on_conflict_do_nothing(index_elements=[Zone.code])
    if session.execute(made.returning(Zone.code)).scalar_one_or_none() is None:
        raise ZoneTaken(code)
    row = session.get_one(Zone, code)
    _versioned(session, row, 1, content, by, at)
    return row


def write(session: Session, zone: Zone, content: Content, by: Caller, at: datetime) -> ZoneVersion:
    """Write the draft anew, or begin a new version beside the published one.

    Raises `NotYourZone`, `ZoneStepNotAllowed`, `UnusableZone`, `ZoneForbidden`.
    """
    _require_lead(session, zone.code, zone.lead, "write", by, at)
    newest = reading.versions(session, zone)[0]
    if State(newest.state) is State.REVIEWING:
        raise ZoneStepNotAllowed("write", newest.state)
    _require_sound(session, content)
    if State(newest.state) is not State.DRAFT:
        return _versioned(session, zone, newest.number + 1, content, by, at)
    session.execute(delete(ZoneMember).where(ZoneMember.zone == zone.code, ZoneMember.number == newest.number))
    newest.name, newest.purpose, newest.matters = content.name, content.purpose, list(content.matters)
    newest.content_sm3, newest.author, newest.changed_at = _digest(content), actor(by), at
    _add_members(session, newest, content, at)
    _noted(session, zone, newest, "write", "", by, at)
    return newest


def take(session: Session, zone: Zone, step: Step, reason: str, by: Caller, at: datetime) -> ZoneVersion:
    """Take a step with the version that stands where the step begins.

    Raises `ZoneStepNotAllowed`, `NotYourZone`, `OwnWork`, `ReasonNeeded`, `UnusableZone`, `ZoneForbidden`,
    `NoAuthority`.
    """
    version = _under_way(session, zone, step)
    place = _require(session, zone, version, MOVES[step].side, step.value, by, at)
    move = moved(State(version.state), step)
    told = reading.members(session, zone.code, version.number)
    objected = any(each.standing == Standing.OBJECTED for each in told)
    if (move.needs_reason or (step is Step.PUBLISH and objected)) and not reason.strip():
        raise ReasonNeeded(step.value)
    if step in {Step.SUBMIT, Step.PUBLISH}:
        _require_sound(session, reading.content_of(session, version))
    if step in {Step.PUBLISH, Step.WITHDRAW}:
        _retire(session, zone, by, at)
    version.state, version.changed_at = move.target.value, at
    if step is Step.PUBLISH:
        zone.published, zone.name, version.published_at = version.number, version.name, at
    tasks.close(session, _version_thing(version), by, at)
    if step is Step.SUBMIT:
        whose = authorities.authority_over(session, zone.lead)
        duty = tasks.Duty(REVIEW, _version_thing(version), version.name, whose, ROLES[Side.AUTHORITY][0])
        tasks.open_task(session, duty, at)
    _noted(session, zone, version, step.value, reason, by, at, place)
    if step in {Step.SUBMIT, Step.PUBLISH, Step.WITHDRAW}:
        _tell_providers(session, zone, version, told, at)
    return version


def object_to(session: Session, zone: Zone, directory: str, reason: str, by: Caller, at: datetime) -> ZoneMember:
    """Object to a directory's place in a zone that is not published yet.

    Raises `NoSuchZoneMember`, `ZoneStepNotAllowed`, `NotYourZone`, `ReasonNeeded`.
    """
    version = next((each for each in reading.versions(session, zone) if State(each.state) is State.REVIEWING), None)
    return _answered(session, zone, version, directory, Standing.OBJECTED, reason, by, at)


def depart(session: Session, zone: Zone, directory: str, reason: str, by: Caller, at: datetime) -> ZoneMember:
    """Take a directory out of a published zone; grants stay as they are, and the lead has to look after the zone.

    Raises `NoSuchZoneMember`, `ZoneStepNotAllowed`, `NotYourZone`, `ReasonNeeded`.
    """
    version = next((each for each in reading.versions(session, zone) if each.number == zone.published), None)
    row = _answered(session, zone, version, directory, Standing.WITHDRAWN, reason, by, at)
    have_repaired(session, zone, row, at)
    return row


def have_repaired(session: Session, zone: Zone, row: ZoneMember, at: datetime) -> None:
    """Tell the lead that a directory of its zone is gone, and give it the task to look after the zone."""
    if not tasks.open_of(session, member_thing(row)):
        duty = tasks.Duty(REPAIR, member_thing(row), zone.name, zone.lead, ROLES[Side.LEAD][1])
        tasks.open_task(session, duty, at)
    facts = {"name": zone.name, "zone": zone.code, "directory": row.directory}
    facts |= {"standing": row.standing, "reason": row.reason}
    whom = tuple(Role(zone.lead, role) for role in ROLES[Side.LEAD])
    notices.tell(session, Notice(KINDS["zone-member"], facts, whom), at)


def note(
    session: Session,
    zone: Zone,
    number: int,
    noted: Noted,
    by: Caller,
    at: datetime,
) -> None:
    """Write a step down, with its audit entry and event."""
    session.add(
        ZoneStep(
            zone=zone.code,
            number=number,
            step=noted.step,
            state=noted.state,
            directory=noted.directory,
            by=actor(by),
            on_behalf_of=noted.in_place_of,
            organisation=by.organisation,
            reason=noted.reason,
            at=at,
        )
    )
    zone.version += 1
    zone.changed_at = at
    session.flush()
    facts: dict[str, Json] = {"number": number, "state": noted.state, "directory": noted.directory}
    ROOM.changed(session, by, at, f"zone.{noted.step}", Thing(THING, zone.code), zone.version, **facts)


def member_thing(row: ZoneMember) -> Thing:
    """Name a directory's place in a version of a zone, as tasks do."""
    return Thing(MEMBER, f"{row.zone}#{row.number}.{row.place}")


def _under_way(session: Session, zone: Zone, step: Step) -> ZoneVersion:
    known = reading.versions(session, zone)
    if step is Step.WITHDRAW and zone.published is not None:
        return next(each for each in known if each.number == zone.published)
    return next((each for each in known if State(each.state) in OPEN), known[0])


def _versioned(session: Session, zone: Zone, number: int, content: Content, by: Caller, at: datetime) -> ZoneVersion:
    row = ZoneVersion(
        zone=zone.code,
        number=number,
        state=State.DRAFT.value,
        name=content.name,
        purpose=content.purpose,
        matters=list(content.matters),
        content_sm3=_digest(content),
        author=actor(by),
        created_at=at,
        changed_at=at,
        published_at=None,
    )
    session.add(row)
    session.flush()
    _add_members(session, row, content, at)
    _noted(session, zone, row, "declare", "", by, at)
    return row


def _add_members(session: Session, version: ZoneVersion, content: Content, at: datetime) -> None:
    owners = reading.known(session, (each.directory for each in content.members))
    session.add_all(
        ZoneMember(
            zone=version.zone,
            number=version.number,
            directory=each.directory,
            place=place,
            provider=owners[each.directory].owner,
            fields=list(each.fields),
            keys=dict(each.keys),
            standing=Standing.INCLUDED.value,
            reason="",
            changed_at=at,
        )
        for place, each in enumerate(content.members)
    )
    session.flush()


def _require_sound(session: Session, content: Content) -> None:
    """Have no zone over what is not there or not shared. Raises `UnusableZone`, `ZoneForbidden`, with every place."""
    found = reading.all_faults(session, content)
    if not found:
        return
    worst = next((each for each in found if each.code in FORBIDDEN), None)
    error: UnusableZone | ZoneForbidden
    if worst is not None:
        error = ZoneForbidden(worst.told, worst.rule, worst.basis)
    else:
        error = UnusableZone(found[0].pointer, found[0].code)
    error.members = {
        "errors": [
            {"pointer": each.pointer, "detail": " · ".join(filter(None, (each.code, each.rule, each.basis)))}
            for each in found
        ]
    }
    raise error


def _retire(session: Session, zone: Zone, by: Caller, at: datetime) -> None:
    """Take the version that could be called until now out of the way, with what was to be done about it."""
    if zone.published is None:
        return
    for version in reading.versions(session, zone):
        if version.number == zone.published:
            version.state, version.changed_at = State.SUPERSEDED.value, at
    for member in reading.members(session, zone.code, zone.published):
        tasks.close(session, member_thing(member), by, at)
    zone.published = None


def _answered(
    session: Session,
    zone: Zone,
    version: ZoneVersion | None,
    directory: str,
    standing: Standing,
    reason: str,
    by: Caller,
    at: datetime,
) -> ZoneMember:
    """Have a provider's word about its directory on record."""
    step = "object" if standing is Standing.OBJECTED else "depart"
    held = substitutions.roles_of(session, by, at)
    if PROVIDER not in held:
        raise NotYourZone(zone.code, step)
    newest = reading.versions(session, zone)[0]
    row = session.get(ZoneMember, (zone.code, (version or newest).number, directory))
    if row is None or row.provider != by.organisation:
        raise NoSuchZoneMember(zone.code, directory)
    if version is None:
        raise ZoneStepNotAllowed(step, newest.state)
    if not reason.strip():
        raise ReasonNeeded(step)
    if Standing(row.standing) not in {*ASKED, Standing.BROKEN} or row.standing == standing:
        raise ZoneStepNotAllowed(step, row.standing)
    row.standing, row.reason, row.changed_at = standing.value, reason, at
    noted = Noted(step, version.state, reason, held[PROVIDER], directory)
    note(session, zone, version.number, noted, by, at)
    return row


def _noted(
    session: Session,
    zone: Zone,
    version: ZoneVersion,
    step: str,
    reason: str,
    by: Caller,
    at: datetime,
    place: str | None = None,
) -> None:
    if zone.published is None and State(version.state) in OPEN:
        zone.name = version.name
    note(session, zone, version.number, Noted(step, version.state, reason, place), by, at)


def _require_lead(session: Session, code: str, lead: str, step: str, by: Caller, at: datetime) -> str | None:
    held = substitutions.roles_of(session, by, at)
    fitting = [role for role in ROLES[Side.LEAD] if role in held]
    if not fitting or by.organisation != lead:
        raise NotYourZone(code, step)
    return held[fitting[0]]


def _require(
    session: Session, zone: Zone, version: ZoneVersion, side: Side, step: str, by: Caller, at: datetime
) -> str | None:
    """Let only those take a step whose it is; gives the person in whose place it is taken, if not in one's own."""
    if side is Side.LEAD:
        return _require_lead(session, zone.code, zone.lead, step, by, at)
    held = substitutions.roles_of(session, by, at)
    role = ROLES[side][0]
    if role not in held or not authorities.has_authority_over(session, by.organisation, zone.lead):
        raise NotYourZone(zone.code, step)
    if version.author in {actor(by), f"person:{held[role]}"}:
        raise OwnWork(step)
    return held[role]


def _tell_providers(session: Session, zone: Zone, version: ZoneVersion, told: list[ZoneMember], at: datetime) -> None:
    whom = tuple(Role(each, PROVIDER) for each in sorted({row.provider for row in told} - {zone.lead}))
    if whom:
        facts = {"name": version.name, "zone": zone.code, "state": version.state}
        notices.tell(session, Notice(KINDS["zone-moved"], facts, whom), at)


def _digest(content: Content) -> str:
    return SM3.of(canonical(content.document)).hex()


def _version_thing(version: ZoneVersion) -> Thing:
    return Thing("zone-version", f"{version.zone}#{version.number}")
