"""The office and its pages, for every story of the officers."""

from datetime import datetime
from pathlib import Path

import pytest

from base import clock
from base.db import Database
from certs.faces.typefaces import typeface
from tests.certs.office import office
from tests.console.officers.house import Desk, desk


@pytest.fixture
def house(database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Open the office; its clock is the story's."""
    opened = desk(office(database, tmp_path, at, typeface()))
    monkeypatch.setattr(clock, "now", lambda: opened.office.at)
    return opened
