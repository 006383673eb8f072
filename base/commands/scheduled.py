"""The commands of scheduled and bulk work: `jobs list | run NAME | serve` and `worker`.

A stop (SIGTERM, SIGINT) lets what runs come to an end or to its next word of progress, and hands the rest back.
"""

import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from base import logs
from base.clock import rfc3339
from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.program import Running
from base.scheduling import SchedulingSettings
from base.scheduling.job import Run
from base.scheduling.liveness import ticking
from base.scheduling.models import Outcome
from base.scheduling.process import Scheduler, run_by_hand
from base.scheduling.state import runs_of, state_of
from base.scheduling.stuck import State, explain
from base.scheduling.timing import database_time
from base.scheduling.workers import Worker

# Work that takes longer shows how far it is.
SHOWN_EVERY_SECONDS = 2.0


@click.group("jobs")
def jobs_group() -> None:
    """Scheduled work / 定时任务."""


@jobs_group.command("list")
@json_option
@pass_running
def jobs_list(running: Running, as_json: bool) -> None:
    """List every job, its last run, what is due next, and why anything is stuck / 列出任务和卡住的原因."""
    with running.database.reading() as session:
        at = database_time(session)
        state = state_of(session, running.jobs, at, running.settings[SchedulingSettings].silence)
    reasons = explain(state)
    if as_json:
        report({**_document(state), "reasons": [_reason(each) for each in reasons]})
        return
    for job in state.jobs:
        last = f"{job.last.outcome} {_moment(job.last.ended_at)}" if job.last else "–"
        click.echo(f"{job.name:32} {job.schedule or '?':16} {last:32} → {_moment(job.next_due)}")
    for reason in reasons:
        click.echo(f"  {reason.zh if language() == 'zh' else reason.en}")


@jobs_group.command("run")
@click.argument("name")
@json_option
@pass_running
def jobs_run(running: Running, name: str, as_json: bool) -> None:
    """Carry out one job now, beside its schedule / 立即执行一个任务."""
    settings, watched = running.settings[SchedulingSettings], []

    def watch(run: Run) -> None:
        watched.append(run)
        on_stop(run.interrupt)

    def show() -> None:
        for run in watched:
            done, total, note = run.told
            click.echo(f"{done}/{'?' if total is None else total} {note}", err=True)

    with ticking(*([(SHOWN_EVERY_SECONDS, show)] if sys.stderr.isatty() else [])):
        opened, outcome = run_by_hand(running.database, running.jobs, name, settings, parts=running.parts, watch=watch)
    with running.database.reading() as session:
        run = next(each for each in runs_of(session, name) if each.id == opened.run)
    if as_json:
        report(_plain(asdict(run)))
    else:
        click.echo(f"{name}: {run.outcome} {run.error_code or ''}".rstrip())
    sys.exit(0 if outcome is Outcome.DONE else EXIT_FAILED)


@jobs_group.command("serve")
@pass_running
def jobs_serve(running: Running) -> None:
    """Schedule until stopped; of several such processes one leads / 启动调度进程."""
    logs.configure(running.settings[logs.LogSettings])
    scheduler = Scheduler(
        running.database,
        running.jobs,
        running.bulk_jobs,
        running.settings[SchedulingSettings],
        parts=running.parts,
    )
    on_stop(scheduler.stop)
    sys.exit(0 if scheduler.serve() else EXIT_FAILED)


@click.command("worker")
@pass_running
def worker_command(running: Running) -> None:
    """Carry out bulk work from the queue on PostgreSQL / 启动批量任务工作进程."""
    logs.configure(running.settings[logs.LogSettings])
    Worker(running.database, running.bulk_jobs, running.settings[SchedulingSettings], parts=running.parts).serve()


def on_stop(act: Callable[[], None]) -> None:
    """Call the act when the process is asked to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: act())


def _document(state: State) -> dict[str, Any]:
    told: dict[str, Any] = _plain(asdict(state))
    return {**told, "silence": state.silence.total_seconds()}


def _reason(reason: Any) -> dict[str, Any]:
    return {
        "code": reason.code,
        "rank": reason.rank.name.lower(),
        "job": reason.job,
        "facts": reason.facts,
        "detail": {"zh": reason.zh, "en": reason.en},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return rfc3339(value) if hasattr(value, "tzinfo") else value


def _moment(at: Any) -> str:
    return "–" if at is None else at.astimezone().isoformat(sep=" ", timespec="seconds")
