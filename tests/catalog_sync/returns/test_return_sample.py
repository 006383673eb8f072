"""The sandbox's data that comes down: returned to a district, delivered to its town, seen and run by the commands."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import app
from base import clock, schema, settings
from base.callers import Caller
from base.clock import now
from base.command_line import SpeakingGroup
from base.db import DatabaseSettings
from base.program import Running, Sandbox
from base.web import WebSettings
from catalog_sync import channels
from catalog_sync import sample as keys_and_tables
from catalog_sync.channels import channel_of
from catalog_sync.returns import sample
from catalog_sync.simulator import front_data, store
from catalog_sync.simulator.doors import DoorsSettings
from catalog_sync.simulator.front_data import DOWN, FIRMS
from catalog_sync.simulator.front_library import FrontPlatform
from catalog_sync.simulator.settings import SimulatorSettings
from catalog_sync.simulator.store import Store
from catalog_sync.targets.front import columns
from catalog_sync.targets.front_library import NAME, address_in
from catalog_sync.wiring import Sync
from exchange.feeds.pushes.destinations.engines import engine_of
from keys.parties import sample as party_sample
from keys.parties import sample_people


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Make what the sample needs of a sandbox, and the sample."""
    folder = tmp_path_factory.mktemp("sandbox")
    file = folder / "settings.toml"
    file.write_text("\n".join(told(folder) for told in app.PROGRAM.sandbox_settings), encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file)}).changed(
        DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db"), WebSettings(environment="demo", secret="x" * 32)
    )
    running = Running(app.PROGRAM, read)
    schema.upgrade(running.unchecked_database)
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), now())
    told = Sandbox(folder, "", {})
    monkeypatch = pytest.MonkeyPatch()
    # Hashing a password takes long by intent; who decides about directories is needed, the others are not.
    needed = tuple(each for each in sample_people.PEOPLE if "authority" in each.roles)
    monkeypatch.setattr(sample_people, "PEOPLE", needed)
    for each in (party_sample.sample, sample_people.sample, keys_and_tables.sample):
        each(running, told)
    monkeypatch.undo()
    sample.sample(running, told)
    yield running, told
    running.parts[Sync].targets[NAME].database.forget()
    running.database.close()


def group() -> SpeakingGroup:
    return SpeakingGroup("yinxin", commands={each.name: each for each in app.HOUSE.commands if each.name})


def run(running: Running, *arguments: str) -> Any:
    told = CliRunner().invoke(group(), [*arguments, "--json"], obj=running)
    assert told.exit_code == 0, told.output
    return json.loads(told.output)


def test_the_district_has_its_own_firms_and_the_others_are_told_as_rejects(site: tuple[Running, Sandbox]):
    running, sandbox = site
    (listed,) = run(running, "return", "list")
    assert (listed["id"], listed["region"], listed["state"]) == (sandbox.told["returned"]["return"], "320902", "active")
    shown = run(running, "return", "show", listed["id"])
    assert {each["state"] for each in shown["loads"]} == {"applied"}
    rejects = [each for load in shown["loads"] for each in run(running, "return", "rejects", load["id"])]
    assert sorted(each["reason"] for each in rejects) == ["operation", "other-region", "other-region", "other-region"]
    stands = engine_of(f"sqlite:///{sandbox.folder}/pushes/{sample.FILE}", 5.0)
    with stands.connect() as connection:
        names = connection.exec_driver_sql(f'SELECT "{sample.NAME}" FROM {sample.TABLE}').scalars().all()  # noqa: S608
    stands.dispose()
    assert sorted(names) == sorted([f"{FIRMS[0][1]}（更名）", FIRMS[1][1]])


def test_the_town_has_what_is_its_own_and_has_confirmed_it(site: tuple[Running, Sandbox]):
    running, sandbox = site
    (offer,) = run(running, "direct", "offers")
    assert (offer["state"], offer["levels"], offer["rows"]) == ("offered", ["town"], 2)
    (subscription,) = run(running, "direct", "subscriptions", "--directory", offer["directory"])
    assert subscription["id"] == sandbox.told["returned"]["subscription"]
    shown = run(running, "direct", "show", subscription["id"])
    assert (shown["region"], shown["state"]) == ("320902100", "active")
    assert (shown["rows"], shown["arrived"], shown["taken"]) == (2, 2, 2)


def test_running_again_brings_nothing_twice_and_the_checker_finds_nothing(site: tuple[Running, Sandbox]):
    running, _ = site
    (again,) = run(running, "return", "run")
    assert (again["fetched"], again["applied"], again["failure"]) == (0, 0, "")
    assert run(running, "direct", "run")["refused"] == []
    told = run(running, "simulate", "check", "--down", "--at-rest")
    assert (told["claims"], told["effects"], told["findings"]) == (9, 9, [])
    assert run(running, "return", "arrivals", "--target", NAME, "--refused") == []


def test_the_checker_shouts_where_a_row_was_lost_altered_or_never_sent(site: tuple[Running, Sandbox]):
    running, _ = site
    kept = Store(Path(running.settings[SimulatorSettings].folder))
    with kept.reading() as session:
        rows = session.execute(select(DOWN).where(DOWN.c.fault == "").order_by(DOWN.c.number)).all()
    with kept.writing() as session:
        session.execute(DOWN.update().where(DOWN.c.number == rows[0].number).values(fault="row-operation"))
        altered = {**rows[1].content, "corp_name": "另一个"}
        session.execute(DOWN.update().where(DOWN.c.number == rows[1].number).values(content=altered))
        session.execute(DOWN.update().where(DOWN.c.number == rows[2].number).values(batch="B9999"))
    told = CliRunner().invoke(group(), ["simulate", "check", "--down", "--at-rest", "--json"], obj=running)
    with kept.writing() as session:
        for row in rows[:3]:
            told_again = {"fault": row.fault, "content": row.content, "batch": row.batch}
            session.execute(DOWN.update().where(DOWN.c.number == row.number).values(told_again))
    kept.close()
    assert told.exit_code == 1
    counts = json.loads(told.output)["counts"]
    assert {name: count for name, count in counts.items() if count} == {"lost": 1, "altered": 1, "stray": 2}


def test_every_spoilt_row_of_the_platform_is_kept_and_none_is_taken(site: tuple[Running, Sandbox]):
    """Row faults strike one after the other; what stops the channel is let go on by a person each time."""
    running, _ = site
    kept = Store(Path(running.settings[SimulatorSettings].folder))
    engine = engine_of(address_in(running.settings[DoorsSettings].front_library)(), 5.0)
    platform = FrontPlatform(engine, columns.shipped(), kept)
    with kept.writing() as session:
        store.switch(session, store.FAULTS, ",".join(f"{each}:x1" for each in front_data.SPOILT))
    assert platform.send_down(clock.now()) >= len(front_data.SPOILT) - 1
    for _ in range(len(front_data.SPOILT)):
        if channel_state(running) != "running":
            resume(running)
        CliRunner().invoke(group(), ["return", "run"], obj=running)
    refused = run(running, "return", "arrivals", "--target", NAME, "--refused")
    assert {each["reason"].rpartition(" ")[2] for each in refused} == {"not-a-number", "not-text", "huge"}
    told = run(running, "simulate", "check", "--down", "--at-rest")
    assert told["findings"] == []
    engine.dispose()
    kept.close()


def channel_state(running: Running) -> str:
    with running.database.transaction() as session:
        return channel_of(session, NAME).state


def resume(running: Running) -> None:
    with running.database.transaction() as session:
        channels.resume(session, NAME, Caller("system", "sandbox"), now())
