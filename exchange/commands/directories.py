"""`yinxin directory`: directories taken in and given out on the command line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.command_line import json_option, pass_running, report
from base.program import Running
from exchange.exports import dcat, reading, tables
from exchange.imports import applying, columns, returning, uploads, workbook
from keys.parties import people
from keys.parties.organisations import organisation_of

FORMS = ("workbook", "csv", "json-ld", "turtle")
FAULTS_SHOWN = 50


@click.group("directory")
def directory_group() -> None:
    """Directories of data / 数据目录."""


@directory_group.command("template")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def template(file: Path) -> None:
    """Write the empty workbook / 生成空白工作簿."""
    file.write_bytes(workbook.template())
    click.echo(str(file))


@directory_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "login", required=True, help="Login of the steward / 编目员账号")
@click.option("--apply", "apply", is_flag=True, help="Apply the good rows as drafts / 正确的行写为草稿")
@click.option(
    "--returned",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the workbook with red cells here / 标红的工作簿写到这里",
)
@json_option
@pass_running
def take_in(running: Running, file: Path, login: str, apply: bool, returned: Path | None, as_json: bool) -> None:
    """Take a workbook, table or catalogue in and tell what is wrong with it / 导入目录."""
    at = clock.now()
    with running.database.reading() as session:
        by = _steward(session, login)

    def unit(act: Any) -> Any:
        with running.database.transaction() as session:
            return act(session)

    known = uploads.take_in(unit, file.read_bytes(), file.name, by, at)
    with running.database.reading() as session:
        counted = uploads.counts(session, [known])[known]
        of = uploads.import_of(session, known, by)
        faults = [each for row in uploads.rows(session, of) for each in row.faults][:FAULTS_SHOWN]
        if returned is not None:
            returned.write_bytes(returning.workbook_of(session, of))
    task = None
    if apply and counted["new"] + counted["changed"]:
        task = unit(lambda session: applying.apply(session, uploads.import_of(session, known, by), by, at))
    _tell({"import": known, "rows": counted, "task": task, "faults": faults}, as_json=as_json)
    if counted["error"]:
        raise SystemExit(1)


@directory_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--form", "form_", type=click.Choice(FORMS), default="workbook", show_default=True, help="Form / 格式")
@click.option("--owner", help="Code of one organisation; a workbook needs it / 机构代码，导出工作簿时必填")
@click.option("--encoding", type=click.Choice(sorted(tables.ENCODINGS)), default="utf-8", help="Of CSV / CSV 编码")
@click.option("--base", default="http://localhost", help="Address of the site in a catalogue / 目录中使用的站点地址")
@click.option("--publisher", help="Organisation that publishes a catalogue / 发布目录的机构代码")
@pass_running
def give_out(
    running: Running, file: Path, form_: str, owner: str | None, encoding: str, base: str, publisher: str | None
) -> None:
    """Write directories as a workbook, a table or a catalogue / 导出目录."""
    if form_ == "workbook" and owner is None:
        raise click.UsageError("--owner is needed for a workbook / 导出工作簿需要 --owner")
    if form_ in dcat.WRITERS and publisher is None:
        raise click.UsageError("--publisher is needed for a catalogue / 导出目录清单需要 --publisher")
    with running.database.reading() as session, file.open("wb") as written:
        if form_ == "workbook":
            written.write(_workbook(session, str(owner)))
        elif form_ == "csv":
            written.writelines(tables.comma_separated(reading.published(session, owner), encoding))
        else:
            named = organisation_of(session, str(publisher))
            facts = dcat.Facts(base.rstrip("/"), named.code, named.name)
            pieces = dcat.WRITERS[form_](facts, reading.published(session, owner))
            written.writelines(piece.encode() for piece in pieces)
    click.echo(str(file))


def _workbook(session: Session, owner: str) -> bytes:
    def rows() -> Iterator[workbook.Row]:
        for code, content in reading.own(session, owner):
            items = [columns.item_cells_of(each) for each in content.get("items") or ()]
            yield {columns.CODE: code, **columns.cells_of(content)}, items

    return workbook.filled(rows())


def _steward(session: Session, login: str) -> Caller:
    person = people.person_by_login(session, login)
    found = people.caller_of(session, person) if person is not None else None
    if found is None or "steward" not in found.roles:
        raise click.UsageError(f"no active steward has the login {login} / 没有账号为 {login} 的在用编目员")
    return found


def _tell(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        report(told)
        return
    for fault in told["faults"]:
        click.echo(f"{fault['sheet']} {fault['zh']} {fault['en']}", err=True)
    counted = told["rows"]
    click.echo(
        f"{told['import']}: +{counted['new']} ~{counted['changed']} ={counted['same']} ✕{counted['error']}"
        + (f"  task 任务 {told['task']}" if told["task"] else "")
    )
