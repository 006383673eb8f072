"""`yinxin seal`: one OFD or PDF, by content; on record before it is signed, verified before it is written."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from base import clock
from base.command_line import json_option, language, pass_running, report
from base.program import Running
from signing.commands import sealing_orders
from signing.report_json import dump
from signing.summaries import summary

EXIT_NOT_WRITTEN: Final = 1


@click.command("seal")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@sealing_orders.options
@json_option
@pass_running
def seal_command(running: Running, /, source: Path, target: Path, as_json: bool, **told: Any) -> None:
    """Seal an OFD or PDF file / 为 OFD、PDF 文件盖章."""
    wanted = sealing_orders.asked(**told)
    if source.stat().st_size > sealing_orders.FILE_LIMIT:
        raise click.UsageError(f"{source}: {source.stat().st_size} > {sealing_orders.FILE_LIMIT}")
    with running.database.reading() as session:
        purpose = sealing_orders.purpose(session, wanted, clock.now())
    sealed = sealing_orders.sealed(running, source.read_bytes(), source.name, wanted, purpose)
    try:
        sealing_orders.written(target, sealed.document)
    except OSError as error:
        click.echo(f"yinxin: {target}: {error.strerror} (use {sealed.use})", err=True)
        sys.exit(EXIT_NOT_WRITTEN)
    if as_json:
        report({"use": sealed.use, "sm3": sealed.sm3, "out": str(target), "report": dump(sealed.report)})
        return
    words = summary(sealed.report)
    click.echo(f"{target}: {words.zh if language() == 'zh' else words.en} ({sealed.use})")
