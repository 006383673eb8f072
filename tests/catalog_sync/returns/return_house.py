"""A county whose upper level sends a table down by files, into a table that stands behind one of its directories."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, select, text

from base.canonical import Json, canonical
from base.db import Database
from base.fetch import FetchSettings
from catalog_sync.arrivals import staging
from catalog_sync.kinds import KINDS
from catalog_sync.returns import applying, declaring
from catalog_sync.returns.applying import Done
from catalog_sync.returns.declaring import NewReturn
from catalog_sync.returns.models import Return, ReturnLoad, ReturnReject
from catalog_sync.wiring import Sync, SyncSettings
from exchange.agreements import grants
from exchange.feeds.wiring import Pushes, PushSettings
from exchange.mounting.wiring import MountParts, MountSettings
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties.sample import code_of
from tests.catalog_sync.house import BY
from tests.catalog_sync.targets import file_house
from tests.catalog_sync.targets.file_house import THEIRS, Files
from tests.exchange import departments
from tests.exchange.departments import COUNTY_AUTHORITY, COUNTY_REVIEWER, COUNTY_STEWARD, Step, drafted, item, walked
from tests.exchange.push_house import driven, kept
from tests.exchange.sources.sites import unused

OWNER = code_of("town-window")
TABLE = "dn_enterprise"
KEY, NAME, PLACE, STAFF = "统一社会信用代码", "企业名称", "区划", "人数"
COLUMNS = {KEY: "uscc", NAME: "name", PLACE: "region", STAFF: "staff"}
WIDTHS = {"uscc": 18, "name": 200, "region": 12, "staff": 20}
HERE, ELSEWHERE = "320902100000", "320903100000"


def firm(number: int, region: str | None = HERE, **told: Any) -> dict[str, Any]:
    return {"uscc": f"C{number:05d}", "name": f"演示企业{number}", "region": region, "staff": str(number), **told}


def line(values: Mapping[str, Any], operation: str = "insert") -> bytes:
    cells: list[Json] = [{"name": each, "value": value} for each, value in values.items()]
    return canonical({"opType": operation, "columns": cells}) + b"\n"


def schema() -> str:
    fields: list[Json] = [
        {"name": name, "type": "12", "typelen": str(width), "primarykey": str(int(name == "uscc")), "nullable": "1"}
        for name, width in WIDTHS.items()
    ]
    return canonical({"Table": {"name": TABLE, "type_name": "TABLE", "FieldList": fields}}).decode()


@dataclass
class House:
    """The county at work."""

    database: Database
    folder: Path
    at: datetime
    files: Files
    sync: Sync
    pushes: Pushes
    code: str
    address: str
    arrivals: int = 0

    def arrive(self, *lines: bytes, key: Any = THEIRS) -> staging.Taken:
        """Let a file come down, and take it in."""
        self.arrivals += 1
        name = f"f{self.arrivals}"
        told = {"id": name, "filePath": f"down/{name}.json", "compress": "0", "schema": schema()}
        self.files.comes_down([], self.at, key, content=b"".join(lines), dataCount=len(lines), **told)
        return staging.collect(self.database, self.sync, self.files.target, lambda: self.at)

    def declare(self, **told: Any) -> str:
        new = {
            "name": "演示企业回流",
            "target": self.files.target.name,
            "table": TABLE,
            "directory": self.code,
            "key_item": KEY,
            "region_item": PLACE,
            "columns": COLUMNS,
            "mode": "changes",
            "destination": {"database": "returns", "table": "enterprises"},
        }
        with self.database.transaction() as session:
            return declaring.declare(session, self.sync, NewReturn(**{**new, **told}), BY, self.at).id

    def bring(self, returned: str) -> Done:
        return applying.bring(self.database, self.sync, self.pushes, returned, lambda: self.at)

    def decide(self, load: str, *, applies: bool) -> None:
        with self.database.transaction() as session:
            applying.decide(session, load, "核实过", BY, self.at, applies=applies)

    def returned(self, known: str) -> Return:
        with self.database.reading() as session:
            return declaring.return_of(session, known)

    def loads(self) -> list[ReturnLoad]:
        with self.database.reading() as session:
            return list(session.scalars(select(ReturnLoad).order_by(ReturnLoad.arrival)))

    def rejects(self) -> list[tuple[int, str, str]]:
        with self.database.reading() as session:
            rows = session.scalars(select(ReturnReject).order_by(ReturnReject.id))
            return [(each.row, each.item, each.reason) for each in rows]

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        engine = create_engine(driven(self.address))
        try:
            with engine.begin() as connection:
                found = connection.execute(text(statement))
                return [tuple(each) for each in found] if found.returns_rows else []
        finally:
            engine.dispose()

    def stands(self) -> list[tuple[Any, ...]]:
        """Give the rows that stand: key and name."""
        return self.ask(f'SELECT "{KEY}", "{NAME}" FROM enterprises ORDER BY "{KEY}"')  # noqa: S608 - names of the test

    def keys(self) -> list[str]:
        return [each[0] for each in self.stands()]

    def again(self) -> "House":
        """Give the house as another process has it."""
        return replace(self, pushes=pushes_of(self.folder))

    def close(self) -> None:
        self.pushes.close()
        self.files.close()


def pushes_of(folder: Path, chunk_rows: int = 2) -> Pushes:
    mounts = MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())
    return Pushes(PushSettings(folder=str(folder), chunk_rows=chunk_rows), mounts, grants.require, unused_signer)


def unused_signer(*_told: Any) -> Any:
    raise AssertionError


def items() -> list[dict[str, Any]]:
    kinds = {STAFF: "integer"}
    return [{**item(name, 30), "type": kinds.get(name, "string")} for name in COLUMNS]


def opened(database: Database, folder: Path, at: datetime, address: str = "", **told: Any) -> House:
    """Open the house: a published directory of the county, a place for its rows, an exchange of files."""
    departments.opened(database, at)
    address = address or f"sqlite:///{folder / 'returns.db'}"
    if address.startswith("sqlite"):
        sqlite3.connect(folder / "returns.db").close()
    kept(folder / OWNER / "destinations" / "returns", address)
    kept(folder / OWNER / "databases" / "returns", address)
    files = file_house.opened(f"sqlite:///{folder}/control.db", folder)
    keys = DataKeys(FileKek(folder / "kek"))
    sync = Sync(SyncSettings(**told), {files.target.name: files.target}, KINDS, keys, {})
    with database.transaction() as session:
        walkers = (COUNTY_STEWARD, COUNTY_REVIEWER, COUNTY_AUTHORITY)
        directory, version = drafted(session, at, COUNTY_STEWARD, items=items())
        walked(session, directory, version, Step.PUBLISH, at, walkers)
        code = directory.code
    return House(database, folder, at, files, sync, pushes_of(folder), code, address)
