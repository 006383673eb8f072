"""A site of the authority, once on each database; moments stand still unless a test moves them."""

from datetime import datetime
from typing import Any

import pytest

from base import clock
from base.db import Database, DatabaseSettings
from base.settings import Settings
from tests.keys.authority import builders
from tests.keys.authority.builders import AT, Site


@pytest.fixture
def site(database: Database) -> Site:
    return builders.site(database)


@pytest.fixture
def read(database_settings: DatabaseSettings) -> Settings:
    return builders.read_settings(database_settings)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let the edges' clock stand at the moment of the story."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    return AT


@pytest.fixture
def client(read: Settings, site: Site, now: datetime) -> Any:
    return builders.web_app(read, site).test_client(use_cookies=False)
