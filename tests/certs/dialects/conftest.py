"""The house with partners who speak dialects of certificates, on each database."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from base import clock
from base.db import Database
from tests.certs.dialects import dialect_house
from tests.certs.dialects.dialect_house import DialectHouse


@pytest.fixture
def partner(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DialectHouse]:
    made = dialect_house.opened(database, tmp_path, at)
    monkeypatch.setattr(clock, "now", lambda: made.house.office.at)
    with dialect_house.working(made) as working:
        yield working
