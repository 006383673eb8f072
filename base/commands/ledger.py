"""`yinxin ledger`: verify what is stored, and write out what anyone can check without us."""

import sys
from pathlib import Path

import click

from base import ledger_export, ledger_verification
from base.audit import Tree
from base.command_line import EXIT_FAILED, json_option, pass_running, report
from base.program import Running


@click.group("ledger")
def ledger_group() -> None:
    """Ledger / 台账."""


@ledger_group.command("verify")
@click.option("--from", "first", type=click.IntRange(0), default=0, help="First entry / 起始记录")
@click.option("--to", "last", type=click.IntRange(0), help="Entry behind the last / 截止记录（不含）")
@click.option("--fast", is_flag=True, help="Only the tail and the last entries / 只查末尾")
@click.option(
    "--remembered", metavar="SIZE:ROOT", multiple=True, help="A head that a witness kept / 见证人保存的检查点"
)
@json_option
@pass_running
def ledger_verify(
    running: Running, first: int, last: int | None, fast: bool, remembered: tuple[str, ...], as_json: bool
) -> None:
    """Recompute the tree and name every place that differs / 重算整棵树，指出每一处不符."""
    kept = [_tree(each) for each in remembered]
    with running.database.reading() as session:
        told = running.program.remembering(running, session)
        kept.extend(told.heads)
        if fast:
            found = ledger_verification.verify_end(session, kept)
        else:
            found = ledger_verification.verify(session, first=first, last=last, remembered=kept)
    sound = found.sound and not told.faults
    if as_json:
        report(
            {
                "sound": sound,
                "size": found.tree.size,
                "root": found.tree.root.hex(),
                "first": found.first,
                "last": found.last,
                "findings": [*map(str, found.findings), *told.faults],
                "more": found.more,
                "heads": len(kept),
                "not_asked": list(told.silent),
            }
        )
    else:
        for each in (*map(str, found.findings), *told.faults):
            click.echo(f"✕ {each}")
        for each in told.silent:
            click.echo(f"? {each}")
        click.echo(
            f"{'✓' if sound else '✕'} {found.first}–{found.last} / {found.tree.size}  {found.tree.root.hex()}"
            f"  ({len(kept)} heads / 检查点)"
        )
    sys.exit(0 if sound else EXIT_FAILED)


def _tree(text: str) -> Tree:
    size, _, root = text.partition(":")
    try:
        return Tree(int(size), bytes.fromhex(root))
    except ValueError as error:
        raise click.BadParameter(text, param_hint="--remembered") from error


@ledger_group.command("export")
@click.option("--from", "first", type=click.IntRange(0), default=0, help="First entry / 起始记录")
@click.option("--to", "last", type=click.IntRange(0), help="Entry behind the last / 截止记录（不含）")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File; without it, the terminal / 输出文件"
)
@pass_running
def ledger_export_command(running: Running, first: int, last: int | None, out: Path | None) -> None:
    """Write entries with their proof, for base/ledger_check.py / 导出记录和证明，供独立核验程序检查."""
    with running.database.reading() as session:
        lines = ledger_export.export(session, first, last)
        if out is None:
            for line in lines:
                click.echo(line)
            return
        unfinished = out.with_name(out.name + ".part")
        with unfinished.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        unfinished.replace(out)
