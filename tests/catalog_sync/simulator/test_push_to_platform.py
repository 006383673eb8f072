"""The whole way: events, outbox, calls that fail in many ways, receipts, and the checker at the end of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from base.audit import Thing
from base.db import Database
from catalog_sync.kinds.kind import Content, Kind
from catalog_sync.record import Subject
from catalog_sync.simulator import claims
from catalog_sync.simulator.checker import check
from catalog_sync.targets.national_gateway import NationalGateway
from catalog_sync.wiring import Sync, SyncSettings
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from tests.catalog_sync.house import BY, ROOM, House
from tests.catalog_sync.simulator import twin
from tests.catalog_sync.simulator.twin import category, directory, organisation

DIRECTORIES = 12
FAULTS = (
    "500-before:8%,500-after:8%,reset-after:8%,half:5%,timeout-after:3%,429:4%/1s,401:4%,receipt-doubled:20%,seed=11"
)


def opened(database: Database, folder: Path, at: datetime, target: NationalGateway) -> House:
    """Open a house whose things are what the gateway takes."""
    things: dict[Subject, Content | Exception] = {}

    def kind(name: str) -> Kind:
        def read(_session: Session, _parts: Mapping[type[Any], Any], thing: str) -> Content | None:
            found = things.get(Subject(name, thing))
            assert not isinstance(found, Exception)
            return found

        return Kind(name, {f"{name}.changed": lambda event: event.thing.id}, read)

    kinds = {name: kind(name) for name in ("organisation", "category", "directory")}
    sync = Sync(SyncSettings(), {target.name: target}, kinds, DataKeys(FileKek(folder / "kek")), {})
    house = House(database, sync, at, things)
    records = [organisation(), category(), *(directory(number) for number in range(1, DIRECTORIES + 1))]
    for each in records:
        things[each.subject] = Content(each.content, each.needs)
    with database.transaction() as session:
        # The other way round: what others need comes last, and must go first.
        for each in reversed(records):
            ROOM.changed(session, BY, at, f"{each.subject.kind}.changed", Thing(each.subject.kind, each.subject.id))
    return house


def test_with_a_third_of_all_answers_faulty_nothing_is_lost_or_doubled(
    database: Database, tmp_path: Path, at: datetime
):
    with twin.bench(tmp_path / "platform") as bench:
        bench.at = at
        account = replace(bench.target._line.account, name="platform")
        house = opened(database, tmp_path, at, NationalGateway(account, bench.twin))
        bench.platform.switch(FAULTS)
        house.write()
        for _ in range(60):
            house.push()
            house.collect()
            house.later(minutes=11)
            bench.at = house.at
            if set(house.states()) == {"stored"}:
                break
        assert set(house.states()) == {"stored"}
        assert any(answer.status >= 400 or answer.wire.value != "whole" for answer in bench.twin.answers)
        with database.reading() as ours, bench.platform.store.reading() as theirs:
            said = list(claims.of_outbox(ours, "platform"))
            verdict = check(said, claims.effects(theirs, "gateway"), at_rest=True)
        assert verdict.findings == ()
        assert verdict.claims == verdict.effects == DIRECTORIES + 2
