"""Seals and evaluations go up: read as they stand, told over the outbox to the simulated systems, then compared."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import app
from base import events, settings
from base.db import Database
from base.program import Running
from catalog_sync.commands.simulate import simulate_group
from catalog_sync.kinds import KINDS
from catalog_sync.kinds.kind import Content
from catalog_sync.simulator import claims
from catalog_sync.simulator.checker import check
from catalog_sync.wiring import Sync, SyncSettings
from certs.filing.cases import evaluations
from certs.filing.cases.evaluations import Rated
from certs.filing.cases.models import Case
from certs.filing.cases.wiring import Cases
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from signing import register
from signing.life import Step
from signing.register import Renewal
from tests.catalog_sync.house import House
from tests.catalog_sync.targets import signed_house
from tests.catalog_sync.targets.signed_house import CASES, SEALS
from tests.certs.filing.cases import house as case_house
from tests.certs.filing.cases.house import CLERK
from tests.signing import offices

FAULTS = "500-after:20%,half:10%,500-before:10%,receipt-doubled:20%,seed=5"


def read(database: Database, kind: str, id_: str, parts: Mapping[type[Any], Any]) -> Content | None:
    with database.reading() as session:
        return KINDS[kind].read(session, parts, id_)


def ids(database: Database, kind: str) -> list[str]:
    """Give the ids that the events so far tell of a kind, in their order and once."""
    with database.reading() as session:
        told = [(KINDS[kind].events.get(each.event.name), each.event) for each in events.since(session, 0, 1000)]
    return list(dict.fromkeys(found for reading, event in told if reading and (found := reading(event))))


def test_a_seal_is_told_with_its_digests_and_how_it_stands(database: Database, at: datetime):
    offices.opened(database, at)
    with database.transaction() as session:
        code = offices.active_seal(session, at).id
    content = read(database, "seal", code, {})
    assert content is not None
    told = content.members
    assert ids(database, "seal") == [code]
    assert [each.kind for each in content.needs] == ["organisation"]
    assert (told["code"], told["state"], told["edition"]) == (code, "active", 1)
    assert told["filing"]
    assert str(told["maker"]).startswith("C=CN")
    with database.transaction() as session:
        (edition,) = register.editions(session, code)
        assert edition.content is not None
        secret = (edition.key_id or "-", edition.picture.hex(), edition.content.hex())
        assert not any(each in json.dumps(dict(told), ensure_ascii=False) for each in secret)
        seal = register.seal_of(session, code)
        register.take(session, seal, Step.REVOKE, "演示：印模遗失", offices.person("旁观", "authority"), at)
    ended = read(database, "seal", code, {})
    assert ended is not None
    assert (ended.members["state"], ended.members["reason"]) == ("revoked", "演示：印模遗失")


def test_a_seal_that_was_not_filed_is_nobodys_business(database: Database, at: datetime):
    offices.opened(database, at)
    with database.transaction() as session:
        codes = [offices.Walk(session, at).to(last).id for last in (Step.APPLY, Step.AGREE, Step.MAKE)]
        assert [KINDS["seal"].read(session, {}, each) for each in (*codes, "00000000000000")] == [None] * 4
        filed = offices.Walk(session, at).to(Step.FILE)
        content = KINDS["seal"].read(session, {}, filed.id)
        assert content is not None
        assert content.members["state"] == "filed"
    assert ids(database, "seal") == [*codes, filed.id]


def test_a_renewal_on_its_way_changes_nothing_that_is_told_until_it_is_in_use(database: Database, at: datetime):
    offices.opened(database, at)
    with database.transaction() as session:
        seal = offices.active_seal(session, at)
        renewal = Renewal(at, at + timedelta(days=700), "演示换发")
        register.renew(session, seal, renewal, offices.CLERK, at)
        walk = offices.Walk(session, at)
        for step, by in ((Step.AGREE, offices.HEAD), (Step.MAKE, offices.MAKER), (Step.FILE, offices.MAKER)):
            walk.take(seal, step, by)
        told = KINDS["seal"].read(session, {}, seal.id)
        walk.take(seal, Step.ACTIVATE, offices.CUSTODIAN)
        after = KINDS["seal"].read(session, {}, seal.id)
        assert told is not None
        assert after is not None
        assert [(each.members["edition"], each.members["state"]) for each in (told, after)] == [
            (1, "active"),
            (2, "active"),
        ]


def test_seals_arrive_once_each_though_every_third_answer_fails(database: Database, tmp_path: Path, at: datetime):
    offices.opened(database, at)
    with database.transaction() as session:
        codes = [offices.active_seal(session, at).id for _ in range(3)]
        seal = register.seal_of(session, codes[0])
        register.take(session, seal, Step.SUSPEND, "演示", offices.person("旁观", "authority"), at)
    with signed_house.bench(tmp_path / "platform") as bench:
        bench.at = at
        bench.platform.offices.door(SEALS)
        bench.platform.switch(FAULTS)
        kinds = {name: KINDS[name] for name in ("organisation", "seal")}
        sync = Sync(SyncSettings(), {SEALS: bench.seals}, kinds, DataKeys(FileKek(tmp_path / "kek")), {})
        house = House(database, sync, at)
        house.write(SEALS)
        for _ in range(40):
            house.push(SEALS)
            house.collect(SEALS)
            house.later(minutes=11)
            bench.at = house.at
            if set(house.states()) == {"stored"}:
                break
        assert set(house.states()) == {"stored"}
        with database.transaction() as session:
            seal = register.seal_of(session, codes[1])
            register.take(session, seal, Step.REVOKE, "演示", offices.person("旁观", "authority"), house.at)
        bench.platform.switch("")
        house.write(SEALS)
        house.push(SEALS)
        assert (house.row(codes[1], "seal").state, house.row(codes[1], "seal").operation) == ("stored", "U")
        with database.reading() as ours, bench.platform.offices.door(SEALS).store.reading() as theirs:
            said = list(claims.of_outbox(ours, SEALS))
            verdict = check(said, claims.effects(theirs, SEALS), at_rest=True)
        assert verdict.findings == ()
        assert verdict.claims == verdict.effects
        _is_compared_by_the_command(tmp_path / "platform", said, tmp_path)


def _is_compared_by_the_command(folder: Path, said: list[Any], tmp_path: Path) -> None:
    """Compare by the command: an export that is whole, and one that claims a seal which never came."""
    for lost, code in ((False, 0), (True, 1)):
        claimed = [*said, replace(said[-1], key="0" * 64, state="stored")] if lost else said
        export = tmp_path / f"export-{lost}.jsonl"
        export.write_text("".join(json.dumps(vars(each)) + "\n" for each in claimed), encoding="utf-8")
        asked = ["check", "--data", str(folder), "--channel", SEALS, "--export", str(export), "--json"]
        told = settings.read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": f"sqlite:///{tmp_path}/none.db"})
        running = Running(app.PROGRAM, told)
        result = CliRunner().invoke(simulate_group, asked, obj=running)
        assert (result.exit_code, json.loads(result.output)["counts"]["lost"]) == (code, int(lost))


def test_an_evaluation_and_its_answer_go_up_after_their_case(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    house = case_house.opened(database, tmp_path, at, monkeypatch)
    number = house.receive()["number"]
    house.stands(number, "accept")
    parts = {Cases: house.parts}
    told = Rated("k1", 1, ("0101",), "等候时间长", "window")
    with database.transaction() as session:
        row = session.get_one(Case, number)
        evaluations.evaluate(session, house.parts, row, told, CLERK, house.at)
    content = read(database, "evaluation", f"{number}:1", parts)
    assert content is not None
    assert (content.members["satisfaction"], content.members["writingevaluation"]) == ("1", "等候时间长")
    assert read(database, "evaluation", f"{number}:2", parts) is None
    assert read(database, "evaluation", f"{number}:x", parts) is None
    with database.transaction() as session:
        row = session.get_one(Case, number)
        evaluations.answer(session, house.parts, row, 1, {"answer": "已整改"}, CLERK, house.at)
    answered = read(database, "evaluation", f"{number}:1", parts)
    assert answered is not None
    assert (answered.members["hfjg"], answered.members["sfhf"]) == ("已整改", True)
    assert ids(database, "evaluation") == [f"{number}:1"]
    with signed_house.bench(tmp_path / "platform") as bench:
        bench.at = house.at
        kinds = {name: KINDS[name] for name in ("case-step", "evaluation")}
        sync = Sync(SyncSettings(), {CASES: bench.cases}, kinds, DataKeys(FileKek(tmp_path / "kek")), parts)
        upward = House(database, sync, house.at)
        upward.write(CASES)
        upward.push(CASES)
        bench.platform.review("1")
        upward.collect(CASES)
        rows = upward.rows()
        assert {each.state for each in rows} == {"stored"}, [(each.kind, each.code) for each in rows]
        assert len({each.upstream_id for each in rows}) == 1
        with database.reading() as ours, bench.platform.offices.door(CASES).store.reading() as theirs:
            verdict = check(claims.of_outbox(ours, CASES), claims.effects(theirs, CASES), at_rest=True)
        assert verdict.findings == ()
