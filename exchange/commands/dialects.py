"""`yinxin dialect`: accounts and services of the wire dialects that partners speak."""

from typing import Any

import click

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from exchange.dialects import DIALECTS
from exchange.dialects.dialect import Given, Served
from exchange.partners import accounts as dialect_accounts
from exchange.partners.accounts import NewAccount
from exchange.partners.models import FIRST, GENERATIONS, DialectAccount, DialectService
from keys.custody.wiring import CustodyParts
from keys.parties.operator import operator

_DIALECT = click.argument("dialect", type=click.Choice(sorted(DIALECTS)))


@click.group("dialect")
def dialect_group() -> None:
    """Wire dialects that partners speak / 对接方言."""


@dialect_group.group("account")
def account_group() -> None:
    """Who calls in a dialect as which system / 方言账号."""


@dialect_group.group("service")
def service_group() -> None:
    """Which directory a service of a dialect is / 方言服务."""


@account_group.command("add")
@_DIALECT
@click.argument("name")
@click.option("--system", required=True, help="The system it speaks for / 业务系统")
@click.option("--generation", type=click.Choice(GENERATIONS), default=FIRST, help="Of header names / 报文头代次")
@click.option("--item-code", required=True, help="The matter its calls are recorded under / 事项编码")
@click.option("--item-name", required=True, help="Its name / 事项名称")
@click.option("--agreement", default="", help="Number of the agreement calls without a matter rest on / 协议编号")
@click.option(
    "--ground", type=click.Choice(["agreement", "holder"]), default="agreement", help="Without a matter / 依据"
)
@click.option("--operator", "who", required=True, help="Who works where no person is told / 经办")
@click.option("--unit", required=True, help="In which unit / 单位")
@click.option("--region", required=True, help="Where cases are received / 收件地区")
@click.option("--reason", required=True, help="What for / 事由")
@json_option
@pass_running
def account_add(running: Running, /, dialect: str, name: str, as_json: bool, **told: str) -> None:
    """Open an account; its key, if the dialect needs one, is shown this once / 开立账号，密钥只显示一次."""
    new = NewAccount(dialect, name, told["system"], _defaults(told), told["generation"])
    with running.database.transaction() as session:
        keys = running.parts[CustodyParts].data_keys
        row, key = dialect_accounts.add(session, keys, new, operator(), clock.now())
        shown = {**_account(row), "key": key}
    _say(shown, as_json=as_json)


@account_group.command("list")
@json_option
@pass_running
def account_list(running: Running, as_json: bool) -> None:
    """List accounts / 列出账号."""
    with running.database.reading() as session:
        found = [_account(row) for row in dialect_accounts.accounts(session)]
    _list(found, as_json=as_json)


@account_group.command("renew")
@_DIALECT
@click.argument("name")
@json_option
@pass_running
def account_renew(running: Running, dialect: str, name: str, as_json: bool) -> None:
    """Replace an account's key; the old one ends at once / 更换密钥."""
    with running.database.transaction() as session:
        keys = running.parts[CustodyParts].data_keys
        key = dialect_accounts.renew(session, keys, dialect, name, operator(), clock.now())
    _say({"dialect": dialect, "name": name, "key": key}, as_json=as_json)


@account_group.command("close")
@_DIALECT
@click.argument("name")
@pass_running
def account_close(running: Running, dialect: str, name: str) -> None:
    """Take nothing of an account any more / 停用账号."""
    with running.database.transaction() as session:
        dialect_accounts.close(session, dialect, name, operator(), clock.now())
    click.echo(f"{dialect} {name}")


@service_group.command("add")
@_DIALECT
@click.argument("name")
@click.argument("directory")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="NAME=ITEM", help="Asks by that item / 参数对应数据项"
)
@json_option
@pass_running
def service_add(
    running: Running, dialect: str, name: str, directory: str, parameters: tuple[str, ...], as_json: bool
) -> None:
    """Serve a directory under the dialect's name for it / 登记服务编码."""
    pairs = [each.partition("=") for each in parameters]
    if not all(sign and item for _, sign, item in pairs):
        raise click.UsageError("--parameter NAME=ITEM")
    served = Served(name, {parameter: item for parameter, _, item in pairs})
    with running.database.transaction() as session:
        row = dialect_accounts.add_service(session, dialect, served, directory, operator(), clock.now())
        shown = _service(row)
    _say(shown, as_json=as_json)


@service_group.command("list")
@json_option
@pass_running
def service_list(running: Running, as_json: bool) -> None:
    """List services / 列出服务."""
    with running.database.reading() as session:
        found = [_service(row) for row in dialect_accounts.services(session)]
    _list(found, as_json=as_json)


@service_group.command("remove")
@_DIALECT
@click.argument("name")
@pass_running
def service_remove(running: Running, dialect: str, name: str) -> None:
    """Serve a directory under this name no more / 撤下服务."""
    with running.database.transaction() as session:
        dialect_accounts.remove_service(session, dialect, name, operator(), clock.now())
    click.echo(f"{dialect} {name}")


def _defaults(told: dict[str, str]) -> Given:
    return Given(
        item_code=told["item_code"],
        item_name=told["item_name"],
        basis=told["agreement"],
        ground=told["ground"],
        operator=told["who"],
        unit=told["unit"],
        region=told["region"],
        reason=told["reason"],
    )


def _account(row: DialectAccount) -> dict[str, Any]:
    return {
        "dialect": row.dialect,
        "name": row.name,
        "system": row.system,
        "generation": row.generation,
        "state": row.state,
        "version": row.version,
    }


def _service(row: DialectService) -> dict[str, Any]:
    return {"dialect": row.dialect, "name": row.name, "directory": row.directory, "parameters": row.parameters}


def _say(shown: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        report(shown)
        return
    for name, value in shown.items():
        click.echo(f"{name}: {value}")


def _list(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        report(found)
        return
    for each in found:
        click.echo("  ".join(str(value) for value in each.values()))
