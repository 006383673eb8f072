"""Metrics for Prometheus: the table of what is counted, and counting that stays right with several workers.

Processes of one machine share a folder (the setting `metrics.directory`) of small mapped files, one set a process; any
of them can answer for all. `prepare` is called by the process that starts the others, before it does: it empties the
folder unless some process still counts there. The library would read its folder from the environment at its import;
here it is told when the metrics are opened, so the order of imports does not matter.

Labels hold route templates, names of jobs and codes, never what a caller sent. Without a folder a process counts for
itself alone, which is right for one worker and wrong for two.
"""

import fcntl
import functools
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar, Literal

import prometheus_client
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, values
from prometheus_client import Metric as Family
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from base.errors import DomainError, Kind
from base.settings import setting

CONTENT_TYPE = CONTENT_TYPE_LATEST
# Where the library looks for the folder whenever a value is first written.
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
LOCK = "in-use.lock"
# A request that no route takes, and methods that nobody defined, must not make a series each.
UNMATCHED = "unmatched"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "other"

# Around what is promised: reads in tens of milliseconds, documents under a second, partners within their time limits.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
# Jobs run from a moment to an hour.
JOB_SECONDS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@dataclass(frozen=True)
class MetricsSettings:
    """What the metrics can be told."""

    SECTION: ClassVar[str] = "metrics"
    directory: str = setting("", "Folder where the processes of this machine share their counts; empty: each alone.")


@dataclass(eq=False)
class UnusableMetricsFolder(DomainError):
    """The folder in which processes share their counts cannot be used."""

    folder: str
    code: ClassVar[str] = "unusable-metrics-folder"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(frozen=True)
class Metric:
    """One thing that is measured: its name, its labels, and a sentence in both languages."""

    kind: ClassVar[str]
    name: str
    labels: tuple[str, ...]
    zh: str
    en: str


@dataclass(frozen=True)
class Counted(Metric):
    """Something that happens; the number only grows."""

    kind: ClassVar[str] = "counter"


@dataclass(frozen=True)
class Timed(Metric):
    """How long something takes, in seconds."""

    kind: ClassVar[str] = "histogram"
    buckets: tuple[float, ...] = SECONDS


@dataclass(frozen=True)
class Level(Metric):
    """How much there is now, and how several processes' answers become one.

    `livesum` adds what living processes say; `mostrecent` takes what was said last, by whomever.
    """

    kind: ClassVar[str] = "gauge"
    mode: Literal["livesum", "mostrecent"] = "mostrecent"


REQUESTS = Counted(
    "yinxin_requests_total",
    ("route", "method", "status"),
    "按路由模板、方法和状态码统计的请求数。",
    "Requests by route template, method and status.",
)
REQUEST_SECONDS = Timed(
    "yinxin_request_seconds", ("route", "method"), "请求处理耗时（秒）。", "Time to answer a request, in seconds."
)
REQUESTS_RUNNING = Level(
    "yinxin_requests_running", (), "正在处理的请求数。", "Requests being answered now.", mode="livesum"
)
JOB_RUNS = Counted(
    "yinxin_job_runs_total", ("job", "outcome"), "按作业和结果统计的运行次数。", "Runs of jobs by outcome."
)
JOB_SECONDS_TAKEN = Timed(
    "yinxin_job_seconds", ("job",), "作业运行耗时（秒）。", "Time a job's run takes, in seconds.", buckets=JOB_SECONDS
)
JOB_SUCCEEDED_AT = Level(
    "yinxin_job_last_success_timestamp_seconds",
    ("job",),
    "作业最近一次成功的时刻（Unix 秒）。",
    "When a job last succeeded, in Unix seconds.",
)
FETCHES = Counted(
    "yinxin_fetches_total",
    ("outcome",),
    "对外请求按结果的次数。",
    "Requests to other systems by outcome.",
)
FETCH_SECONDS = Timed(
    "yinxin_fetch_seconds", (), "对外请求耗时（秒）。", "Time of a request to another system, in seconds."
)
NOTICES = Counted(
    "yinxin_notices_total",
    ("outcome",),
    "通知按投递结果的数量。",
    "Notices by outcome of delivery.",
)
LEDGER_ENTRIES = Level("yinxin_ledger_entries", (), "台账的条目数。", "Entries in the ledger.")
VERIFIER_PROCESSES = Counted(
    "yinxin_verifier_processes_total",
    ("event",),
    "核验进程按事件的次数：started 启动，died 死于某份文件，busy 因排队已满拒绝。",
    "Processes that verify, by event: started, died over a document, busy (a caller was turned away).",
)
VERIFIERS_WORKING = Level(
    "yinxin_verifiers_working", (), "正在核验的进程数。", "Processes that are verifying now.", mode="livesum"
)
VERIFIERS_AWAITED = Level(
    "yinxin_verifiers_awaited", (), "等待核验进程的请求数。", "Callers that wait for a process.", mode="livesum"
)
ENUMERATION_ALARMS = Counted(
    "yinxin_enumeration_alarms_total",
    (),
    "因疑似批量遍历数据而告警的次数。",
    "Alarms over callers that seem to go through a register.",
)
CERTIFICATE_QUERIES = Counted(
    "yinxin_certificate_queries_total",
    ("outcome",),
    "证照查询按结果的次数。",
    "Look-ups of certificates by outcome.",
)
SYNC_ROWS = Level(
    "yinxin_sync_rows", ("target", "state"), "各同步通道中各状态的记录数。", "Records of each sync target by state."
)
SYNC_LAG_SECONDS = Level(
    "yinxin_sync_lag_seconds",
    ("target",),
    "最早一条待上报记录已等待的时间（秒）。",
    "For how long the oldest record has waited to be taken, in seconds.",
)
SYNC_ANSWERED_AT = Level(
    "yinxin_sync_last_success_timestamp_seconds",
    ("target",),
    "对方最近一次正常应答的时刻（Unix 秒）。",
    "When the sync target last gave an answer that was believed, in Unix seconds.",
)
SYNC_PAUSED = Level(
    "yinxin_sync_paused", ("target",), "同步通道是否已暂停（1 为暂停）。", "Whether a sync channel is paused (1)."
)
SYNC_DIFFERENCES = Level(
    "yinxin_sync_differences",
    ("target",),
    "与各同步目标对账后尚未消除的差异数。",
    "Things that differ from what a sync target holds, and are not settled.",
)
TICKETS_OPEN = Level(
    "yinxin_tickets_open",
    ("monitor", "severity"),
    "未关闭的监测预警单数。",
    "Monitoring tickets that are not closed.",
)
TICKETS_OVERDUE = Level(
    "yinxin_tickets_overdue", (), "逾期未关闭的监测预警单数。", "Monitoring tickets that should be closed by now."
)
FIGURES_USES = Counted(
    "yinxin_figures_uses_total", (), "通报指标已计入的用证用数次数。", "Uses that figures have counted."
)
FIGURES_WAITING = Level(
    "yinxin_figures_waiting_entries",
    (),
    "台账中尚未计入通报指标的条目数。",
    "Entries of the ledger that figures have not counted yet.",
)

METRICS: tuple[Metric, ...] = (
    REQUESTS,
    REQUEST_SECONDS,
    REQUESTS_RUNNING,
    JOB_RUNS,
    JOB_SECONDS_TAKEN,
    JOB_SUCCEEDED_AT,
    FETCHES,
    FETCH_SECONDS,
    NOTICES,
    LEDGER_ENTRIES,
    VERIFIER_PROCESSES,
    VERIFIERS_WORKING,
    VERIFIERS_AWAITED,
    ENUMERATION_ALARMS,
    CERTIFICATE_QUERIES,
    SYNC_ROWS,
    SYNC_LAG_SECONDS,
    SYNC_ANSWERED_AT,
    SYNC_PAUSED,
    SYNC_DIFFERENCES,
    TICKETS_OPEN,
    TICKETS_OVERDUE,
    FIGURES_USES,
    FIGURES_WAITING,
)


def prepare(settings: MetricsSettings) -> None:
    """Make the shared folder and, unless a living process counts in it, remove what earlier ones left.

    Raises `UnusableMetricsFolder`.
    """
    if not settings.directory:
        return
    folder = Path(settings.directory)
    with _usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / LOCK).open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            for left in folder.glob("*.db"):
                left.unlink()


def opened(settings: MetricsSettings) -> "Metrics":
    """Open the metrics of this process; in a shared folder a process has only one set, which it is given again.

    Raises `UnusableMetricsFolder`.
    """
    return _shared(Path(settings.directory).absolute()) if settings.directory else Metrics(None)


@functools.cache
def _shared(folder: Path) -> "Metrics":
    return Metrics(folder)


class Metrics:
    """The counters of one process and, where a folder is shared, the answer for all of them."""

    def __init__(self, folder: Path | None) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self._folder = folder
        self._lock = _held(folder)
        _write_to(folder)
        self._own = CollectorRegistry()
        self._counters = {row: _counter(row, self._own) for row in METRICS if isinstance(row, Counted)}
        self._timers = {row: _timer(row, self._own) for row in METRICS if isinstance(row, Timed)}
        self._levels = {row: _level(row, self._own) for row in METRICS if isinstance(row, Level)}

    def count(self, row: Counted, amount: float = 1, **labels: str) -> None:
        """Count something that happened."""
        made = self._counters[row]
        (made.labels(**labels) if row.labels else made).inc(amount)

    def time(self, row: Timed, seconds: float, **labels: str) -> None:
        """Note how long something took."""
        made = self._timers[row]
        (made.labels(**labels) if row.labels else made).observe(seconds)

    def tell(self, row: Level, value: float, **labels: str) -> None:
        """Say how much there is."""
        made = self._levels[row]
        (made.labels(**labels) if row.labels else made).set(value)

    @contextmanager
    def running(self, row: Level, **labels: str) -> Iterator[None]:
        """Count something as going on while the block runs; in a process that dies in it, nothing goes on."""
        made = self._levels[row]
        with (made.labels(**labels) if row.labels else made).track_inprogress():
            yield

    def request(self, route: str | None, method: str, status: int, seconds: float) -> None:
        """Note one answered request by its route's template; none is a request that no route takes."""
        template, method = route or UNMATCHED, method if method in METHODS else OTHER_METHOD
        self.count(REQUESTS, route=template, method=method, status=str(status))
        self.time(REQUEST_SECONDS, seconds, route=template, method=method)

    def exposition(self) -> bytes:
        """Write what all processes of the folder, or this one alone, have counted, in Prometheus' text format."""
        if self._folder is None:
            return generate_latest(self._own)
        everyone = CollectorRegistry()
        everyone.register(_Folder(self._folder))
        return generate_latest(everyone)


class _Folder(Collector):
    """Reads what every process of a folder has counted, without the levels of those that have died."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Family]:
        for file in self._folder.glob("gauge_live*_*.db"):
            if not _is_alive(int(file.stem.rpartition("_")[2])):
                file.unlink(missing_ok=True)
        files = [str(file) for file in sorted(self._folder.glob("*.db")) if _is_begun(file)]
        merged: Iterable[Family] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return merged


def _held(folder: Path | None) -> IO[bytes] | None:
    """Hold the folder for as long as this process lives, so that nobody empties it."""
    if folder is None:
        return None
    with _usable(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("ab")
        fcntl.flock(lock, fcntl.LOCK_SH)
        return lock


def _write_to(folder: Path | None) -> None:
    """Tell the library where values go; what it read from the environment at its import does not count."""
    values.ValueClass = values.MutexValue
    if folder is not None:
        os.environ[VARIABLE] = str(folder)
        values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def _counter(row: Counted, registry: CollectorRegistry) -> prometheus_client.Counter:
    return prometheus_client.Counter(row.name, row.en, row.labels, registry=registry)


def _timer(row: Timed, registry: CollectorRegistry) -> prometheus_client.Histogram:
    return prometheus_client.Histogram(row.name, row.en, row.labels, registry=registry, buckets=row.buckets)


def _level(row: Level, registry: CollectorRegistry) -> prometheus_client.Gauge:
    return prometheus_client.Gauge(row.name, row.en, row.labels, registry=registry, multiprocess_mode=row.mode)


def _is_begun(file: Path) -> bool:
    """A file is empty between its making and its first value; another reader may have taken a dead one away."""
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:
        return False


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it lives, as another user
    return True


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableMetricsFolder(str(folder)) from error
