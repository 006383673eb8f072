"""What filing lacks becomes demands: gaps of plans, and entries that are reported missing again and again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from base import calendar
from base.audit import Thing
from base.callers import Caller
from base.db import Database
from base.paging import Pager
from certs.demanding import lacks, raising
from certs.demanding.lacks import Missed
from certs.filing.matter import Means
from certs.filing.plans.gaps import Gap
from certs.filing.plans.reasons import Said
from certs.queries.wiring import Queries
from certs.routes.missing_reports import missing_reports
from certs.routes.queries import certificate_queries
from exchange import tasks, terms
from exchange.demands.models import Demand, DemandAsker
from exchange.demands.steps import THING
from keys.parties import organisations
from tests import rooms
from tests.certs.filing import window_house
from tests.certs.papers import AT, HYGIENE
from tests.certs.queries import house as library
from tests.certs.queries.house import CITY, PROVINCE, holder
from tests.exchange.departments import MAKER

GAP = Gap(
    "directory",
    (Means.SHARED, "场地使用证明"),
    "场地使用证明",
    Said("缺少数据目录", "no directory"),
    ("11320900000000000X000123010000001",),
    (("11320900000000000X000123010000001", "场地使用证明"),),
    120,
    "known",
    ("权利人", "坐落", "权利人 "),
)
MISSED = Missed("asker", "issuer", "公共场所卫生许可证", ("编号", "单位名称"), ("1", "2", "3"))


def test_a_gap_is_a_demand_of_the_organ_with_what_waits_for_it():
    lack = lacks.of_gap(GAP, "organ")
    assert lack is not None
    wanted = lack.new.wanted
    assert (wanted.provider, wanted.name, wanted.items) == ("", "场地使用证明", ("权利人", "坐落"))
    assert (lack.organisation, lack.weight, lack.origin) == ("organ", 120, "gap")
    assert lack.references == ("11320900000000000X000123010000001#场地使用证明",)


@pytest.mark.parametrize(
    "kind", ["grant", "source", "health", "freshness", "fields", "mode", "region", "check", "organ"]
)
def test_what_is_here_and_not_granted_is_no_lack_of_data(kind: str):
    assert lacks.of_gap(replace(GAP, kind=kind), "organ") is None


def test_a_gap_that_names_no_fields_asks_for_the_thing_itself():
    lack = lacks.of_gap(replace(GAP, fields=()), "organ")
    assert lack is not None
    assert lack.new.wanted.items == ("场地使用证明",)


def test_the_third_missing_entry_makes_it_a_demand_to_the_issuer():
    assert lacks.of_reports(replace(MISSED, reports=("1", "2"))) is None
    assert lacks.of_reports(replace(MISSED, organisation="issuer")) is None
    lack = lacks.of_reports(MISSED)
    assert lack is not None
    assert (lack.new.wanted.provider, lack.references, lack.origin) == ("issuer", ("1", "2", "3"), "missing-reports")


def test_each_night_the_gaps_of_an_organ_are_the_same_demands(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    house = window_house.opened(database, tmp_path, AT, monkeypatch)
    parts = house.door.app.extensions["yinxin"][Queries]
    with database.transaction() as session:
        terms.seed(session, MAKER, AT)
        organs = raising.organs(session)
        assert organs
        first = sum(raising.of_gaps(session, parts, each, AT) for each in organs)
    with database.transaction() as session:
        assert sum(raising.of_gaps(session, parts, each, AT) for each in organs) == first
        assert raising.of_reports(session, parts.certs.types, AT) == 0
        rows = session.scalars(select(Demand)).all()
        assert len(rows) == first
        assert {each.origin for each in session.scalars(select(DemandAsker))} <= {"gap"}
        assert {each.version for each in rows} <= {1}


@pytest.mark.parametrize("database_settings", ["sqlite"], indirect=True)
def test_three_entries_that_a_window_reports_missing_are_demanded_of_their_issuer(
    database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch
):
    house = library.opened(database, tmp_path, at, monkeypatch)
    with database.transaction() as session:
        calendar.seed(session)
        terms.seed(session, MAKER, at)
    clerk = Caller("person", "reporter", "reporter", CITY, frozenset({"window"}))
    furniture = (house.parts, house.parts.gateway, house.parts.certs, Pager("s" * 32))
    house.door = rooms.door(database, (certificate_queries, missing_reports), (library.WINDOW, clerk), *furniture)
    types, reports = house.parts.certs.types, []
    for number in (1, 2, 3):
        with database.transaction() as session:
            assert raising.of_reports(session, types, at) == 0
        body = {
            "usage_id": house.held_by(number)["usage_id"],
            "certificate_type": HYGIENE.code,
            "holder": holder(number),
            "number": "演卫公证字〔2020〕第000009号",
            "issuer": PROVINCE,
        }
        made = house.door.call("reporter", "POST", "/missing-reports", json=body)
        assert made.status_code == 201, made.json
        reports.append(made.json["id"])
    for _ in range(2):
        with database.transaction() as session:
            assert raising.of_reports(session, types, at) == 1
            demand, asker = session.scalars(select(Demand)).one(), session.scalars(select(DemandAsker)).one()
            assert (demand.provider, demand.name, demand.state) == (PROVINCE, HYGIENE.name, "answering")
            assert (asker.organisation, asker.origin, sorted(asker.references)) == (
                CITY,
                "missing-reports",
                sorted(reports),
            )
            assert demand.version == 1
            turn = tasks.open_of(session, Thing(THING, demand.id))
            assert [(each.organisation, each.role) for each in turn] == [(PROVINCE, "provider")]
            assert holder(1)["code"] not in f"{demand.items} {demand.name} {asker.purpose} {asker.references}"
    # A department that may no longer act does not break the night for all others.
    with database.transaction() as session:
        organisations.suspend(session, organisations.organisation_of(session, PROVINCE), "机构撤销", MAKER, at)
        assert raising.of_reports(session, types, at) == 0
