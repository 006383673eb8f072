"""A category of directories: the class part of their codes (类项目细目), which exists once a directory in it does.

Members: `code` (the class part), `class` (类: 1 base, 2 theme, 3 department), `item` (项), `heading` (目), `name`.
A category is never removed, since a code that was given out stays given out.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.canonical import Json
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from exchange.dictionaries import dictionaries
from exchange.models import Directory

NAME: Final = "category"
# A class part is: class 1, item 2, heading 3, and the rest as the site makes it.
ITEM, HEADING = slice(1, 3), slice(3, 6)


def read(session: Session, _parts: Mapping[type[Any], Any], id_: str) -> Content | None:
    """Read a category, if a directory in it was ever published."""
    among = Directory.code.startswith(id_ + events.STROKE, autoescape=True)
    if session.scalar(select(Directory.code).where(among, Directory.published_at.is_not(None)).limit(1)) is None:
        return None
    class_name = dictionaries()["resource_class"].words(id_[0], "zh")
    members: dict[str, Json] = {
        "code": id_,
        "class": id_[0],
        "item": id_[ITEM],
        "heading": id_[HEADING],
        "name": f"{class_name} {id_}",
    }
    return Content(members)


CATEGORY: Final = Kind(NAME, events.each("directory.publish", by=events.category), read)
