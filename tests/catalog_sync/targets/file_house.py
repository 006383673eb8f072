"""A file exchange with its control tables and folder, and what the other side does there."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select, update

from catalog_sync.record import Record
from catalog_sync.targets.file_exchange import NAME, Exchange, FileExchange, FileExchangeSettings
from catalog_sync.targets.files import control, data_file, folder, signatures
from catalog_sync.targets.front import columns, ddl, rows
from catalog_sync.targets.front.connection import FrontDatabase
from catalog_sync.targets.front_library import address_in
from exchange.feeds.pushes.destinations.engines import engine_of
from keys.algorithms import sm2
from keys.signers.software import SoftwareSigner

# The scalars of nobody's keys.
OURS = sm2.PrivateKey.from_scalar(bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"))
THEIRS = sm2.PrivateKey.from_scalar(bytes.fromhex("128B2FA8BD433C6C068C8D803DFF79792A519A55171B1B650C23661D15897263"))
TOLD = FileExchangeSettings(source_code="演示省", target_code="演示国家平台")


@dataclass
class Files:
    """The exchange, as the other side and we see it."""

    target: FileExchange
    engine: Engine
    folder: Path
    others: list[FileExchange] = field(default_factory=list)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            found = connection.execute(select(self.target.database.table(table)))
            return [dict(each) for each in found.mappings()]

    def files(self) -> list[str]:
        return sorted(str(each.relative_to(self.folder)) for each in self.folder.rglob("*") if each.is_file())

    def answer(self, table: str, state: str, words: str = "") -> None:
        """Mark every file of a table as taken or failed, as the reader does."""
        desc = self.target.database.table(control.DESC_UP)
        chosen = desc.c.filePath.like(f"%/{table}-%")
        with self.engine.begin() as connection:
            connection.execute(update(desc).where(chosen).values(operatStat=state, reserved1=words))

    def comes_down(self, records: list[Record], at: datetime, key: sm2.PrivateKey = THEIRS, **peculiar: Any) -> None:
        """Publish a file as the other side does."""
        layout = columns.shipped()
        table = layout.tables["up_lic_data"]
        made = [row for each in records for row in rows.rows_of(layout, each, {})[0]]
        whole = [(row, row.sent("b1", "n00", at)) for row in made]
        content = peculiar.pop("content", data_file.written(whole, compressed=True))
        path = peculiar.get("filePath", "down/20261121/目录.json.gz")
        if peculiar.pop("lies", True):
            folder.put(self.folder, path, content)
        stamp = at.replace(tzinfo=None, microsecond=0)
        mng = {"id": "m1", "pubId": table.name, "dataSchema": peculiar.pop("schema", data_file.schema(table))}
        desc = {
            "id": "d1",
            "mngId": "m1",
            "type": "0",
            "fileSize": len(content),
            "dataCount": len(made),
            "filePath": path,
            "fileSignature": signatures.written(SoftwareSigner(key), content),
            "compress": "1",
            "operatStat": "0",
            "createTime": stamp,
            "expiryDate": "30",
        }
        with self.engine.begin() as connection:
            down = self.target.database.table(control.MNG_DOWN)
            if connection.execute(select(down.c.id).where(down.c.id == "m1")).first() is None:
                connection.execute(insert(down), mng)
            connection.execute(insert(self.target.database.table(control.DESC_DOWN)), {**desc, **peculiar})

    def again(self) -> FileExchange:
        """Give the target anew, as another process has it."""
        self.others.append(target_of(self.folder.parent, self.folder))
        return self.others[-1]

    def close(self) -> None:
        self.engine.dispose()
        for each in (self.target, *self.others):
            each.database.forget()


def target_of(place: Path, store: Path) -> FileExchange:
    exchange = Exchange(store, lambda: SoftwareSigner(OURS), (THEIRS.public,), TOLD)
    address = address_in(str(place / "control"))
    database = FrontDatabase(NAME, address, 5.0, control.NO_LAYOUT, control.tables())
    return FileExchange(database, columns.shipped().only({"certificate", "case-step", "item"}), exchange)


def opened(address: str, place: Path) -> Files:
    """Make an exchange in an empty database and folder."""
    file, store = place / "control", place / "store"
    file.write_text(address + "\n")
    file.chmod(0o600)
    store.mkdir(exist_ok=True)
    engine = engine_of(address, 5.0)
    control.tables().create_all(engine)
    ddl.OURS.create_all(engine)
    return Files(target_of(place, store), engine, store)
