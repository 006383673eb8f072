"""`yinxin certificate-dialect`: accounts of partners who ask for certificates in a dialect of their own."""

from typing import Any

import click

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from certs.dialects import DIALECTS, accounts
from certs.dialects.accounts import NewAccount
from certs.dialects.models import CertificateDialectAccount
from certs.wiring import Certs
from exchange.dialects.dialect import Given
from keys.parties.operator import operator

_DIALECT = click.argument("dialect", type=click.Choice(sorted(DIALECTS)))


@click.group("certificate-dialect")
def certificate_dialect_group() -> None:
    """Partners who ask for certificates in a dialect / 证照对接方言."""


@certificate_dialect_group.command("add")
@_DIALECT
@click.argument("name")
@click.option("--system", required=True, help="The system it speaks for / 业务系统")
@click.option("--key", "key", default="", help="Its SM2 public key, 04 and 64 bytes in hexadecimal / 加密公钥")
@click.option("--elements/--no-elements", default=False, help="Every call names the five elements / 必报五要素")
@click.option("--names/--no-names", default=False, help="Look-ups by code bring the name too / 必报持证主体名称")
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
def add(running: Running, /, dialect: str, name: str, as_json: bool, **told: Any) -> None:
    """Open an account; its secret is shown this once / 开立账号，密钥只显示一次."""
    try:
        key = bytes.fromhex(told["key"]) or None
    except ValueError as error:
        raise click.UsageError("--key: hexadecimal / 十六进制") from error
    new = NewAccount(dialect, name, told["system"], _defaults(told), key, told["elements"], told["names"])
    with running.database.transaction() as session:
        row, secret = accounts.add(session, running.parts[Certs].keys, new, operator(), clock.now())
        shown = {**_shown(row), "secret": secret}
    _say([shown], as_json=as_json, whole=shown)


@certificate_dialect_group.command("list")
@json_option
@pass_running
def list_accounts(running: Running, as_json: bool) -> None:
    """List accounts / 列出账号."""
    with running.database.reading() as session:
        found = [_shown(row) for row in accounts.accounts(session)]
    _say(found, as_json=as_json, whole=found)


@certificate_dialect_group.command("renew")
@_DIALECT
@click.argument("name")
@json_option
@pass_running
def renew(running: Running, dialect: str, name: str, as_json: bool) -> None:
    """Replace an account's secret; the old one and its sessions end at once / 更换密钥."""
    with running.database.transaction() as session:
        secret = accounts.renew(session, running.parts[Certs].keys, dialect, name, operator(), clock.now())
    shown = {"dialect": dialect, "name": name, "secret": secret}
    _say([shown], as_json=as_json, whole=shown)


@certificate_dialect_group.command("close")
@_DIALECT
@click.argument("name")
@pass_running
def close(running: Running, dialect: str, name: str) -> None:
    """Take nothing of an account any more / 停用账号."""
    with running.database.transaction() as session:
        accounts.close(session, dialect, name, operator(), clock.now())
    click.echo(f"{dialect} {name}")


def _defaults(told: dict[str, Any]) -> Given:
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


def _shown(row: CertificateDialectAccount) -> dict[str, Any]:
    return {
        "dialect": row.dialect,
        "name": row.name,
        "system": row.system,
        "state": row.state,
        "encrypted": row.encryption_key is not None,
        "elements": row.elements_required,
        "names": row.names_required,
    }


def _say(rows: list[dict[str, Any]], *, as_json: bool, whole: Any) -> None:
    if as_json:
        report(whole)
        return
    for each in rows:
        click.echo("  ".join(f"{name}: {value}" for name, value in each.items()))
