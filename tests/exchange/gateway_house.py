"""A province whose health department shares a mounted table with the police, and the gateway that serves it."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.fetch import FetchSettings
from exchange.agreements import clauses
from exchange.agreements.caller_kinds import CallerKind, Mode
from exchange.agreements.clauses import Clauses
from exchange.agreements.life import GrantState
from exchange.agreements.models import Grant
from exchange.agreements.purposes import Ground, Stage
from exchange.door import standing
from exchange.door.recording import Recorder
from exchange.door.wiring import SALTS, SUBJECTS, Gateway, GatewaySettings, KeyedHash
from exchange.models import Directory
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.routes.gateway import gateway
from exchange.routes.receipts import receipts
from exchange.sources.cursors import Cursors
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import system_keys, systems
from keys.parties.sample import code_of
from keys.parties.systems import NewSystem
from keys.signers.software import SoftwareSigner
from tests import rooms
from tests.exchange import departments
from tests.exchange.departments import REVIEWER, STEWARD, item, person, published
from tests.exchange.sources.sites import unused
from tests.rooms import Door

FIELDS = ("许可证编号", "单位名称", "负责人", "公民身份号码", "区划", "面积", "发证日期")
ROWS = (
    ("苏卫0001", "演示饭店", "演示甲", "320102199001010018", "320900", "120.50", "2024-03-01"),
    ("苏卫0002", "演示浴室", "演示乙", "320102199001010026", "320902", "88.00", "2024-04-02"),
    ("苏卫0003", "演示书店", "演示丙", "320102199001010034", "320500", "60.00", "2025-01-15"),
)
SYSTEM = Caller("system", "window", "演示窗口系统", code_of("police"), scopes=frozenset({"data:read"}))
OTHER = Caller("system", "other", "演示其他系统", code_of("city-market"), scopes=frozenset({"data:read"}))
CLERK = person("clerk", "police", "window")
AUDITOR = person("auditor", "data", "auditor")
PROVIDER = person("provider", "health", "provider")
STRANGER = person("stranger", "city-market", "requester")
PEOPLE = (SYSTEM, OTHER, CLERK, AUDITOR, PROVIDER, STRANGER)
MATTER = "000123010000"
ORIGIN = "gateway.example/ledger"


def purpose(**peculiar: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "item_code": MATTER,
        "item_name": "演示事项",
        "stage": "acceptance",
        "basis": {"kind": "case", "number": "3209000001"},
        "ground": "statutory",
        "operator": {"kind": "person", "name": "演示经办", "unit": "演示窗口"},
        "handling_region": "320900",
        "reason": "核验许可证",
    }
    return told | peculiar


def granted(
    session: Session, directory: str, at: datetime, grantee: str = code_of("police"), code: str = "grant-1", **told: Any
) -> str:
    """Put a grant there; how it comes about is another story."""
    provider = told.pop("provider", code_of("health"))
    clause = {
        "fields": FIELDS,
        "matters": (MATTER,),
        "stages": frozenset(Stage) - {Stage.AGREEMENT},
        "grounds": frozenset({Ground.STATUTORY, Ground.HOLDER}),
        "modes": frozenset({Mode.QUERY, Mode.BATCH}),
        "begins": at - timedelta(days=1),
        "ends": at + timedelta(days=365),
        **told,
    }
    row = {
        "code": code,
        "directory": directory,
        "title": "演示授权",
        "provider": provider,
        "provider_region": "320000",
        "grantee": grantee,
        "kind": CallerKind.DEPARTMENT.value,
        "mandate": None,
        "request": None,
        "state": GrantState.ACTIVE.value,
        "suspended_by_authority": False,
        "warned": False,
        "begins_at": clause["begins"],
        "ends_at": clause["ends"],
        "clauses": clauses.document(Clauses(**clause)),
        "salt": b"s" * 32,
        "number": 1,
        "version": 1,
        "created_at": at - timedelta(days=1),
        "changed_at": at - timedelta(days=1),
    }
    known = Grant.__table__.c.keys()
    session.execute(insert(Grant), [{name: value for name, value in row.items() if name in known}])
    return code


def revoked(database: Database, at: datetime, code: str = "grant-1") -> None:
    with database.transaction() as session:
        session.execute(
            update(Grant).where(Grant.code == code).values(state=GrantState.REVOKED.value, changed_at=at, version=2)
        )


def system_added(database: Database, at: datetime) -> PrivateKey:
    """Put the window's system on record, with an SM2 key of its own."""
    key = asymmetric.generated(KeyKind.SM2)
    with database.transaction() as session:
        row = systems.add(session, NewSystem(SYSTEM.id, SYSTEM.name, SYSTEM.organisation), departments.MAKER, at)
        system_keys.add_key(session, row, system_keys.NewKey(key.public, "k1"), departments.MAKER, at)
    return key


@dataclass
class House:
    """The running gateway, its parts, and the directory that it serves."""

    database: Database
    door: Door
    parts: Gateway
    sources: MountParts
    folder: Path
    code: str
    mount: str
    at: datetime

    def ask(self, who: str | None = "window", code: str | None = None, **body: Any) -> Any:
        told = {"purpose": purpose(), **body}
        return self.door.call(who, "POST", f"/data/{code or self.code}", json=told)

    def get(self, path: str, who: str = "window") -> Any:
        return self.door.call(who, "GET", path)


def parts_of(folder: Path, **told: Any) -> Gateway:
    """Build the gateway's part with keys of its own."""
    data_keys = DataKeys(FileKek(folder / "kek"))
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    settings = GatewaySettings(receipt_key="receipts", **told)
    return Gateway(
        settings,
        "receipts",
        ORIGIN,
        lambda _session, _key: signer,
        data_keys,
        KeyedHash(data_keys, SUBJECTS),
        KeyedHash(data_keys, SALTS),
        Cursors("s" * 32),
        Recorder(standing.gone, settings.together),
    )


def sources_of(folder: Path) -> MountParts:
    return MountParts(MountSettings(folder=str(folder)), unused, FetchSettings())


def write_table(folder: Path, name: str = "licences", rows: Any = ROWS) -> None:
    """Write the department's own table, and what its mount names."""
    place = folder / code_of("health")
    (place / "databases").mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.db"
    connection = sqlite3.connect(file)
    columns = ", ".join(f'"{each}"' for each in FIELDS)
    with connection:
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        connection.executemany(f'INSERT INTO "{name}" VALUES ({", ".join("?" * len(FIELDS))})', rows)  # noqa: S608 - names of the test
        connection.execute(f'CREATE UNIQUE INDEX "{name}_key" ON "{name}" ("{FIELDS[0]}")')
    connection.close()
    named = place / "databases" / name
    named.write_text(f"sqlite:///{file}")
    named.chmod(0o600)


def mounted(session: Session, directory: Directory, sources: MountParts, at: datetime, name: str = "licences") -> str:
    new = NewMount(name, "table", {"database": name, "table": name, "key": FIELDS[0]})
    mount = mounts.add(session, directory, new, sources, STEWARD, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(sources, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, sources, STEWARD, at, of_proposal=of_proposal)
    return mounts.confirm(session, mount, REVIEWER, at).id


def items() -> list[dict[str, Any]]:
    kinds = {"面积": {"type": "decimal"}, "发证日期": {"type": "date"}}
    return [{**item(name, 100), **kinds.get(name, {})} for name in FIELDS]


def opened(database: Database, folder: Path, at: datetime, **told: Any) -> House:
    """Open the house: departments, a published directory, its mount, a grant for the police."""
    departments.opened(database, at)
    sources, parts = sources_of(folder), parts_of(folder, **told.pop("settings", {}))
    write_table(folder)
    with database.transaction() as session:
        directory, _ = published(session, at, items=items())
        mount = mounted(session, directory, sources, at)
        granted(session, directory.code, at, **told)
        code = directory.code
    door = rooms.door(database, (gateway, receipts), PEOPLE, parts, sources)
    return House(database, door, parts, sources, folder, code, mount, at)
