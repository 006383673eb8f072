"""Files that come down (`data_desc_down`): found, opened and judged before anything is kept of them.

A file is believed when its path stays in the folder, its size, digest, signature and count are those that its
description says, it has not expired, and its rows can be read by its schema. What it is then is a value; what becomes
of it is not decided here. A path that leads elsewhere, a link, and a signature that is nobody's are `hostile`: they are
no mistakes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, update

from base.workdays import SHANGHAI
from catalog_sync.targets.file_exchange import FileExchange
from catalog_sync.targets.files import believing, control, data_file, folder, signatures
from catalog_sync.targets.files.data_file import Read, UnreadableFile
from catalog_sync.targets.files.folder import PathRefused
from catalog_sync.targets.front import scanning

HOSTILE: Final = frozenset({"path", "link", "no-plain-file", "digest", "signature", "signature-form", "cells"})
# Files of one reading; the next takes the rest.
MOST_AT_ONCE: Final = 50
MOST_ROWS: Final = 1_000_000
LONGEST_ID: Final = 200
# Five hundred columns with their comments take a tenth of it; what is longer is cut, and no schema any more.
LONGEST_SCHEMA: Final = 1024 * 1024


@dataclass(frozen=True)
class Arrived:
    """A file that came down: its description's id, its bytes, its rows; or the reason why it is none."""

    id: str
    table: str = ""
    content: bytes = field(default=b"", repr=False)
    rows: tuple[Read, ...] = field(default=(), repr=False)
    reason: str = ""

    @property
    def is_hostile(self) -> bool:
        """Whether somebody meant harm, as far as one can tell."""
        return self.reason.partition(":")[0] in HOSTILE


class _Refused(Exception):
    """A file is none; the reason."""


def waiting(exchange: FileExchange) -> list[Mapping[str, Any]]:
    """List the descriptions that wait, the oldest first; each with its schema. Raises as every target does."""
    desc, mng = exchange.database.table(control.DESC_DOWN), exchange.database.table(control.MNG_DOWN)
    waiting_ones = desc.c.operatStat == control.code("waiting")
    with exchange.transaction() as connection:
        found = believing.rows(connection, exchange.name, desc, waiting_ones, limit=MOST_AT_ONCE)
        asked = select(scanning.cell(connection, mng.c.id), scanning.cell(connection, mng.c.dataSchema, LONGEST_SCHEMA))
        named = asked.where(mng.c.id.in_([each["mngId"] for each in found]))
        schemas = {row[0]: row[1] for row in connection.execute(named)}
    return [{**each, "schema": schemas.get(each["mngId"])} for each in found]


def opened(exchange: FileExchange, described: Mapping[str, Any], at: datetime) -> Arrived:
    """Open and judge one file."""
    id_ = str(described.get("id"))[:LONGEST_ID]
    content, table = b"", ""
    try:
        _require_cells(described)
        _require_unexpired(described, at)
        content = _content(exchange, described)
        table, known = data_file.fields(described["schema"] or "")
        read = tuple(_counted(content, described, known))
    except (_Refused, UnreadableFile) as refusal:
        return Arrived(id_, table, content, (), str(refusal))
    return Arrived(id_, table, content, read)


def taken(exchange: FileExchange, arrived: Arrived, at: datetime) -> None:
    """Tell the other side what became of a file. Repeating it changes nothing."""
    desc = exchange.database.table(control.DESC_DOWN)
    state = control.code("failed")[0] if arrived.reason else control.code("taken")[0]
    stamp = at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
    told = {"operatStat": state, "lastReadTime": stamp, "reserved1": arrived.reason[:500]}
    with exchange.transaction() as connection:
        connection.execute(update(desc).where(desc.c.id == arrived.id).values(**told))


def _require_cells(described: Mapping[str, Any]) -> None:
    """See that the cells we go by are of their kinds: SQLite keeps anything in any column."""
    texts = ("id", "filePath", "fileSignature", "compress")
    for name in texts:
        if not isinstance(described[name], str) or "\0" in described[name] or len(described[name]) > 500:  # noqa: PLR2004 - the column's
            raise _Refused(f"cells: {name}")
    if not isinstance(described["schema"], str):
        raise _Refused("no-publication")
    for name in ("fileSize", "dataCount"):
        if not isinstance(described[name], int) or described[name] < 0:
            raise _Refused(f"cells: {name}")


def _require_unexpired(described: Mapping[str, Any], at: datetime) -> None:
    days, made = str(described["expiryDate"] or ""), described["createTime"]
    if days.isdecimal() and isinstance(made, datetime) and len(days) <= 4:  # noqa: PLR2004 - more is no expiry
        until = made.replace(tzinfo=SHANGHAI) + timedelta(days=int(days))
        if at >= until:
            raise _Refused("expired")


def _content(exchange: FileExchange, described: Mapping[str, Any]) -> bytes:
    """Fetch a file and see that it is the one that was described."""
    try:
        content = folder.get(exchange.exchange.folder, described["filePath"], data_file.LARGEST)
    except PathRefused as error:
        raise _Refused(str(error)) from error
    except FileNotFoundError as error:
        raise _Refused("no-file") from error
    if len(content) != described["fileSize"]:
        raise _Refused("size")
    if fault := signatures.fault(exchange.exchange.trusted, content, described["fileSignature"]):
        raise _Refused(fault)
    return content


def _counted(content: bytes, described: Mapping[str, Any], known: Any) -> Iterator[Read]:
    """Read the rows, as many as were described."""
    told = data_file.opened(content, compressed=described["compress"] == "1")
    count = 0
    for each in data_file.rows(told, known):
        count += 1
        if count > min(described["dataCount"], MOST_ROWS):
            raise _Refused("count")
        yield each
    if count != described["dataCount"]:
        raise _Refused("count")
