"""A refusal of the front library comes back to the organ's steward with its field, and ends when it is put right."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar
from base.acting import Room
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from catalog_sync import changes, push, receipts
from catalog_sync.kinds import events
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.models import Outbox
from catalog_sync.refusals import bringing_back, duties, owners
from catalog_sync.refusals.models import BroughtBack
from catalog_sync.targets.front import columns
from catalog_sync.wiring import Sync, SyncSettings
from exchange.models import Task
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from tests.catalog_sync.targets import front_house
from tests.catalog_sync.targets.front_house import HOURS, Front, certificate
from tests.keys.parties import builders
from tests.keys.parties.builders import CITY, MAKER

ROOM = Room("tests")
BY = Caller("person", "wang", "wang", CITY, roles=frozenset({"operator"}))


@dataclass
class House:
    """A house with certificates that change and one front library."""

    database: Database
    sync: Sync
    front: Front
    at: datetime
    things: dict[str, Content] = field(default_factory=dict)

    def change(self, serial: int, **peculiar: Any) -> str:
        """Change a certificate and tell it to the front library."""
        record = certificate(serial, **peculiar)
        self.things[record.subject.id] = Content(record.content)
        with self.database.transaction() as session:
            ROOM.changed(session, BY, self.at, "certificate.sign", Thing("certificate", record.subject.id))
        self.work()
        return record.subject.id

    def work(self, **span: float) -> None:
        """Do what the jobs do."""
        self.at += timedelta(**span)
        target = self.front.target
        with self.database.transaction() as session:
            changes.write(session, self.sync, target, self.at)
        push.push(self.database, self.sync, target, lambda: self.at)
        receipts.collect(self.database, self.sync, target, lambda: self.at)
        with self.database.transaction() as session:
            bringing_back.bring_back(session, self.sync, self.at)
            bringing_back.settle(session, self.at)

    def refuse(self, serial: int, words: str) -> None:
        self.front.refuse(certificate(serial), words, self.at)

    def tasks(self) -> list[tuple[str, str, str, bool]]:
        with self.database.reading() as session:
            found = session.scalars(select(Task).order_by(Task.id))
            return [(each.organisation, each.role, each.title, each.done_at is None) for each in found]

    def forget(self, kept_days: int) -> int:
        with self.database.transaction() as session:
            return bringing_back.forget(session, self.at - timedelta(days=kept_days))

    def brought_back(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(BroughtBack.news)))

    def states(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Outbox.state).order_by(Outbox.number)))


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime) -> Iterator[House]:
    builders.populate(database, at)
    with database.transaction() as session:
        calendar.seed(session)
        duties.seed(session, MAKER, at)
    front = front_house.opened(f"sqlite:///{tmp_path}/front.db", tmp_path)
    things: dict[str, Content] = {}

    def read(_session: Session, _parts: Any, id_: str) -> Content | None:
        return things.get(id_)

    kind = Kind("certificate", events.each("certificate.sign"), read)
    keys = DataKeys(FileKek(tmp_path / "kek"), (), lambda: at)
    sync = Sync(SyncSettings(), {front.target.name: front.target}, {kind.name: kind}, keys, {})
    yield House(database, sync, front, at, things)
    front.close()


def test_a_refusal_becomes_a_task_of_the_issuing_organ_and_ends_when_it_is_put_right(house: House):
    id_ = house.change(1, number="演卫公证字错")
    house.refuse(1, "证照编号不符合规则")
    house.work(minutes=10)
    house.work(minutes=10)
    ((organ, role, title, is_open),) = house.tasks()
    assert (organ, role, is_open) == (CITY, "steward", True)
    assert title == f"上级平台退回证照目录 {id_}：证照编号（certificate_number）"
    assert house.states() == ["refused"]
    house.change(1)
    house.work(minutes=10)
    assert [each[3] for each in house.tasks()] == [False]
    assert house.states()[-1] == "accepted"


def test_a_refusal_that_comes_after_silence_is_still_brought_back(house: House):
    house.change(1)
    house.work(hours=HOURS)
    assert house.states() == ["stored"]
    assert house.tasks() == []
    house.refuse(1, "颁发机构已撤销")
    house.work(minutes=10)
    house.work(minutes=10)
    ((organ, _, title, is_open),) = house.tasks()
    assert (organ, is_open) == (CITY, True)
    assert title.endswith("颁发机构（issue_dept）")
    house.work(minutes=10)
    house.change(1, region="320981")
    assert [each[3] for each in house.tasks()] == [False]


def test_a_refusal_settled_long_ago_is_forgotten_and_does_not_come_back(house: House):
    """Both kinds: a row that still stands refused beside a later version, and a refusal after the row was stored."""
    house.change(1, number="演卫公证字错")
    house.refuse(1, "证照编号不符合规则")
    house.change(2)
    house.work(hours=HOURS)
    house.refuse(2, "颁发机构已撤销")
    house.change(3, number="演卫公证字错")
    house.refuse(3, "证照编号不符合规则")
    house.work(minutes=10)
    house.work(minutes=10)
    house.change(1)
    house.change(2, region="320981")
    house.work(hours=HOURS)
    assert [each[3] for each in house.tasks()] == [False, False, True]
    house.work(days=400)
    assert house.forget(kept_days=420) == 0
    house.work(days=1)
    assert house.forget(kept_days=400) == 2
    house.work(minutes=10)
    assert [each[3] for each in house.tasks()] == [False, False, True]
    assert len(house.brought_back()) == 1


def test_what_does_not_fit_comes_back_as_well_and_says_no_value(house: House):
    house.change(1, number="号" * 200)
    ((_, _, title, is_open),) = house.tasks()
    assert is_open
    assert title.endswith("（too-long）")
    assert "号号" not in title


def test_whose_it_is_stands_in_the_record():
    layout = columns.shipped()
    assert owners.owner_of("user", {"staff": {"org_id": CITY}}) == CITY
    assert owners.owner_of("user", {"staff": None}) == ""
    assert owners.owner_of("nothing", {"issuer": CITY}) == ""
    assert owners.title(layout, "item", "x", "") == "上级平台退回事项 x"


def test_a_refusal_of_nobody_is_on_record_without_a_task(house: House):
    house.change(1, issuer="")
    assert house.tasks() == []
    with house.database.reading() as session:
        (row,) = session.scalars(select(BroughtBack)).all()
    assert (row.organisation, row.code) == ("", "missing")
