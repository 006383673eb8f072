"""What is known of the data behind a resource: how much, how fresh, how well it is served.

No official message for statistics was found; the members are those of quality tables that were seen. Members:
`resource`, `directory`, `title`, `organisation`, `update_cycle`, `rows` (as the last look at the source saw them, or
null), `data_updated_at`, `health`, `changed_at`.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import directory, events, resource
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from exchange.models import Directory
from exchange.mounting.models import SERVING, SUSPENDED, Mount, MountProbe

NAME: Final = "statistics"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read the figures of a resource that serves, or did and will again."""
    row = session.get(Mount, id_)
    if row is None or row.serving is None or row.state not in {SERVING, SUSPENDED}:
        return None
    of = session.get_one(Directory, row.directory)
    looked = select(MountProbe.rows).where(MountProbe.mount == row.id, MountProbe.of_proposal.is_(False))
    members: dict[str, Json] = {
        "resource": row.id,
        "directory": row.directory,
        "title": of.name,
        "organisation": row.owner,
        "update_cycle": of.update_cycle,
        "rows": session.scalar(looked.order_by(MountProbe.id.desc()).limit(1)),
        "data_updated_at": row.data_updated_at.isoformat() if row.data_updated_at else None,
        "health": row.health,
        "changed_at": row.changed_at.isoformat(),
    }
    return Content(members, (Subject(directory.NAME, row.directory), Subject(resource.NAME, row.id)))


STATISTICS: Final = Kind(
    NAME, events.each("mount.confirmed", "mount.health-changed", "mount.suspended", "mount.withdrawn"), read
)
