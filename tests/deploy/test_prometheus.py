"""The rules and the dashboard ask only for what a service exports; the rules fire when they should and not before."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families

import app
from base import clock, db, metrics
from base.callers import Caller
from base.db import DatabaseSettings
from base.fetch import FetchSettings
from base.identifiers import CreditCode, RegionCode
from base.measured import MeasuredFetch
from base.metrics import METRICS, MetricsSettings
from base.scheduling import slots
from base.scheduling.models import Outcome
from base.scheduling.process import Scheduler
from base.scheduling.settings import SchedulingSettings
from base.settings import read
from catalog_sync.simulator.gateway import RID
from catalog_sync.simulator.platform import KEY_FILE
from catalog_sync.targets.gateway.settings import NationalGatewaySettings
from catalog_sync.wiring import JOB_NAMES
from keys.parties import organisations
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import code_of
from tests.catalog_sync.simulator.test_serving import served
from tests.deploy import promql
from tests.deploy.promql import Aggregate, Binary, Labels, Selector, Unreadable, World

DEPLOY: Final = Path(__file__).resolve().parents[2] / "deploy"
RULES: Final = DEPLOY / "prometheus" / "yinxin.rules.yml"
BOARD: Final = DEPLOY / "grafana" / "yinxin-sync.json"
MAKER: Final = Caller("system", "maker", "maker")
# By the name of each sample: the type of its family, and the labels of every series.
Exported = dict[str, tuple[str, list[dict[str, str]]]]
HISTOGRAM: Final = ("_bucket", "_count", "_sum")


def rules() -> dict[str, dict[str, Any]]:
    told = yaml.safe_load(RULES.read_text("utf-8"))
    return {rule["alert"]: rule for group in told["groups"] for rule in group["rules"]}


def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BOARD.read_text("utf-8"))
    return found


def queries() -> dict[str, str]:
    """Give every query by where it stands; the dashboard's variable is one platform's name."""
    of_rules = {name: rule["expr"] for name, rule in rules().items()}
    panels = {
        f"{panel['title']} {each['refId']}": each["expr"].replace("$target", "national-gateway")
        for panel in board()["panels"]
        for each in panel["targets"]
    }
    return {**of_rules, **panels}


# --- what a running service exports -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def exported(
    _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, list[dict[str, str]]]]:
    """Synchronise with the simulated platform over a real socket, watch, and read what /metrics tells then."""
    folder = tmp_path_factory.mktemp("deploy")
    with pytest.MonkeyPatch.context() as patched, served(folder / "platform") as (_, url):
        (folder / "key").write_text((folder / "platform" / KEY_FILE).read_text("utf-8"), encoding="utf-8")
        told = {"YINXIN_WEB_SECRET": "s" * 32}
        settings = read(app.HOUSE.sections, environment=told).changed(
            DatabaseSettings(url=f"sqlite:///{folder / 'a.db'}"),
            FetchSettings(intranet_networks=("127.0.0.0/8",)),
            NationalGatewaySettings(url=url, rid=RID, app_key_file=str(folder / "key"), intranet=True),
        )
        counted = metrics.opened(MetricsSettings())
        patched.setattr(metrics, "opened", lambda _settings: counted)
        shutil.copy(_sqlite_template, folder / "a.db")
        database = db.connect(settings[DatabaseSettings], app.LAST_ACTS)
        with database.transaction() as session:
            for each in app.HOUSE.seeds:
                each(session, MAKER, clock.now())
            new = NewOrganisation(CreditCode(code_of("data")), "演示省数据管理局", RegionCode("320000"), "province")
            organisations.add(session, new, MAKER, clock.now())
        parts = app.make_parts(settings)
        carried_out(database, parts)
        answer = app.create_app(settings).test_client().get("/metrics")
        parts[MeasuredFetch].fetch.close()
        database.close()
    assert answer.status_code == 200
    found: Exported = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            found.setdefault(sample.name, (family.type, []))[1].append(dict(sample.labels))
    return found


def carried_out(database: db.Database, parts: Mapping[type[Any], Any]) -> None:
    jobs = app.PROGRAM.jobs
    scheduler = Scheduler(database, jobs, settings=SchedulingSettings(), parts=parts)
    for name in (*JOB_NAMES, "exchange.monitoring"):
        with database.transaction() as session:
            opened = slots.open_by_hand(session, jobs[name], "deploy", clock.now())
        assert scheduler._carry_out(jobs[name], opened) is Outcome.DONE


def test_a_service_that_synchronised_exports_what_the_queries_need(exported):
    assert {each["target"] for each in exported["yinxin_sync_rows"][1]} == {"national-gateway"}
    assert "yinxin_sync_last_success_timestamp_seconds" in exported


@pytest.mark.parametrize("place", sorted(queries()))
def test_every_name_label_and_type_of_a_query_is_exported(exported, place: str):
    tree = promql.read(queries()[place])
    kinds = {each.name: each.kind for each in METRICS}
    for node in promql.walked(tree):
        if not isinstance(node, Selector):
            continue
        family = next((node.name.removesuffix(end) for end in HISTOGRAM if node.name.endswith(end)), node.name)
        kind = kinds.get(node.name) or kinds[family]
        assert kind != "histogram" or node.name != family, f"{node.name} is a histogram: ask its buckets"
        assert (node.seconds > 0) == (kind in {"counter", "histogram"}), f"{node.name} is a {kind}"
        labels = {name for name, _, _ in node.matchers}
        if node.name in exported:
            assert exported[node.name][0] == kind
            assert all(labels <= set(each) for each in exported[node.name][1]), node.name
        else:
            assert kind == "counter", f"{node.name} is not exported"
            assert labels <= set(next(each for each in METRICS if each.name == node.name).labels)
    for node in promql.walked(tree):
        names = set(node.by) if isinstance(node, Aggregate) else set(node.on or ()) if isinstance(node, Binary) else ()
        for each in promql.walked(node):
            if isinstance(each, Selector) and each.name in exported:
                assert all(set(names) <= set(one) for one in exported[each.name][1]), (place, each.name)


def test_the_tokenizer_refuses_what_it_does_not_know():
    for text in ("rate(yinxin_x[5m]) offset 1h", "yinxin_x{a=b}", "sum by target (x)", "x[5q]", "1 +", "x @ 3", "x y"):
        with pytest.raises(Unreadable):
            promql.read(text)


def test_a_query_for_what_nobody_exports_is_found():
    """The check itself: a name, a label and a range that are wrong are each seen."""
    tree = promql.read('sum by (target) (rate(yinxin_sync_rows{state="dead", kind="x"}[5m]))')
    found = next(each for each in promql.walked(tree) if isinstance(each, Selector))
    assert (found.name, found.seconds) == ("yinxin_sync_rows", 300)
    assert {name for name, _, _ in found.matchers} == {"state", "kind"}
    assert "yinxin_sync_row" not in {each.name for each in METRICS}


# --- the rules fire -----------------------------------------------------------------------------------------------

NOW: Final = 1_800_000_000.0
A: Final = {"target": "a"}


def at(**samples: Any) -> dict[str, dict[Labels, float]]:
    """Plant samples: by name, pairs of labels and value."""
    return {name: {frozenset(labels.items()): float(value) for labels, value in told} for name, told in samples.items()}


def rows(**states: int) -> list[tuple[dict[str, str], int]]:
    return [({**A, "state": state}, count) for state, count in states.items()]


LAG, PAUSED, LAST = "yinxin_sync_lag_seconds", "yinxin_sync_paused", "yinxin_sync_last_success_timestamp_seconds"
DONE_AT, RUNS = "yinxin_job_last_success_timestamp_seconds", "yinxin_job_runs_total"
CASES: Final[tuple[tuple[str, dict[str, Any], dict[str, Any], bool], ...]] = (
    ("YinxinSyncLag", {LAG: [(A, 3601)], PAUSED: [(A, 0)]}, {}, True),
    ("YinxinSyncLag", {LAG: [(A, 3600)], PAUSED: [(A, 0)]}, {}, False),
    ("YinxinSyncLag", {LAG: [(A, 3601)], PAUSED: [(A, 1)]}, {}, False),
    ("YinxinSyncSilent", {LAST: [(A, NOW - 7201)], LAG: [(A, 1)], PAUSED: [(A, 0)]}, {}, True),
    ("YinxinSyncSilent", {LAST: [(A, NOW - 7200)], LAG: [(A, 1)], PAUSED: [(A, 0)]}, {}, False),
    ("YinxinSyncSilent", {LAST: [(A, NOW - 7201)], LAG: [(A, 0)], PAUSED: [(A, 0)]}, {}, False),
    ("YinxinSyncSilent", {LAST: [(A, NOW - 7201)], LAG: [(A, 1)], PAUSED: [(A, 1)]}, {}, False),
    ("YinxinSyncPaused", {PAUSED: [(A, 1)]}, {}, True),
    ("YinxinSyncPaused", {PAUSED: [(A, 0)]}, {}, False),
    ("YinxinSyncRefusals", {"yinxin_sync_rows": rows(refused=11, stored=80, accepted=9)}, {}, True),
    ("YinxinSyncRefusals", {"yinxin_sync_rows": rows(refused=10, stored=80, accepted=10, waiting=0)}, {}, False),
    ("YinxinSyncRefusals", {"yinxin_sync_rows": rows(refused=0, stored=0, accepted=0, waiting=9)}, {}, False),
    ("YinxinSyncDeadLetters", {"yinxin_sync_rows": rows(dead=1)}, {}, True),
    ("YinxinSyncDeadLetters", {"yinxin_sync_rows": rows(dead=0, refused=5)}, {}, False),
    ("YinxinSyncJobStopped", {DONE_AT: [({"job": "sync.push"}, NOW - 1801)]}, {}, True),
    ("YinxinSyncJobStopped", {DONE_AT: [({"job": "sync.push"}, NOW - 1800)]}, {}, False),
    ("YinxinSyncJobStopped", {DONE_AT: [({"job": "sync.refusals"}, NOW - 9999)]}, {}, False),
    ("YinxinMonitoringStopped", {DONE_AT: [({"job": "exchange.monitoring"}, NOW - 1801)]}, {}, True),
    ("YinxinMonitoringStopped", {DONE_AT: [({"job": "exchange.monitoring"}, NOW - 300)]}, {}, False),
    (
        "YinxinJobFails",
        {RUNS: [({"job": "x", "outcome": "failed"}, 7)]},
        {RUNS: [({"job": "x", "outcome": "failed"}, 4)]},
        True,
    ),
    (
        "YinxinJobFails",
        {RUNS: [({"job": "x", "outcome": "failed"}, 6)]},
        {RUNS: [({"job": "x", "outcome": "failed"}, 4)]},
        False,
    ),
    ("YinxinJobFails", {RUNS: [({"job": "x", "outcome": "done"}, 99)]}, {}, False),
    ("YinxinTicketsCritical", {"yinxin_tickets_open": [({"monitor": "m", "severity": "critical"}, 1)]}, {}, True),
    ("YinxinTicketsCritical", {"yinxin_tickets_open": [({"monitor": "m", "severity": "warning"}, 9)]}, {}, False),
    ("YinxinTicketsOverdue", {"yinxin_tickets_overdue": [({}, 1)]}, {}, True),
    ("YinxinTicketsOverdue", {"yinxin_tickets_overdue": [({}, 0)]}, {}, False),
)


@pytest.mark.parametrize(("name", "now", "before", "fires"), CASES)
def test_a_rule_fires_when_it_should_and_not_before(name: str, now: Any, before: Any, fires: bool):
    found = promql.worked_out(promql.read(rules()[name]["expr"]), World(at(**now), at(**before), NOW))
    assert isinstance(found, dict)
    assert bool(found) is fires


def test_every_rule_was_tried_both_ways_and_tells_what_to_do():
    tried = {(name, fires) for name, _, _, fires in CASES}
    assert tried == {(name, fires) for name in rules() for fires in (True, False)}
    for name, rule in rules().items():
        assert rule["labels"]["severity"] in {"warning", "critical"}, name
        assert " / " in rule["annotations"]["summary"], name
        assert rule["annotations"]["action"], name


def test_the_dashboard_is_whole():
    """Numbers are their own, every panel has a place and a query, and its variables are those that it uses."""
    told = board()
    panels = told["panels"]
    assert [each["id"] for each in panels] == list(range(1, len(panels) + 1))
    assert all(each["gridPos"]["x"] + each["gridPos"]["w"] <= 24 for each in panels)
    assert all(" · " in each["title"] and each["targets"] for each in panels)
    places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in panels]
    assert len(set(places)) == len(places)
    variables = {each["name"]: each for each in told["templating"]["list"]}
    assert set(variables) == {"datasource", "target"}
    asked = variables["target"]["query"].removeprefix("label_values(").removesuffix(")")
    name, label = asked.split(", ")
    assert label in next(each for each in METRICS if each.name == name).labels
