"""Scenes at work: agreements that are registered, what they leave of a grant, and what was had under them by month.

Only callers that the register of the exchange knows as outside government are bound to scenes; departments and their
agents act on grants and use lists. An agreement approves what its scene approved when it was registered: a list that
changes later is another paper, and counts when the agreement is registered anew; one that must not go on is ended.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.workdays import SHANGHAI
from certs.acting import ROOM
from certs.consents.consent import agreement_of
from certs.queries.permission import Permission
from certs.scenes.errors import NoSuchScene, NoSuchSceneAgreement, SceneNotApproved, UnusableSceneAgreement
from certs.scenes.models import SceneAgreement, SceneScope
from certs.scenes.scene import Scene, Scenes
from exchange.agreements import callers
from exchange.agreements.caller_kinds import CallerKind
from exchange.agreements.purposes import Purpose
from exchange.door.models import Usage

THING: Final = "scene-agreement"


@dataclass(frozen=True)
class Agreement:
    """An agreement that is to be registered."""

    organisation: str
    number: str
    scene: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Count:
    """How often certificates of a type were used under an agreement in a month, and how that ended."""

    agreement: str
    type: str
    outcome: str
    uses: int


@dataclass(frozen=True)
class SceneCount:
    """How often an organisation used certificates of a type under an agreement of a scene, and how that ended."""

    organisation: str
    agreement: str
    type: str
    outcome: str
    uses: int


def scene_of(known: Scenes, code: str) -> Scene:
    """Give a scene. Raises `NoSuchScene`."""
    found = known.get(code)
    if found is None:
        raise NoSuchScene(code)
    return found


def register(session: Session, known: Scenes, told: Agreement, by: Caller, at: datetime) -> SceneAgreement:
    """Register an agreement, or renew it with the list of today. Raises `NoSuchScene`, `UnusableSceneAgreement`."""
    scene = scene_of(known, told.scene)
    if callers.registered(session, told.organisation, at).kind is not CallerKind.OUTSIDE:
        raise UnusableSceneAgreement("not-outside")
    if not told.begins < told.ends or told.ends <= at:
        raise UnusableSceneAgreement("period")
    row = session.get(SceneAgreement, (told.organisation, told.number))
    if row is None:
        row = SceneAgreement(organisation=told.organisation, number=told.number)
        session.add(row)
    row.scene, row.begins_at, row.ends_at = told.scene, told.begins, told.ends
    row.registered_by, row.registered_at = actor(by), at
    session.flush()
    types = {name: list(fields) for name, fields in scene.types.items()}
    session.merge(SceneScope(organisation=row.organisation, number=row.number, types=types))
    session.flush()
    ROOM.changed(session, by, at, "scene-agreement.registered", _thing(row), scene=told.scene, types=[*sorted(types)])
    return row


def end(session: Session, organisation: str, number: str, by: Caller, at: datetime) -> SceneAgreement:
    """End an agreement before its time; the very next use is refused.

    Raises `NoSuchSceneAgreement`, `UnusableSceneAgreement` where it is over already.
    """
    row = session.get(SceneAgreement, (organisation, number), with_for_update=True)
    if row is None:
        raise NoSuchSceneAgreement(number)
    if row.ends_at <= at:
        raise UnusableSceneAgreement("over")
    row.begins_at, row.ends_at = min(row.begins_at, at), at
    session.flush()
    ROOM.changed(session, by, at, "scene-agreement.ended", _thing(row), scene=row.scene)
    return row


def narrowed(session: Session, permission: Permission, by: Caller, purpose: Purpose, at: datetime) -> Permission:
    """Leave of a permission what the caller's scene approves; a caller within government keeps it as it is.

    Raises `SceneNotApproved`.
    """
    if callers.registered(session, by.organisation, at).kind is not CallerKind.OUTSIDE:
        return permission
    type_, number = permission.type, agreement_of(purpose)
    row = session.get(SceneAgreement, (by.organisation, number), populate_existing=True) if number else None
    if row is None:
        raise SceneNotApproved(type_.code, "no-agreement")
    if not row.begins_at <= at < row.ends_at:
        raise SceneNotApproved(type_.code, "agreement-over")
    scope = session.get(SceneScope, (row.organisation, row.number), populate_existing=True)
    approved = scope.types.get(type_.name) if scope else None
    if approved is None:
        raise SceneNotApproved(type_.code, "type")
    fields = tuple(each for each in permission.fields if each in approved)
    if not fields:
        raise SceneNotApproved(type_.code, "fields")
    return replace(permission, fields=fields)


def statistics(session: Session, organisation: str, year: int, month: int) -> list[Count]:
    """Count what an organisation used under its agreements in a month, by type and outcome."""
    begins, ends = _midnight(year, month), _midnight(year + month // 12, month % 12 + 1)
    numbers = select(SceneAgreement.number).where(SceneAgreement.organisation == organisation)
    grouped = Usage.basis, Usage.directory, Usage.outcome
    query = (
        select(*grouped, func.count())
        .where(Usage.organisation == organisation, Usage.basis.in_(numbers), Usage.at >= begins, Usage.at < ends)
        .group_by(*grouped)
        .order_by(*grouped)
    )
    return [Count(*row) for row in session.execute(query)]


def scene_statistics(session: Session, scene: str, year: int, month: int) -> list[SceneCount]:
    """Count what was used in a scene in a month, by organisation, agreement, type and outcome."""
    begins, ends = _midnight(year, month), _midnight(year + month // 12, month % 12 + 1)
    grouped = Usage.organisation, Usage.basis, Usage.directory, Usage.outcome
    query = (
        select(*grouped, func.count())
        .join(
            SceneAgreement,
            and_(SceneAgreement.organisation == Usage.organisation, SceneAgreement.number == Usage.basis),
        )
        .where(SceneAgreement.scene == scene, Usage.at >= begins, Usage.at < ends)
        .group_by(*grouped)
        .order_by(*grouped)
    )
    return [SceneCount(*row) for row in session.execute(query)]


def _thing(row: SceneAgreement) -> Thing:
    return Thing(THING, f"{row.organisation}/{row.number}")


def _midnight(year: int, month: int) -> datetime:
    return datetime.combine(date(year, month, 1), time(0), SHANGHAI)
