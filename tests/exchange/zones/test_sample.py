"""The sandbox's zone: published by the verbs that people use, with a firm of whom its directories have a row."""

from datetime import datetime
from pathlib import Path

from base.db import Database
from base.fetch import FetchSettings
from base.identifiers import CreditCode, RegionCode
from exchange.mounting import sample as mount_sample
from exchange.mounting.sample import credit_code
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.zones import reading
from exchange.zones import sample as zone_sample
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import ORGANISATIONS, code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, published
from tests.exchange.sources.sites import unused

NAMES = ("许可证编号", "单位名称", "统一社会信用代码")


def test_the_sandbox_has_a_zone_and_a_firm_to_ask_for(database: Database, at: datetime, tmp_path: Path):
    departments.opened(database, at)
    mounts = MountParts(MountSettings(folder=str(tmp_path / "mounts")), unused, FetchSettings())
    with database.transaction() as session:
        for each in ORGANISATIONS:
            if each.short not in departments.ORGANISATIONS:
                new = NewOrganisation(
                    CreditCode(code_of(each.short)), each.name, RegionCode(each.region), each.level, None
                )
                organisations.add(session, new, MAKER, at)
        assert zone_sample.made(session, at) is None
        for name in zone_sample.DIRECTORIES:
            published(session, at, name=name, items=[item(each, 50) for each in NAMES])
        mount_sample.mounted(session, tmp_path, mounts, at)
        row = zone_sample.made(session, at)
        assert row is not None
        assert (row.published, row.lead) == (1, code_of(zone_sample.LEAD))
        assert len(reading.members(session, row.code, 1)) == len(zone_sample.DIRECTORIES)
        assert zone_sample.known(session) == {"credit_code": {"credit_code": credit_code(1)}}
