"""A business system as others may know it: which one it is and whose, never what it may do or proves itself with.

Members: `id`, `name`, `organisation`, `state` (active, suspended), `changed_at`.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog_sync.kinds import events, organisation
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from keys.parties.models import System

NAME: Final = "system"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a system as it stands."""
    row = session.get(System, id_)
    if row is None:
        return None
    members = {
        "id": row.id,
        "name": row.name,
        "organisation": row.organisation,
        "state": row.state,
        "changed_at": row.changed_at.isoformat(),
    }
    return Content(members, (Subject(organisation.NAME, row.organisation),))


SYSTEM: Final = Kind(NAME, events.each("system.added", "system.changed", "system.suspended", "system.resumed"), read)
