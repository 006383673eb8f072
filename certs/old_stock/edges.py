"""Bringing a table: read first, then put on record and kept in pieces, so that no other writer waits for all of it.

If the service dies in between, the batch stands *uploaded* with some of its rows; nobody profiles it, and whoever
brought it drops it and brings it again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from base.callers import Caller
from base.db import Database
from certs import types
from certs.old_stock import batches, keeping, tables
from certs.old_stock.keeping import NewOldStock
from certs.old_stock.models import OldStock
from certs.wiring import Certs
from keys.algorithms.sm3 import SM3

# So many rows are encrypted and written in some 150 ms.
PIECE: Final = 100


@dataclass(frozen=True)
class Bringer:
    """Brings tables of old stock, as somebody."""

    database: Database = field(repr=False)
    parts: Certs = field(repr=False)
    by: Caller
    now: Callable[[], datetime]

    def bring(self, content: bytes, name: str, type_code: str) -> str:
        """Bring a table of old certificates of a type; its rows are judged afterwards. Gives the batch's number.

        Raises `NoSuchCertificateType`, `NotTheIssuer`, `UnreadableOldStock`, `OldStockTooLarge`.
        """
        type_ = types.type_of(self.parts.types, type_code)
        table = tables.read(content, type_)
        new = NewOldStock(type_, name, SM3.of(content).hex(), table.unknown)
        with self.database.transaction() as session:
            batch = keeping.bring(session, new, self.by, self.now()).id
        for start in range(0, len(table.rows), PIECE):
            with self.database.transaction() as session:
                of = session.get_one(OldStock, batch)
                keeping.add(session, self.parts, of, table.rows[start : start + PIECE])
        with self.database.transaction() as session:
            batches.profile(session, session.get_one(OldStock, batch), self.by, self.now())
        return batch
