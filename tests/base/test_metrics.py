"""Counts are right for one process, for several that share a folder, and after one of them was killed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from base.metrics import (
    CONTENT_TYPE,
    FETCH_SECONDS,
    FETCHES,
    JOB_RUNS,
    LEDGER_ENTRIES,
    METRICS,
    NOTICES,
    REQUESTS,
    REQUESTS_RUNNING,
    Counted,
    Level,
    Metrics,
    MetricsSettings,
    Timed,
    UnusableMetricsFolder,
    opened,
    prepare,
)

ROOT = Path(__file__).resolve().parents[2]
# What each child runs: open the metrics, then do as it is told, one line at a time, and answer each line.
CHILD = """
import sys
{first}
from base import metrics
told = metrics.opened(metrics.MetricsSettings({folder!r}))
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class Process:
    """A process of its own that counts in the folder, does what it is told, and can be killed."""

    def __init__(self, folder: Path, first: str = "", **environment: str) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", CHILD.format(folder=str(folder), first=first)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.does("pass")

    def does(self, line: str) -> str:
        assert self.running.stdin is not None
        assert self.running.stdout is not None
        self.running.stdin.write(line + "\n")
        self.running.stdin.flush()
        said = self.running.stdout.readline()
        while said and said != "done\n":
            before, said = said, self.running.stdout.readline()
            if said == "done\n":
                return before
        assert said == "done\n", "the child has ended"
        return ""

    def exposition(self) -> dict[str, float]:
        """Ask this process for everyone's numbers."""
        return numbers(json.loads(self.does("import json; print(json.dumps(told.exposition().decode()))")))

    def kill(self) -> None:
        self.running.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        for pipe in (self.running.stdin, self.running.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self.running.wait()


@pytest.fixture
def processes() -> Iterator[list[Process]]:
    started: list[Process] = []
    yield started
    for process in started:
        process.close()


def numbers(exposition: str) -> dict[str, float]:
    """Read the text format into one number a series."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            name = f"{sample.name}{{{labels}}}" if labels else sample.name
            assert name not in found
            found[name] = sample.value
    return found


def alone(metrics: Metrics) -> dict[str, float]:
    return numbers(metrics.exposition().decode())


ONE_REQUEST = "told.request('/api/v1/things/<id>', 'GET', 200, 0.02)"
# The child counts twice and ends; the parent waits for it.
FORKED = f"[{ONE_REQUEST}, {ONE_REQUEST}, os._exit(0)] if child == 0 else os.waitpid(child, 0)"
COUNTED = "yinxin_requests_total{method=GET,route=/api/v1/things/<id>,status=200}"


# --- The table ----------------------------------------------------------------------------------------------------


def test_every_metric_has_a_name_of_its_own_and_words_in_both_languages():
    assert len({row.name for row in METRICS}) == len(METRICS)
    for row in METRICS:
        assert re.fullmatch(r"yinxin_[a-z_]+[a-z]", row.name)
        assert row.name.endswith("_total") == isinstance(row, Counted)
        assert "seconds" in row.name or not isinstance(row, Timed)
        assert re.search("[\u4e00-\u9fff]", row.zh)
        assert row.zh.endswith("。")
        assert row.en.endswith(".")
        assert all(re.fullmatch("[a-z]+", label) for label in row.labels)
        assert not {"holder", "path", "url", "user", "id"} & set(row.labels)


def test_every_metric_of_the_table_can_be_measured_and_is_shown_with_its_sentence():
    metrics = opened(MetricsSettings())
    for row in METRICS:
        labels = dict.fromkeys(row.labels, "x")
        if isinstance(row, Counted):
            metrics.count(row, 1, **labels)
        elif isinstance(row, Timed):
            metrics.time(row, 0.2, **labels)
        elif isinstance(row, Level):
            metrics.tell(row, 3, **labels)
    shown = metrics.exposition().decode()
    for row in METRICS:
        assert f"# HELP {row.name} {row.en}" in shown
        assert f"# TYPE {row.name} {row.kind}" in shown
    assert "_created" not in shown
    assert CONTENT_TYPE.startswith("text/plain")


def test_labels_that_the_table_does_not_know_are_refused():
    with pytest.raises(ValueError, match="label"):
        opened(MetricsSettings()).count(NOTICES, channel="mail", holder="x")


# --- One process --------------------------------------------------------------------------------------------------


def test_a_request_is_counted_by_template_method_and_status_and_timed():
    metrics = opened(MetricsSettings())
    metrics.request("/api/v1/things/<id>", "GET", 200, 0.02)
    metrics.request("/api/v1/things/<id>", "GET", 200, 20.0)
    told = alone(metrics)
    assert told[COUNTED] == 2
    assert told["yinxin_request_seconds_count{method=GET,route=/api/v1/things/<id>}"] == 2
    assert told["yinxin_request_seconds_bucket{le=0.025,method=GET,route=/api/v1/things/<id>}"] == 1
    assert told["yinxin_request_seconds_bucket{le=30.0,method=GET,route=/api/v1/things/<id>}"] == 2


def test_what_a_caller_invents_makes_no_series():
    metrics = opened(MetricsSettings())
    for place in range(50):
        metrics.request(None, f"INVENTED{place}", 404, 0.001)
    series = [name for name in alone(metrics) if name.startswith("yinxin_requests_total")]
    assert series == ["yinxin_requests_total{method=other,route=unmatched,status=404}"]


def test_what_is_going_on_is_counted_up_and_down_even_when_it_fails():
    metrics = opened(MetricsSettings())
    with metrics.running(REQUESTS_RUNNING):
        assert alone(metrics)[REQUESTS_RUNNING.name] == 1
    with pytest.raises(ZeroDivisionError), metrics.running(REQUESTS_RUNNING):
        assert 1 / 0
    assert alone(metrics)[REQUESTS_RUNNING.name] == 0


def test_two_metrics_without_a_folder_do_not_see_each_other():
    first, second = opened(MetricsSettings()), opened(MetricsSettings())
    first.count(FETCHES, outcome="answered")
    assert alone(first)["yinxin_fetches_total{outcome=answered}"] == 1
    assert "yinxin_fetches_total{outcome=answered}" not in alone(second)


def test_threads_lose_no_count():
    metrics = opened(MetricsSettings())

    def count() -> None:
        for _ in range(2000):
            metrics.count(JOB_RUNS, job="probe", outcome="good")
            metrics.time(FETCH_SECONDS, 0.1)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert alone(metrics)["yinxin_job_runs_total{job=probe,outcome=good}"] == 16_000
    assert alone(metrics)["yinxin_fetch_seconds_count"] == 16_000


def test_an_installation_without_a_folder_prepares_nothing(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare(MetricsSettings())
    assert list(tmp_path.iterdir()) == []


# --- Several processes --------------------------------------------------------------------------------------------


def test_two_processes_are_summed_whichever_answers(tmp_path: Path, processes: list[Process]):
    prepare(MetricsSettings(str(tmp_path)))
    first, second = Process(tmp_path), Process(tmp_path)
    processes += [first, second]
    first.does(f"for _ in range(30): {ONE_REQUEST}")
    second.does(f"for _ in range(12): {ONE_REQUEST}")
    second.does("told.count(metrics.NOTICES, outcome='sent')")
    assert first.exposition() == second.exposition()
    told = first.exposition()
    assert told[COUNTED] == 42
    assert told["yinxin_notices_total{outcome=sent}"] == 1
    assert told["yinxin_request_seconds_count{method=GET,route=/api/v1/things/<id>}"] == 42
    assert told["yinxin_request_seconds_bucket{le=+Inf,method=GET,route=/api/v1/things/<id>}"] == 42
    assert told["yinxin_request_seconds_sum{method=GET,route=/api/v1/things/<id>}"] == pytest.approx(0.84)


def test_a_killed_process_keeps_its_counts_and_loses_what_was_going_on(tmp_path: Path, processes: list[Process]):
    living, dying = Process(tmp_path), Process(tmp_path)
    processes += [living, dying]
    for process in (living, dying):
        process.does(ONE_REQUEST)
        process.does("going = told.running(metrics.REQUESTS_RUNNING); going.__enter__()")
    assert living.exposition()[REQUESTS_RUNNING.name] == 2
    dying.kill()
    told = living.exposition()
    assert told[REQUESTS_RUNNING.name] == 1
    assert told[COUNTED] == 2
    assert not list(tmp_path.glob(f"gauge_live*_{dying.running.pid}.db"))


def test_the_level_told_last_counts_whoever_told_it_and_whether_it_lives(tmp_path: Path, processes: list[Process]):
    first, second = Process(tmp_path), Process(tmp_path)
    processes += [first, second]
    first.does("told.tell(metrics.LEDGER_ENTRIES, 100)")
    second.does("told.tell(metrics.LEDGER_ENTRIES, 250)")
    assert first.exposition()[LEDGER_ENTRIES.name] == 250
    second.kill()
    assert first.exposition()[LEDGER_ENTRIES.name] == 250
    first.does("told.tell(metrics.LEDGER_ENTRIES, 251)")
    assert first.exposition()[LEDGER_ENTRIES.name] == 251


def test_a_folder_that_nobody_uses_is_emptied_and_one_in_use_is_not(tmp_path: Path, processes: list[Process]):
    settings = MetricsSettings(str(tmp_path / "shared"))
    prepare(settings)
    folder = tmp_path / "shared"
    assert folder.stat().st_mode & 0o077 == 0
    first = Process(folder)
    processes.append(first)
    first.does(ONE_REQUEST)
    prepare(settings)
    assert first.exposition()[COUNTED] == 1
    first.kill()
    (folder / "notes.txt").write_text("kept")
    prepare(settings)
    assert sorted(file.name for file in folder.iterdir()) == ["in-use.lock", "notes.txt"]


def test_a_second_service_that_starts_later_does_not_take_counts_away(tmp_path: Path, processes: list[Process]):
    web = Process(tmp_path)
    processes.append(web)
    web.does(ONE_REQUEST)
    jobs = Process(
        tmp_path, first=f"from base import metrics\nmetrics.prepare(metrics.MetricsSettings({str(tmp_path)!r}))"
    )
    processes.append(jobs)
    jobs.does("told.count(metrics.JOB_RUNS, job='probe', outcome='good')")
    told = web.exposition()
    assert (told[COUNTED], told["yinxin_job_runs_total{job=probe,outcome=good}"]) == (1, 1)


@pytest.mark.parametrize(
    ("first", "environment"),
    [
        ("import prometheus_client; prometheus_client.Counter('other', 'made before')", {}),
        ("import base.metrics, prometheus_client.values", {}),
        ("", {"PROMETHEUS_MULTIPROC_DIR": "/nonexistent"}),
        ("import os; os.environ['PROMETHEUS_MULTIPROC_DIR'] = '/nonexistent'; import prometheus_client.values", {}),
    ],
)
def test_it_does_not_matter_what_was_imported_before_or_what_the_environment_says(
    tmp_path: Path, processes: list[Process], first: str, environment: dict[str, Any]
):
    one, other = Process(tmp_path, first, **environment), Process(tmp_path)
    processes += [one, other]
    one.does(ONE_REQUEST)
    other.does(ONE_REQUEST)
    assert one.exposition()[COUNTED] == 2
    assert other.exposition()[COUNTED] == 2


def test_without_a_folder_the_environment_alone_shares_nothing(tmp_path: Path):
    child = (
        "from base import metrics; told = metrics.opened(metrics.MetricsSettings());"
        "told.request('/x', 'GET', 200, 0.1); print(told.exposition().decode())"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", child], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert numbers(done.stdout.decode())["yinxin_requests_total{method=GET,route=/x,status=200}"] == 1
    assert list(tmp_path.iterdir()) == []


def test_a_forked_worker_counts_for_itself_and_is_summed(tmp_path: Path, processes: list[Process]):
    parent = Process(tmp_path)
    processes.append(parent)
    parent.does(ONE_REQUEST)
    parent.does(f"import os; child = os.fork(); {FORKED}")
    assert parent.exposition()[COUNTED] == 3


def test_opening_twice_in_one_process_is_one_set(tmp_path: Path, processes: list[Process]):
    process = Process(tmp_path)
    processes.append(process)
    process.does(f"again = metrics.opened(metrics.MetricsSettings({str(tmp_path)!r}))")
    process.does(ONE_REQUEST)
    process.does(ONE_REQUEST.replace("told", "again"))
    assert process.exposition()[COUNTED] == 2


def test_numbers_can_be_asked_for_while_others_count(tmp_path: Path, processes: list[Process]):
    """New series appear and files grow while they are read; no answer is ever smaller than the one before."""
    writer, reader = Process(tmp_path), Process(tmp_path)
    processes += [writer, reader]
    assert writer.running.stdin is not None
    writer.running.stdin.write(
        f"for n in range(3000): told.request(f'/made/{{n % 40}}', 'GET', 200, 0.1); {ONE_REQUEST}\n"
    )
    writer.running.stdin.flush()
    last = 0.0
    for _ in range(15):
        counted = reader.exposition().get(COUNTED, 0.0)
        assert counted >= last
        last = counted
    writer.does("pass")
    writer.does("pass")
    assert reader.exposition()[COUNTED] == 3000


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    for attempt in (prepare, opened):
        with pytest.raises(UnusableMetricsFolder) as refusal:
            attempt(MetricsSettings(str(tmp_path / "file")))
        assert refusal.value.folder == str(tmp_path / "file")


def test_the_table_says_requests_are_told_by_template():
    assert REQUESTS.labels == ("route", "method", "status")
