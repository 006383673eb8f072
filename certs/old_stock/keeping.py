"""Batches of old stock and their rows, as they are kept: brought, found, read, counted, moved on and told.

A row's cells lie under a data key, bound to the batch, the number and the column. Who may do what with a batch is
decided in `batches`; what a task does with it, in `work`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.acting import actor, new_id
from base.audit import Thing
from base.callers import Caller
from base.canonical import canonical, read
from certs import contents
from certs.acting import ROOM
from certs.errors import NotTheIssuer
from certs.old_stock import states
from certs.old_stock.errors import NoSuchOldStock, NoSuchOldStockRow
from certs.old_stock.models import WAITING, OldStock, OldStockRow
from certs.old_stock.states import BatchState, BatchStep
from certs.old_stock.tables import Row
from certs.types.certificate_type import CertificateType
from certs.wiring import Certs

THING: Final = "old-stock"


@dataclass(frozen=True)
class NewOldStock:
    """A table that is brought."""

    type: CertificateType
    name: str
    file_sm3: str
    unknown_columns: Sequence[str] = field(default=())


def bring(session: Session, new: NewOldStock, by: Caller, at: datetime) -> OldStock:
    """Put a batch on record, still without rows. Raises `NotTheIssuer`."""
    if not new.type.may_be_issued_by(by.organisation):
        raise NotTheIssuer(new.type.code, "convert")
    row = OldStock(
        id=new_id(),
        organisation=by.organisation,
        type=new.type.code,
        name=new.name,
        file_sm3=new.file_sm3,
        state=BatchState.UPLOADED.value,
        uploaded_by=actor(by),
        uploaded_at=at,
        unknown_columns=list(new.unknown_columns),
        profile=None,
        signed_off_by=None,
        signed_off_at=None,
        statement="",
        system=None,
        task=None,
        stopped=None,
        published_at=None,
        objection_days=0,
        objections_until=None,
        reason="",
        version=1,
        changed_at=at,
    )
    session.add(row)
    session.flush()
    facts = {"type": row.type, "file_sm3": row.file_sm3}
    ROOM.changed(session, by, at, "old-stock.uploaded", Thing(THING, row.id), row.version, **facts)
    return row


def add(session: Session, parts: Certs, batch: OldStock, rows: Sequence[Row]) -> None:
    """Keep rows as they came, encrypted."""
    kept = [
        OldStockRow(
            batch=batch.id,
            number=each.number,
            state=WAITING,
            content=parts.keys.seal(session, canonical(dict(each.cells)), bound(batch.id, each.number, "row")),
            number_hash=contents.number_hash(session, parts.keys, batch.type, each.cells.get("number") or "-"),
            is_paper=False,
            faults=[],
            scan=None,
            scan_format=None,
            tries=0,
            code=None,
            identifier=None,
            is_sampled=False,
            look=None,
        )
        for each in rows
    ]
    # Made first and added afterwards: each look for a data key in between would flush what is there row by row.
    session.add_all(kept)
    session.flush()


def batch_of(session: Session, known: str, by: Caller, *, locked: bool = False) -> OldStock:
    """Give a batch of this organ. Raises `NoSuchOldStock` for any other."""
    query = select(OldStock).where(OldStock.id == known, OldStock.organisation == by.organisation)
    found = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if found is None:
        raise NoSuchOldStock(known)
    return found


def row_of(session: Session, batch: OldStock, number: int, *, locked: bool = False) -> OldStockRow:
    """Give a row of a batch. Raises `NoSuchOldStockRow`."""
    found = session.get(OldStockRow, (batch.id, number), with_for_update=locked)
    if found is None:
        raise NoSuchOldStockRow(number)
    return found


def cells_of(session: Session, parts: Certs, row: OldStockRow) -> dict[str, str]:
    """Read a row's cells."""
    told = read(parts.keys.open(session, row.content, bound(row.batch, row.number, "row")))
    return cast("dict[str, str]", told)


def counts(session: Session, batch: OldStock) -> dict[str, int]:
    """Count the rows of each state."""
    query = select(OldStockRow.state, func.count()).where(OldStockRow.batch == batch.id).group_by(OldStockRow.state)
    return {each[0]: each[1] for each in session.execute(query)}


def advance(session: Session, batch: OldStock, step: BatchStep, by: Caller, at: datetime, **facts: Any) -> None:
    """Move a batch on, and tell it. Raises `OldStockStepNotAllowed`."""
    batch.state = states.after(BatchState(batch.state), step).value
    batch.version += 1
    batch.changed_at = at
    session.flush()
    ROOM.changed(session, by, at, f"old-stock.{step.value}", Thing(THING, batch.id), batch.version, **facts)


def bound(batch: str, number: int, column: str) -> bytes:
    """Name the place to which a sealed value is bound."""
    return f"certs_old_stock_rows:{column}:{batch}:{number}".encode()
