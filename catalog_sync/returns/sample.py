"""What the sandbox shows of data that comes down: national rows returned to a county, delivered from there to a town.

The simulated platform writes two batches of invented firms into the front library, and one row that nobody may take.
The county returns the table: its own firms stand in a table behind a directory of its own, those of other regions and
the bad row do not. It mounts that table and delivers it directly; its town subscribes, gets the rows of the town alone
under a grant, and confirms them. Everything is done by the verbs that people and jobs use.
"""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running, Sandbox
from catalog_sync.returns import applying, declaring, fetching
from catalog_sync.returns.declaring import NewReturn
from catalog_sync.returns.models import ReturnLoad
from catalog_sync.returns.states import CHANGES, HELD
from catalog_sync.simulator import front_data, store
from catalog_sync.simulator.doors import DoorsSettings
from catalog_sync.simulator.front_library import FrontPlatform
from catalog_sync.simulator.settings import SimulatorSettings
from catalog_sync.simulator.store import Store
from catalog_sync.targets import front_library
from catalog_sync.targets.front import columns
from catalog_sync.targets.front_library import address_in
from catalog_sync.wiring import Sync
from exchange import directories
from exchange import sample as exchange_sample
from exchange.agreements import sharing
from exchange.agreements.life import RequestStep
from exchange.agreements.purposes import Basis, BasisKind, Ground, Operator, OperatorKind, Purpose, Stage
from exchange.direct import delivering, following, offering, subscribing
from exchange.direct.offering import NewOffer
from exchange.direct.subscribing import NewDirect
from exchange.direct.wiring import Directs
from exchange.feeds.pushes.destinations.engines import engine_of
from exchange.feeds.wiring import Pushes
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.mounting.wiring import MountParts
from keys.parties.sample import COUNTY, code_of
from keys.signers import secret_files

OWNER, TOWN_WINDOW = "county-window", "town-window"
KEY, NAME, STATE, PLACE = "统一社会信用代码", "企业名称", "登记状态", "所属区划"
COLUMNS: Final = {KEY: "certificate_sno", NAME: "corp_name", STATE: "corp_status", PLACE: "region_code"}
# Its name, field of work, kind of items, way of sharing and how often it changes.
DIRECTORY: Final = ["演示区企业登记回流信息", "16", "firm-of-region", "2", "day"]
PLACE_NAME, TABLE, FILE = "returns", "enterprises", "returns.db"
SECONDS: Final = 30.0
BAD: Final = "row-operation:x1"
PERIOD: Final = timedelta(days=365)


def sample(running: Running, sandbox: Sandbox) -> None:
    """Write down, return, mount, deliver and confirm; tell the visitor which ids to look at."""
    at, sync = clock.now(), running.parts[Sync]
    if front_library.NAME not in sync.targets:
        return
    _laid_out(sandbox.folder)
    _written(running, at)
    with running.database.transaction() as session:
        owner = code_of(OWNER)
        directory = exchange_sample.published(session, owner, owner, DIRECTORY, at).code
        returned = declaring.declare(session, sync, _new(directory), _person(OWNER, "operator"), at).id
    fetching.fetch(running.database, sync, returned)
    _brought(running, sync, returned, at)
    with running.database.transaction() as session:
        _mounted(session, running.parts[MountParts], directory, at)
        offering.offer(session, NewOffer(directory, KEY, PLACE, ("town",)), _person(OWNER, "provider"), at)
    following.follow(running.database, running.parts[Directs], directory)
    subscription = _delivered(running, directory, at)
    sandbox.told["returned"] = {"return": returned, "directory": directory, "subscription": subscription}


def _brought(running: Running, sync: Sync, returned: str, at: datetime) -> None:
    """Bring in what came; where two of four firms go, and where a batch is one bad row, a person looks first."""
    pushes, by = running.parts[Pushes], _person(OWNER, "operator")
    while applying.bring(running.database, sync, pushes, returned).held:
        with running.database.transaction() as session:
            held = select(ReturnLoad.id).where(ReturnLoad.returned == returned, ReturnLoad.state == HELD)
            applying.decide(session, session.scalars(held).one(), "演示：已与上级核实", by, at, applies=True)


def _laid_out(folder: Path) -> None:
    """Prepare what an operator prepares: a database for what comes down, named for writing and for reading."""
    file = folder / "pushes" / FILE
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    sqlite3.connect(file).close()
    owner = code_of(OWNER)
    for place in (folder / "pushes" / owner / "destinations", folder / "mounts" / owner / "databases"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (place / PLACE_NAME).exists():
            secret_files.write(place / PLACE_NAME, f"sqlite:///{file}".encode())


def _written(running: Running, at: datetime) -> None:
    """Have the simulated platform write its two batches, and one row with an operation that nobody knows."""
    kept = Store(Path(running.settings[SimulatorSettings].folder))
    engine = engine_of(address_in(running.settings[DoorsSettings].front_library)(), SECONDS)
    platform = FrontPlatform(engine, columns.shipped(), kept)
    platform.send_down(at - timedelta(minutes=2))
    with kept.writing() as session:
        before = store.setting(session, store.FAULTS)
        store.switch(session, store.FAULTS, BAD)
    platform.send_down(at - timedelta(minutes=1))
    with kept.writing() as session:
        store.switch(session, store.FAULTS, before)
    engine.dispose()
    kept.close()


def _new(directory: str) -> NewReturn:
    return NewReturn(
        name="演示：国家下发企业信息，回流到区",
        target=front_library.NAME,
        table=front_data.TABLE,
        directory=directory,
        key_item=KEY,
        region_item=PLACE,
        columns=COLUMNS,
        mode=CHANGES,
        destination={"database": PLACE_NAME, "table": TABLE},
    )


def _mounted(session: Session, parts: MountParts, code: str, at: datetime) -> None:
    directory = directories.directory_of(session, code)
    steward, reviewer = _person(OWNER, "steward"), _person(OWNER, "reviewer")
    declaration = {"database": PLACE_NAME, "table": TABLE, "key": KEY}
    mount = mounts.add(session, directory, NewMount("演示回流库", "table", declaration), parts, steward, at)
    plan, of_proposal = mounts.probe_plan(session, mount)
    looked = mounts.look(parts, plan, of_proposal=of_proposal)
    mounts.keep_probe(session, plan, looked, parts, steward, at, of_proposal=of_proposal)
    mounts.confirm(session, mount, reviewer, at)


def _delivered(running: Running, directory: str, at: datetime) -> str:
    """Subscribe as the town, have it approved by the declaration, take what is there and confirm it."""
    parts, town = running.parts[Directs], code_of(TOWN_WINDOW)
    new = NewDirect(directory, _purpose(), "演示依据", "演示：镇便民服务中心核对辖区企业", at + PERIOD)
    with running.database.transaction() as session:
        row = subscribing.subscribe(session, new, _person(TOWN_WINDOW, "requester"), at)
        request = sharing.request_of(session, row.request)
        sharing.take(session, request, RequestStep.FORWARD, "", _person(TOWN_WINDOW, "reviewer"), at)
        known = subscribing.settle(session, row.id, at).id
    taker = Caller("system", "sandbox-town", "演示镇业务系统", town, scopes=frozenset({"data:read"}))
    with running.database.transaction() as session:
        row = subscribing.subscription_of(session, known, locked=True)
        page = delivering.page(session, parts, row, "", delivering.MOST_ROWS, taker, at)
        delivering.received(session, row, page.next, len(page.items), 0, taker, at)
    return known


def _purpose() -> Purpose:
    return Purpose(
        item_code="000123020000",
        item_name="公共场所卫生许可",
        stage=Stage.REVIEW,
        basis=Basis(BasisKind.CASE, "演示320902202611220001"),
        ground=Ground.STATUTORY,
        grant_code=None,
        operator=Operator(OperatorKind.SYSTEM, "演示镇业务系统", "演示镇便民服务中心"),
        handling_region=COUNTY,
        reason="核对本镇企业登记信息",
    )


def _person(department: str, role: str) -> Caller:
    return Caller("person", f"sandbox-{role}", f"演示{role}", code_of(department), frozenset({role}))
