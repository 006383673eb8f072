"""A front library on a database of each kind, records to tell it, and what a clerk of the platform does there."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from base.canonical import Json
from catalog_sync.record import Operation, Record, Subject
from catalog_sync.targets.front import columns, ddl
from catalog_sync.targets.front.columns import Layout
from catalog_sync.targets.front.connection import FrontDatabase
from catalog_sync.targets.front.taking import Waiting
from catalog_sync.targets.front_library import NAME, FrontLibrary, address_in
from exchange.feeds.pushes.destinations.engines import engine_of
from tests.certs.papers import HYGIENE, firm
from tests.keys.parties.builders import CITY

TYPE = HYGIENE.code
HOURS = 72


def certificate(serial: int = 1, version: int = 1, operation: Operation = Operation.INSERT, **peculiar: Any) -> Record:
    """Give a certificate as a row of a directory."""
    identifier = f"1.2.156.3005.2.{TYPE}.{CITY}.{serial:07d}.001.A"
    content: dict[str, Json] = {
        "identifier": identifier,
        "type": TYPE,
        "type_name": HYGIENE.name,
        "number": f"演卫公证字〔2026〕第{serial:07d}号",
        "issuer": CITY,
        "issuer_name": "演示市行政审批局",
        "region": "320900",
        "issued_on": "2026-11-21",
        "valid_from": "2026-11-21",
        "valid_until": "2030-11-20",
        "state": "valid",
        "holding": "issued",
        "supersedes": None,
        "item_code": "",
        "holders": [{"code": firm(1), "type": "001", "name": "演示企业1有限公司", "role": "holder"}],
    }
    return Record(Subject("certificate", identifier), version, operation, {**content, **peculiar})


def step(number: str = "演示办件0001", sequence: int = 1, **peculiar: Any) -> Record:
    """Give a case's step with the rows of an acceptance and two materials."""
    item = f"{CITY}3000123020000" + "01"
    common = {
        "project_no": number,
        "catalog_code": item[19:31],
        "task_code": item[:31],
        "task_handle_item": item,
        "task_version": 1,
    }
    accept = {
        "project_name": "演示申请",
        "task_name": "演示事项",
        "apply_date": "2026-11-20T01:00:00Z",
        "applyer_name": "演示企业1有限公司",
        "applyer_page_type": "001",
        "applyer_page_code": firm(1),
        "org_code": CITY,
        "org_name": "演示市行政审批局",
        "accept_date": "2026-11-21T02:30:00Z",
    }
    process = {"process_name": "accept", "event_name": "accept", "event_end_time": "2026-11-21T02:30:00Z"}
    materials = [{**common, "material_name": f"演示材料{each}", "get_type": "1", "get_num": 1} for each in (1, 2)]
    content: dict[str, Any] = {
        "project_no": number,
        "organ": CITY,
        "region": "320900",
        "accept": {**common, **accept},
        "process": {**common, **process},
        "materials": materials,
    }
    return Record(Subject("case-step", f"{number}/{sequence}"), sequence, Operation.INSERT, {**content, **peculiar})


@dataclass
class Front:
    """The front library, as its platform and we see it."""

    target: FrontLibrary
    engine: Engine
    layout: Layout
    file: Path
    others: list[FrontLibrary] = field(default_factory=list)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Give what lies in a table."""
        with self.engine.connect() as connection:
            told = connection.execute(select(self.target.database.table(table)))
            return [dict(each) for each in told.mappings()]

    def sql(self, table: str) -> list[str]:
        """Give the statement that made a table, on SQLite."""
        with self.engine.connect() as connection:
            told = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE tbl_name = ?", (table,))
            return [each for each in told.scalars() if each]

    def run(self, *statements: str) -> None:
        """Do something there."""
        with self.engine.begin() as connection:
            for each in statements:
                connection.exec_driver_sql(each)

    def refuse(self, record: Record, words: str, at: datetime, batch: str | None = None) -> None:
        """Write a refusal as the platform does: the row again, with its words."""
        (row,) = [
            each for each in self.rows("up_lic_data") if each["certificate_source_id"] == record.content["identifier"]
        ]
        told = {**row, "error_remark": words, "cd_time": at.replace(tzinfo=None, microsecond=0)}
        told["cd_batch"] = row["cd_batch"] if batch is None else batch
        with self.engine.begin() as connection:
            connection.execute(insert(self.target.database.table("dn_lic_data_error")), told)

    def again(self, hours: int = HOURS) -> FrontLibrary:
        """Give the target anew, as another process has it."""
        self.others.append(target_of(self.file, self.layout, hours))
        return self.others[-1]

    def empty(self) -> None:
        """Take away what an earlier test has left."""
        tables = (*ddl.theirs(self.layout).sorted_tables, *ddl.OURS.sorted_tables)
        with self.engine.begin() as connection:
            for each in tables:
                connection.execute(each.delete())

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        for each in (self.target, *self.others):
            each.database.forget()


def target_of(file: Path, layout: Layout, hours: int = HOURS) -> FrontLibrary:
    """Give the target of an address in a file."""
    return FrontLibrary(FrontDatabase(NAME, address_in(str(file)), 5.0, layout), layout, "p32", Waiting(hours))


def opened(address: str, folder: Path, *, hours: int = HOURS) -> Front:
    """Open a front library; on SQLite it is made here, on a server once for all tests."""
    file = folder / "front-library"
    file.write_text(address + "\n")
    file.chmod(0o600)
    layout = columns.shipped()
    engine = engine_of(address, 5.0)
    if engine.dialect.name == "sqlite":
        ddl.create(engine, layout)
    return Front(target_of(file, layout, hours), engine, layout, file)
