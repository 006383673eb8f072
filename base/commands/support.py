"""The command of the support bundle."""

from pathlib import Path

import click

from base import clock, support
from base.command_line import json_option, language, pass_running, report
from base.program import Running


@click.command("report")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write / 写到的文件")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A log whose end goes in, redacted / 附上日志末尾（脱敏）",
)
@json_option
@pass_running
def report_command(running: Running, to: Path | None, logs: tuple[Path, ...], as_json: bool) -> None:
    """Pack how this site is set up and stands, without anyone's data, for whoever helps / 生成支持包（不含数据）."""
    at = clock.now()
    file = to or Path(f"yinxin-report-{at:%Y%m%dT%H%M%SZ}.zip")
    try:
        names = support.write_bundle(running, file, logs, at)
    except FileExistsError as error:
        reason = "已有同名文件，请换一个名字" if language() == "zh" else "stands there already; choose another name"
        raise click.BadParameter(f"{file}: {reason}", param_hint="--to") from error
    except OSError as error:
        raise click.BadParameter(f"{file}: {error.strerror}", param_hint="--to") from error
    report({"file": str(file), "files": names}) if as_json else click.echo(f"{file} ({len(names)})")
