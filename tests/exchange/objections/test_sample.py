"""The sandbox's demands and objection: what stands where somebody has to act."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from base.db import Database
from base.fetch import FetchSettings
from base.identifiers import CreditCode, RegionCode
from exchange import terms
from exchange.demands import negative
from exchange.demands import sample as demand_sample
from exchange.demands.models import DemandAsker
from exchange.mounting import sample as mount_sample
from exchange.mounting.wiring import MountParts, MountSettings
from exchange.objections import sample as objection_sample
from exchange.objections.receivers import HEARING
from exchange.objections.wiring import Objecting
from keys.custody.kek import FileKek
from keys.data_keys import DataKeys
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import ORGANISATIONS, code_of
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, published
from tests.exchange.sources.sites import unused

NAMES = ("许可证编号", "单位名称", "统一社会信用代码")


def test_the_sandbox_has_demands_in_five_states_and_an_objection_with_five_receivers(
    database: Database, at: datetime, tmp_path: Path
):
    departments.opened(database, at)
    mounts = MountParts(MountSettings(folder=str(tmp_path / "mounts")), unused, FetchSettings())
    with database.transaction() as session:
        for each in ORGANISATIONS:
            if each.short not in departments.ORGANISATIONS:
                new = NewOrganisation(
                    CreditCode(code_of(each.short)), each.name, RegionCode("320000"), "province", None
                )
                organisations.add(session, new, MAKER, at)
        negative.seed(session, MAKER, at)
        for number in range(10):
            name = "公共场所卫生许可证信息" if number == 0 else f"演示信息{number}"
            published(session, at, name=name, items=[item(each, 50) for each in NAMES])
        mount_sample.mounted(session, tmp_path, mounts, at)
    with database.transaction() as session:
        made = demand_sample.made(session, at)
        assert [each.state for each in made] == ["matched", "answering", "promised", "refused", "assigning"]
        shared = session.scalars(select(DemandAsker).where(DemandAsker.demand == made[1].id)).all()
        assert len(shared) == 2
        row = objection_sample.made(session, Objecting(DataKeys(FileKek(tmp_path / "kek"))), at)
        assert row is not None
        assert (row.state, row.outcome) == ("telling", "corrected")
        told = HEARING.of(session, row.id)
        assert [each.heard for each in told].count("confirmed") == objection_sample.CONFIRMED
        assert len(told) == objection_sample.RECEIVERS
    mounts.close()


@pytest.mark.parametrize("duty", ["demand-match", "demand-assignment", "demand-answer", "objection-confirmation"])
def test_the_terms_are_the_sites_to_change(database: Database, at: datetime, duty: str):
    departments.opened(database, at)
    with database.transaction() as session:
        assert terms.set_term(session, duty, 3, "演示文件", departments.AUTHORITY, at).confidence == "site"
