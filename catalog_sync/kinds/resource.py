"""A resource: a source mounted to a directory, as far as others may know it; never where it stands or how it is asked.

Members: `id`, `directory`, `title` (of the directory), `organisation`, `name`, `kind` (rest, table, files), `state`
(serving, suspended), `columns` (item → name at the source), `changed_at`. One that was withdrawn is gone, and so is one
that never served.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import directory, events
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from exchange.models import Directory
from exchange.mounting.models import SERVING, SUSPENDED, Mount

NAME: Final = "resource"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a resource that serves, or did and will again."""
    row = session.get(Mount, id_)
    if row is None or row.serving is None or row.state not in {SERVING, SUSPENDED}:
        return None
    members: dict[str, Json] = {
        "id": row.id,
        "directory": row.directory,
        "title": session.get_one(Directory, row.directory).name,
        "organisation": row.owner,
        "name": row.name,
        "kind": row.serving["kind"],
        "state": row.state,
        "columns": dict(row.serving["columns"]),
        "changed_at": row.changed_at.isoformat(),
    }
    return Content(members, (Subject(directory.NAME, row.directory),))


RESOURCE: Final = Kind(NAME, events.each("mount.confirmed", "mount.suspended", "mount.withdrawn"), read)
