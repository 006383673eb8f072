"""`yinxin extend`: a PDF that is signed and time-stamped gets what it needs to convince later, or has it renewed."""

from pathlib import Path
from typing import Final

import click

from base import clock
from base.command_line import json_option, language, pass_running, report
from base.program import Running
from keys.authority.wiring import Authority
from keys.parties.operator import operator
from signing.commands import sealing_orders
from signing.edges import Sealer
from signing.levels import Level
from signing.report_json import dump
from signing.summaries import summary
from signing.wiring import Signing

LEVELS: Final = [each.value.lower() for each in Level if each.keeps_material]


@click.command("extend")
@click.argument("source", metavar="IN", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.argument("target", metavar="OUT", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default=Level.B_LTA.value.lower(),
    show_default=True,
    help="What the file is to keep / 长期验证级别",
)
@json_option
@pass_running
def extend_command(running: Running, source: Path, target: Path, level: str, *, as_json: bool) -> None:
    """Complete or renew a signed PDF for the long term / 为已签 PDF 补全、续期长期验证信息."""
    if source.stat().st_size > sealing_orders.FILE_LIMIT:
        raise click.UsageError(f"{source}: {source.stat().st_size} > {sealing_orders.FILE_LIMIT}")
    parts = running.parts
    sealer = Sealer(running.database, parts[Signing], parts[Authority], operator(), clock.now)
    document, found = sealer.extend(source.read_bytes(), source.name, Level(level.upper()))
    sealing_orders.written(target, document)
    if as_json:
        report({"out": str(target), "report": dump(found)})
        return
    words = summary(found)
    reached = ", ".join(each.level for each in found.signatures if each.level is not None)
    click.echo(f"{target}: {words.zh if language() == 'zh' else words.en} ({reached})")
