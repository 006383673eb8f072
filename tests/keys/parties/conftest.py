"""A site of the parties, once on each database."""

import pytest

from base.db import Database, DatabaseSettings
from base.settings import Settings
from tests.keys.parties import builders
from tests.keys.parties.builders import Site


@pytest.fixture
def read(database_settings: DatabaseSettings, tmp_path) -> Settings:
    return builders.read_settings(database_settings, token_key=str(tmp_path / "token.key"))


@pytest.fixture
def demo_read(database_settings: DatabaseSettings, tmp_path) -> Settings:
    return builders.read_settings(database_settings, "demo", token_key=str(tmp_path / "token.key"))


@pytest.fixture
def site(read: Settings, database: Database) -> Site:
    built = builders.build(read, database)
    built.keys = builders.populate(database)
    return built


@pytest.fixture
def demo(demo_read: Settings, database: Database) -> Site:
    built = builders.build(demo_read, database)
    built.keys = builders.populate(database)
    return built


COOKIE = {"Cookie": "__Host-yinxin=p", "X-CSRF-Token": "t"}


@pytest.fixture
def sysadmin(site: Site, read: Settings) -> Site:
    return builders.with_person(site, read, {"sysadmin"})


@pytest.fixture
def secadmin(site: Site, read: Settings) -> Site:
    return builders.with_person(site, read, {"secadmin"})
