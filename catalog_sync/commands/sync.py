"""`yinxin sync status | run`: how the channels stand, and a run by hand, beside the schedule."""

import sys
from dataclasses import asdict
from typing import Any, Final

import click

from base import clock
from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.program import Running
from base.scheduling import SchedulingSettings
from base.scheduling.models import Outcome
from base.scheduling.process import run_by_hand
from catalog_sync import balancing, state
from catalog_sync.balance import Balance
from catalog_sync.state import ChannelStatus
from catalog_sync.wiring import BY_HAND, Sync

# `running`, an ellipsis and the moment until which a channel rests.
WIDEST: Final = 35
SHORT: Final = tuple(each.removeprefix("sync.") for each in BY_HAND)


@click.group("sync")
def sync_group() -> None:
    """Synchronisation with other platforms / 与上级、横向平台同步."""


@sync_group.command("status")
@click.option("--balance", "with_balance", is_flag=True, help="Count by kind and day too / 按种类和日期给出平衡表")
@json_option
@pass_running
def status(running: Running, with_balance: bool, as_json: bool) -> None:
    """Tell how each channel stands / 查看各通道."""
    sync: Sync = running.parts[Sync]
    with running.database.reading() as session:
        found = state.statuses(session, sync, clock.now())
        lines = balancing.balance(session) if with_balance else ()
    if as_json:
        told: dict[str, Any] = {"channels": [asdict(each) for each in found]}
        report({**told, "balance": [_line(each) for each in lines]} if with_balance else told)
        return
    for each in found:
        click.echo(_sentence(each))
    for line in lines:
        counts = " ".join(f"{name} {count}" for name, count in line.states.items() if count)
        click.echo(f"  {line.target:20} {line.day} {line.kind:14} {line.told:8} = {counts}")
    if not found:
        click.echo("没有配置同步通道" if language() == "zh" else "No channel is set up.")


@sync_group.command("run")
@click.argument("job", required=False, type=click.Choice(SHORT))
@json_option
@pass_running
def run(running: Running, job: str | None, as_json: bool) -> None:
    """Run one job of synchronisation now, or all in turn / 立即执行一次."""
    told = []
    for name in [f"sync.{job}"] if job else BY_HAND:
        settings = running.settings[SchedulingSettings]
        watched: list[Any] = []
        _, outcome = run_by_hand(
            running.database, running.jobs, name, settings, parts=running.parts, watch=watched.append
        )
        done, _, note = watched[0].told
        told.append({"job": name, "outcome": outcome, "done": done, "note": note})
        if not as_json:
            click.echo(f"{name}: {outcome} {done} {note}".rstrip())
    if as_json:
        report({"runs": told})
    sys.exit(0 if all(each["outcome"] is Outcome.DONE for each in told) else EXIT_FAILED)


def _sentence(each: ChannelStatus) -> str:
    counts = " ".join(f"{name} {count}" for name, count in each.counts.items() if count)
    words = [each.state]
    if each.reason:
        words.append(f"({each.reason})")
    if each.rests_until is not None:
        words.append(f"… {each.rests_until.astimezone().isoformat(sep=' ', timespec='seconds')}")
    return f"{each.target:24} {' '.join(words):{WIDEST}} {each.lag_seconds:6} s  {counts}"


def _line(line: Balance) -> dict[str, Any]:
    return {**asdict(line), "holds": line.holds}
