"""`yinxin ca`: the bytes of lists, OCSP and time stamps, from and into files."""

from pathlib import Path

import click

from base import clock
from base.command_line import EXIT_FAILED, json_option, pass_running, report
from base.program import Running
from keys.algorithms import pem
from keys.authority import edges, revocation_lists
from keys.authority.wiring import Authority
from keys.ocsp import OcspAnswer
from keys.parties.operator import operator
from keys.revocation_lists import PEM_LABEL
from keys.timestamp_errors import TimeStampNotGranted
from keys.timestamps import response
from keys.trust_errors import OcspRefused

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("crl")
@click.argument("authority")
@click.option("--out", type=OUT, help="DER file; PEM on the terminal otherwise / 输出 DER 文件")
@pass_running
def crl(running: Running, authority: str, out: Path | None) -> None:
    """Give the newest revocation list of an authority / 输出最新撤销列表."""
    with running.database.reading() as session:
        data = revocation_lists.latest(session, authority).der or b""
    if out is None:
        click.echo(pem.written(PEM_LABEL, data).decode(), nl=False)
        return
    out.write_bytes(data)


@click.command("ocsp")
@click.argument("question", type=FILE)
@click.argument("out", type=OUT)
@json_option
@pass_running
@click.pass_context
def ocsp(context: click.Context, running: Running, question: Path, out: Path, as_json: bool) -> None:
    """Answer an OCSP request from a file into a file / 应答 OCSP 请求文件."""
    made = edges.answer(running.database, running.parts[Authority], question.read_bytes(), clock.now())
    out.write_bytes(made.der)
    try:
        told = {"status": "successful", "answers": len(OcspAnswer.of(made.der).singles)}
    except OcspRefused as refusal:
        told = {"status": refusal.status, "answers": 0}
    _say(context, told, as_json=as_json, good=told["status"] == "successful")


@click.command("stamp")
@click.argument("question", type=FILE)
@click.argument("out", type=OUT)
@json_option
@pass_running
@click.pass_context
def stamp(context: click.Context, running: Running, question: Path, out: Path, as_json: bool) -> None:
    """Answer a time-stamp request from a file into a file / 签发时间戳."""
    data = edges.stamp(running.database, running.parts[Authority], question.read_bytes(), operator(), clock.now())
    out.write_bytes(data)
    told: dict[str, object]
    try:
        info = response(data).info
        told = {"status": "granted", "serial": f"{info.serial:x}", "at": clock.rfc3339(info.at)}
    except TimeStampNotGranted as refusal:
        told = {"status": "rejection", "failure": refusal.failure}
    _say(context, told, as_json=as_json, good=told["status"] == "granted")


def _say(context: click.Context, told: dict[str, object], *, as_json: bool, good: bool) -> None:
    if as_json:
        report(told)
    else:
        click.echo("  ".join(f"{name} {value}" for name, value in told.items()))
    if not good:
        context.exit(EXIT_FAILED)


COMMANDS = (crl, ocsp, stamp)
