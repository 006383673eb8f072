"""A site with something of everything, once on each database, and an empty place of each kind beside it."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, null, update

import app
from base import calendar, events, settings
from base.audit import Entry, Thing, record
from base.canonical import Json
from base.db import Base, Database, DatabaseSettings, connect
from base.events import Event
from base.notices.models import StoredNotice
from base.scheduling.models import JobSlot
from base.settings import Settings
from base.web import WebSettings
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.backup import checking, making, wiring
from keys.backup.checking import Opened
from keys.backup.making import Made, Plan
from keys.backup.wiring import BackupSettings
from keys.custody.wiring import CustodySettings
from keys.envelopes import Recipient
from keys.parties.models import Organisation
from keys.parties.wiring import PartiesSettings
from keys.signers.software import SoftwareSigner
from tests import postgres
from tests.conftest import AT

KEY = asymmetric.generated(KeyKind.SM2)
SIGNER = SoftwareSigner(KEY)
PLAN = Plan((Recipient.of_key(KEY.public),), "yinxin test", least_free_share=0.0)


def read_settings(database: DatabaseSettings, **told: str) -> Settings:
    environment = {
        "YINXIN_DATABASE_URL": database.url,
        "YINXIN_WEB_SECRET": "s" * 32,
        **{f"YINXIN_BACKUP_{name.upper()}": value for name, value in told.items()},
    }
    sections = (DatabaseSettings, WebSettings, PartiesSettings, CustodySettings, BackupSettings)
    return settings.read(sections, environment=environment)


def write_some(database: Database, count: int = 12, begin: int = 0) -> None:
    """Write entries, events and rows that point at each other."""
    for number in range(begin, begin + count):
        with database.transaction() as session:
            at = AT + timedelta(seconds=number)
            facts: dict[str, Json] = {"文": "值", "n": number, "none": None}
            record(session, Entry(at, "system:a", "o", "made", Thing("thing", str(number)), facts=facts))
            events.tell(session, Event("made", "keys", Thing("thing", str(number)), 1, at, facts))


def write_rows(database: Database) -> None:
    """Write rows of every kind of value, some of which point at rows that come later by their key."""
    with database.transaction() as session:
        calendar.seed(session)
        kept = {"created_at": AT, "changed_at": AT, "state": "active", "version": 1, "level": "province"}
        codes = [f"11320000YNX{number:05d}XX" for number in range(5)]
        for number in reversed(range(5)):
            parent = codes[number + 1] if number < 4 else None
            session.add(Organisation(code=codes[number], name=f"局{number}", region="320000", parent=parent, **kept))
            session.flush()
        for number in range(3):
            session.add(StoredNotice(kind="k", facts={"n": number, "文": ["值", None, 1.5, True]}, written_at=AT))
        for position in (None, {"a": [1, "二"]}, "x"):
            session.add(JobSlot(job=f"job {position}", due_at=AT, position=position))
    with database.transaction() as session:
        session.execute(update(JobSlot).where(JobSlot.job == "job x").values(position=null()))


@pytest.fixture
def site(database: Database) -> Database:
    """Give a database with entries, events, the calendar and some organisations."""
    write_rows(database)
    write_some(database)
    return database


@dataclass
class Target:
    """An empty place."""

    database: Database
    settings: DatabaseSettings


@pytest.fixture(scope="session")
def _laid_out(postgres_server: URL) -> Iterator[str]:
    """Give the name of a database with today's tables, of which others are made; nobody is connected to it."""
    with postgres.own(postgres_server, "laid_out") as url:
        database = connect(DatabaseSettings(url=url.render_as_string(hide_password=False)))
        Base.metadata.create_all(database.engine)
        database.close()
        yield str(url.database)


@pytest.fixture(params=["to sqlite", "to postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Target]:
    """Give an empty database with today's tables."""
    with ExitStack() as stack:
        if request.param == "to postgresql":
            server, like = request.getfixturevalue("postgres_server"), request.getfixturevalue("_laid_out")
            url = stack.enter_context(postgres.own(server, "restored", like))
            told = DatabaseSettings(url=url.render_as_string(hide_password=False))
        else:
            told = DatabaseSettings(url=f"sqlite:///{tmp_path / 'restored.db'}")
            shutil.copy(request.getfixturevalue("_sqlite_template"), tmp_path / "restored.db")
        opened = connect(told, app.LAST_ACTS)
        yield Target(opened, told)
        opened.close()


@pytest.fixture
def empty(_sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """Give an empty database of the embedded kind."""
    shutil.copy(_sqlite_template, tmp_path / "empty.db")
    opened = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'empty.db'}"), app.LAST_ACTS)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def small_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a small backup with files once, for whoever spoils copies of it."""
    place = tmp_path_factory.mktemp("small")
    database = connect(DatabaseSettings(url=f"sqlite:///{place / 'a.db'}"), app.LAST_ACTS)
    Base.metadata.create_all(database.engine)
    write_some(database, 5)
    (place / "papers").mkdir()
    (place / "papers" / "a.txt").write_bytes(b"a paper")
    plan = Plan(PLAN.recipients, "yinxin test", {"papers": place / "papers"}, least_free_share=0.0)
    made = making.made(database, place / "backups", plan, AT)
    database.close()
    return made.folder


@pytest.fixture
def spoilt(small_backup: Path, tmp_path: Path) -> Path:
    """Give a copy of the small backup that may be spoilt."""
    return Path(shutil.copytree(small_backup, tmp_path / small_backup.name))


def opened(made: Made) -> Opened:
    return checking.opened(made.folder, SIGNER)


__all__ = ["AT", "KEY", "PLAN", "SIGNER", "read_settings", "wiring", "write_some"]
