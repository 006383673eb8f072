"""A sandbox and the platform beside it: a front library and an exchange of files that both use, and signed calls."""

import shutil
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

import app
from base import clock, settings
from base.db import DatabaseSettings
from base.measured import MeasuredFetch
from base.program import Running, Sandbox
from base.web import WebSettings
from catalog_sync import sample
from catalog_sync.record import Record
from catalog_sync.simulator import doors, looking
from catalog_sync.simulator.doors import DoorsSettings, settings_of
from catalog_sync.simulator.file_exchange import FilePlatform
from catalog_sync.simulator.front_library import FrontPlatform
from catalog_sync.simulator.platform import Platform
from catalog_sync.simulator.serving import Server
from catalog_sync.simulator.settings import FOLDER
from catalog_sync.simulator.store import Store
from catalog_sync.targets.file_exchange import NAME as FILES
from catalog_sync.targets.front_library import NAME as LIBRARY
from catalog_sync.targets.target import Outcome
from catalog_sync.wiring import Sync
from tests.catalog_sync.targets.front_house import certificate
from tests.catalog_sync.targets.signed_house import CASES, SEALS, evaluation, seal, step, unit


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Any:
    """Make the part of a sandbox that both sides share, on today's schema."""
    folder = tmp_path_factory.mktemp("sandbox")
    file = folder / "settings.toml"
    platform = Platform(folder / FOLDER)
    server = Server(platform, 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    # The port of a sandbox's platform may be taken on the machine that tests.
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(doors, "PORT", server.server_address[1])
    file.write_text("\n".join(told(folder) for told in app.PROGRAM.sandbox_settings), encoding="utf-8")
    monkeypatch.undo()
    read = settings.read(app.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file)}).changed(
        DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db"), WebSettings(environment="demo", secret="x" * 32)
    )
    shutil.copy(_sqlite_template, folder / "yinxin.db")
    running = Running(app.PROGRAM, read)
    # Which schema it is stands in no table of the template.
    vars(running)["database"] = running.unchecked_database
    sample.sample(running, Sandbox(folder, "", {}))
    yield running
    for each in (FILES, LIBRARY):
        running.parts[Sync].targets[each].database.forget()
    running.database.close()
    running.parts[MeasuredFetch].fetch.close()
    server.shutdown()
    thread.join()
    server.server_close()
    platform.close()


def test_what_goes_up_by_either_channel_is_taken_by_the_platform_beside(sandbox: Running, tmp_path: Path, at: datetime):
    targets = sandbox.parts[Sync].targets
    kept, record = Store(tmp_path), certificate(1)
    for each in (FILES, LIBRARY):
        (reply,) = targets[each].send([record], {}, at)
        assert reply.outcome is Outcome.ACCEPTED
    with looking.doors(sandbox.settings[DoorsSettings], kept) as opened:
        assert [type(each) for each in opened] == [FrontPlatform, FilePlatform]
        for door in opened:
            looking.look(door, at)
    (receipt,) = targets[FILES].receipts("", at).receipts
    assert (receipt.about, receipt.reply.outcome) == (record.key, Outcome.STORED)
    kept.close()


@pytest.mark.parametrize(("name", "records"), [(SEALS, (unit(), seal())), (CASES, (step(), evaluation()))])
def test_what_is_told_by_signed_calls_is_let_in_under_the_sandbox_s_key(
    sandbox: Running, name: str, records: tuple[Record, ...]
):
    replies = [sandbox.parts[Sync].targets[name].send([each], {}, clock.now())[0] for each in records]
    assert {each.outcome for each in replies} <= {Outcome.ACCEPTED, Outcome.STORED}
    assert all(each.upstream_id for each in replies)
    assert sandbox.parts[Sync].targets[name].statistics(clock.now())


def test_every_channel_is_told_by_the_status(sandbox: Running):
    told = CliRunner().invoke(next(each for each in app.HOUSE.commands if each.name == "sync"), ["status"], obj=sandbox)
    assert told.exit_code == 0, told.output
    assert {line.split()[0] for line in told.output.splitlines()} == {FILES, LIBRARY, "national-gateway", SEALS, CASES}


def test_the_files_of_a_sandbox_are_laid_out_once_and_for_their_owner(tmp_path: Path):
    first = settings_of(tmp_path)
    files = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
    assert len(files) == 4
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}
    assert settings_of(tmp_path) == first
    assert {each: each.read_bytes() for each in files} == files


def test_doors_are_looked_into_until_the_platform_ends_and_a_busy_one_is_left(at: datetime):
    looked, twice = [], threading.Event()

    class Busy:
        def look(self, moment: datetime) -> None:
            looked.append(moment)
            if len(looked) > 1:
                twice.set()
            raise OperationalError("select", {}, Exception("locked"))

    with looking.looking((Busy(),), 0.001, lambda: at):
        assert twice.wait(30)
    count = len(looked)
    assert looked == [at] * count
