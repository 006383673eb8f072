"""`yinxin party`: organisations on the command line."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.parties import imports, organisations
from keys.parties.commands.operator import operator
from keys.parties.commands.reading import read
from keys.parties.models import LEVELS, Organisation
from keys.parties.organisations import organisation_of
from keys.parties.schemas import NewOrganisationSchema

SHOWN = ("code", "name", "region", "level", "parent", "state", "version")


@click.group("party")
def party_group() -> None:
    """Organisations and business systems / 机构和业务系统."""


@party_group.command("list")
@click.option("--region", help="Codes that begin so / 区划代码前缀")
@json_option
@pass_running
def party_list(running: Running, region: str | None, as_json: bool) -> None:
    """List organisations / 列出机构."""
    query = select(Organisation).order_by(Organisation.code)
    if region:
        query = query.where(Organisation.region.startswith(region, autoescape=True))
    with running.database.reading() as session:
        found = [told(row) for row in session.scalars(query)]
    if as_json:
        report(found)
        return
    for each in found:
        click.echo(f"{each['code']}  {each['state']:9} {each['region']:6} {each['level']:8} {each['name']}")


@party_group.command("add")
@click.argument("code")
@click.argument("name")
@click.option("--region", required=True, help="Region code / 行政区划代码")
@click.option("--level", type=click.Choice(LEVELS), required=True, help="Level / 层级")
@click.option("--parent", help="Code of the organisation above / 上级机构代码")
@json_option
@pass_running
def party_add(
    running: Running, code: str, name: str, region: str, level: str, parent: str | None, as_json: bool
) -> None:
    """Take an organisation in under its unified social credit code / 登记机构."""
    new = read(NewOrganisationSchema(), code=code, name=name, region=region, level=level, parent=parent)
    with running.database.transaction() as session:
        row = organisations.add(session, new, operator(), clock.now())
    done(told(row), as_json=as_json)


@party_group.command("suspend")
@click.argument("code")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def party_suspend(running: Running, code: str, reason: str, as_json: bool) -> None:
    """Suspend an organisation, its systems and its people / 停用机构."""
    with running.database.transaction() as session:
        row = organisation_of(session, code, locked=True)
        organisations.suspend(session, row, reason, operator(), clock.now())
    done(told(row), as_json=as_json)


@party_group.command("resume")
@click.argument("code")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def party_resume(running: Running, code: str, reason: str, as_json: bool) -> None:
    """Let a suspended organisation act again / 恢复机构."""
    with running.database.transaction() as session:
        row = organisation_of(session, code, locked=True)
        organisations.resume(session, row, reason, operator(), clock.now())
    done(told(row), as_json=as_json)


@party_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "apply", is_flag=True, help="Take it in when it has no fault / 没有错误就写入")
@json_option
@pass_running
def party_import(running: Running, file: Path, apply: bool, as_json: bool) -> None:
    """Take a CSV or XLSX table of organisations in, whole or not at all / 导入机构表."""
    with running.database.transaction() as session:
        outcome = imports.take_in_organisations(session, file.read_bytes(), operator(), clock.now(), apply=False)
        if apply and not outcome.faults:
            outcome = imports.take_in_organisations(session, file.read_bytes(), operator(), clock.now(), apply=True)
    tell_import(outcome, as_json=as_json)


def told(row: Any) -> dict[str, Any]:
    """Give an organisation as JSON."""
    return {name: getattr(row, name) for name in SHOWN}


def done(shown: dict[str, Any], *, as_json: bool) -> None:
    """Tell what became of a thing: whole as JSON, in a line otherwise."""
    if as_json:
        report(shown)
        return
    click.echo("  ".join(str(value) for value in shown.values() if value not in (None, "", [])))


def tell_import(outcome: imports.Outcome, *, as_json: bool) -> None:
    """Tell what a table did or would do, fault by fault, and end with 1 where it has any."""
    if as_json:
        report(outcome.document())
    else:
        for fault in outcome.document()["faults"]:  # type: ignore[attr-defined]
            click.echo(f"{fault['cell'] or fault['row']}  {fault['column']}: {fault['zh']} {fault['en']}", err=True)
        state = "applied 已写入" if outcome.applied else "not applied 未写入"
        click.echo(f"{state}: +{outcome.added} ~{outcome.changed} ={outcome.unchanged} ✕{len(outcome.faults)}")
    if outcome.faults:
        raise SystemExit(1)
