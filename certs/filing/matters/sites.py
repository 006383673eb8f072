"""What the site has that tables of materials may name: its certificate types, and the directories of these names."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from certs.filing.matters.targets import Directory as Target
from certs.filing.matters.targets import Site
from certs.types import Types
from exchange import directories
from exchange.models import Directory

# Of one statement; SQLite takes some thousands of parameters.
PIECE: Final = 500


def site_of(session: Session, types: Types, names: Collection[str]) -> Site:
    """Tell what the site has under these names and codes, of what is published; of one name, the first code."""
    found: dict[str, Target] = {}
    told = sorted(names)
    for start in range(0, len(told), PIECE):
        piece = told[start : start + PIECE]
        query = select(Directory).where(Directory.published.is_not(None))
        query = query.where(or_(Directory.name.in_(piece), Directory.code.in_(piece)))
        for row in session.scalars(query.order_by(Directory.code)):
            content = directories.version_of(session, row, row.published or 1).content
            found.setdefault(row.name, Target(row.code, tuple(str(each["name"]) for each in content["items"])))
    return Site({each.name: each for each in types.values()}, found)
