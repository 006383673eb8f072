"""An organisation as others may know it.

Members: `code` (unified social credit code), `name`, `region` (six digits), `level` (province, city, county, town),
`parent` (the code of the one above, or null), `state` (active, suspended), `changed_at`. None is ever removed: one that
is suspended is told as such.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from keys.parties.models import Organisation

NAME: Final = "organisation"


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read an organisation as it stands."""
    row = session.get(Organisation, id_)
    if row is None:
        return None
    members = {
        "code": row.code,
        "name": row.name,
        "region": row.region,
        "level": row.level,
        "parent": row.parent,
        "state": row.state,
        "changed_at": row.changed_at.isoformat(),
    }
    return Content(members, (Subject(NAME, row.parent),) if row.parent else ())


ORGANISATION: Final = Kind(
    NAME,
    events.each("organisation.added", "organisation.changed", "organisation.suspended", "organisation.resumed"),
    read,
)
