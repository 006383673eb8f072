"""`yinxin simulate national`: the national platform, with faults; `simulate check`: what it got of a sender."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from base import server
from base.command_line import json_option, pass_running, report
from base.program import Running
from catalog_sync import channels
from catalog_sync.simulator import claims, serving
from catalog_sync.simulator.checker import Verdict, check
from catalog_sync.simulator.doors import DoorsSettings
from catalog_sync.simulator.faults import FAULTS
from catalog_sync.simulator.looking import doors, looking
from catalog_sync.simulator.offices import OFFICES
from catalog_sync.simulator.platform import Platform, described
from catalog_sync.simulator.settings import SimulatorSettings
from catalog_sync.simulator.store import Store
from catalog_sync.targets import front_library
from catalog_sync.wiring import Sync

EXIT_FAULTY = 1
NATIONAL_GATEWAY = "national-gateway"
# A table of ten thousand lines is read by nobody; --json has them all.
MOST_SHOWN = 50


@click.group("simulate")
def simulate_group() -> None:
    """Simulators of other platforms / 模拟对方平台."""


@simulate_group.command("national")
@click.option("--port", type=click.IntRange(1, 65535), default=serving.PORT, show_default=True)
@click.option("--faults", "spec", default=None, help="Faults to switch on, as in 500-after:8%,429:6%/2s / 故障")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where it keeps what it gets / 数据目录")
@click.option("--sender-key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM / 调用方公钥")
@click.option("--list-faults", is_flag=True, help="Tell the faults, one a line / 列出故障")
@json_option
@pass_running
def national(
    running: Running,
    port: int,
    spec: str | None,
    data: Path | None,
    sender_key: Path | None,
    *,
    list_faults: bool,
    as_json: bool,
) -> None:
    """Serve a national platform on this machine alone / 模拟国家平台."""
    if list_faults:
        _list_faults(as_json=as_json)
        return
    server.require_free(serving.HOST, port)
    platform = Platform(data or Path(running.settings[SimulatorSettings].folder), spec=spec)
    if sender_key is not None:
        platform.offices.sender_file.write_bytes(sender_key.read_bytes())
    click.echo(f"http://{serving.HOST}:{port}  app key / 授权码: {platform.key_file}", err=True)
    with (
        doors(running.settings[DoorsSettings], platform.store) as opened,
        looking(opened),
        serving.Server(platform, port) as served,
    ):
        served.serve_forever()


@simulate_group.command("check")
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Its folder / 数据目录")
@click.option("--export", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A sender's export / 导出")
@click.option("--target", default=None, help="The target of our outbox; as the channel says / 目标")
@click.option("--channel", default="gateway", show_default=True, help="By which door records came / 通道")
@click.option("--down", is_flag=True, help="What it wrote into the front library against what we took / 核对下发数据")
@click.option("--at-rest", is_flag=True, help="The sender has nothing left to send / 发送方已静止")
@json_option
@pass_running
def check_command(
    running: Running,
    data: Path | None,
    export: Path | None,
    target: str | None,
    channel: str,
    *,
    down: bool,
    at_rest: bool,
    as_json: bool,
) -> None:
    """Compare what it got with what the sender says / 与发送方核对."""
    folder = data or Path(running.settings[SimulatorSettings].folder)
    if down:
        _end(_checked_down(running, folder, at_rest=at_rest), as_json=as_json)
        return
    kept = Store(folder / channel if channel in OFFICES else folder)
    told_to = target or (channel if channel in OFFICES else NATIONAL_GATEWAY)
    with kept.reading() as taken:
        happened = claims.effects(taken, channel)
        if export is not None:
            verdict = check(claims.of_file(export), happened, at_rest=at_rest)
        else:
            with running.database.reading() as session:
                verdict = check(claims.of_outbox(session, told_to), happened, at_rest=at_rest)
    kept.close()
    _end(verdict, as_json=as_json)


def _checked_down(running: Running, folder: Path, *, at_rest: bool) -> Verdict:
    """Compare what the platform wrote down with what was taken of it. Raises `NoSuchChannel`."""
    sync: Sync = running.parts[Sync]
    target, kept = channels.target_of(sync, front_library.NAME), Store(folder)
    assert isinstance(target, front_library.FrontLibrary)  # noqa: S101 - nothing else has its name
    with kept.reading() as told, running.database.reading() as session:
        sent = claims.sent_down(told, at_rest=at_rest)
        verdict = check(sent, claims.taken_down(session, sync.keys, target), at_rest=at_rest)
    kept.close()
    return verdict


def _end(verdict: Verdict, *, as_json: bool) -> None:
    _say(verdict, as_json=as_json)
    sys.exit(0 if verdict.is_good else EXIT_FAULTY)


def _list_faults(*, as_json: bool) -> None:
    if as_json:
        report([described(each) for each in FAULTS.values()])
        return
    for each in FAULTS.values():
        argument = f"/{each.usual}" if each.usual else (f"/{each.argument}" if each.argument else "")
        click.echo(f"{each.name}{argument}  {each.zh} / {each.en}")


def _say(verdict: Verdict, *, as_json: bool) -> None:
    if as_json:
        findings = [asdict(each) for each in verdict.findings]
        report({"claims": verdict.claims, "effects": verdict.effects, "counts": verdict.counts, "findings": findings})
        return
    click.echo(f"claims / 发送方记录: {verdict.claims}  effects / 平台收到: {verdict.effects}")
    click.echo("  ".join(f"{name}: {count}" for name, count in verdict.counts.items()))
    for each in verdict.findings[:MOST_SHOWN]:
        click.echo(f"{each.fault.value}  {each.kind} {each.id} v{each.version}  {each.detail}")
    if len(verdict.findings) > MOST_SHOWN:
        click.echo(f"… {len(verdict.findings) - MOST_SHOWN} more / 其余见 --json")
