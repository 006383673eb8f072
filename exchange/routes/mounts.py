"""Mounts below `/api/v1`: those of a directory, and each by its id. Roles that are lent count, which the verbs ask."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, limited, parts, reads, require_match, tagged, takes, transacts, writes
from exchange.directories import directory_of
from exchange.errors import NoSuchDirectory
from exchange.mounting import mounts, seeing
from exchange.mounting.errors import NoSuchMount
from exchange.mounting.models import SERVING, Mount, MountProbe
from exchange.mounting.mounts import LARGEST_DECLARATION, NewMount
from exchange.mounting.schemas import (
    MountProbeSchema,
    MountProbesSchema,
    MountReasonSchema,
    MountSchema,
    MountsSchema,
    NewMountSchema,
)
from exchange.mounting.wiring import MountParts
from exchange.seeing import is_inside
from exchange.substitutions import LENT

mounted = Blueprint("mounts", __name__, description="资源挂接 · mounts")

READERS = {"steward", "reviewer", "authority", "provider", "requester", "auditor", "operator"}
BODY_BYTES = 2 * LARGEST_DECLARATION
CODE = "<path:code>"
ID = "<string:mount_id>"
DAY = timedelta(days=1)
OUTSIDE = ("id", "directory", "name", "kind", "state", "health", "health_since", "version")
INSIDE = (*OUTSIDE, "serving", "proposed", "proposed_by", "confirmed_by", "confirmed_at", "data_updated_at")


@mounted.route(f"/directories/{CODE}/mounts", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(MountsSchema)
def listed(session: Session, code: str) -> dict[str, Any]:
    """List a directory's mounts; from outside those that serve, and not where their data is."""
    directory = directory_of(session, code)
    inside = is_inside(session, directory, caller())
    if directory.published is None and not inside:
        raise NoSuchDirectory(code)
    rows = [each for each in mounts.mounts_of(session, code) if inside or each.state == SERVING]
    return {"items": [_listed(each, inside=inside) for each in rows]}


@mounted.route(f"/directories/{CODE}/mounts", methods=["POST"])
@limited(BODY_BYTES)
@guarded(roles=LENT)
@writes
@takes(NewMountSchema)
@gives(MountSchema, 201)
def add(session: Session, new: NewMount, code: str) -> dict[str, Any]:
    """Propose a source for a directory of one's own organisation."""
    directory = directory_of(session, code, locked=True)
    if directory.published is None and not is_inside(session, directory, caller()):
        raise NoSuchDirectory(code)
    return _shown(session, mounts.add(session, directory, new, parts(MountParts), caller(), clock.now()))


@mounted.route(f"/mounts/{ID}", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(MountSchema)
def one(session: Session, mount_id: str) -> dict[str, Any]:
    """Give one mount."""
    mount, inside = seeing.seen(session, mount_id, caller())
    tagged(_tag(mount))
    return _told(session, mount, inside=inside)


@mounted.route(f"/mounts/{ID}", methods=["PATCH"])
@limited(BODY_BYTES)
@guarded(roles=LENT)
@writes
@takes(NewMountSchema)
@gives(MountSchema)
def change(session: Session, new: NewMount, mount_id: str) -> dict[str, Any]:
    """Propose another declaration; If-Match names the mount's version it was made from."""
    mount = _locked(session, mount_id)
    require_match(_tag(mount))
    return _shown(session, mounts.change(session, mount, new, parts(MountParts), caller(), clock.now()))


@mounted.route(f"/mounts/{ID}/probes", methods=["GET"])
@guarded(scope="directory:write", roles=READERS)
@reads
@gives(MountProbesSchema)
def probes(session: Session, mount_id: str) -> dict[str, Any]:
    """List the last probes: only inside, since they tell what the source looks like."""
    mount, inside = seeing.seen(session, mount_id, caller())
    if not inside:
        raise NoSuchMount(mount_id)
    return {"items": mounts.probes_of(session, mount)}


@mounted.route(f"/mounts/{ID}/probes", methods=["POST"])
@guarded(roles=LENT)
@transacts
@gives(MountProbeSchema, 201)
def probe(database: Database, mount_id: str) -> MountProbe:
    """Look at the source now: is it there, and does it give what the directory promises."""
    with database.reading() as session:
        mount, _ = seeing.seen(session, mount_id, caller())
        mounts.require_prober(session, mount, caller(), clock.now())
        plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts(MountParts), plan, of_proposal=of_proposal)
    with database.transaction() as session:
        return mounts.keep_probe(
            session, plan, looked, parts(MountParts), caller(), clock.now(), of_proposal=of_proposal
        )


@mounted.route(f"/mounts/{ID}/confirmations", methods=["POST"])
@guarded(roles=LENT)
@writes
@gives(MountSchema)
def confirm(session: Session, mount_id: str) -> dict[str, Any]:
    """Let what was proposed and probed serve; by another person than who proposed it."""
    return _shown(session, mounts.confirm(session, _locked(session, mount_id), caller(), clock.now()))


@mounted.route(f"/mounts/{ID}/suspensions", methods=["POST"])
@guarded(roles=LENT)
@writes
@takes(MountReasonSchema)
@gives(MountSchema)
def suspend(session: Session, told: dict[str, Any], mount_id: str) -> dict[str, Any]:
    """Stop a mount for the time being."""
    return _shown(session, mounts.suspend(session, _locked(session, mount_id), told["reason"], caller(), clock.now()))


@mounted.route(f"/mounts/{ID}/withdrawals", methods=["POST"])
@guarded(roles=LENT)
@writes
@takes(MountReasonSchema)
@gives(MountSchema)
def withdraw(session: Session, told: dict[str, Any], mount_id: str) -> dict[str, Any]:
    """End a mount for good."""
    return _shown(session, mounts.withdraw(session, _locked(session, mount_id), told["reason"], caller(), clock.now()))


def _locked(session: Session, mount_id: str) -> Mount:
    """Give a mount to be changed; what the caller may not see is not there."""
    seeing.seen(session, mount_id, caller())
    return mounts.mount_of(session, mount_id, locked=True)


def _shown(session: Session, mount: Mount) -> dict[str, Any]:
    tagged(_tag(mount))
    return _told(session, mount, inside=True)


def _told(session: Session, mount: Mount, *, inside: bool) -> dict[str, Any]:
    if not inside:
        return _listed(mount, inside=False)
    calls = mounts.calls_of(session, mount.id, clock.now() - DAY)
    return {**_listed(mount, inside=True), "calls": {key.value: number for key, number in calls.items()}}


def _listed(mount: Mount, *, inside: bool) -> dict[str, Any]:
    """Give what lists show: the same for every caller inside, and as many queries however many there are."""
    told = {name: getattr(mount, name) for name in (INSIDE if inside else OUTSIDE)}
    return {**told, "is_proven": bool(mount.proof)} if inside else told


def _tag(mount: Mount) -> str:
    return f"mount:{mount.id}:{mount.version}"
