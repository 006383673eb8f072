"""A province whose health department's table is pushed to the police, and whose changes are told to its subscribers."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from base import bulk
from base.bulk import Taken
from base.callers import Caller
from base.db import Database
from base.fetch import FetchSettings, GuardedFetch
from base.fetch.wiring import opened_networks
from exchange.agreements import grants
from exchange.agreements.caller_kinds import Mode as Handing
from exchange.agreements.purposes import Stage
from exchange.feeds.models import Push, PushReject, PushRun
from exchange.feeds.pushes import registry, running
from exchange.feeds.schemas import NewPushSchema
from exchange.feeds.wiring import Deliveries, DeliverySettings, Pushes, PushSettings
from exchange.mounting.wiring import MountParts, MountSettings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import people
from keys.parties.people import NewPerson
from keys.parties.sample import code_of
from keys.signers.software import SoftwareSigner
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, published
from tests.exchange.gateway_house import granted, mounted, purpose
from tests.exchange.sources.sites import LOOPBACK, unused

FIELDS = ("许可证编号", "单位名称", "面积", "发证日期", "更新号", "有效")
KEY, VERSION = "许可证编号", "更新号"
KINDS = {"面积": "decimal", "发证日期": "date", "更新号": "integer", "有效": "boolean"}
HANDED = frozenset({Handing.PUSH, Handing.SUBSCRIBE})
TARGET = "licences"
SOURCE = "source"


def row(number: int, version: int = 1, **peculiar: Any) -> tuple[Any, ...]:
    told = {
        "许可证编号": f"苏卫{number:07d}",
        "单位名称": f"演示单位{number}",
        "面积": f"{number % 900 + 0.5:.2f}",
        "发证日期": f"2024-{number % 12 + 1:02d}-15",
        "更新号": str(version),
        "有效": "是" if number % 2 else "否",
    }
    return tuple({**told, **peculiar}[name] for name in FIELDS)


@dataclass
class House:
    """The parts, the directory, who orders, and the folders of both organisations."""

    database: Database
    folder: Path
    at: datetime
    code: str = ""
    requester: Caller = field(default_factory=lambda: Caller("anonymous"))
    parts: Pushes = None  # type: ignore[assignment]
    deliveries: Deliveries = None  # type: ignore[assignment]
    address: str = ""

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Let the department's table hold these rows."""
        with sqlite3.connect(self.folder / "source.db") as connection:
            connection.execute(f'DELETE FROM "{SOURCE}"')  # noqa: S608 - names of the test
            marks = ", ".join("?" * len(FIELDS))
            connection.executemany(f'INSERT INTO "{SOURCE}" VALUES ({marks})', rows)  # noqa: S608
        connection.close()

    def order(self, **told: Any) -> str:
        """Order a push as a body of the API says it."""
        body = {
            "name": "演示推送",
            "directory": self.code,
            "purpose": {**purpose(), "basis": {"kind": "case", "number": "3209000001"}},
            "key": KEY,
            "kind": "table",
            "destination": {"database": "warehouse", "table": TARGET},
            **told,
        }
        new = NewPushSchema().load(body)
        with self.database.transaction() as session:
            return registry.add(session, new, self.parts, self.requester, self.at).id

    def start(self, push: str) -> PushRun:
        with self.database.transaction() as session:
            found = registry.push_of(session, push, locked=True)
            return running.start(session, found, self.parts, self.requester, self.at)

    def step(self, run: PushRun, then: Callable[[Session], None] = lambda _session: None) -> bool:
        """Do one step as a worker does; `then` happens before its commit. Tell whether the run has ended."""
        assert run.task is not None
        with self.database.transaction() as session:
            task = session.get_one(bulk.BulkTask, run.task)
            taken = Taken(task.id, task.job, task.fence)
            if task.state == bulk.TaskState.QUEUED:
                taken = bulk.take(session, task.id, "worker", self.at) or taken
            chunk = bulk.next_chunk(session, taken, self.at, {Pushes: self.parts})
        running.before(self.database, chunk)
        with self.database.transaction() as session:
            ended = bulk.step(session, running.JOB, taken, self.at, {Pushes: self.parts})
            then(session)
            return ended

    def run(self, push: str) -> PushRun:
        """Run a push to its end."""
        run = self.start(push)
        while not self.step(run):
            pass
        return self.told(run)

    def told(self, run: PushRun) -> PushRun:
        with self.database.reading() as session:
            return session.get_one(PushRun, run.id)

    def push(self, push: str) -> Push:
        with self.database.reading() as session:
            return session.get_one(Push, push)

    def rejects(self, run: PushRun) -> list[tuple[int, str, str]]:
        with self.database.reading() as session:
            rows = session.query(PushReject).filter_by(run=run.id).order_by(PushReject.row, PushReject.item)
            return [(each.row, each.item, each.reason) for each in rows]

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the subscriber's own database."""
        engine = create_engine(driven(self.address))
        try:
            with engine.begin() as connection:
                found = connection.execute(text(statement))
                return [tuple(each) for each in found] if found.returns_rows else []
        finally:
            engine.dispose()

    def brought(self, table: str = TARGET) -> list[tuple[Any, ...]]:
        quoted = f'"{table}"' if "mysql" not in self.address else f"`{table}`"
        order = f'"{KEY}"' if "mysql" not in self.address else f"`{KEY}`"
        return self.ask(f"SELECT * FROM {quoted} ORDER BY {order}")  # noqa: S608 - names of the test

    def tables(self) -> set[str]:
        from sqlalchemy import inspect

        engine = create_engine(driven(self.address))
        try:
            return set(inspect(engine).get_table_names())
        finally:
            engine.dispose()

    def close(self) -> None:
        self.parts.close()
        self.deliveries.fetch.close()  # type: ignore[attr-defined]

    def settings(self, **told: Any) -> None:
        """Open the parts anew with other settings, as another process would."""
        self.parts.close()
        self.parts = Pushes(
            replace(self.parts.settings, **told),
            self.parts.mounts,
            grants.require,
            self.parts.signer_for,
            self.parts.key,
        )


def driven(address: str) -> Any:
    url = make_url(address)
    return url.set(drivername="postgresql+psycopg") if url.get_backend_name() == "postgresql" else url


def opened(database: Database, folder: Path, at: datetime, address: str = "", source: str = "", **told: Any) -> House:
    """Open the house: a published directory on a table, a grant to push and to subscribe, a place to push to."""
    house = House(database, folder, at, address=address or f"sqlite:///{folder / 'warehouse.db'}")
    departments.opened(database, at)
    if not source:
        _own_table(folder)
        house.write([row(number) for number in range(1, 6)])
    kept(folder / code_of("health") / "databases" / SOURCE, source or f"sqlite:///{folder / 'source.db'}")
    kept(folder / code_of("police") / "destinations" / "warehouse", house.address)
    (folder / code_of("police") / "drops").mkdir(parents=True)
    mounts = MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())
    with database.transaction() as session:
        items = [{**item(name, 40), "type": KINDS.get(name, "string")} for name in FIELDS]
        directory, _ = published(session, at, items=items)
        house.code = directory.code
        mounted_on(session, directory, mounts, at)
        granted(session, house.code, at, **{"modes": HANDED, "fields": FIELDS, "stages": frozenset(Stage), **told})
        person = people.add(session, NewPerson("orderer", "演示经办", code_of("police")), MAKER, at)
        people.assign_roles(session, person, ("requester",), MAKER, at)
        found = people.caller_of(session, person)
        assert found is not None
        house.requester = found
    furnish(house, mounts)
    return house


def _own_table(folder: Path) -> None:
    with sqlite3.connect(folder / "source.db") as connection:
        connection.execute(f'CREATE TABLE "{SOURCE}" ({", ".join(chr(34) + name + chr(34) for name in FIELDS)})')
        connection.execute(f'CREATE INDEX "by_key" ON "{SOURCE}" ("{KEY}")')
    connection.close()


def furnish(house: House, mounts: MountParts, chunk_rows: int = 2) -> None:
    """Build the parts, as each process does."""
    folder = house.folder
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    settings = PushSettings(folder=str(folder), chunk_rows=chunk_rows)
    house.parts = Pushes(settings, mounts, grants.require, lambda _session, _key: signer, "delivery")
    house.deliveries = Deliveries(
        DeliverySettings(in_intranet=True, key="delivery"),
        guarded(),
        DataKeys(FileKek(folder / "kek")),
        lambda _session, _key: signer,
        grants.require,
        opened_networks(LOOPBACK),
    )


def mounted_on(session: Session, directory: Any, mounts: MountParts, at: datetime) -> str:
    return mounted(session, directory, mounts, at, SOURCE)


def kept(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line)
    file.chmod(0o600)


def guarded() -> GuardedFetch:
    """Give the way out anew, as another process has it."""
    return GuardedFetch(replace(LOOPBACK, read_seconds=1.0))
