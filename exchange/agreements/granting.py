"""Grants made from what was agreed, and their life after: narrowed, renewed, suspended, revoked, given back, ended.

A grant is made by a request that was granted and by nothing else; it never comes to mean more than its request, but for
a longer time. Every change is a version or a step, an audit entry and an event in one transaction, and takes effect on
the next call, since `exchange.agreements.grants.require` reads the row itself.
"""

import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from base import notices, workdays
from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.notices import Notice, Role, kinds_in
from exchange import authorities, substitutions, tasks
from exchange.acting import ROOM
from exchange.agreements import callers, clauses, matters, use_lists
from exchange.agreements.caller_kinds import CallerKind, kinds
from exchange.agreements.clauses import ClauseFault, Clauses, Setting
from exchange.agreements.errors import (
    NoSuchGrant,
    NotShareable,
    NotYourGrant,
    ReasonNeeded,
    UnusableClauses,
    WiderThanAsked,
)
from exchange.agreements.life import ROLE_OF, GrantState, GrantStepName, Side, grant_move
from exchange.agreements.models import Grant, GrantStep, GrantVersion, ShareRequest
from exchange.agreements.purposes import basic_code, is_matter_code
from exchange.directories import version_of
from exchange.models import Directory, Task
from exchange.mounting.models import SERVING, Mount
from keys.algorithms.sm3 import SM3
from keys.parties.models import ACTIVE, System

THING: Final = "grant"
SUPPLY: Final = "supply"
KINDS: Final = kinds_in(Path(__file__).with_name("notices.toml"))
# Long enough to ask anew and be decided on, with one extension.
WARNED_BEFORE: Final = timedelta(days=30)
# One run of the job; the next takes the rest.
MOST_AT_ONCE: Final = 500
SALT_BYTES: Final = 32
SYSTEM_SCOPE: Final = "share:write"
# A system of the platform itself acts when nobody does.
PLATFORM: Final = Caller("system", "yinxin", "印信")


def grant_of(session: Session, code: str, *, locked: bool = False) -> Grant:
    """Give the grant. Raises `NoSuchGrant`."""
    query = select(Grant).where(Grant.code == code)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchGrant(code)
    return found


def versions(session: Session, grant: Grant) -> list[GrantVersion]:
    """Give every version, the newest first."""
    query = select(GrantVersion).where(GrantVersion.grant == grant.code)
    return list(session.scalars(query.order_by(GrantVersion.number.desc())))


def steps(session: Session, grant: Grant) -> list[GrantStep]:
    """Give every step, in order."""
    return list(session.scalars(select(GrantStep).where(GrantStep.grant == grant.code).order_by(GrantStep.id)))


def setting_of(session: Session, directory: Directory, grantee: str, told: Clauses, at: datetime) -> Setting:
    """Gather what clauses are checked against. Raises `NotShareable`."""
    standing = callers.registered(session, grantee, at)
    systems = select(System.id).where(System.organisation == grantee, System.state == ACTIVE)
    codes = sorted({basic_code(code) for code in told.matters if is_matter_code(code)})[: clauses.MOST_MATTERS]
    known = {*matters.by_code(), *use_lists.listed_codes(session, codes)}
    items = items_of(session, directory)
    return Setting(items, kinds()[standing.kind], standing.mandate, set(session.scalars(systems)), known)


def items_of(session: Session, directory: Directory) -> dict[str, dict[str, Any]]:
    """Give the published items by name. Raises `NotShareable`."""
    if directory.published is None:
        raise NotShareable(directory.code, "not-published")
    content = version_of(session, directory, directory.published).content
    return {str(item["name"]): item for item in content.get("items", ()) if "name" in item}


def require_usable(session: Session, directory: Directory, grantee: str, told: Clauses, at: datetime) -> None:
    """Check clauses against the directory and the grantee. Raises `UnusableClauses`, `NotShareable`."""
    faults = clauses.faults(told, setting_of(session, directory, grantee, told, at))
    if faults:
        raise _unusable(faults)


def make(session: Session, request: ShareRequest, told: Clauses, by: Caller, at: datetime) -> Grant:
    """Make the grant of a request that was granted; tell both sides, and begin the term in which data must flow."""
    standing = callers.registered(session, request.requester, at)
    row = Grant(
        code=new_id(),
        directory=request.directory,
        title=request.title,
        provider=request.provider,
        provider_region=request.provider_region,
        grantee=request.requester,
        kind=standing.kind.value,
        mandate=standing.mandate if standing.kind is CallerKind.AGENT else None,
        request=request.id,
        state=GrantState.ACTIVE.value,
        suspended_by_authority=False,
        warned=False,
        begins_at=told.begins,
        ends_at=told.ends,
        clauses=clauses.document(told),
        salt=secrets.token_bytes(SALT_BYTES),
        number=0,
        version=0,
        created_at=at,
        changed_at=at,
    )
    session.add(row)
    _versioned(session, row, told, "", by, at)
    _open_supply(session, row, at)
    sides = ((row.provider, ROLE_OF[Side.PROVIDER]), (row.grantee, ROLE_OF[Side.REQUESTER]))
    _tell(session, row, "share-granted", sides, at, grant=row.code)
    return _kept(session, row, GrantStepName.MAKE, "", by, at)


def narrow(session: Session, row: Grant, told: Clauses, reason: str, by: Caller, at: datetime) -> Grant:
    """Let a grant give less from now on.

    Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`, `WiderThanAsked`, `UnusableClauses`.
    """
    _require(session, row, GrantStepName.NARROW, reason, by, at)
    wider = clauses.widened(clauses.read(row.clauses), told)
    if wider is not None:
        raise WiderThanAsked(wider)
    directory = session.get_one(Directory, row.directory)
    require_usable(session, directory, row.grantee, told, at)
    _versioned(session, row, told, reason, by, at)
    return _kept(session, row, GrantStepName.NARROW, reason, by, at)


def renew(session: Session, row: Grant, ends: datetime, reason: str, by: Caller, at: datetime) -> Grant:
    """Let a grant go on, under the same clauses, also one that ended meanwhile.

    Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`, `UnusableClauses`.
    """
    _require(session, row, GrantStepName.RENEW, reason, by, at)
    if ends <= max(at, row.ends_at):
        raise _unusable([ClauseFault("#/ends", "not-later")])
    if ends - at > clauses.LONGEST:
        raise _unusable([ClauseFault("#/ends", "too-long")])
    told = {**row.clauses, "ends": ends.isoformat()}
    _versioned(session, row, clauses.read(told), reason, by, at)
    row.warned = False
    return _kept(session, row, GrantStepName.RENEW, reason, by, at)


def suspend(session: Session, row: Grant, reason: str, by: Caller, at: datetime) -> Grant:
    """Stop a grant for a while. Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`."""
    side = _require(session, row, GrantStepName.SUSPEND, reason, by, at)
    row.suspended_by_authority = side is Side.AUTHORITY
    return _kept(session, row, GrantStepName.SUSPEND, reason, by, at)


def resume(session: Session, row: Grant, reason: str, by: Caller, at: datetime) -> Grant:
    """Let a suspended grant go on; what the authority suspended, only the authority resumes.

    Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`.
    """
    side = _require(session, row, GrantStepName.RESUME, reason, by, at)
    if row.suspended_by_authority and side is not Side.AUTHORITY:
        raise NotYourGrant(row.code, GrantStepName.RESUME.value)
    row.suspended_by_authority = False
    return _kept(session, row, GrantStepName.RESUME, reason, by, at)


def revoke(session: Session, row: Grant, reason: str, by: Caller, at: datetime) -> Grant:
    """End a grant for good; the next call is refused. Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`."""
    _require(session, row, GrantStepName.REVOKE, reason, by, at)
    return _kept(session, row, GrantStepName.REVOKE, reason, by, at)


def give_back(session: Session, row: Grant, reason: str, by: Caller, at: datetime) -> Grant:
    """End a grant that its user needs no more. Raises `NotYourGrant`, `GrantStepNotAllowed`, `ReasonNeeded`."""
    _require(session, row, GrantStepName.GIVE_BACK, reason, by, at)
    return _kept(session, row, GrantStepName.GIVE_BACK, reason, by, at)


def keep(session: Session, at: datetime) -> int:
    """Do what time asks: mark what has ended, warn of what ends soon, close the terms of what is mounted; count it."""
    return _expire(session, at) + _warn(session, at) + _close_supplies(session, at)


def sides_of(session: Session, row: Grant, by: Caller, at: datetime) -> set[Side]:
    """Tell for which sides of a grant a caller may act."""
    held = substitutions.roles_of(session, by, at)
    found = set()
    if by.organisation == row.provider and ROLE_OF[Side.PROVIDER] in held:
        found.add(Side.PROVIDER)
    if by.organisation == row.grantee and (ROLE_OF[Side.REQUESTER] in held or SYSTEM_SCOPE in by.scopes):
        found.add(Side.REQUESTER)
    if authorities.ROLE in held and authorities.has_authority_over(session, by.organisation, row.provider):
        found.add(Side.AUTHORITY)
    return found


def _unusable(faults: list[ClauseFault]) -> UnusableClauses:
    error = UnusableClauses(len(faults), faults[0].pointer, faults[0].code)
    error.members = {"errors": [{"pointer": each.pointer, "detail": each.code} for each in faults]}
    return error


def _require(session: Session, row: Grant, step: GrantStepName, reason: str, by: Caller, at: datetime) -> Side:
    """Let only those take a step whose it is, from where it begins, with a reason; tell for which side they act."""
    move = grant_move(GrantState(row.state), step)
    sides = sides_of(session, row, by, at) & move.sides
    if not sides:
        raise NotYourGrant(row.code, step.value)
    if not reason.strip():
        raise ReasonNeeded(step.value)
    return max(sides, key=(Side.PROVIDER, Side.REQUESTER, Side.AUTHORITY).index)


def _versioned(session: Session, row: Grant, told: Clauses, reason: str, by: Caller, at: datetime) -> None:
    document = clauses.document(told)
    row.clauses, row.begins_at, row.ends_at = document, told.begins, told.ends
    row.number += 1
    session.flush()
    digest = SM3.of(canonical(document)).hex()
    session.add(
        GrantVersion(
            grant=row.code,
            number=row.number,
            clauses=document,
            clauses_sm3=digest,
            reason=reason,
            by=actor(by),
            at=at,
        )
    )


def _kept(session: Session, row: Grant, step: GrantStepName, reason: str, by: Caller, at: datetime) -> Grant:
    if step is not GrantStepName.MAKE:
        row.state = (grant_move(GrantState(row.state), step).target or GrantState(row.state)).value
        sides = ((row.provider, ROLE_OF[Side.PROVIDER]), (row.grantee, ROLE_OF[Side.REQUESTER]))
        _tell(session, row, "grant-changed", sides, at, grant=row.code, step=step.value, state=row.state)
    row.version += 1
    row.changed_at = at
    session.add(
        GrantStep(
            grant=row.code,
            step=step.value,
            state=row.state,
            by=actor(by),
            organisation=by.organisation,
            reason=reason,
            at=at,
        )
    )
    if GrantState(row.state) not in {GrantState.ACTIVE, GrantState.SUSPENDED}:
        tasks.close(session, _supply(row), by, at)
    session.flush()
    facts: dict[str, Any] = {"directory": row.directory, "state": row.state, "number": row.number}
    ROOM.changed(
        session, by, at, f"grant.{step.value}", Thing(THING, row.code), row.version, grantee=row.grantee, **facts
    )
    return row


def _expire(session: Session, at: datetime) -> int:
    query = select(Grant).where(Grant.state.in_(("active", "suspended")), Grant.ends_at <= at)
    over = session.scalars(query.order_by(Grant.ends_at).limit(MOST_AT_ONCE).with_for_update()).all()
    for row in over:
        _kept(session, row, GrantStepName.EXPIRE, "", PLATFORM, at)
    return len(over)


def _warn(session: Session, at: datetime) -> int:
    soon = Grant.ends_at <= at + WARNED_BEFORE
    query = select(Grant).where(Grant.state == GrantState.ACTIVE.value, Grant.warned.is_(False), soon)
    ending = session.scalars(query.order_by(Grant.ends_at).limit(MOST_AT_ONCE)).all()
    for row in ending:
        row.warned = True
        day = workdays.local_day(row.ends_at).isoformat()
        whom = ((row.grantee, ROLE_OF[Side.REQUESTER]), (row.provider, ROLE_OF[Side.PROVIDER]))
        _tell(session, row, "grant-ending", whom, at, grant=row.code, day=day)
    return len(ending)


def _is_served(directory: str) -> Any:
    return exists().where(Mount.directory == directory, Mount.state == SERVING)


def _open_supply(session: Session, row: Grant, at: datetime) -> None:
    """Begin the term for making data available, where no source serves the directory yet."""
    if not session.execute(select(_is_served(row.directory))).scalar_one():
        duty = tasks.Duty(SUPPLY, _supply(row), row.title, row.provider, ROLE_OF[Side.PROVIDER])
        tasks.open_task(session, duty, at)


def _close_supplies(session: Session, at: datetime) -> int:
    served = exists().where(Mount.directory == Grant.directory, Mount.state == SERVING)
    query = (
        select(Grant)
        .join(Task, Task.thing_id == Grant.code)
        .where(Task.thing_kind == _SUPPLY_KIND, Task.done_at.is_(None), served)
    )
    found = session.scalars(query.limit(MOST_AT_ONCE)).all()
    for row in found:
        tasks.close(session, _supply(row), PLATFORM, at)
    return len(found)


_SUPPLY_KIND: Final = "grant-supply"


def _supply(row: Grant) -> Thing:
    return Thing(_SUPPLY_KIND, row.code)


def _tell(
    session: Session, row: Grant, kind: str, whom: tuple[tuple[str, str], ...], at: datetime, **facts: str
) -> None:
    recipients = tuple(Role(organisation, role) for organisation, role in whom)
    notices.tell(session, Notice(KINDS[kind], {"title": row.title, **facts}, recipients), at)
