"""The table that a return fills: staged and put in place as a push's is, with two things that a push does not know.

Keys that an arrival takes out are taken out with the same statement's transaction; rows that are rejects of a whole
arrival keep what stands under their key. Both are told before the end, and found again by whoever goes on after a kill.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, exists, func, insert, select

from exchange.feeds.errors import PushTargetForeign
from exchange.feeds.pushes.destinations import table
from exchange.feeds.pushes.destinations.destination import Ground
from exchange.feeds.pushes.destinations.engines import engine_of, transaction
from exchange.feeds.pushes.destinations.table import TableDestination, Target
from exchange.feeds.pushes.plan import Applied, Load, Order
from exchange.sources.values import Mismatch, Value, typed

# Values of one statement: SQLite takes 999 where it is old.
PIECE: Final = 500


def opened(order: Order, ground: Ground) -> "ReturnTable":
    """Open a table; nothing is reached yet. Raises `PushDestinationFailed`."""
    told = table.read(order.destination)
    return ReturnTable(order, engine_of(ground.database(told["database"]), ground.seconds), told)


class ReturnTable(TableDestination):
    """A push's table that also takes out, and also spares."""

    def __init__(self, order: Order, engine: Engine, told: dict[str, Any]) -> None:
        """Lay it out."""
        super().__init__(order, engine, Target(told.get("schema"), told["table"]))
        self._gone: tuple[Value, ...] = ()
        self._spared: tuple[Value, ...] = ()

    def told(self, gone: Sequence[str], spared: Sequence[str]) -> None:
        """Say which keys go, and which of those that are not staged stay nevertheless."""
        self._gone, self._spared = tuple(self._typed(gone)), tuple(self._typed(spared))

    def stands(self) -> bool:
        """Tell whether there is a table of ours. Raises `PushDestinationFailed`, `PushTargetForeign`."""
        with transaction(self.engine) as connection:
            there = self._has(connection, self.target)
            row = self._row(connection) if there and self._has(connection, self._marks) else None
            if there and (row is None or row.target != self._place.table):
                raise PushTargetForeign(self._place.table)
            return there

    def has_shape(self) -> bool:
        """Tell whether what stands has the columns that arrive. Raises `PushDestinationFailed`."""
        with transaction(self.engine) as connection:
            return not self._has(connection, self.target) or self._has_shape(connection)

    def weighed(self, load: Load) -> tuple[int, int]:
        """Tell how many rows stand, and how many of them would go. Raises `PushDestinationFailed`."""
        with transaction(self.engine) as connection:
            if not self._has(connection, self.target) or not self._has_shape(connection):
                return 0, 0
            target = self.target
            stood = connection.execute(select(func.count()).select_from(target)).scalar_one()
            unstaged = ~exists().where(self._same(self._staging, target))
            goes = 0
            if load.whole:
                goes = connection.execute(select(func.count()).select_from(target).where(unstaged)).scalar_one()
                for piece in _pieces(self._spared):
                    spared = (unstaged, self._key(target).in_(piece))
                    goes -= connection.execute(select(func.count()).select_from(target).where(*spared)).scalar_one()
            else:
                for piece in _pieces(self._gone):
                    mine = (unstaged, self._key(target).in_(piece))
                    goes += connection.execute(select(func.count()).select_from(target).where(*mine)).scalar_one()
            return int(stood), int(goes)

    def _merge(self, connection: Connection, load: Load) -> Applied:
        """Spare, merge, take out: all in the transaction of the end."""
        target, staging = self.target, self._staging
        unstaged = ~exists().where(self._same(staging, target))
        spared = 0
        for piece in _pieces(self._spared if load.whole else ()):
            kept = select(target).where(unstaged, self._key(target).in_(piece))
            put = insert(staging).from_select(list(staging.c), kept)
            spared += connection.execute(put, execution_options={"preserve_rowcount": True}).rowcount
        applied = super()._merge(connection, load)
        deleted = 0
        for piece in _pieces(() if load.whole else self._gone):
            deleted += connection.execute(delete(target).where(unstaged, self._key(target).in_(piece))).rowcount
        return replace(applied, deleted=applied.deleted + deleted, unchanged=applied.unchanged - spared)

    def _typed(self, keys: Sequence[str]) -> Iterator[Value]:
        """Read keys as the key's column has them; what is none names no row that stands."""
        kind = next(cell.type for cell in self._order.cells if cell.item == self._order.key)
        for key in keys:
            try:
                value = typed(key, kind)
            except Mismatch:
                continue
            if value is not None:
                yield value


def _pieces(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), PIECE):
        yield values[start : start + PIECE]
