"""What is done by the clock about cases and what stands in for papers, as the scheduler runs it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from base.db import Database
from base.fetch import FetchSettings, GuardedFetch
from base.scheduling import Run
from base.scheduling.job import Opened
from certs.filing.cases import jobs
from certs.filing.cases.models import Case, CaseDelivery
from certs.filing.cases.wiring import Cases, Centre
from certs.filing.undertakings import jobs as undertaking_jobs
from certs.filing.undertakings.models import Undertaking
from certs.routes.assistance import assistance_routes
from tests.certs.filing.cases import house as of
from tests.certs.filing.cases.house import WINDOW, House
from tests.certs.filing.cases.test_centre import project
from tests.simulators.case_centre import CaseCentre
from tests.simulators.http import HttpSimulator

LOOPBACK = FetchSettings(
    intranet_networks=("127.0.0.0/8",), connect_seconds=1.0, read_seconds=2.0, total_seconds=4.0, tries=1
)


@pytest.fixture
def house(database: Database, tmp_path: Path, at: Any, monkeypatch: pytest.MonkeyPatch) -> House:
    return of.opened(database, tmp_path, at, monkeypatch, (assistance_routes,))


@pytest.fixture
def centre() -> Iterator[tuple[CaseCentre, Centre]]:
    found, fetch = CaseCentre(), GuardedFetch(LOOPBACK)
    with HttpSimulator().on("/centre", found) as server:
        yield found, Centre(server.url("/centre"), fetch, intranet=True)
        fetch.close()


def run(house: House, job: str, centre: Centre | None = None) -> Run:
    opened = Opened(1, 1, job, house.at, 1, house.at, house.at + timedelta(hours=1), None, "演示", None)
    parts = Cases(house.parts.settings, house.parts.keys, of.matter_of, centre=centre)
    return Run(opened, house.database, {Cases: parts})


def test_the_centre_is_read_to_its_end_and_told(house: House, centre: tuple[CaseCentre, Centre]):
    simulated, reached = centre
    simulated.projects = [project(f"P{each}") for each in range(5)]
    jobs.read_centre(run(house, "read", reached))
    house.stands("P3", "accept")
    with house.database.transaction() as session:
        assert session.query(Case).count() == 5
        # The step was taken over the house's own door, which knows of no centre; it is offered to this one.
        row = session.query(CaseDelivery).filter_by(case="P3", sequence=2).one()
        row.channel, row.recipient = "centre", "centre"
    jobs.tell_centre(run(house, "tell", reached))
    assert simulated.order == [("P3", 2)]


def test_without_a_centre_there_is_nobody_to_read_or_tell(house: House):
    jobs.read_centre(run(house, "read"))
    jobs.tell_centre(run(house, "tell"))


def test_what_was_missed_is_noted(house: House):
    number = house.receive()["number"]
    told = {"material": "m", "name": "演示材料", "reason": "演示", "days": 1}
    house.good(WINDOW, "POST", f"/cases/{number}/later-materials", **told)
    house.pass_days(4)
    undertaking_jobs.fall_due(run(house, "fall-due"))
    with house.database.reading() as session:
        assert [each.state for each in session.query(Undertaking)] == ["overdue"]


def test_every_job_is_named_after_its_part():
    names = [each.name for each in (*jobs.JOBS, *undertaking_jobs.JOBS)]
    assert len(names) == len(set(names))
    assert all(each.startswith(("certs.cases.", "certs.matters.", "certs.undertakings.")) for each in names)
