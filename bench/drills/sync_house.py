"""What the drills of synchronisation share: a province whose rooms told of many things, a way up, a platform to tell.

The things are rows as the rooms keep them, written in bulk, and each has the event that its room tells; so the kinds
read them as they do at a site. The platform is the simulator, in a process of its own on a port of this machine or
called without a network. The clock of all processes is one, and runs too fast, so that pauses and claims run out.
"""

import functools
import json
import os
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from base import events, models
from base.acting import Room
from base.audit import Thing
from base.callers import Caller
from base.db import Database, DatabaseSettings, connect
from base.events import CursorMoved, Event
from base.fetch import FetchSettings, GuardedFetch
from base.journal import append
from bench.ledger import fresh_database
from bench.runner import say, write
from catalog_sync import balancing, changes, channels, desk
from catalog_sync.kinds import KINDS
from catalog_sync.models import PAUSED, Outbox
from catalog_sync.reconciliation.ranges import EVERYTHING, Row, range_of
from catalog_sync.simulator import claims, store
from catalog_sync.simulator.checker import ARRIVED, DELETE, Claim, Effect, check
from catalog_sync.simulator.gateway import RID
from catalog_sync.simulator.platform import KEY_FILE, Platform
from catalog_sync.simulator.serving import Server
from catalog_sync.simulator.store import STRUCK, Store
from catalog_sync.states import State
from catalog_sync.targets.gateway.line import Account
from catalog_sync.targets.national_gateway import NAME as GATEWAY
from catalog_sync.targets.national_gateway import NationalGateway
from catalog_sync.targets.target import Target
from catalog_sync.wiring import Sync, SyncSettings
from exchange.agreements.life import RequestState
from exchange.agreements.models import ShareRequest
from exchange.models import Directory, DirectoryVersion
from exchange.mounting.models import SERVING, WITHDRAWN, Mount
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties.models import ACTIVE, System
from keys.parties.sample import code_of
from tests.catalog_sync import house as houses
from tests.catalog_sync.house import House
from tests.catalog_sync.platform import Platform as Kept
from tests.exchange import departments

AT: Final = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
ROOM: Final = Room("drill")
BY: Final = Caller("system", "drill", "drill", code_of("data"))
DAY: Final = "2026-11-21"
PLATFORM: Final = "platform"
# After so many tries a row waits for half an hour and more.
MANY_TRIES: Final = 5
# What one call to the platform may take, on a busy machine.
SECONDS: Final = 3.0
TOLD_AT_ONCE: Final = 1000
# One block in so many changes in a generation, and of those one in so many loses a mount.
SHARE: Final = 3
GOES: Final = 5
CATEGORY: Final = "30701500003000000000000000"
NAMESPACE: Final = uuid.UUID("6d2c1f90-7a53-4f0e-9c0a-2f1f2a6f9b10")


@dataclass(frozen=True)
class Clock:
    """One clock of several processes, so many times too fast."""

    fast: float = 1.0
    began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Tell the time."""
        return AT + timedelta(seconds=(time.monotonic() - self.began) * self.fast)


@dataclass(frozen=True)
class Province:
    """How many things there are.

    A block is three systems, two directories, two mounts and a request; it makes ten records, as a mount is told as a
    resource and as statistics.
    """

    blocks: int

    @property
    def records(self) -> int:
        """Tell how many records the things make, with the organisations and the category."""
        return self.blocks * 10 + len(departments.ORGANISATIONS) + 1

    def fill(self, database: Database, at: datetime) -> None:
        """Write the things, and tell of each; those that others need are told of last."""
        departments.opened(database, at)
        for start in range(0, self.blocks, TOLD_AT_ONCE // 10):
            blocks = range(start, min(start + TOLD_AT_ONCE // 10, self.blocks))
            with database.transaction() as session:
                for model, rows in (
                    (System, [system(each, at) for each in _of(blocks, 3)]),
                    (Directory, [_directory(each, at) for each in _of(blocks, 2)]),
                    (DirectoryVersion, [_version(each, at) for each in _of(blocks, 2)]),
                    (Mount, [_mount(each, at) for each in _of(blocks, 2)]),
                    (ShareRequest, [_request(each, at) for each in blocks]),
                ):
                    session.execute(insert(model), rows)
                tell(session, "share-request.submit", [request_id(each) for each in blocks], at)
                tell(session, "mount.confirmed", [mount_id(each) for each in _of(blocks, 2)], at)
                tell(session, "directory.publish", [directory_code(each) for each in _of(blocks, 2)], at)
                tell(session, "system.added", [system_id(each) for each in _of(blocks, 3)], at)

    def change(self, database: Database, generation: int, at: datetime) -> None:
        """Change one block in three, and tell of it: systems and requests change, some mounts go."""
        chosen = [each for each in range(self.blocks) if each % SHARE == generation % SHARE]
        for start in range(0, len(chosen), TOLD_AT_ONCE // 10):
            blocks = chosen[start : start + TOLD_AT_ONCE // 10]
            with database.transaction() as session:
                for number in _of(blocks, 3):
                    name = {"name": f"演示系统{number}（第{generation}次变更）", "changed_at": at}
                    session.execute(update(System).where(System.id == system_id(number)).values(name))
                for number in blocks:
                    held = {"scene": f"演示办事场景{generation}", "changed_at": at}
                    session.execute(update(ShareRequest).where(ShareRequest.id == request_id(number)).values(held))
                gone = [mount_id(each * 2) for each in blocks if each % GOES == generation % GOES]
                session.execute(update(Mount).where(Mount.id.in_(gone)).values(state=WITHDRAWN, changed_at=at))
                tell(session, "system.changed", [system_id(each) for each in _of(blocks, 3)], at)
                tell(session, "share-request.offer", [request_id(each) for each in blocks], at)
                tell(session, "mount.withdrawn", gone, at)


class Office:
    """A sender's parts: its database, and the target that it tells."""

    def __init__(self, url: str, folder: Path, clock: Clock, made: Callable[[Clock, Path], Target]) -> None:
        self.database = connect(DatabaseSettings(url=url, pool_size=8), (append,))
        self.clock = clock
        self._made, self._folder = made, folder
        self._keys = DataKeys(FileKek(folder / "kek"))

    @functools.cached_property
    def target(self) -> Target:
        """Make the target where it is needed: a way out takes a while to open."""
        return self._made(self.clock, self._folder)

    @functools.cached_property
    def sync(self) -> Sync:
        """Make the parts."""
        return Sync(SyncSettings(receipt_hours=1, claim_seconds=3600), {GATEWAY: self.target}, KINDS, self._keys, {})

    def write(self) -> int:
        """Read the feed to its end; tell how many events there were."""
        found = 0
        while True:
            try:
                with self.database.transaction() as session:
                    written = changes.write(session, self.sync, self.target, self.clock.now())
            except CursorMoved:
                continue
            found += written.events
            if not written.events:
                return found

    def left(self) -> int:
        """Count what is not at its end: rows, and events that were not read."""
        open_ = [State.WAITING.value, State.SENT.value, State.ACCEPTED.value]
        with self.database.reading() as session:
            rows = session.scalar(select(func.count()).where(Outbox.state.in_(open_))) or 0
            last = session.scalar(select(func.max(models.Event.position))) or 0
            return rows + last - events.cursor(session, changes.reader(GATEWAY))

    def decide(self, *, hastens: bool = False) -> tuple[int, int]:
        """Do what the operator does: let the channel go on, have dead letters told again; tell how often.

        One who `hastens` has those told now, too, that wait for hours after many tries.
        """
        with self.database.transaction() as session:
            paused = channels.seen(session, GATEWAY).state == PAUSED
            if paused:
                channels.resume(session, GATEWAY, BY, self.clock.now())
            dead = session.scalars(select(Outbox.number).where(Outbox.state == State.DEAD.value)).all()
            waits = (Outbox.state == State.WAITING.value) & (Outbox.tries >= MANY_TRIES)
            late = session.scalars(select(Outbox.number).where(waits)).all() if hastens else []
            for number in (*dead, *late):
                desk.retry(session, self.sync, number, BY, self.clock.now())
        return int(paused), len(dead)

    def close(self) -> None:
        """Give every connection back."""
        self.database.close()


def in_parts(name: str, results: Path, parts: Mapping[str, Callable[[], dict[str, Any]]]) -> dict[str, Any]:
    """Do part after part, each kept when it is done, so that a run that is stopped goes on with the next."""
    file = results / "state" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    resumed = sorted(found)
    for part, work in parts.items():
        if part not in found:
            say(f"{name}: {part}")
            load = [round(each, 2) for each in os.getloadavg()]
            found[part] = {**work(), "load": load}
            write(file, found)
    file.unlink(missing_ok=True)
    return {**found, "resumed_with": resumed, "passed": all(each["passed"] for each in found.values())}


@contextmanager
def story(kind: str, platform: Kept, **told: Any) -> Iterator[House]:
    """Open a house that tells a platform in memory, its clock moved by whoever tells the story."""
    with tempfile.TemporaryDirectory() as folder, fresh_database(kind, "yinxin_drill_story") as settings:
        database = connect(settings, (append,))
        yield houses.opened(database, Path(folder), AT, platform, **told)
        database.close()


def gateway(port: int, *, knows_keys: bool) -> Callable[[Clock, Path], Target]:
    """Give what makes the target: the national gateway on a port of this machine."""

    def made(_clock: Clock, folder: Path) -> Target:
        fetch = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8",), read_seconds=SECONDS, rest_seconds=0.0))
        url, key = f"http://127.0.0.1:{port}", folder / PLATFORM / KEY_FILE
        account = Account(GATEWAY, url, RID, lambda: key.read_text("utf-8").strip(), seconds=SECONDS, intranet=True)
        return NationalGateway(account, fetch, keys=knows_keys)

    return made


def serve(folder: Path, port: int, clock: Clock) -> None:
    """Be the platform, until killed."""
    platform = Platform(folder / PLATFORM, clock.now)
    with Server(platform, port) as server:
        server.serve_forever()


def verdict_of(database: Database, folder: Path) -> dict[str, Any]:
    """Hold the platform's effects against the outbox, both as the checker and as the comparison of two sides do."""
    kept = Store(folder / PLATFORM)
    with database.reading() as session, kept.reading() as taken:
        said, happened = list(claims.of_outbox(session, GATEWAY)), list(claims.effects(taken, "gateway"))
        unsound = balancing.faults(session, GATEWAY)
        calls, struck = store.last(taken, store.CALLS), dict(taken.execute(select(STRUCK.c.name, STRUCK.c.count)).all())
    kept.close()
    told = check(said, happened, at_rest=True)
    here, there = range_of(EVERYTHING, ours(said)), range_of(EVERYTHING, theirs(happened))
    return {
        "records": told.claims,
        "effects": told.effects,
        "calls": calls,
        "faults_struck": struck,
        "findings": {name: count for name, count in told.counts.items() if count},
        "broken_rows": len(unsound),
        "states": dict(Counter(each.state for each in said)),
        "kinds": dict(Counter(each.kind for each in said)),
        "things_there": there.count,
        "root_here": here.root.hex(),
        "root_there": there.root.hex(),
        "passed": told.is_good and not unsound and here == there and here.count > 0,
    }


def ours(said: Iterable[Claim]) -> list[Row]:
    """Give what the sender thinks is there: of each thing the newest version that arrived."""
    newest = dict[tuple[str, str], Claim]()
    for each in said:
        before = newest.get((each.kind, each.id))
        if each.state in ARRIVED and (before is None or before.version < each.version):
            newest[each.kind, each.id] = each
    kept = (each for each in newest.values() if each.operation != DELETE)
    return [Row(each.kind, "", DAY, each.id, each.version, each.digest) for each in kept]


def theirs(happened: Iterable[Effect]) -> list[Row]:
    """Give what is there: the effects, one after the other."""
    there = dict[str, Row]()
    for each in happened:
        if each.operation == DELETE:
            there.pop(each.guid, None)
        else:
            there[each.guid] = Row(each.kind, "", DAY, each.own, each.version or 0, each.digest)
    return list(there.values())


def tell(session: Session, name: str, things: Sequence[str], at: datetime) -> None:
    """Tell events as a room does."""
    for each in things:
        events.tell(session, Event(name, ROOM.name, Thing(name.partition(".")[0], each), 1, at))


def _of(blocks: Sequence[int], count: int) -> Iterator[int]:
    return (block * count + each for block in blocks for each in range(count))


def system_id(number: int) -> str:
    return f"drill-system-{number:06}"


def directory_code(number: int) -> str:
    return f"{CATEGORY}/{number:06}"


def mount_id(number: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"mount-{number}"))


def request_id(number: int) -> str:
    return str(uuid.uuid5(NAMESPACE, f"request-{number}"))


def system(number: int, at: datetime) -> dict[str, Any]:
    """Give the row of an invented system."""
    of = {"id": system_id(number), "name": f"演示系统{number}", "organisation": code_of("health"), "scopes": ""}
    return {**of, "state": ACTIVE, "generation": 1, "version": 1, "created_at": at, "changed_at": at}


def _directory(number: int, at: datetime) -> dict[str, Any]:
    told = departments.content(name=f"演示目录{number}")
    listed = {name: told[name] for name in ("name", "share_type", "field_of_work", "update_cycle")}
    place = {"owner": code_of("health"), "region": "320000", "level": "province", "state": "published"}
    times = {"published_at": at, "created_at": at, "changed_at": at}
    return {"code": directory_code(number), **place, "published": 1, "version": 1, **times, **listed}


def _version(number: int, at: datetime) -> dict[str, Any]:
    of = {"directory": directory_code(number), "number": 1, "state": "published", "reason": "", "author": "drill"}
    told = departments.content(name=f"演示目录{number}")
    times = {"created_at": at, "changed_at": at, "published_at": at}
    return {**of, "content": told, "content_sm3": "0" * 64, "version": 1, **times}


def _mount(number: int, at: datetime) -> dict[str, Any]:
    serving = {"kind": ("table", "rest")[number % 2], "declaration": {}, "columns": {"许可证编号": "licence_no"}}
    of = {"id": mount_id(number), "directory": directory_code(number), "owner": code_of("health")}
    told = {
        "name": f"演示资源{number}",
        "kind": serving["kind"],
        "state": SERVING,
        "serving": serving,
        "health": "good",
    }
    return {**of, **told, "proposed_by": "drill", "proof": "", "version": 1, "created_at": at, "changed_at": at}


def _request(number: int, at: datetime) -> dict[str, Any]:
    of = {"id": request_id(number), "directory": directory_code(number * 2), "title": f"演示目录{number * 2}"}
    parties = {"requester": code_of("police"), "provider": code_of("health"), "provider_region": "320000"}
    told = {"share_type": "2", "legal_basis": "演示依据", "scene": "演示办事", "asked": {}, "extended": False}
    end = {"author": "drill", "version": 1, "created_at": at, "changed_at": at}
    return {**of, **parties, **told, "state": RequestState.CHECKING.value, **end}
