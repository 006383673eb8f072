"""The pages, opened for a story at its moment."""

from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from base import clock
from base.db import Database
from tests.console.steward import house


@pytest.fixture
def app(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(clock, "now", lambda: at)
    return house.opened(database, at, tmp_path / "mounted")
