"""The sandbox as a test finds it: made once for whoever asks in this process, by the samples that make it."""

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import app
from base import calendar, clock, schema, settings
from base.db import DatabaseSettings
from base.program import Running, Sandbox
from base.web import WebSettings
from certs import sample
from exchange import sample as exchange_sample
from keys.authority import sample as authority_sample
from keys.custody import sample as custody_sample
from keys.parties import sample as party_sample
from keys.parties import sample_people
from keys.parties.sample import MAKER
from signing import sample as signing_sample


@dataclasses.dataclass(frozen=True)
class Province:
    """A sandbox that was made: its program, running, and what it tells its visitor."""

    running: Running
    told: dict[str, Any]


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Province]:
    """Give the part of the sandbox that certificates need."""
    made = _made(tmp_path_factory.getbasetemp() / "province")
    yield made
    made.running.database.close()


@pytest.fixture(scope="module")
def site(province: Province) -> Flask:
    """Serve the province, where looking certificates up is part of the application."""
    return app.create_app(province.running.settings)


@functools.cache
def _made(folder: Path) -> Province:
    """Make it, once, however many modules ask for it."""
    folder.mkdir()
    file = folder / "settings.toml"
    file.write_text("\n".join(told(folder) for told in app.PROGRAM.sandbox_settings), encoding="utf-8")
    # Counters in a shared folder belong to a process for good; this one has other tests to run.
    read = settings.read(app.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file)}).changed(
        DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db"), WebSettings(environment="demo", secret="x" * 32)
    )
    running = Running(app.PROGRAM, read)
    schema.upgrade(running.unchecked_database)
    told = Sandbox(folder, "http://127.0.0.1:8080", {})
    with running.database.transaction() as session:
        calendar.seed(session)
    for room in (party_sample, sample_people, custody_sample, authority_sample, signing_sample):
        room.sample(running, told)
    _seeded(running)
    sample.sample(running, told)
    return Province(running, told.told)


def _seeded(running: Running) -> None:
    """Lay down the terms, and publish the directories of the department whose registers certificates are asked of."""
    at, named = clock.now(), dict(exchange_sample.by_department())["health"]
    with running.database.transaction() as session:
        running.seed(session, MAKER, at)
        exchange_sample.make_department(session, "health", named, at)
