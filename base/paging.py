"""Lists by keyset: a page begins after the last row of the one before, so inserts neither repeat nor hide a row.

The cursor is signed and opaque: it names a place, not a right, but a forged one must not reach the query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from base.errors import DomainError, Kind

T = TypeVar("T")

# A page that a person can read and a client can hold; the API's documented ceiling.
PAGE_LIMIT = 200
PAGE_DEFAULT = 50


@dataclass(eq=False)
class UnknownCursor(DomainError):
    """The cursor was not given out by this service for this list."""

    code: ClassVar[str] = "unknown-cursor"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(frozen=True)
class PageAsked:
    """Which page a caller wants."""

    limit: int = PAGE_DEFAULT
    cursor: str | None = None


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the cursor of the next, if there is one."""

    items: Sequence[T]
    next_cursor: str | None


class Pager:
    """Reads pages and signs their cursors; each list has a name, so that a cursor fits one list only."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def page(
        self,
        session: Session,
        query: Select[T],
        by: tuple[InstrumentedAttribute[Any], ...],
        asked: PageAsked,
        name: str,
        *,
        descending: bool = False,
    ) -> Page[T]:
        """Read one page of the query in the order of the columns, which must name one row together.

        Raises `UnknownCursor`.
        """
        signer = URLSafeSerializer(self._secret, salt=f"page:{name}")
        if asked.cursor is not None:
            place = tuple_(*_place(signer, asked.cursor, len(by)))
            query = query.where(tuple_(*by) < place if descending else tuple_(*by) > place)
        order = [each.desc() for each in by] if descending else by
        rows = session.scalars(query.order_by(*order).limit(asked.limit + 1)).all()
        items = rows[: asked.limit]
        if len(rows) <= asked.limit:
            return Page(items, None)
        return Page(items, str(signer.dumps([_written(getattr(items[-1], column.key)) for column in by])))


def _written(value: Any) -> Any:
    return {"at": value.isoformat()} if isinstance(value, datetime) else value


def _place(signer: URLSafeSerializer, cursor: str, columns: int) -> list[Any]:
    try:
        place = signer.loads(cursor)
    except BadSignature as error:
        raise UnknownCursor from error
    if len(place) != columns:
        raise UnknownCursor
    return [datetime.fromisoformat(part["at"]) if isinstance(part, dict) else part for part in place]
