"""`yinxin party system`: business systems, their scopes and keys on the command line."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from base import clock
from base.callers import SCOPES
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.parties import jwk, system_keys, systems
from keys.parties.commands.operator import operator
from keys.parties.commands.organisations import done
from keys.parties.commands.reading import read
from keys.parties.models import System
from keys.parties.schemas import NewSystemSchema
from keys.parties.system_keys import NewKey
from keys.parties.systems import system_of

SHOWN = ("id", "name", "organisation", "state", "version")


@click.group("system")
def system_group() -> None:
    """Business systems / 业务系统."""


@system_group.command("list")
@json_option
@pass_running
def system_list(running: Running, as_json: bool) -> None:
    """List business systems / 列出业务系统."""
    with running.database.reading() as session:
        found = [_told(row) for row in session.scalars(select(System).order_by(System.id))]
    if as_json:
        report(found)
        return
    for each in found:
        click.echo(f"{each['id']:30} {each['state']:9} {each['organisation']}  {' '.join(each['scopes'])}")


@system_group.command("add")
@click.argument("identifier")
@click.argument("name")
@click.option("--organisation", required=True, help="Code of its organisation / 所属机构代码")
@json_option
@pass_running
def system_add(running: Running, identifier: str, name: str, organisation: str, as_json: bool) -> None:
    """Take a business system in, without scopes and keys / 登记业务系统."""
    new = read(NewSystemSchema(), id=identifier, name=name, organisation=organisation)
    with running.database.transaction() as session:
        row = systems.add(session, new, operator(), clock.now())
    done(_told(row), as_json=as_json)


@system_group.command("scopes")
@click.argument("identifier")
@click.argument("scopes", nargs=-1, type=click.Choice(sorted(SCOPES)))
@json_option
@pass_running
def system_scopes(running: Running, identifier: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Set the scopes that a system holds from now on / 设定权限范围."""
    with running.database.transaction() as session:
        row = system_of(session, identifier, locked=True)
        systems.grant_scopes(session, row, scopes, operator(), clock.now())
    done(_told(row), as_json=as_json)


@system_group.command("suspend")
@click.argument("identifier")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def system_suspend(running: Running, identifier: str, reason: str, as_json: bool) -> None:
    """Suspend a system and end its tokens / 停用业务系统."""
    with running.database.transaction() as session:
        row = system_of(session, identifier, locked=True)
        systems.suspend(session, row, reason, operator(), clock.now())
    done(_told(row), as_json=as_json)


@system_group.command("resume")
@click.argument("identifier")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def system_resume(running: Running, identifier: str, reason: str, as_json: bool) -> None:
    """Let a suspended system act again / 恢复业务系统."""
    with running.database.transaction() as session:
        row = system_of(session, identifier, locked=True)
        systems.resume(session, row, reason, operator(), clock.now())
    done(_told(row), as_json=as_json)


@system_group.command("keys")
@click.argument("identifier")
@json_option
@pass_running
def system_key_list(running: Running, identifier: str, as_json: bool) -> None:
    """List a system's public keys / 列出公钥."""
    with running.database.reading() as session:
        system_of(session, identifier)
        rows = system_keys.keys_of(session, identifier)
    found = [_key(each) for each in rows]
    if as_json:
        report(found)
        return
    for each in found:
        ended = f"withdrawn {each['withdrawn_at']}" if each["withdrawn_at"] else ""
        click.echo(f"{each['kid']}  {each['kind']:5} {each['valid_from']} … {each['valid_until']} {ended}".rstrip())


@system_group.command("key-add")
@click.argument("identifier")
@click.argument("pem", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kid", help="Key id; the key's thumbprint otherwise / 密钥标识")
@click.option("--days", type=click.IntRange(1, system_keys.LONGEST.days), default=365, help="Days it is valid / 天数")
@json_option
@pass_running
def system_key_add(running: Running, identifier: str, pem: Path, kid: str | None, days: int, as_json: bool) -> None:
    """Put a public key (PEM; SM2 or P-256) of a system on record / 登记公钥."""
    at, public = clock.now(), jwk.read_pem(pem.read_bytes())
    with running.database.transaction() as session:
        row = system_of(session, identifier, locked=True)
        key = system_keys.add_key(session, row, NewKey(public, kid, at, at + timedelta(days=days)), operator(), at)
    done(_key(key), as_json=as_json)


@system_group.command("key-withdraw")
@click.argument("identifier")
@click.argument("kid")
@click.option("--reason", required=True, help="Why / 事由")
@json_option
@pass_running
def system_key_withdraw(running: Running, identifier: str, kid: str, reason: str, as_json: bool) -> None:
    """End a key and every token that the system holds / 注销公钥."""
    with running.database.transaction() as session:
        row = system_of(session, identifier, locked=True)
        key = system_keys.withdraw_key(session, row, kid, reason, operator(), clock.now())
    done(_key(key), as_json=as_json)


def _told(row: System) -> dict[str, Any]:
    return {**{name: getattr(row, name) for name in SHOWN}, "scopes": row.scopes.split()}


def _key(row: Any) -> dict[str, Any]:
    names = ("kid", "kind", "valid_from", "valid_until", "withdrawn_at")
    return {name: getattr(row, name) for name in names}
