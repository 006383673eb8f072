"""The sandbox's sharing: requests in several states, and a purpose that is granted to the first client as it stands."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from base.callers import Caller
from base.db import Database
from base.fetch import FetchSettings
from base.identifiers import CreditCode, RegionCode
from exchange.agreements import granting, grants
from exchange.agreements import sample as sharing_sample
from exchange.agreements.caller_kinds import Mode
from exchange.agreements.models import RegisteredCaller, ShareRequest, UseList
from exchange.agreements.purpose_schemas import PurposeSchema
from exchange.mounting import sample as mount_sample
from exchange.mounting.wiring import MountParts, MountSettings
from keys.parties import organisations, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import SYSTEMS, code_of
from keys.parties.systems import NewSystem
from tests.exchange import departments
from tests.exchange.departments import MAKER, item, published
from tests.exchange.sources.sites import unused

NAMES = ("许可证编号", "单位名称", "统一社会信用代码")


def test_the_told_purpose_is_granted_to_the_first_client(database: Database, at: datetime, tmp_path: Path):
    departments.opened(database, at)
    parts = MountParts(MountSettings(folder=str(tmp_path / "mounts")), unused, FetchSettings())
    first = SYSTEMS[0]
    with database.transaction() as session:
        window = CreditCode(code_of(first.organisation))
        place = RegionCode("320900")
        organisations.add(session, NewOrganisation(window, "演示市政务服务中心", place, "city", None), MAKER, at)
        systems.add(session, NewSystem(first.id, first.name, window.text), MAKER, at)
        for number in range(10):
            published(session, at, name=f"公共场所卫生许可证信息{number}", items=[item(name, 50) for name in NAMES])
        mount_sample.mounted(session, tmp_path, parts, at)
        told = sharing_sample.made(session, at, first.organisation, ["police"])
        purpose = PurposeSchema().load({**told["purpose"]})
        caller = Caller("system", first.id, first.name, window.text, frozenset(), first.scopes)
        allowed = grants.require(session, caller, told["directory"], purpose, (), Mode.QUERY, at)
        assert (allowed.fields, allowed.contract.id) == (NAMES, told["grants"][0])
        states = set(session.scalars(select(ShareRequest.state)))
        assert states >= {"draft", "checking", "deciding", "offered", "refused", "ruling", "withdrawn", "granted"}
        assert set(session.scalars(select(UseList.state))) == {"draft", "published"}
        assert session.scalars(select(RegisteredCaller.kind)).one() == "agent"
        assert granting.grant_of(session, told["grants"][0]).state == "active"
    parts.close()


def test_a_sandbox_without_mounts_tells_no_purpose(database: Database, at: datetime):
    departments.opened(database, at)
    with database.transaction() as session:
        window = CreditCode(code_of("city-window"))
        place = RegionCode("320900")
        organisations.add(session, NewOrganisation(window, "演示市政务服务中心", place, "city", None), MAKER, at)
        assert sharing_sample.made(session, at, "city-window", [])["purpose"] is None
