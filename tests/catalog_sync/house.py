"""A house with things of two kinds that change, and channels to platforms in memory; its clock moves when told to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import Room
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from catalog_sync import changes, push, receipts, sweep
from catalog_sync.balance import Counted
from catalog_sync.balancing import counted
from catalog_sync.changes import Written
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.models import Channel, Outbox
from catalog_sync.push import Told
from catalog_sync.record import Subject
from catalog_sync.wiring import Sync, SyncSettings
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from tests.catalog_sync.platform import KIND, OTHER, Platform

ROOM = Room("tests")
BY = Caller("person", "wang", "wang", "113309000000000000", roles=frozenset({"operator"}))


@dataclass
class House:
    """The house at work."""

    database: Database
    sync: Sync
    at: datetime
    things: dict[Subject, Content | Exception] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        """Give the platform where there is one."""
        found = next(iter(self.sync.targets.values()))
        assert isinstance(found, Platform)
        return found

    def now(self) -> datetime:
        """Give the moment of the story."""
        return self.at

    def later(self, **span: float) -> None:
        """Move on."""
        self.at += timedelta(**span)

    def change(
        self, thing: str, members: Mapping[str, Json] | None = None, kind: str = KIND, needs: tuple[Subject, ...] = ()
    ) -> None:
        """Change a thing, and tell so; without members it goes."""
        subject = Subject(kind, thing)
        self.things.pop(subject, None)
        if members is not None:
            self.things[subject] = Content(members, needs)
        self.tell(thing, kind=kind)

    def tell(self, *things: str, kind: str = KIND) -> None:
        """Tell that things changed, all in one transaction."""
        with self.database.transaction() as session:
            for thing in things:
                ROOM.changed(session, BY, self.at, f"{kind}.changed", Thing(kind, thing))

    def fill(self, count: int, start: int = 0) -> None:
        """Make many things."""
        names = [f"t{number:06}" for number in range(start, start + count)]
        for name in names:
            self.things[Subject(KIND, name)] = Content({"name": f"演示 {name}"})
        self.tell(*names)

    def write(self, target: str = "platform") -> Written:
        """Write rows until the feed is read."""
        total = Written()
        while True:
            with self.database.transaction() as session:
                written = changes.write(session, self.sync, self.sync.targets[target], self.at)
            total += written
            if not written.events:
                return total

    def push(self, target: str = "platform", most: int = push.MOST_EXCHANGES) -> Told:
        """Tell what is due."""
        return push.push(self.database, self.sync, self.sync.targets[target], self.now, most=most)

    def collect(self, target: str = "platform") -> receipts.Taken:
        """Read receipts."""
        return receipts.collect(self.database, self.sync, self.sync.targets[target], self.now)

    def sweep(self, target: str = "platform") -> sweep.Swept:
        """Look after what is stuck."""
        return sweep.sweep(self.database, self.sync, self.sync.targets[target], self.now)

    def rows(self) -> list[Outbox]:
        """Give every row."""
        with self.database.reading() as session:
            return list(session.scalars(select(Outbox).order_by(Outbox.number)))

    def row(self, thing: str, kind: str = KIND) -> Outbox:
        """Give the newest row of a thing."""
        return [each for each in self.rows() if (each.kind, each.thing) == (kind, thing)][-1]

    def states(self) -> list[str]:
        """Give the state of each row."""
        return [each.state for each in self.rows()]

    def counted(self) -> list[Counted]:
        """Give every row as the balance sees it."""
        with self.database.reading() as session:
            return list(counted(session, "platform"))

    def channel(self, target: str = "platform") -> Channel:
        """Give the channel."""
        with self.database.reading() as session:
            return session.get_one(Channel, target)

    def transaction(self, act: Callable[[Session], Any]) -> Any:
        """Do something in a transaction."""
        with self.database.transaction() as session:
            return act(session)

    def until_quiet(self, rounds: int = 200, **span: float) -> None:
        """Push on, with time passing, until nothing waits."""
        for _ in range(rounds):
            self.push()
            if not {"waiting", "sent"} & set(self.states()):
                return
            self.later(**(span or {"minutes": 10}))
        raise AssertionError(self.states())


def opened(database: Database, folder: Path, at: datetime, *platforms: Platform, **told: Any) -> House:
    """Open a house."""
    things: dict[Subject, Content | Exception] = {}

    def kind(name: str) -> Kind:
        def read(_session: Session, _parts: Mapping[type[Any], Any], thing: str) -> Content | None:
            found = things.get(Subject(name, thing))
            if isinstance(found, Exception):
                raise found
            return found

        return Kind(name, {f"{name}.changed": lambda event: event.thing.id}, read)

    targets = {each.name: each for each in platforms or (Platform(),)}
    kinds = {each: kind(each) for each in (KIND, OTHER)}
    settings = SyncSettings(**told)
    keys = DataKeys(FileKek(folder / "kek"))
    return House(database, Sync(settings, targets, kinds, keys, {}), at, things)
