"""`yinxin checkpoint`: sign the ledger's head, see who remembers it, settle alarms."""

from pathlib import Path

import click

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.checkpoints import alarms, deliveries, heads, signing
from keys.checkpoints.errors import NoCheckpointYet
from keys.checkpoints.wiring import Checkpoints
from keys.parties.operator import operator


@click.group("checkpoint")
def checkpoint_group() -> None:
    """Signed heads of the ledger / 台账检查点."""


@checkpoint_group.command("sign")
@pass_running
def checkpoint_sign(running: Running) -> None:
    """Sign the ledger's head now and show it to the witnesses / 立即签发检查点并送见证方."""
    parts, at = running.parts[Checkpoints], clock.now()
    signed = signing.sign(running.database, parts, at)
    if signed is None:
        click.echo("nothing new since the last checkpoint / 上一检查点之后没有新记录")
        return
    shown = deliveries.deliver_due(running.database, parts, at)
    click.echo(signed.note.decode(), nl=False)
    for name, count in shown.items():
        click.echo(f"{'✓' if count else '…'} {name}", err=True)


@checkpoint_group.command("show")
@click.option("--number", type=click.IntRange(1), help="Of that number; else the last / 指定编号，默认最新")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File / 输出文件")
@pass_running
def checkpoint_show(running: Running, number: int | None, out: Path | None) -> None:
    """Write a signed head, for base/ledger_check.py / 输出签名检查点，供独立核验程序检查."""
    with running.database.reading() as session:
        kept = heads.present(session) if number is None else heads.of_number(session, number)
    if out is not None:
        out.write_bytes(kept.signed.note)
        return
    click.echo(kept.signed.note.decode(), nl=False)


@checkpoint_group.command("keys")
@pass_running
def checkpoint_keys(running: Running) -> None:
    """Print the keys that heads are verified with / 输出验证检查点的公钥."""
    with running.database.reading() as session:
        log = heads.present_log(session)
        if log is None:
            raise NoCheckpointYet
        for each in heads.keys_of(session, log.origin):
            click.echo(each.text)


@checkpoint_group.command("witnesses")
@json_option
@pass_running
def checkpoint_witnesses(running: Running, as_json: bool) -> None:
    """Tell how far every witness is / 各见证方的进度."""
    with running.database.reading() as session:
        log = heads.present_log(session)
        origin = log.origin if log else running.parts[Checkpoints].origin
        known = {each.witness: each for each in deliveries.statuses(session, origin)}
    for each in running.parts[Checkpoints].witnesses:
        known.setdefault(each.name, deliveries.WitnessStatus(each.name))
    if as_json:
        report([vars(each) for each in known.values()])
        return
    for status in known.values():
        sign = "✕" if status.attempts else "✓" if status.shown_size else "…"
        click.echo(f"{sign} {status.witness}  {status.shown_size}  +{status.waiting}  {status.code}")


@checkpoint_group.command("alarms")
@json_option
@pass_running
def checkpoint_alarms(running: Running, as_json: bool) -> None:
    """List the alarms that stand / 列出未处置的警报."""
    with running.database.reading() as session:
        found = alarms.standing(session)
    names = ("id", "origin", "code", "witness", "detail", "stops", "evidence", "found_at", "seen_at", "times")
    if as_json:
        report([{name: getattr(each, name) for name in names} for each in found])
        return
    for row in found:
        sign = "✕" if row.stops else "▲"
        click.echo(f"{sign} {row.id}  {row.found_at:%Y-%m-%d %H:%M:%S}Z  {row.code}  {row.witness}  {row.detail}")


@checkpoint_group.command("settle")
@click.argument("number", type=click.IntRange(1))
@click.option("--why", required=True, help="What it was / 处置结论")
@pass_running
def checkpoint_settle(running: Running, number: int, why: str) -> None:
    """Note that an alarm was looked into; signing goes on / 处置警报，恢复签发."""
    with running.database.transaction() as session:
        row = alarms.settle(session, number, why, operator(), clock.now())
    click.echo(f"✓ {row.id} {row.code}")


@checkpoint_group.command("begin")
@click.argument("origin")
@click.option("--why", required=True, help="Why the old log ends / 旧日志为何终止")
@pass_running
def checkpoint_begin(running: Running, origin: str, why: str) -> None:
    """Begin a log under a new name, after a restore from a backup / 从备份恢复后另起新日志."""
    with running.database.transaction() as session:
        log = heads.begin(session, origin, why, operator(), clock.now())
    click.echo(f"✓ {log.origin}")
