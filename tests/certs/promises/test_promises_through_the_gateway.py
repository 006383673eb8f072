"""The credit platform asks for promises at the gateway: with grant and purpose, what is granted, as it stands now."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base.db import Database
from certs.filing.undertakings import undertakings
from certs.filing.undertakings.models import Undertaking
from certs.filing.undertakings.undertaking import Step
from certs.promises.sample import COLUMNS
from certs.promises.source import KIND
from exchange import directories, elevations
from exchange.directories import NewDirectory
from exchange.door.models import Usage
from exchange.life import Step as DirectoryStep
from exchange.mounting import mounts
from exchange.mounting.mounts import NewMount
from exchange.routes.gateway import gateway
from keys.algorithms.sm3 import SM3
from keys.parties import people
from keys.parties.people import NewPerson
from tests import rooms
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import COUNTY, ITEM, MATTERS, WINDOW, House
from tests.certs.filing.undertakings.test_undertakings import ALLOWED
from tests.certs.papers import firm
from tests.certs.promises.test_promises import TEXT, mounted, promised
from tests.exchange import gateway_house
from tests.exchange.departments import content, item
from tests.keys.parties.builders import MAKER, PROVINCE
from tests.rooms import Door

# Who asks: the system of an organisation that holds no promises itself.
CREDIT = replace(gateway_house.SYSTEM, id="credit", name="演示信用平台", organisation=COUNTY)
GRANTED = ("承诺编号", "承诺人代码", "事项名称", "履行状态", "核查单位")


@dataclass
class Shared:
    """The records behind their directory, and the gateway before them."""

    house: House
    door: Door
    code: str

    def ask(self, *, code: str = firm(1), **peculiar: Any) -> Any:
        """Ask for somebody's promises."""
        wanted = [{"item": "承诺人代码", "values": [code]}]
        body = {"purpose": gateway_house.purpose(), "conditions": wanted, **peculiar}
        return self.door.call(CREDIT.id, "POST", f"/data/{self.code}", json=body)

    def settle(self, promise: str, step: Step) -> None:
        """Say how a promise was kept, as whoever looks after it."""
        with self.house.database.transaction() as session:
            by = replace(WINDOW, organisation=session.get_one(Undertaking, promise).owner)
            undertakings.settle(session, self.house.parts, promise, step, {"reason": "演示"}, by, self.house.at)


@pytest.fixture
def shared(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> Shared:
    monkeypatch.setitem(MATTERS, ITEM, of.matter(materials=ALLOWED))
    house = of.opened(database, tmp_path, at, monkeypatch, ())
    sources = mounted(house)
    steward, reviewer, authority = (replace(WINDOW, id=each, organisation=PROVINCE, roles=frozenset({each}))
                                    for each in ("steward", "reviewer", "authority"))  # fmt: skip
    with database.transaction() as session:
        row = people.add(session, NewPerson("authority", "演示主管部门", PROVINCE), MAKER, at)
        people.assign_roles(session, row, ("authority",), MAKER, at)
        told = content(department=PROVINCE, name="告知承诺及履行信息", items=[item(each, 100) for each in COLUMNS])
        directory = directories.add(session, NewDirectory(told), steward, at)
        version = directories.version_of(session, directory, 1)
        directories.take(session, directory, version, DirectoryStep.SUBMIT, "", steward, at)
        directories.take(session, directory, version, DirectoryStep.FORWARD, "", reviewer, at)
        elevations.publish(session, directory, version, "", authority, at)
        mount = mounts.add(session, directory, NewMount("演示告知承诺记录", KIND, {}, COLUMNS), sources, steward, at)
        plan, of_proposal = mounts.probe_plan(session, mount)
        looked = mounts.look(sources, plan, of_proposal=of_proposal)
        mounts.keep_probe(session, plan, looked, sources, steward, at, of_proposal=of_proposal)
        mounts.confirm(session, mount, reviewer, at)
        code = directory.code
    door = rooms.door(database, (gateway,), (CREDIT,), gateway_house.parts_of(tmp_path), sources)
    return Shared(house, door, code)


def granted(shared: Shared) -> None:
    with shared.house.database.transaction() as session:
        gateway_house.granted(session, shared.code, shared.house.at, COUNTY, fields=GRANTED, provider=PROVINCE)


def test_what_is_granted_comes_and_nothing_else_and_a_promise_that_was_kept_stands_so_in_the_next_answer(
    shared: Shared,
):
    granted(shared)
    kept, broken = promised(shared.house), promised(shared.house)
    promised(shared.house, code=firm(2))
    first = shared.ask()
    assert first.status_code == 200, first.json
    rows = {each["承诺编号"]: each for each in first.json["rows"]}
    assert set(rows) == {kept, broken}
    assert {name for each in rows.values() for name in each} == set(GRANTED)
    assert {each["履行状态"] for each in rows.values()} == {"open"}
    shared.settle(kept, Step.FULFIL)
    shared.settle(broken, Step.BREAK)
    second = {each["承诺编号"]: each for each in shared.ask().json["rows"]}
    assert (second[kept]["履行状态"], second[broken]["履行状态"]) == ("fulfilled", "broken")
    assert second[kept]["核查单位"] is not None
    answers = first.get_data(as_text=True) + shared.ask().get_data(as_text=True)
    assert TEXT not in answers
    assert SM3.of(TEXT.encode()).hex() not in answers
    with shared.house.database.reading() as session:
        uses = list(session.scalars(select(Usage).order_by(Usage.id)))
    assert [(each.organisation, each.outcome, each.rows) for each in uses] == [(COUNTY, "found", 2)] * 3


def test_an_item_that_was_not_granted_is_refused(shared: Shared):
    granted(shared)
    promised(shared.house)
    refused = shared.ask(fields=["承诺编号", "承诺人"])
    assert (refused.status_code, refused.json["code"]) == (403, "not-granted"), refused.json


def test_without_a_grant_or_for_another_matter_nothing_is_told(shared: Shared):
    promised(shared.house)
    refused = shared.ask()
    assert (refused.status_code, refused.json["code"]) == (403, "not-granted"), refused.json
    assert firm(1) not in refused.get_data(as_text=True)
    granted(shared)
    other = shared.ask(purpose=gateway_house.purpose(item_code="000123990000"))
    assert (other.status_code, other.json["code"]) == (403, "not-granted"), other.json
    no_purpose = shared.door.call(CREDIT.id, "POST", f"/data/{shared.code}", json={"conditions": []})
    assert (no_purpose.status_code, no_purpose.json["code"]) == (422, "invalid-input"), no_purpose.json
