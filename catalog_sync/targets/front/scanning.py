"""Reads rows of somebody else's tables as they are: never more of a cell than we would believe, and no type of ours.

SQLite keeps anything in any column, and a text of a server may be a gigabyte long. So a text is asked for up to one
character more than is believed: who judges it sees that it is too long, and holds no more of it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, String, Text, case, cast, func, literal_column, or_, select, type_coerce
from sqlalchemy.types import NullType

from catalog_sync.record import Operation
from catalog_sync.targets.front.columns import BATCH, LONGEST_TEXT, OPERATION, TIME, Data

LONGEST_ASKED: Final = LONGEST_TEXT + 1
# Of one character in UTF-8.
MOST_BYTES: Final = 4
_RANK: Final = {each.value: place for place, each in enumerate(Operation)}


def cell(connection: Connection, column: Any, most: int = LONGEST_ASKED) -> Any:
    """Ask for a cell without our type around it, cut where it is longer than anything that is believed."""
    if connection.dialect.name == "sqlite":
        return _of_sqlite(column, most).label(column.name)
    if isinstance(column.type, String | Text):
        return func.substr(column, 1, most).label(column.name)
    return column


def _of_sqlite(column: Any, most: int) -> Any:
    """Cut what is longer, and only that: SQLite's text ends for `substr` at a NUL, which must be seen."""
    kept = cast(column, LargeBinary)
    kind, is_long = func.typeof(column), func.length(kept) > MOST_BYTES * most
    ends_early = func.instr(kept, literal_column("x'00'")) > 0
    return case(
        (kind == "blob", func.substr(column, 1, most, type_=NullType())),
        ((kind == "text") & is_long & ends_early, func.substr(kept, 1, most, type_=NullType())),
        ((kind == "text") & is_long, func.substr(column, 1, most, type_=NullType())),
        else_=type_coerce(column, NullType()),
    )


def rows(
    connection: Connection, table: Any, data: Data, since: datetime | None, after: int, limit: int
) -> tuple[Mapping[str, Any], ...]:
    """Read some rows from a time (Beijing's) on, those without a time first, in the order in which they count."""
    query = select(*(cell(connection, table.c[each.name]) for each in data.columns))
    if since is not None:
        query = query.where(or_(table.c[TIME] >= since, table.c[TIME].is_(None)))
    rank = case(*((table.c[OPERATION] == letter, place) for letter, place in _RANK.items()), else_=len(_RANK))
    query = query.order_by(table.c[TIME], table.c[BATCH], table.c[data.natural], rank).offset(after).limit(limit)
    return tuple(dict(each) for each in connection.execute(query).mappings())
