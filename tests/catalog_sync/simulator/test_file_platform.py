"""The other side of an exchange of files: what it takes, refuses and sends down, and what its checker says."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from base.identifiers import CreditCode
from catalog_sync.arrivals import staging
from catalog_sync.arrivals.models import Arrival
from catalog_sync.simulator import claims, store
from catalog_sync.simulator.checker import check
from catalog_sync.simulator.file_exchange import CHANNEL, ENTERPRISES, FilePlatform, FileRound
from catalog_sync.simulator.store import Store
from catalog_sync.targets.files import control
from catalog_sync.targets.target import Outcome, Receipt
from catalog_sync.wiring import Sync, SyncSettings
from keys.signers.software import SoftwareSigner
from tests.catalog_sync.house import House
from tests.catalog_sync.simulator.test_front_platform import claim
from tests.catalog_sync.targets import file_house
from tests.catalog_sync.targets.file_house import OURS, THEIRS, Files
from tests.catalog_sync.targets.front_house import certificate, step


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    made = file_house.opened(f"sqlite:///{tmp_path}/control.db", tmp_path)
    yield made
    made.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "platform")
    yield made
    made.close()


def platform(files: Files, kept: Store, faults: str = "") -> FilePlatform:
    with kept.writing() as session:
        session.execute(store.STRUCK.delete())
        store.switch(session, store.FAULTS, faults)
    return FilePlatform(files.engine, files.folder, kept, SoftwareSigner(THEIRS), (OURS.public,))


def receipts(files: Files, at: datetime) -> dict[str, Receipt]:
    return {each.about: each for each in files.target.receipts("", at).receipts}


def findings(kept: Store, *said: Any) -> dict[str, int]:
    with kept.reading() as session:
        found = check([claim(*each) for each in said], claims.effects(session, CHANNEL), at_rest=True)
    return {name: count for name, count in found.counts.items() if count}


def test_files_are_taken_once_answered_and_compared(files: Files, kept: Store, at: datetime):
    records = [certificate(1), certificate(2), step()]
    files.target.send(records, {}, at)
    behind = platform(files, kept)
    told = len(files.rows(control.DESC_UP))
    assert behind.look(at) == FileRound(taken=told, sent_down=1)
    assert behind.look(at) == FileRound()
    assert {each.reply.outcome for each in receipts(files, at).values()} == {Outcome.STORED}
    assert findings(kept, *((each, "stored") for each in records)) == {}
    assert {row["lastReadTime"] is None for row in files.rows(control.DESC_UP)} == {False}


def test_a_platform_that_died_before_it_answered_answers_without_a_second_effect(
    files: Files, kept: Store, at: datetime
):
    files.target.send([certificate(1)], {}, at)
    behind = platform(files, kept)
    behind.look(at)
    desc = files.target.database.table(control.DESC_UP)
    with files.engine.begin() as connection:
        connection.execute(update(desc).values(operatStat="0", lastReadTime=None))
    assert behind.look(at).taken == 1
    assert findings(kept, (certificate(1), "stored")) == {}


@pytest.mark.parametrize(
    ("spec", "words"),
    [("reject:x1/999999", "演示规则退回：含有999999"), ("review-refused:x1", "演示退回：审核未通过")],
)
def test_a_file_that_is_refused_refuses_its_records_with_words(
    files: Files, kept: Store, at: datetime, spec: str, words: str
):
    bad = certificate(2, region="999999")
    files.target.send([bad], {}, at)
    assert platform(files, kept, spec).look(at).refused == 1
    told = receipts(files, at)[bad.key].reply
    assert (told.outcome, told.code, told.words) == (Outcome.REFUSED, "operat-stat-2", words)
    assert findings(kept, (bad, "refused")) == {}


def test_one_that_is_busy_takes_the_file_later(files: Files, kept: Store, at: datetime):
    files.target.send([certificate(1)], {}, at)
    behind = platform(files, kept, "busy:x1")
    assert behind.look(at).later == 1
    assert receipts(files, at) == {}
    assert behind.look(at).taken == 1


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("fileSize", 7, "size"),
        ("dataCount", 7, "count"),
        ("filePath", "../control", "path"),
        ("filePath", "up/nothing", "no-file"),
        ("fileSignature", "none", "signature-form"),
    ],
)
def test_a_file_that_is_not_the_one_described_is_not_taken(
    files: Files, kept: Store, at: datetime, column: str, value: Any, reason: str
):
    files.target.send([certificate(1)], {}, at)
    desc = files.target.database.table(control.DESC_UP)
    with files.engine.begin() as connection:
        connection.execute(update(desc).values({column: value}))
    assert platform(files, kept).look(at).refused == 1
    assert {row["reserved1"] for row in files.rows(control.DESC_UP)} == {f"文件不可用：{reason}"}
    assert findings(kept) == {}


def test_a_file_by_another_key_is_not_taken(files: Files, kept: Store, at: datetime):
    files.target.send([certificate(1)], {}, at)
    behind = FilePlatform(files.engine, files.folder, kept, SoftwareSigner(THEIRS), (THEIRS.public,))
    assert behind.look(at).refused == 1
    assert receipts(files, at)[certificate(1).key].reply.code == "operat-stat-9"


def collected(house: House, files: Files) -> list[Arrival]:
    sync = Sync(SyncSettings(), {files.target.name: files.target}, {}, house.sync.keys, {})
    staging.collect(house.database, sync, files.target, house.now)
    with house.database.reading() as session:
        return list(session.query(Arrival))


def test_what_it_sends_down_is_staged(house: House, files: Files, kept: Store, at: datetime):
    platform(files, kept).look(at)
    (arrival,) = collected(house, files)
    assert (arrival.state, arrival.table_name, arrival.rows, arrival.rejects) == ("staged", "dn_enterprise", 3, 0)
    assert {row["operatStat"] for row in files.rows(control.DESC_DOWN)} == {"1"}
    assert [CreditCode(code).region for code, *_ in ENTERPRISES] == ["320900"] * 3


@pytest.mark.parametrize(
    ("fault", "reason", "state"),
    [
        ("file-forged", "signature", "paused"),
        ("file-elsewhere", "path", "paused"),
        ("file-short", "size", "running"),
        ("file-miscounted", "count", "running"),
    ],
)
def test_a_faulty_file_that_it_sends_down_is_kept_as_evidence(
    house: House, files: Files, kept: Store, at: datetime, fault: str, reason: str, state: str
):
    platform(files, kept, f"{fault}:x1").look(at)
    (arrival,) = collected(house, files)
    assert (arrival.state, arrival.reason) == ("refused", reason)
    assert house.channel(files.target.name).state == state
