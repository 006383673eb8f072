"""What the scenes of the sandbox need: the old table has its faults."""

from collections import Counter
from pathlib import Path
from typing import Any

from base.db import Database
from certs import sample_scenes
from certs.faces.typefaces import typeface
from certs.old_stock import keeping
from tests.certs.office import office
from tests.certs.old_stock.stocks import HEAD, Stock


def test_the_old_table_has_the_faults_that_it_is_said_to_have(database: Database, tmp_path: Path, at: Any):
    """Every eighth row has one; all others are sound, and their issuer has a successor."""
    stock = Stock(office(database, tmp_path, at, typeface())).open()
    batch = stock.bring(sample_scenes.old_table())
    planted = Counter(filter(None, map(sample_scenes.fault_of, range(1, sample_scenes.OLD_ROWS + 1))))
    with database.reading() as session:
        profile = keeping.batch_of(session, batch, HEAD).profile or {}
    assert set(planted) == set(sample_scenes.OLD_FAULTS)
    assert {name: profile["faults"][name] for name in planted} == planted
    assert (profile["faulty"], profile["sound"]) == (planted.total(), sample_scenes.OLD_ROWS - planted.total())
