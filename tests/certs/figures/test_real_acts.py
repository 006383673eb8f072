"""Each act that is counted, done by its own verb where it belongs: what the room writes is what the figures count."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from base import calendar, clock
from base.db import Database
from base.models import AuditEntry
from certs.deposits.metadata import Sent
from certs.faces.typefaces import typeface
from certs.figures import counting, stream, tallies
from certs.figures.models import FigureCount, FigureKind
from certs.life import Step
from certs.routes.assistance import assistance_routes
from exchange.door.usages import USED
from tests.certs.deposits.files import LICENCE, depositor, finished
from tests.certs.filing import window_house
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import CLERK, OTHER_ITEM, WINDOW
from tests.certs.filing.lookups.test_lookups import body
from tests.certs.filing.undertakings.test_undertakings import agreed_case
from tests.certs.holders import conftest as holders
from tests.certs.holders.test_objections import CORRECTED, KEPT, answered, begun
from tests.certs.office import Office, office
from tests.certs.old_stock.stocks import Stock, row, table
from tests.certs.papers import AT, HYGIENE
from tests.certs.queries import house as library
from tests.exchange import departments
from tests.exchange.objections import test_objections as disputes

# Whoever opens these houses finds their people and keys there.
view, told = holders.view, disputes.told


def counts(database: Database) -> Counter[str]:
    """Count what there is to count; give each measure, and how many kinds of certificates and directories are known."""
    list(counting.count_all(database))
    with database.reading() as session:
        measured = select(FigureCount.measure, func.sum(FigureCount.count)).group_by(FigureCount.measure)
        found = Counter({name: int(count) for name, count in session.execute(measured)})
        kinds = select(FigureKind.kind, func.count()).group_by(FigureKind.kind)
        found.update({f"kind of {name}": count for name, count in session.execute(kinds)})
    return Counter({name: count for name, count in found.items() if name not in tallies.OF_DUTIES})


def entered(database: Database, act: str) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.act == act)) or 0


def moved(database: Database, act: str = "", *, by: Callable[[], Any]) -> Mapping[str, int]:
    """Do something that enters an act in the ledger; tell which counters moved, and by how much."""
    before, entries = counts(database), entered(database, act)
    by()
    assert not act or entered(database, act) > entries, act
    after = counts(database)
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def test_a_certificate_counts_when_it_is_signed_and_each_version_again(view: holders.View):
    made = []
    first = moved(
        view.house.office.database, "certificate.sign", by=lambda: made.append(view.house.office.issue("演示1"))
    )
    assert first == {"certificates": 1, "kind of certificate": 1}
    newer = {"supersedes": made[0], "act": Step.CHANGE}
    second = moved(view.house.office.database, by=lambda: view.house.office.issue("演示2", **newer))
    assert second == {"certificates": 1}


def test_a_finished_file_that_is_taken_in_counts(database: Database, tmp_path: Path, at: datetime):
    house = office(database, tmp_path, at, typeface())
    document = finished(house)
    took = moved(
        database, "certificate.deposit", by=lambda: depositor(house).deposit(document, "x.ofd", Sent(LICENCE.code))
    )
    assert took == {"certificates": 1, "kind of certificate": 1}


def test_old_stock_counts_when_it_is_published(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    house: Office = office(database, tmp_path, at, typeface())
    monkeypatch.setattr(clock, "now", lambda: house.at)
    with database.transaction() as session:
        calendar.seed(session)
    stock = Stock(house).open()
    batch = stock.bring(table([row(1), row(2)]))
    stock.sign_off(batch)
    assert moved(database, by=lambda: stock.made(batch)) == {}
    published = moved(database, "certificate.publish", by=lambda: stock.published(batch))
    assert published == {"certificates": 2, "kind of certificate": 1}


def test_a_use_counts_once_and_so_does_what_is_said_of_it(view: holders.View):
    office_ = view.house.office
    identifier, uses = office_.issue(), []
    used = moved(office_.database, "data.used", by=lambda: uses.append(view.house.copy(identifier).usage))
    assert used == {"certificate_found": 1}
    path = f"/my/uses/{uses[0]}/evaluations"
    assert moved(office_.database, "use.evaluated", by=lambda: view.post(path, {"level": 2})) == {"level_2": 1}


def test_a_holders_objection_counts_and_so_does_its_answer(view: holders.View):
    database, objections = view.house.office.database, []
    identifier = view.house.office.issue()
    began = moved(database, "holder-objection.begun", by=lambda: objections.append(begun(view, identifier=identifier)))
    assert began == {"objections": 1, "certificate_found": 1}
    kept = moved(database, "holder-objection.kept", by=lambda: answered(view, objections[0], KEPT))
    assert kept == {"objections_answered": 1}
    again = begun(view, identifier=view.house.office.issue("演示2"))
    view.house.office.issue("演示3", supersedes=again_identifier(view, again), act=Step.CHANGE)
    corrected = moved(database, "holder-objection.corrected", by=lambda: answered(view, again, CORRECTED))
    assert corrected == {"objections_answered": 1}


def again_identifier(view: holders.View, objection: Mapping[str, Any]) -> str:
    uses = view.get("/my/uses").json["items"]
    return str(next(each["identifier"] for each in uses if each["usage"] == objection["usage"]))


def test_a_departments_objection_counts_and_so_does_its_answer(told: disputes.Told):
    database, begun_ = told.house.database, []
    assert moved(database, "objection.begin", by=lambda: begun_.append(told.begin()["id"])) == {"objections": 1}
    answer: dict[str, Any] = {"decision": "correct", "reason": "演示"}
    corrected = moved(
        database, "objection.correct", by=lambda: told.call(disputes.PROVIDER, "answers", begun_[0], **answer)
    )
    assert corrected == {"objections_answered": 1}
    second = told.begin(about="record", field="")["id"]
    answer["decision"] = "keep"
    kept = moved(database, "objection.keep", by=lambda: told.call(disputes.PROVIDER, "answers", second, **answer))
    assert kept == {"objections_answered": 1}


def test_data_counts_with_its_rows_and_a_directory_when_it_is_published(told: disputes.Told):
    database = told.house.database
    assert moved(database, "data.used", by=lambda: told.ask("civil")) == {"data_found": 1, "data_rows": 1}

    def publish() -> None:
        with database.transaction() as session:
            departments.published(session, told.house.at, name="演示新目录信息")

    assert moved(database, "directory.publish", by=publish) == {"kind of directory": 1}


def test_materials_count_when_they_are_found_for_a_case_and_once(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    house = window_house.opened(database, tmp_path, AT, monkeypatch)
    house.library.keep(1)
    first = moved(database, "filing-lookup.made", by=lambda: house.told("lookups", **body()))
    assert (first["spared"], set(first)) == (2, {"spared", "certificate_found", "data_found", "data_rows"})
    other = body(situation={}, types=[HYGIENE.code])
    again = moved(database, by=lambda: house.told("lookups", **other))
    assert "spared" not in again
    early = library.purpose(stage="guidance", basis=None)
    found: list[str] = []
    unbound = moved(database, by=lambda: found.append(house.told("lookups", **body(purpose=early))["usage_id"]))
    assert "spared" not in unbound
    path = f"/filing/lookups/{found[0]}/bindings"
    bound = moved(
        database,
        "filing-lookup.bound",
        by=lambda: house.door.call("gm", "POST", path, json={"case": "3209000009"}),
    )
    assert bound == {"spared": 2}


def test_a_paper_that_serves_again_counts_and_so_does_what_is_said_of_a_use_in_a_case(
    database: Database, tmp_path: Path, at: datetime, monkeypatch: pytest.MonkeyPatch
):
    house = of.opened(database, tmp_path, at, monkeypatch, (assistance_routes,))
    first, second = agreed_case(house), house.receive(matter=OTHER_ITEM, materials=[])["number"]
    paper = {"material": "layout", "from_case": first, "from_material": "plan"}
    reused = moved(
        database, "material.reused", by=lambda: house.good(WINDOW, "POST", f"/cases/{second}/reuses", **paper)
    )
    assert reused == {"spared": 1}
    house.stands(second, "accept", CLERK)
    path = f"/cases/{second}/evaluations"
    of_case = {"key": "e-1", "satisfaction": 5}
    assert moved(database, by=lambda: house.good(WINDOW, "POST", path, **of_case)) == {}
    of_use = {"key": "e-2", "satisfaction": 4, "usage_id": "u-1"}
    said = moved(database, "evaluation.given", by=lambda: house.good(WINDOW, "POST", path, **of_use))
    assert said == {"level_4": 1}


def test_every_act_that_is_counted_is_done_above():
    stories = Path(__file__).read_text("utf-8")
    assert [each for each in (*stream.ACTS, USED) if f'"{each}"' not in stories] == []
