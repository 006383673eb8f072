"""Mounts: where the data of a directory is.

The steward proposes, a probe proves, another person of the department confirms, and only then it serves.

    proposed ─confirm→ serving ─suspend→ suspended ─confirm→ serving
        └────────────────┴──── withdraw ────┴→ withdrawn

A change is a proposal beside what serves; confirming puts it in its place. What is confirmed is exactly what was
probed: the probe keeps a digest of the declaration and of the items that it was compared with. Nothing slow happens in
here: whoever probes takes a `Plan` in one transaction, looks, and has the result kept in another.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical
from base.db import inserting
from exchange import authorities, directories, substitutions
from exchange.acting import ROOM
from exchange.errors import DirectoryStepNotAllowed, NotYourDirectory, OwnWork
from exchange.models import Directory
from exchange.mounting import calls as mount_calls
from exchange.mounting.calls import LATELY
from exchange.mounting.errors import (
    MountChanged,
    MountNotProven,
    MountStepNotAllowed,
    NoSuchMount,
    TooManyMounts,
    UnusableMount,
)
from exchange.mounting.health import Health
from exchange.mounting.models import PROPOSED, SERVING, SUSPENDED, WITHDRAWN, Mount, MountCount, MountProbe
from exchange.mounting.serving import OVER, items_of, plan_of, served
from exchange.mounting.wiring import MountParts, Plan
from exchange.sources.declarations import is_name
from exchange.sources.source import Answer, Outcome, Probe
from keys.algorithms.sm3 import SM3

# One of each kind and a second of each for when the first is down; more would be different data.
MOST_MOUNTS: Final = 10
# Declarations are written by hand; the largest interface has some forty parameters.
LARGEST_DECLARATION: Final = 64 * 1024
PROBES_KEPT: Final = timedelta(days=90)
COUNTS_KEPT: Final = timedelta(days=400)
# A department's clock may be off, and a day without a time is its whole day somewhere.
CLOCKS_APART: Final = timedelta(days=1)


@dataclass(frozen=True)
class NewMount:
    """A source to be mounted: its name, its kind, where it is, and what it calls the items."""

    name: str
    kind: str
    declaration: Mapping[str, Any] = field(repr=False)
    columns: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def document(self) -> dict[str, Any]:
        """Give it as it is kept."""
        return {"kind": self.kind, "declaration": dict(self.declaration), "columns": dict(self.columns)}


def mount_of(session: Session, mount: str, *, locked: bool = False) -> Mount:
    """Give the mount. Raises `NoSuchMount`."""
    query = select(Mount).where(Mount.id == mount)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchMount(mount)
    return found


def mounts_of(session: Session, directory: str) -> list[Mount]:
    """Give every mount of a directory, the oldest first."""
    return list(session.scalars(select(Mount).where(Mount.directory == directory).order_by(Mount.created_at, Mount.id)))


def probes_of(session: Session, mount: Mount, limit: int = 50) -> list[MountProbe]:
    """Give the last probes, the newest first."""
    query = select(MountProbe).where(MountProbe.mount == mount.id).order_by(MountProbe.id.desc())
    return list(session.scalars(query.limit(limit)))


def add(session: Session, directory: Directory, new: NewMount, parts: MountParts, by: Caller, at: datetime) -> Mount:
    """Propose a source for a directory of one's own organisation.

    Raises `NotYourDirectory`, `DirectoryStepNotAllowed`, `TooManyMounts`, `UnusableMount`.
    """
    _require(session, directory, by, at, "steward")
    if directory.state in OVER:
        raise DirectoryStepNotAllowed("mount", directory.state)
    open_ones = [each for each in mounts_of(session, directory.code) if each.state != WITHDRAWN]
    if len(open_ones) >= MOST_MOUNTS:
        raise TooManyMounts(MOST_MOUNTS)
    row = Mount(
        id=new_id(),
        directory=directory.code,
        owner=directory.owner,
        name=new.name,
        kind=new.kind,
        state=PROPOSED,
        serving=None,
        proposed=new.document,
        proposed_by=actor(by),
        proof="",
        confirmed_by=None,
        confirmed_at=None,
        health=Health.UNKNOWN.value,
        health_since=None,
        data_updated_at=None,
        next_probe_at=None,
        version=1,
        created_at=at,
        changed_at=at,
    )
    _require_usable(session, directory, row, parts)
    session.add(row)
    session.flush()
    ROOM.changed(session, by, at, "mount.proposed", _thing(row), row.version, directory=directory.code, kind=row.kind)
    return row


def change(session: Session, mount: Mount, new: NewMount, parts: MountParts, by: Caller, at: datetime) -> Mount:
    """Propose another declaration; what serves goes on until it is confirmed.

    Raises `NotYourDirectory`, `MountStepNotAllowed`, `UnusableMount`.
    """
    directory = directories.directory_of(session, mount.directory)
    _require(session, directory, by, at, "steward")
    if mount.state == WITHDRAWN or new.kind != mount.kind:
        raise MountStepNotAllowed("change", mount.state)
    mount.name, mount.proposed, mount.proposed_by, mount.proof = new.name, new.document, actor(by), ""
    _require_usable(session, directory, mount, parts)
    _touch(session, mount, at)
    ROOM.changed(session, by, at, "mount.changed", _thing(mount), mount.version, directory=mount.directory)
    return mount


def confirm(session: Session, mount: Mount, by: Caller, at: datetime) -> Mount:
    """Let what was proposed and probed serve, or what was suspended serve again.

    Raises `NotYourDirectory`, `OwnWork`, `MountStepNotAllowed`, `MountNotProven`.
    """
    directory = directories.directory_of(session, mount.directory)
    place = _require(session, directory, by, at, "reviewer")
    if mount.proposed is None and mount.state != SUSPENDED:
        raise MountStepNotAllowed("confirm", mount.state)
    if mount.state == WITHDRAWN or directory.state in OVER:
        raise MountStepNotAllowed("confirm", mount.state)
    if mount.proposed_by in {actor(by), f"person:{place}"}:
        raise OwnWork("confirm")
    if mount.proposed is not None:
        _require_proven(session, directory, mount)
        mount.serving, mount.proposed, mount.proof = mount.proposed, None, ""
    mount.state = SERVING
    mount.confirmed_by, mount.confirmed_at, mount.next_probe_at = actor(by), at, at
    _touch(session, mount, at)
    ROOM.changed(session, by, at, "mount.confirmed", _thing(mount), mount.version, directory=mount.directory)
    return mount


def suspend(session: Session, mount: Mount, reason: str, by: Caller, at: datetime) -> Mount:
    """Stop a mount for the time being: its department, or the authority over it.

    Raises `NotYourDirectory`, `MountStepNotAllowed`.
    """
    directory = directories.directory_of(session, mount.directory)
    above = "authority" in substitutions.roles_of(session, by, at) and authorities.has_authority_over(
        session, by.organisation, directory.owner
    )
    if not above:
        _require(session, directory, by, at, "steward", "reviewer")
    if mount.state != SERVING:
        raise MountStepNotAllowed("suspend", mount.state)
    mount.state, mount.next_probe_at = SUSPENDED, None
    _touch(session, mount, at)
    ROOM.changed(session, by, at, "mount.suspended", _thing(mount), mount.version, reason=reason[:100])
    return mount


def withdraw(session: Session, mount: Mount, reason: str, by: Caller, at: datetime) -> Mount:
    """End a mount for good; its record stays. Raises `NotYourDirectory`, `MountStepNotAllowed`."""
    directory = directories.directory_of(session, mount.directory)
    _require(session, directory, by, at, "steward")
    if mount.state == WITHDRAWN:
        raise MountStepNotAllowed("withdraw", mount.state)
    mount.state, mount.next_probe_at, mount.proposed = WITHDRAWN, None, None
    _touch(session, mount, at)
    ROOM.changed(session, by, at, "mount.withdrawn", _thing(mount), mount.version, reason=reason[:100])
    return mount


def require_prober(session: Session, mount: Mount, by: Caller, at: datetime) -> None:
    """Let the department's own people look at its source. Raises `NotYourDirectory`."""
    _require(session, directories.directory_of(session, mount.directory), by, at, "steward", "reviewer")


def probe_plan(session: Session, mount: Mount) -> tuple[Plan, bool]:
    """Plan a look at what is proposed, or else at what serves; tell which. Raises `MountStepNotAllowed`."""
    told = mount.proposed if mount.proposed is not None else mount.serving
    if told is None or mount.state == WITHDRAWN:
        raise MountStepNotAllowed("probe", mount.state)
    directory = directories.directory_of(session, mount.directory)
    return _plan(session, directory, mount, told), mount.proposed is not None


def look(parts: MountParts, plan: Plan, *, of_proposal: bool) -> Probe:
    """Look at a source, outside of any transaction; a declaration that became unusable is refused."""
    try:
        if not of_proposal:
            return parts.source(plan).probe()
        source = parts.once(plan)
    except UnusableMount:
        return Probe(Outcome.REFUSED, "unusable-mount")
    try:
        return source.probe()
    finally:
        source.close()


def keep_probe(
    session: Session, plan: Plan, probe: Probe, parts: MountParts, by: Caller, at: datetime, *, of_proposal: bool
) -> MountProbe:
    """Keep what a look showed, and judge the mount's health anew. Raises `MountChanged`, `NoSuchMount`."""
    mount = mount_of(session, plan.mount, locked=True)
    if mount.version != plan.version:
        raise MountChanged(mount.id)
    row = MountProbe(
        mount=mount.id,
        mount_version=mount.version,
        of_proposal=of_proposal,
        by=actor(by),
        at=at,
        outcome=probe.outcome.value,
        reason=probe.reason,
        rows=probe.rows,
        milliseconds=probe.milliseconds,
        differences=[{"item": each.item, "difference": each.difference.value} for each in probe.differences],
    )
    session.add(row)
    if of_proposal:
        mount.proof = proof_of(plan) if probe.is_proof else ""
    if mount.state == SERVING:
        mount.next_probe_at = at + timedelta(minutes=parts.settings.probe_minutes)
    session.flush()
    if not of_proposal or mount.state == PROPOSED:
        mount.data_updated_at = _believed(probe, mount, at)
        mount_calls.judge_mount(session, mount, probe.outcome, calls_of(session, mount.id, at - LATELY), by, at)
    if by.kind == "person":
        ROOM.record(session, by, at, "mount.probed", _thing(mount), outcome=probe.outcome.value)
    return row


def serving_of(session: Session, directory: Directory) -> list[Plan]:
    """Give the mounts by which a published directory serves, the healthiest first."""
    return [each.plan for each in served(session, directory.code).mounts]


def count(session: Session, mount: str, answer: Answer, milliseconds: int, at: datetime) -> None:
    """Count how a real call ended; what that says of the mount's health, a job judges soon (`mount_calls.judge`)."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    row = {"mount": mount, "hour": hour, "outcome": answer.outcome.value, "calls": 1, "milliseconds": milliseconds}
    counted = inserting(session, MountCount).values(row)
    session.execute(
        counted.on_conflict_do_update(
            index_elements=[MountCount.mount, MountCount.hour, MountCount.outcome],
            set_={"calls": MountCount.calls + 1, "milliseconds": MountCount.milliseconds + milliseconds},
        )
    )


def calls_of(session: Session, mount: str, since: datetime) -> dict[Outcome, int]:
    """Tell how real calls ended since a moment, by whole hours."""
    return mount_calls.calls(session, since, mount).get(mount, {})


def due(session: Session, at: datetime, limit: int) -> list[str]:
    """Name the mounts whose probe is due, the longest waiting first."""
    query = select(Mount.id).where(Mount.state == SERVING, Mount.next_probe_at <= at)
    return list(session.scalars(query.order_by(Mount.next_probe_at, Mount.id).limit(limit)))


def served_plan(session: Session, mount: Mount) -> Plan | None:
    """Plan a look at what serves, whatever is proposed; none when nothing does any more."""
    if mount.state != SERVING or mount.serving is None:
        return None
    return _plan(session, directories.directory_of(session, mount.directory), mount, mount.serving)


def forget(session: Session, at: datetime) -> None:
    """Forget probes and counts that are too old to tell anything."""
    session.execute(delete(MountProbe).where(MountProbe.at < at - PROBES_KEPT))
    session.execute(delete(MountCount).where(MountCount.hour < at - COUNTS_KEPT))


def proof_of(plan: Plan) -> str:
    """Give SM3 over what a probe proved: the declaration, and the items that it was compared with."""
    columns = [[each.item, each.name, each.type.value] for each in plan.columns]
    told: Any = {"kind": plan.kind, "declaration": dict(plan.declaration), "columns": columns}
    return SM3.of(canonical(_canonical(told))).hex()


def _canonical(told: Any) -> Any:
    """Bring fractions, which the canonical form does not have, into texts."""
    if isinstance(told, Mapping):
        return {name: _canonical(below) for name, below in told.items()}
    if isinstance(told, list):
        return [_canonical(below) for below in told]
    return repr(told) if isinstance(told, float) else told


def _require(session: Session, directory: Directory, by: Caller, at: datetime, *roles: str) -> str | None:
    """Let the owner's own people with one of the roles; tell in whose place they act. Raises `NotYourDirectory`."""
    held = substitutions.roles_of(session, by, at)
    fitting = [role for role in roles if role in held]
    if by.organisation != directory.owner or not fitting:
        raise NotYourDirectory(directory.code, "mount")
    return held[fitting[0]]


def _require_usable(session: Session, directory: Directory, mount: Mount, parts: MountParts) -> None:
    told = mount.proposed or {}
    if len(canonical(_canonical(told))) > LARGEST_DECLARATION:
        raise UnusableMount("#/declaration", "too-large")
    items = {str(item.get("name")) for item in _items(session, directory)}
    for item, name in told["columns"].items():
        if item not in items or not isinstance(name, str) or not is_name(name):
            raise UnusableMount("#/columns", "an item of the directory and a column's name")
    parts.require_usable(_plan(session, directory, mount, told))


def _require_proven(session: Session, directory: Directory, mount: Mount) -> None:
    """Have a good probe of exactly this declaration and of the items as they are now. Raises `MountNotProven`."""
    plan = _plan(session, directory, mount, mount.proposed or {})
    if mount.proof and mount.proof == proof_of(plan):
        return
    last = next((each for each in probes_of(session, mount, 1) if each.mount_version == mount.version), None)
    raise MountNotProven(last.outcome if last else "none", len(last.differences) if last else 0)


def _believed(probe: Probe, mount: Mount, at: datetime) -> datetime | None:
    """Give when the data was updated; a source that was not seen tells nothing new, one that says tomorrow lies."""
    if not probe.is_proof:
        return mount.data_updated_at
    return probe.updated if probe.updated is not None and probe.updated <= at + CLOCKS_APART else None


def _plan(session: Session, directory: Directory, mount: Mount, told: Mapping[str, Any]) -> Plan:
    return plan_of(mount.id, mount.owner, mount.version or 1, told, _items(session, directory))


def _items(session: Session, directory: Directory) -> list[Mapping[str, Any]]:
    """Give the items as others read them; of a directory that is not published, as the newest version has them."""
    number = directory.published or directories.versions(session, directory)[0].number
    return items_of(directories.version_of(session, directory, number).content)


def _touch(session: Session, mount: Mount, at: datetime) -> None:
    mount.version += 1
    mount.changed_at = at
    session.flush()


def _thing(mount: Mount) -> Thing:
    return Thing(mount_calls.THING, mount.id)
