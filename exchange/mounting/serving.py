"""The mounts by which a directory serves, the healthiest first: asked for every call, in one statement.

What a mount serves changes with its version, and what a directory's published version says with its digest; so the
plan that is made of both is remembered under these, and is never wrong, only gone. Whether a mount serves at all, and
how it is, is read anew at each call.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from exchange.errors import NoSuchDirectory
from exchange.life import State
from exchange.models import Directory, DirectoryVersion
from exchange.mounting.health import Health
from exchange.mounting.models import SERVING, Mount
from exchange.mounting.wiring import Plan
from exchange.sources.questions import columns_of
from keys.kept import Kept

OVER: Final = frozenset({State.WITHDRAWN.value, State.DISCARDED.value})
# A plan of forty columns takes about 20 KiB; one that was pushed out is only read anew.
REMEMBERED: Final = 512
_ORDER: Final = {
    each.value: place for place, each in enumerate((Health.HEALTHY, Health.UNKNOWN, Health.DEGRADED, Health.DOWN))
}
_PLANS: Final = Kept[Plan](REMEMBERED)
_PUBLISHED: Final = and_(DirectoryVersion.directory == Directory.code, DirectoryVersion.number == Directory.published)
# Written once: building these costs more than running them.
_SERVING: Final = (
    select(
        Directory.owner,
        Directory.state,
        DirectoryVersion.content_sm3,
        Mount.id.label("mount"),
        Mount.version.label("mount_version"),
        Mount.health,
    )
    .outerjoin(DirectoryVersion, _PUBLISHED)
    .outerjoin(Mount, and_(Mount.directory == Directory.code, Mount.state == SERVING))
    .where(Directory.code == bindparam("code"))
    .order_by(Mount.created_at, Mount.id)
)
_MADE_OF: Final = (
    select(Mount.id, Mount.owner, Mount.version, Mount.serving, DirectoryVersion.content_sm3, DirectoryVersion.content)
    .join(Directory, Directory.code == Mount.directory)
    .join(DirectoryVersion, _PUBLISHED)
    .where(Mount.id == bindparam("mount"))
)


@dataclass(frozen=True)
class Serving:
    """A mount that serves, and how it is."""

    plan: Plan
    health: str


@dataclass(frozen=True)
class Served:
    """Whose directory it is, and the mounts by which it serves, the healthiest first."""

    owner: str
    mounts: tuple[Serving, ...]


def served(session: Session, directory: str) -> Served:
    """Tell by which mounts a directory serves: by none that is not published, or is over. Raises `NoSuchDirectory`."""
    connection = session.connection()
    rows = connection.execute(_SERVING, {"code": directory}).all()
    if not rows:
        raise NoSuchDirectory(directory)
    if rows[0].state in OVER or rows[0].content_sm3 is None:
        return Served(rows[0].owner, ())
    found = []
    for row in sorted((each for each in rows if each.mount is not None), key=lambda each: _ORDER[each.health]):
        plan = _PLANS.of(_name(row.mount, row.mount_version, row.content_sm3)) or _made(connection, row.mount)
        found += [Serving(plan, row.health)] if plan is not None else []
    return Served(rows[0].owner, tuple(found))


def plan_of(mount: str, owner: str, version: int, told: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Plan:
    """Make the plan of a mount from what it says and the items of its directory."""
    columns = columns_of(items, told["columns"])
    return Plan(mount, owner, version, told["kind"], told["declaration"], columns)


def items_of(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the items that a version of a directory says."""
    return [item for item in content.get("items", []) if isinstance(item, Mapping)]


def _made(connection: Any, mount: str) -> Plan | None:
    row = connection.execute(_MADE_OF, {"mount": mount}).one_or_none()
    if row is None or row.serving is None:
        return None
    plan = plan_of(row.id, row.owner, row.version, row.serving, items_of(row.content))
    return _PLANS.keep(_name(row.id, row.version, row.content_sm3), plan)


def _name(mount: str, version: int, content_sm3: str) -> str:
    return f"{mount} {version} {content_sm3}"
