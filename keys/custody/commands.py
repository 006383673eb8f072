"""`yinxin key`: keys in custody on the command line.

Who acts is the operating system's user, or with `--by` the account of that login; whoever can run commands on a site
holds its files already, so this names a person and proves nothing. The user of the machine stands in the audit record
beside the account.
"""

import dataclasses
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.algorithms.algorithm import KeyKind
from keys.custody import acts, wiring
from keys.custody.acts import Coming, NewKey
from keys.custody.custody import newest, versions
from keys.custody.errors import NoSuchCustodyKey
from keys.custody.models import REASON_LENGTH, CustodyKey
from keys.custody.operators import acting
from keys.custody.rules import USES
from keys.custody.schemas import CustodyKeySchema
from keys.signers import secret_files, uris

SHOWN_HASH = 16
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

by_option = click.option("--by", "login", help="Login of the person who acts / 操作人登录名")
use_option = click.option("--use", required=True, type=click.Choice(USES), help="What it is for / 用途")
kind_option = click.option(
    "--kind", type=click.Choice([each.value for each in KeyKind]), default="sm2", help="Kind of key / 密钥种类"
)
where_option = click.option(
    "--where", type=click.Choice((uris.FILE, uris.PKCS11)), default=uris.FILE, help="Device / 密码设备"
)
token_option = click.option("--token", "within", default="", help="Label of the token / 令牌标签")
why_option = click.option("--reason", required=True, help="Why / 事由")


@click.group("key")
def key_group() -> None:
    """Keys in custody / 密钥保管."""


@key_group.command("list")
@click.option("--use", type=click.Choice(USES), help="Only of this use / 只列此用途")
@json_option
@pass_running
def key_list(running: Running, use: str | None, as_json: bool) -> None:
    """List keys, every version / 列出密钥."""
    query = select(CustodyKey).order_by(CustodyKey.id, CustodyKey.version)
    if use:
        query = query.where(CustodyKey.key_use == use)
    with running.database.reading() as session:
        found = [_told(row) for row in session.scalars(query)]
    if as_json:
        report(found)
        return
    for each in found:
        click.echo(_line(each))


@key_group.command("show")
@click.argument("key")
@json_option
@pass_running
def key_show(running: Running, key: str, as_json: bool) -> None:
    """Show every version of a key / 显示密钥."""
    with running.database.reading() as session:
        rows = versions(session, key)
        found = [{**_told(row), "uri": row.uri} for row in rows]
    if not found:
        raise NoSuchCustodyKey(key)
    if as_json:
        report(found)
        return
    for each in found:
        click.echo(_line(each))
        for name, value in each.items():
            click.echo(f"    {name}: {'' if value is None else value}")


@key_group.command("create")
@click.argument("key")
@use_option
@kind_option
@where_option
@token_option
@by_option
@json_option
@pass_running
def key_create(
    running: Running, key: str, use: str, kind: str, where: str, within: str, login: str | None, as_json: bool
) -> None:
    """Make a key inside a device / 在密码设备中生成密钥."""
    new = NewKey(key, use, KeyKind(kind), where, within)
    with wiring.opened(running.settings) as parts, running.database.transaction() as session:
        row = acts.create(session, parts.custody, new, acting(session, login, clock.now()), clock.now())
    _done(row, as_json=as_json)


@key_group.command("adopt")
@click.argument("key")
@click.argument("uri")
@use_option
@by_option
@json_option
@pass_running
def key_adopt(running: Running, key: str, uri: str, use: str, login: str | None, as_json: bool) -> None:
    """Put a key that lies in a device already on record / 登记设备中已有的密钥."""
    found = uris.parse(uri)
    new = NewKey(key, use, where=found.scheme)
    with wiring.opened(running.settings) as parts, running.database.transaction() as session:
        row = acts.adopt(session, parts.custody, new, found, acting(session, login, clock.now()), clock.now())
    _done(row, as_json=as_json)


@key_group.command("import")
@click.argument("key")
@click.argument("pem", type=FILE)
@use_option
@click.option("--password-file", required=True, type=FILE, help="File with the PEM's password, mode 0600 / 口令文件")
@where_option
@token_option
@by_option
@json_option
@pass_running
def key_import(  # noqa: PLR0913, PLR0917 - one option each
    running: Running,
    key: str,
    pem: Path,
    use: str,
    password_file: Path,
    where: str,
    within: str,
    login: str | None,
    as_json: bool,
) -> None:
    """Take in a key from an encrypted PKCS#8 PEM; then destroy that file / 导入加密私钥."""
    text, password = secret_files.read(pem), secret_files.line(password_file)
    new = NewKey(key, use, where=where, within=within)
    with wiring.opened(running.settings) as parts, running.database.transaction() as session:
        by = acting(session, login, clock.now())
        row = acts.take_in(session, parts.custody, new, text, password, by, clock.now())
    _done(row, as_json=as_json)
    click.echo(f"{pem.name}: 请销毁 / destroy it now", err=True)


@key_group.command("confirm")
@click.argument("key")
@by_option
@json_option
@pass_running
def key_confirm(running: Running, key: str, login: str | None, as_json: bool) -> None:
    """Let a proposed key in, as the second person / 第二人确认."""
    with wiring.opened(running.settings) as parts, running.database.transaction() as session:
        row = acts.confirm(session, parts.custody, key, acting(session, login, clock.now()), clock.now())
    _done(row, as_json=as_json)


@key_group.command("rotate")
@click.argument("key")
@click.option("--uri", help="Adopt the key at this address / 采用此地址的密钥")
@click.option("--where", type=click.Choice((uris.FILE, uris.PKCS11)), help="Another device / 换密码设备")
@token_option
@click.option("--kind", type=click.Choice([each.value for each in KeyKind]), help="Another kind / 换密钥种类")
@by_option
@json_option
@pass_running
def key_rotate(
    running: Running,
    key: str,
    uri: str | None,
    where: str | None,
    within: str,
    kind: str | None,
    login: str | None,
    as_json: bool,
) -> None:
    """Make the next version of a key / 轮换密钥."""
    coming = Coming(uris.parse(uri) if uri else None, where or "", within, KeyKind(kind) if kind else None)
    with wiring.opened(running.settings) as parts, running.database.transaction() as session:
        at = clock.now()
        row = acts.rotate(session, parts.custody, key, acting(session, login, at), at, coming)
    _done(row, as_json=as_json)


@key_group.command("certify")
@click.argument("key")
@click.argument("certificate", type=FILE)
@by_option
@json_option
@pass_running
def key_certify(running: Running, key: str, certificate: Path, login: str | None, as_json: bool) -> None:
    """Keep the certificate of a key; its end is warned of / 登记证书."""
    with running.database.transaction() as session:
        row = acts.certify(session, key, certificate.read_bytes(), acting(session, login, clock.now()), clock.now())
    _done(row, as_json=as_json)


@key_group.command("retire")
@click.argument("key")
@why_option
@by_option
@json_option
@pass_running
def key_retire(running: Running, key: str, reason: str, login: str | None, as_json: bool) -> None:
    """Let a key sign no more / 停用密钥."""
    with running.database.transaction() as session:
        row = acts.retire(session, key, reason[:REASON_LENGTH], acting(session, login, clock.now()), clock.now())
    _done(row, as_json=as_json)


@key_group.command("withdraw")
@click.argument("key")
@click.option("--version", type=int, help="Which version; the present one otherwise / 版本号")
@why_option
@by_option
@json_option
@pass_running
def key_withdraw(
    running: Running, key: str, version: int | None, reason: str, login: str | None, as_json: bool
) -> None:
    """Believe nothing of a key any more, or turn a proposal down / 撤销密钥."""
    with running.database.transaction() as session:
        wanted = newest(session, key).version if version is None else version
        row = acts.withdraw(
            session, key, wanted, reason[:REASON_LENGTH], acting(session, login, clock.now()), clock.now()
        )
    _done(row, as_json=as_json)


@key_group.command("new-kek")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key_new_kek(file: Path) -> None:
    """Draw a new wrapping key into a file that is not there yet / 生成新的主密钥文件."""
    secret_files.write(file.absolute(), secret_files.new_password() + b"\n")
    click.echo(f"{file}: custody.kek = 新文件 / the new file; custody.former_kek = 旧文件 / the former one")


@key_group.command("rewrap")
@by_option
@json_option
@pass_running
def key_rewrap(running: Running, login: str | None, as_json: bool) -> None:
    """Wrap every data key anew under custody.kek, and see that each opens / 用新主密钥重新封装数据密钥."""
    with wiring.opened(running.settings) as parts:
        with running.database.transaction() as session:
            count = parts.data_keys.rewrap(session, acting(session, login, clock.now()), clock.now())
        with running.database.reading() as session:
            only = dataclasses.replace(parts.data_keys, former=())
            whole, _ = only.examine(session)
    told = {"rewrapped": count, "data_keys": whole}
    if as_json:
        report(told)
    else:
        click.echo(f"{count} / {whole}")


def _told(row: CustodyKey) -> dict[str, Any]:
    told: dict[str, Any] = CustodyKeySchema().dump(row)
    return told


def _line(each: dict[str, Any]) -> str:
    ends = (each["not_after"] or "")[:10]
    half = each["public_key_sm3"][:SHOWN_HASH]
    told = (f"{each['id']:24}", f"{each['version']:3}", f"{each['use']:10}", f"{each['kind']:8}", f"{each['state']:9}")
    return " ".join((*told, half, ends)).rstrip()


def _done(row: CustodyKey, *, as_json: bool) -> None:
    if as_json:
        report(_told(row))
    else:
        click.echo(_line(_told(row)))


COMMANDS: tuple[click.Command, ...] = (key_group,)
