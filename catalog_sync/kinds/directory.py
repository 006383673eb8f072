"""A directory as its published version says; one that is no longer to be read is gone.

Members: `code`, `number` (of the version), `organisation`, `category` (the class part of its code), `region`, `level`,
`published_at`, `content`: the members of `exchange/fields.toml`, as published, with an `id` of its own in each item.
"""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import category, events, organisation
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from exchange.life import READABLE, State
from exchange.models import Directory, DirectoryVersion

NAME: Final = "directory"
# Items have no ids of their own here; one made of the directory's code and the item's name stays the same for ever.
ITEMS: Final = uuid.UUID("6f1b0c9e-4f0d-5c1a-9a52-3d1e7a2b8c40")


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read what can be read of a directory."""
    row = session.get(Directory, id_)
    if row is None or row.published is None or row.published_at is None:
        return None
    version = session.get_one(DirectoryVersion, (row.code, row.published))
    if State(version.state) not in READABLE:
        return None
    front = events.category_of(row.code)
    members: dict[str, Json] = {
        "code": row.code,
        "number": version.number,
        "organisation": row.owner,
        "category": front,
        "region": row.region,
        "level": row.level,
        "published_at": row.published_at.isoformat(),
        "content": {**version.content, "items": [_item(row.code, each) for each in version.content.get("items", ())]},
    }
    needs = [Subject(organisation.NAME, row.owner)]
    if front is not None:
        needs.append(Subject(category.NAME, front))
    return Content(members, tuple(needs))


def _item(code: str, told: Mapping[str, Json]) -> dict[str, Json]:
    return {**told, "id": str(uuid.uuid5(ITEMS, f"{code}\n{told.get('name', '')}"))}


# Asking to withdraw and being kept leave what is published as it is.
DIRECTORY: Final = Kind(NAME, events.each("directory.publish", "directory.withdraw"), read)
