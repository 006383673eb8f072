"""What real calls say of mounts: how they ended, hour by hour, and the health that follows from them.

Whoever calls only counts (`mounts.count`, and the gateway for many at once). The judgement is a job's, in a few queries
however many calls there were: a call pays for no more than its own count, and health follows within half a minute.
Where calls and the last probe say different things, the mount is probed before its turn, and that decides.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from exchange.acting import ROOM
from exchange.mounting.health import FEWEST_CALLS, GOOD, UNREACHED, judge
from exchange.mounting.models import SERVING, Mount, MountCount, MountProbe
from exchange.sources.source import Outcome

THING: Final = "mount"
LATELY: Final = timedelta(hours=1)
# A source that refuses half of the calls is looked at before its turn, but not for each call.
REFUSED_SHARE: Final = 0.5
PROBED_AGAIN: Final = timedelta(minutes=5)


def calls(session: Session, since: datetime, mount: str | None = None) -> dict[str, dict[Outcome, int]]:
    """Tell how real calls ended since a moment, by whole hours; of one mount, or of every one that was called."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    query = select(MountCount.mount, MountCount.outcome, func.sum(MountCount.calls)).where(MountCount.hour >= hour)
    if mount is not None:
        query = query.where(MountCount.mount == mount)
    found: dict[str, dict[Outcome, int]] = {}
    for called, outcome, number in session.execute(query.group_by(MountCount.mount, MountCount.outcome)):
        found.setdefault(called, {})[Outcome(outcome)] = int(number)
    return found


def judge_called(session: Session, by: Caller, at: datetime) -> int:
    """Judge every mount that serves and was called lately; tell how many changed."""
    called = calls(session, at - LATELY)
    if not called:
        return 0
    probes = _last_probes(session, called)
    query = select(Mount).where(Mount.id.in_(called), Mount.state == SERVING).order_by(Mount.id).with_for_update()
    changed = 0
    for mount in session.scalars(query).all():
        ended, last = called[mount.id], probes.get(mount.id)
        seen = Outcome(last.outcome) if last is not None else None
        changed += judge_mount(session, mount, seen, ended, by, at)
        if (last is None or last.at <= at - PROBED_AGAIN) and _is_doubtful(seen, ended):
            mount.next_probe_at = min(mount.next_probe_at or at, at)
    return changed


def judge_mount(
    session: Session, mount: Mount, probe: Outcome | None, ended: Mapping[Outcome, int], by: Caller, at: datetime
) -> bool:
    """Judge one mount and tell of it where its health changed."""
    health = judge(probe, ended)
    if health.value == mount.health:
        return False
    mount.health, mount.health_since = health.value, at
    session.flush()
    thing = Thing(THING, mount.id)
    ROOM.changed(session, by, at, "mount.health-changed", thing, mount.version, health=health.value)
    return True


def _last_probes(session: Session, called: Mapping[str, object]) -> dict[str, MountProbe]:
    newest = select(func.max(MountProbe.id)).where(MountProbe.mount.in_(called), MountProbe.of_proposal.is_(False))
    query = select(MountProbe).where(MountProbe.id.in_(newest.group_by(MountProbe.mount)))
    return {each.mount: each for each in session.scalars(query)}


def _is_doubtful(seen: Outcome | None, ended: Mapping[Outcome, int]) -> bool:
    """Tell whether a look is needed: calls get through where the probe did not, or many are refused.

    Only a probe, which asks what the declaration offers, can tell a source's refusal from its callers' mistakes.
    """
    good, refused = sum(ended.get(each, 0) for each in GOOD), ended.get(Outcome.REFUSED, 0)
    if seen in UNREACHED and good >= FEWEST_CALLS:
        return True
    return refused >= FEWEST_CALLS and refused >= REFUSED_SHARE * sum(ended.values())
