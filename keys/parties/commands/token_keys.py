"""`yinxin party token-key`: the keys with which this service signs its tokens."""

from datetime import datetime

import click
from sqlalchemy import select

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.parties import token_keys
from keys.parties.commands.operator import operator
from keys.parties.models import TrustedTokenKey


@click.group("token-key")
def token_key_group() -> None:
    """The keys that sign access tokens / 访问令牌的签名密钥."""


@token_key_group.command("list")
@json_option
@pass_running
def token_key_list(running: Running, as_json: bool) -> None:
    """List the keys whose tokens are or were believed / 列出令牌密钥."""
    at = clock.now()
    with running.database.reading() as session:
        rows = session.scalars(select(TrustedTokenKey).order_by(TrustedTokenKey.since)).all()
    found = [{"kid": row.kid, "since": row.since, "until": row.until, "state": _state(row, at)} for row in rows]
    if as_json:
        report(found)
        return
    for each in found:
        click.echo(f"{each['kid']}  {each['state']:9} {each['since']} … {each['until']}")


@token_key_group.command("withdraw")
@click.argument("kid")
@pass_running
def token_key_withdraw(running: Running, kid: str) -> None:
    """Believe no token of a key any more; then replace its file and restart / 废止令牌密钥."""
    with running.database.transaction() as session:
        token_keys.withdraw(session, kid, operator(), clock.now())
    click.echo(f"{kid}  withdrawn")


def _state(row: TrustedTokenKey, at: datetime) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "trusted" if row.until > at else "over"
