"""The exchange of files with control tables (前置交换): what is published, each file of it, and the files in a folder.

A batch goes up so: 1. its publications stand in `mng_data_up`; 2. each table's rows are written to a file, whole, under
a name made from what is in it; 3. in one transaction, `data_desc_up` tells of the files with their signatures, and our
own note of every record. Whoever dies between 2 and 3 leaves a file that nobody was told of, and the next one writes it
again under the same name. A file that is told of is there, whole, and lasts until it was taken or has expired.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import Connection, func, insert, select

from base.canonical import Json
from base.db import DatabaseSettings
from base.errors import DomainError
from base.settings import Settings, UnusableSetting, setting
from base.workdays import SHANGHAI
from catalog_sync.record import Record, Subject
from catalog_sync.targets.files import believing, control, data_file, folder, signatures
from catalog_sync.targets.files.folder import PathRefused
from catalog_sync.targets.front import columns, rows, taking, writing
from catalog_sync.targets.front.columns import Layout, Table
from catalog_sync.targets.front.connection import FrontDatabase, RowsNotTaken
from catalog_sync.targets.front.ddl import ROWS, SENT
from catalog_sync.targets.front.rows import Row
from catalog_sync.targets.front.writing import Batch, Prepared
from catalog_sync.targets.front_library import address_in, refused
from catalog_sync.targets.making import Ground, KeyInCustody, Maker
from catalog_sync.targets.target import (
    ChannelDown,
    ChannelRefused,
    Listing,
    Outcome,
    Receipt,
    Receipts,
    Reply,
)
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import PublicKey
from keys.errors import UnusableKey
from keys.signers.signer import Signer

NAME: Final = "file-exchange"
# One file a table and batch; a reader takes files of some megabytes.
MOST: Final = 2000
PUBLISHED: Final = "1"
UP: Final = "up"
MOST_DAYS: Final = 365
EXPIRED: Final = "expired"
# Files looked at in one reading of receipts.
MOST_LOOKED_AT: Final = 500


@dataclass(frozen=True)
class FileExchangeSettings:
    """What the exchange of files can be told."""

    SECTION: ClassVar[str] = "file_exchange"
    database: str = setting("", "File of one line, mode 0600, with the database of the control tables; empty: none.")
    folder: str = setting("", "The folder that files are put into and fetched from.")
    key: str = setting("", "Id of the SM2 key in custody that signs our files.")
    trusted: tuple[str, ...] = setting((), "PEM files of the public keys whose files are taken in.")
    source_code: str = setting("", "Who we are in the control tables.")
    target_code: str = setting("", "Whom the files are for.")
    data_source: str = setting("p32", "Where our rows are said to come from: at most three characters.")
    kinds: tuple[str, ...] = setting(("certificate", "case-step", "item"), "Which kinds of records go there.")
    compress: bool = setting(True, "Whether files are compressed.")
    expiry_days: int = setting(30, "After how many days a file that nobody took is taken away.")
    seconds: float = setting(30.0, "How long one statement may take.")


@dataclass(frozen=True)
class Exchange:
    """What the target works with, beside its database."""

    folder: Path
    signer: Callable[[], Signer]
    trusted: tuple[PublicKey, ...]
    told: FileExchangeSettings


@dataclass(frozen=True)
class _File:
    """A data file of a batch: of which table, where it lies, what is in it."""

    id: str
    table: Table
    path: str
    content: bytes
    rows: tuple[Row, ...]


class FileExchange:
    """The exchange of files as a target."""

    name = NAME
    lists = "nothing"
    knows_keys = True
    most = MOST

    def __init__(self, database: FrontDatabase, layout: Layout, exchange: Exchange) -> None:
        """Build it; nothing is reached yet."""
        self.kinds = layout.kinds
        self.database = database
        self.exchange = exchange
        self._layout = layout

    def send(self, records: Sequence[Record], known: Mapping[Subject, str], at: datetime) -> Sequence[Reply]:  # noqa: ARG002 - it needs nothing but the records
        """Put records into files and tell of these. Raises as every target does."""
        with self.transaction() as connection:
            replies = writing.known(connection, (each.key for each in records))
        prepared = []
        for each in records:
            if each.key in replies and replies[each.key].outcome is not Outcome.REFUSED:
                continue
            found, faults = rows.rows_of(self._layout, each, self._layout.tables)
            if faults:
                replies[each.key] = refused(faults)
            else:
                prepared.append(Prepared(each, found))
        if prepared:
            replies |= self._published(prepared, at)
        return [replies[each.key] for each in records]

    def find(self, record: Record, at: datetime) -> Reply | None:  # noqa: ARG002 - it is known now or not at all
        """Tell what became of this very version, from our own note there."""
        with self.transaction() as connection:
            return writing.known(connection, [record.key]).get(record.key)

    def receipts(self, mark: str, at: datetime) -> Receipts:
        """Tell which files were taken, which were not, and which nobody took in time. Raises as every target does."""
        with self.transaction() as connection:
            self._take(connection, at)
            return taking.told(connection, mark)

    def listing(self, kind: str, mark: str, at: datetime) -> Listing:  # noqa: ARG002 - it tells of files alone
        """List nothing: files that were taken say nothing of what the platform has now."""
        return Listing((), None)

    def statistics(self, at: datetime) -> Mapping[str, Json]:  # noqa: ARG002 - counted as they are now
        """Count the files that were told of, by their state."""
        desc = self.database.table(control.DESC_UP)
        with self.transaction() as connection:
            counted = connection.execute(select(desc.c.operatStat, func.count()).group_by(desc.c.operatStat)).all()
        told: dict[str, Json] = {str(each[0]): each[1] for each in counted}
        return {"files": told, "listing": "none"}

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Open a transaction of the control database. Raises `ChannelDown`, `ChannelRefused`."""
        try:
            self.database.tables()
            with self.database.transaction() as connection:
                yield connection
        except RowsNotTaken as error:
            # Our own rows fit: another process has written the same, and the next look will find it.
            raise ChannelDown(NAME, f"rows-not-taken: {error}") from error

    def _published(self, prepared: Sequence[Prepared], at: datetime) -> dict[str, Reply]:
        batch = Batch(_batch(prepared, at), self.exchange.told.data_source, at)
        files = [self._file(table, prepared, batch) for table in self._layout.tables.values()]
        written = [each for each in files if each is not None]
        # 1. The publications stand.
        with self.transaction() as connection:
            publications = {each.table.name: self._publication(connection, each.table, at) for each in written}
        # 2. The files lie there, whole.
        signed = {each.id: self._put(each) for each in written}
        # 3. The files are told of, with our note of what is in them.
        with self.transaction() as connection:
            known = writing.known(connection, (each.record.key for each in prepared))
            if any(each.outcome is not Outcome.REFUSED for each in known.values()):
                raise ChannelDown(NAME, "moved-on")  # another process was faster: its files tell of them
            for told in prepared:
                _note(connection, told, written, batch)
            for each in written:
                self._describe(connection, each, publications[each.table.name], signed[each.id], at)
        return {each.record.key: Reply(Outcome.ACCEPTED, batch.number, each.record.subject.id) for each in prepared}

    def _file(self, table: Table, prepared: Sequence[Prepared], batch: Batch) -> _File | None:
        """Write the rows of a table; the same rows have the same name, whenever they are written."""
        found = [row for each in prepared for row in each.rows if row.table.name == table.name]
        if not found:
            return None
        told = self.exchange.told
        whole = [(row, row.sent(batch.number, batch.source, batch.at)) for row in found]
        content = data_file.written(whole, compressed=told.compress)
        id_ = signatures.sm3("\n".join(sorted(row.guid for row in found)).encode())[:32]
        ending = "json.gz" if told.compress else "json"
        path = f"{UP}/{batch.number[:8]}/{table.name}-{id_}.{ending}"
        return _File(id_, table, path, content, tuple(found))

    def _publication(self, connection: Connection, table: Table, at: datetime) -> str:
        """Find the publication of a table with this very schema, or write it."""
        mng, told = self.database.table(control.MNG_UP), self.exchange.told
        schema = data_file.schema(table)
        id_ = signatures.sm3(f"{told.source_code}\n{told.target_code}\n{schema}".encode())[:32]
        if connection.execute(select(mng.c.id).where(mng.c.id == id_)).first() is None:
            stamp = _stamp(at)
            row = {
                "id": id_,
                "pubId": table.name,
                "pubName": table.zh,
                "sourceCode": told.source_code,
                "targetCode": told.target_code,
                "type": control.code("table"),
                "dataSchema": schema,
                "bizCode": "0",
                "catalogId": "",
                "status": PUBLISHED,
                "operat_stat": control.code("waiting"),
                "note": "",
                "time": stamp,
                "lastModifyTime": stamp,
            }
            connection.execute(insert(mng), row)
        return id_

    def _put(self, file: _File) -> str:
        """Sign a file and put it in its place. Raises `ChannelRefused`, `ChannelDown`."""
        try:
            signature = signatures.written(self.exchange.signer(), file.content)
        except DomainError as error:
            raise ChannelRefused(NAME, f"key: {error.code}") from error
        try:
            folder.put(self.exchange.folder, file.path, file.content)
        except (OSError, PathRefused) as error:
            raise ChannelDown(NAME, f"folder: {error.args[0]}") from error
        return signature

    def _describe(self, connection: Connection, file: _File, publication: str, signature: str, at: datetime) -> None:
        desc, told = self.database.table(control.DESC_UP), self.exchange.told
        connection.execute(desc.delete().where(desc.c.id == file.id))
        row = {
            "id": file.id,
            "mngId": publication,
            "type": control.code("table"),
            "fileSize": len(file.content),
            "dataCount": len(file.rows),
            "filePath": file.path,
            "fileSignature": signature,
            "compress": "1" if told.compress else "0",
            "operatStat": control.code("waiting"),
            "targetCode": told.target_code,
            "createTime": _stamp(at),
            "expiryDate": str(told.expiry_days),
            "lastReadTime": None,
        }
        connection.execute(insert(desc), row)

    def _take(self, connection: Connection, at: datetime) -> None:
        """Note what became of the files of records that nobody has answered for."""
        desc = self.database.table(control.DESC_UP)
        waiting = select(ROWS.c.row_guid).join(SENT, SENT.c.record_key == ROWS.c.record_key)
        waiting = waiting.where(SENT.c.outcome == Outcome.ACCEPTED.value)
        until = _stamp(at - timedelta(days=self.exchange.told.expiry_days))
        ended = (desc.c.operatStat != control.code("waiting")) | (desc.c.createTime < until)
        for row in believing.rows(connection, NAME, desc, desc.c.id.in_(waiting), ended, limit=MOST_LOOKED_AT):
            for key in _records_of(connection, row["id"]):
                self._settle(connection, key, at)
            if row["operatStat"] == control.code("waiting"):
                folder.remove(self.exchange.folder, row["filePath"])

    def _settle(self, connection: Connection, key: str, at: datetime) -> None:
        """Tell how a record ended: refused with one of its files, stored with all of them."""
        desc = self.database.table(control.DESC_UP)
        own = select(ROWS.c.row_guid).where(ROWS.c.record_key == key)
        states = believing.rows(connection, NAME, desc, desc.c.id.in_(own))
        failed = [each for each in states if each["operatStat"] in control.code("failed")]
        stored = all(each["operatStat"] in control.code("taken") for each in states)
        until = _stamp(at - timedelta(days=self.exchange.told.expiry_days))
        late = [each for each in states if each["operatStat"] == control.code("waiting")]
        if failed:
            words, state = str(failed[0]["reserved1"] or ""), failed[0]["operatStat"]
            reply = Reply(Outcome.REFUSED, code=f"operat-stat-{state}", words=words)
        elif stored:
            reply = Reply(Outcome.STORED, code="file-taken", words="the file was taken")
        elif any(each["createTime"] < until for each in late):
            days = self.exchange.told.expiry_days
            reply = Reply(Outcome.REFUSED, code=EXPIRED, words=f"nobody took the file within {days} days")
        else:
            return
        batch = connection.execute(select(SENT.c.batch).where(SENT.c.record_key == key)).scalar()
        receipt = Receipt(f"{key}:{batch}", key, reply)
        taking.note(connection, receipt, control.DESC_UP, writing.stamp(at))


def _note(connection: Connection, told: Prepared, files: Sequence[_File], batch: Batch) -> None:
    """Note a record, and in which files its rows are."""
    key = told.record.key
    for table in (ROWS, SENT):
        connection.execute(table.delete().where(table.c.record_key == key))
    writing.note(connection, Prepared(told.record, ()), batch, Outcome.ACCEPTED)
    ids = {row.guid: each.id for each in files for row in each.rows}
    noted = [
        {
            "record_key": key,
            "place": place,
            "table_name": row.table.name,
            "row_guid": ids[row.guid],
            "natural_key": row.natural,
            "row_sm3": row.sm3,
        }
        for place, row in enumerate(told.rows)
    ]
    if noted:
        connection.execute(insert(ROWS), noted)


def _records_of(connection: Connection, id_: str) -> list[str]:
    query = select(ROWS.c.record_key).join(SENT, SENT.c.record_key == ROWS.c.record_key)
    query = query.where(ROWS.c.row_guid == id_, SENT.c.outcome == Outcome.ACCEPTED.value)
    return list(connection.execute(query.distinct()).scalars())


def _batch(prepared: Sequence[Prepared], at: datetime) -> str:
    keys = "".join(sorted(each.record.key for each in prepared))
    digest = hashlib.new("sm3", keys.encode()).hexdigest()
    return f"{at.astimezone(SHANGHAI):%Y%m%d%H%M%S}-{digest[:16]}"


def _stamp(at: datetime) -> datetime:
    return at.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)


def _built(read: Settings, ground: Ground) -> tuple[FileExchange, ...]:
    told = read[FileExchangeSettings]
    if not told.database:
        return ()
    layout = columns.shipped()
    if unknown := set(told.kinds) - layout.kinds:
        raise UnusableSetting("file_exchange.kinds", f"not {min(unknown)}")
    if not told.folder or not told.key:
        raise UnusableSetting("file_exchange", "database, folder and key together")
    if not 1 <= told.expiry_days <= MOST_DAYS:
        raise UnusableSetting("file_exchange.expiry_days", f"1 to {MOST_DAYS}")
    signer = KeyInCustody(read[DatabaseSettings], ground, told.key)
    exchange = Exchange(Path(told.folder), signer, _trusted(told.trusted), told)
    database = FrontDatabase(NAME, address_in(told.database), told.seconds, control.NO_LAYOUT, control.tables())
    return (FileExchange(database, layout.only(told.kinds), exchange),)


def _trusted(files: Sequence[str]) -> tuple[PublicKey, ...]:
    try:
        return tuple(asymmetric.public_key_of_pem(Path(each).read_bytes()) for each in files)
    except (OSError, UnusableKey) as error:
        raise UnusableSetting("file_exchange.trusted", "PEM files of public keys") from error


FILE_EXCHANGE: Final = Maker(NAME, (FileExchangeSettings,), _built)
