"""Why is it stuck: tells from what the tables hold, and nothing else, what keeps scheduled work from being done.

Pure: a `State` goes in, reasons come out, the gravest first. A house in which nothing is stuck gives no reasons but
those of rank `note`, which say what a waiting reader would ask: until when, and how far.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

# A tick is a second and a thread may be busy; only what waits longer than this waits for somebody who does not come.
PATIENCE = timedelta(seconds=30)

Fact = str | int | None


class Rank(IntEnum):
    """How grave a reason is."""

    STOPPED = 0
    FAILING = 1
    SLOW = 2
    NOTE = 3


@dataclass(frozen=True)
class LeaseView:
    """Who leads, as the lease's row has it."""

    holder: str
    token: int
    renewed_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class ProcessView:
    """A process and its last sign of life."""

    holder: str
    kind: str
    heartbeat_at: datetime


@dataclass(frozen=True)
class RunView:
    """One run."""

    id: int
    due_at: datetime
    attempt: int
    holder: str
    token: int | None
    in_one_transaction: bool
    started_at: datetime
    heartbeat_at: datetime
    deadline_at: datetime
    ended_at: datetime | None
    outcome: str | None
    error_code: str | None
    done: int
    total: int | None
    note: str


@dataclass(frozen=True)
class JobView:
    """One job: its schedule, its waiting slots, its running and its last ended run."""

    name: str
    schedule: str | None
    laid_until: datetime | None
    next_due: datetime | None
    waiting: int = 0
    oldest_due: datetime | None = None
    not_before: datetime | None = None
    given_up: int = 0
    running: RunView | None = None
    last: RunView | None = None


@dataclass(frozen=True)
class BulkView:
    """The bulk tasks of all kinds by state, and the oldest that waits to be taken."""

    queued: int = 0
    running: int = 0
    failed: int = 0
    silent: int = 0
    oldest_ready: datetime | None = None
    left_to_scheduler: bool = True


@dataclass(frozen=True)
class State:
    """All that is looked at, as of one moment of the database's clock."""

    at: datetime
    silence: timedelta
    lease: LeaseView | None = None
    jobs: tuple[JobView, ...] = ()
    processes: tuple[ProcessView, ...] = ()
    bulk: BulkView = field(default_factory=BulkView)


@dataclass(frozen=True)
class Reason:
    """One reason: its code and facts; `zh` and `en` say it in a sentence."""

    code: str
    job: str | None = None
    facts: dict[str, Fact] = field(default_factory=dict)

    @property
    def rank(self) -> Rank:
        """How grave it is."""
        return WORDS[self.code][0]

    @property
    def zh(self) -> str:
        """Say it in Chinese."""
        return WORDS[self.code][1].format(job=self.job, **self.facts)

    @property
    def en(self) -> str:
        """Say it in English."""
        return WORDS[self.code][2].format(job=self.job, **self.facts)


WORDS: dict[str, tuple[Rank, str, str]] = {
    "no-leader": (
        Rank.STOPPED,
        "从来没有调度进程运行过；请启动 yinxin jobs serve。",
        "No scheduler has ever run; start yinxin jobs serve.",
    ),
    "lease-expired": (
        Rank.STOPPED,
        "调度进程 {holder} 最后一次消息在 {since}，此后没有进程接替；请启动 yinxin jobs serve。",
        "The scheduler {holder} was last heard of at {since} and none took over; start yinxin jobs serve.",
    ),
    "clock-set-back": (
        Rank.SLOW,
        "数据库时钟被拨回：{what} 记的时间是 {recorded}，而现在是 {now}；下一次检查会自行更正。",
        "The database's clock was set back: {what} is recorded at {recorded}, and it is {now}; the next look mends it.",
    ),
    "worker-missing": (
        Rank.STOPPED,
        "有 {queued} 项批量任务从 {since} 起等着，没有工作进程来取；请启动 yinxin worker。",
        "{queued} bulk tasks have waited since {since} and no worker takes them; start yinxin worker.",
    ),
    "bulk-waiting": (
        Rank.SLOW,
        "有 {queued} 项批量任务等着，最早的从 {since} 起；{running} 项正在执行。",
        "{queued} bulk tasks wait, the oldest since {since}; {running} are being worked on.",
    ),
    "bulk-silent": (
        Rank.SLOW,
        "有 {silent} 项批量任务的执行者没有消息，将由别的进程接着做。",
        "The holders of {silent} bulk tasks are silent; others will go on with them.",
    ),
    "bulk-failed": (
        Rank.FAILING,
        "有 {failed} 项批量任务已失败，不再重试。",
        "{failed} bulk tasks have failed and are not tried again.",
    ),
    "job-unknown": (
        Rank.FAILING,
        "任务 {job} 有 {waiting} 个时点等着，但运行中的程序里没有这个任务。",
        "The job {job} has {waiting} slots waiting, but the program that runs has no such job.",
    ),
    "run-silent": (
        Rank.SLOW,
        "任务 {job} 由 {holder} 执行，从 {since} 起没有消息；领头的调度进程将放弃这次执行并重试。",
        "The job {job} is run by {holder}, silent since {since}; the leader will end this run and try again.",
    ),
    "run-past-deadline": (
        Rank.FAILING,
        "任务 {job} 应在 {deadline} 前结束，仍在由 {holder} 执行。",
        "The job {job} should have ended by {deadline} and is still run by {holder}.",
    ),
    "given-up": (
        Rank.FAILING,
        "任务 {job} 有 {given_up} 个时点用完了重试次数；可用 yinxin jobs run {job} 手动执行。",
        "The job {job} has {given_up} slots whose tries are used up; it can be run by hand: yinxin jobs run {job}.",
    ),
    "last-failed": (
        Rank.FAILING,
        "任务 {job} 上次（{ended}）以 {error} 结束；{again}再试。",
        "The job {job} ended last, at {ended}, with {error}; it is tried again at {again}.",
    ),
    "slot-waiting": (
        Rank.SLOW,
        "任务 {job} 有 {waiting} 个时点等着，最早的是 {since}，线程都在忙。",
        "The job {job} has {waiting} slots waiting, the oldest since {since}; all threads are busy.",
    ),
    "running": (
        Rank.NOTE,
        "任务 {job} 从 {since} 起由 {holder} 执行，完成 {done}/{total}{note}。",
        "The job {job} has been run by {holder} since {since}, done {done}/{total}{note}.",
    ),
    "not-yet-due": (Rank.NOTE, "任务 {job} 下一次在 {due} 执行。", "The job {job} is due next at {due}."),
}


def explain(state: State) -> tuple[Reason, ...]:
    """Tell why it is stuck, the gravest reason first."""
    found = [*_of_the_leader(state), *_of_bulk(state)]
    for job in state.jobs:
        found.extend(_of_job(job, state))
    return tuple(sorted(found, key=lambda reason: reason.rank))


def _of_the_leader(state: State) -> Iterator[Reason]:
    lease = state.lease
    if lease is None:
        yield Reason("no-leader")
    elif lease.renewed_at > state.at + PATIENCE:
        yield _set_back("lease", lease.renewed_at, state)
    elif lease.expires_at <= state.at:
        yield Reason("lease-expired", None, {"holder": lease.holder, "since": _told(lease.renewed_at)})


def _of_bulk(state: State) -> Iterator[Reason]:
    bulk = state.bulk
    lives = any(each.kind == "worker" and state.at - each.heartbeat_at <= state.silence for each in state.processes)
    if bulk.oldest_ready is not None and state.at - bulk.oldest_ready > PATIENCE:
        facts: dict[str, Fact] = {"queued": bulk.queued, "since": _told(bulk.oldest_ready), "running": bulk.running}
        missing = not bulk.left_to_scheduler and not lives
        yield Reason("worker-missing" if missing else "bulk-waiting", None, facts)
    if bulk.silent:
        yield Reason("bulk-silent", None, {"silent": bulk.silent})
    if bulk.failed:
        yield Reason("bulk-failed", None, {"failed": bulk.failed})


def _of_job(job: JobView, state: State) -> Iterator[Reason]:
    if job.schedule is None:
        if job.waiting:
            yield Reason("job-unknown", job.name, {"waiting": job.waiting})
        return
    if job.laid_until is not None and job.laid_until > state.at + PATIENCE:
        yield _set_back(job.name, job.laid_until, state)
    if job.given_up:
        yield Reason("given-up", job.name, {"given_up": job.given_up})
    if job.running is not None:
        yield _of_run(job.name, job.running, state)
    elif job.last is not None and job.last.error_code and job.not_before is not None:
        facts: dict[str, Fact] = {"error": job.last.error_code, "again": _told(job.not_before)}
        yield Reason("last-failed", job.name, {"ended": _told(job.last.ended_at), **facts})
    elif job.oldest_due is not None and state.at - job.oldest_due > PATIENCE:
        yield Reason("slot-waiting", job.name, {"waiting": job.waiting, "since": _told(job.oldest_due)})
    elif job.next_due is not None:
        yield Reason("not-yet-due", job.name, {"due": _told(job.next_due)})


def _of_run(job: str, run: RunView, state: State) -> Reason:
    # A run in one transaction cannot beat, since its row is locked; only its deadline tells.
    if run.deadline_at < state.at:
        return Reason("run-past-deadline", job, {"deadline": _told(run.deadline_at), "holder": run.holder})
    if not run.in_one_transaction and run.heartbeat_at < state.at - state.silence:
        return Reason("run-silent", job, {"holder": run.holder, "since": _told(run.heartbeat_at)})
    total = "?" if run.total is None else run.total
    note = f" ({run.note})" if run.note else ""
    facts: dict[str, Fact] = {"holder": run.holder, "since": _told(run.started_at)}
    return Reason("running", job, {**facts, "done": run.done, "total": total, "note": note})


def _set_back(what: str, recorded: datetime, state: State) -> Reason:
    return Reason("clock-set-back", None, {"what": what, "recorded": _told(recorded), "now": _told(state.at)})


def _told(at: datetime | None) -> str:
    return "?" if at is None else at.isoformat(sep=" ", timespec="seconds")
