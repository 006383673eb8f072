"""The ground's own jobs do their work by hand, and what they did is counted."""

from datetime import datetime

import pytest

import app
from base import metrics
from base.db import Database
from base.fetch import AddressRefused, Destination, FetchSettings, GuardedFetch, Outgoing
from base.measured import MeasuredFetch
from base.metrics import Metrics
from base.scheduling import SchedulingSettings
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from base.settings import read


def parts(counted: Metrics):
    made = dict(app.make_parts(read(app.HOUSE.sections, environment={})))
    return {**made, Metrics: counted}


@pytest.mark.parametrize("name", sorted(app.PROGRAM.jobs))
def test_every_job_can_be_run_by_hand_on_an_empty_database(database: Database, name: str):
    counted = Metrics(None)
    _, outcome = run_by_hand(database, app.PROGRAM.jobs, name, SchedulingSettings(), parts=parts(counted))
    assert outcome is Outcome.DONE


def test_a_call_out_is_counted_by_how_it_ended(at: datetime):
    counted = Metrics(None)
    fetch = MeasuredFetch(GuardedFetch(FetchSettings()), counted)
    with pytest.raises(AddressRefused):
        fetch(Outgoing("GET", "http://127.0.0.1:9/", (Destination("http", "127.0.0.1", 9),)))
    assert b'yinxin_fetches_total{outcome="address-refused"} 1.0' in counted.exposition()


def test_the_metrics_page_counts_requests_and_the_ledger(tmp_path):
    from base import schema
    from base.db import DatabaseSettings, connect

    url = f"sqlite:///{tmp_path / 'a.db'}"
    database = connect(DatabaseSettings(url=url))
    schema.upgrade(database)
    database.close()
    environment = {"YINXIN_DATABASE_URL": url, "YINXIN_WEB_SECRET": "s" * 32, "YINXIN_WEB_ENVIRONMENT": "test"}
    client = app.create_app(read(app.HOUSE.sections, environment=environment)).test_client()
    client.get("/healthz")
    client.get("/nothing/11010519491231002X")
    answer = client.get("/metrics")
    assert answer.content_type == metrics.CONTENT_TYPE
    assert 'yinxin_requests_total{method="GET",route="/healthz",status="200"} 1.0' in answer.text
    assert 'route="unmatched",status="404"' in answer.text
    assert "11010519491231002X" not in answer.text
    assert "yinxin_ledger_entries 0.0" in answer.text
    assert "yinxin_requests_running 1.0" in answer.text, "the very request that asks"
    assert "yinxin_requests_running 1.0" in client.get("/metrics").text, "and none that is over"
