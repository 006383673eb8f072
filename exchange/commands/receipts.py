"""`yinxin receipt`: a receipt verified on the command line, with the code of the one-file checker."""

import json
from pathlib import Path
from typing import Any

import click

from base import ledger_check
from base.command_line import json_option, report
from base.ledger_check import Refuted, Unreadable
from exchange.door.errors import ReceiptRefuted, ReceiptUnreadable

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("receipt")
def receipt_group() -> None:
    """Receipts of the gateway / 网关调用回执."""


@receipt_group.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", default="", help="The key that must have signed it, or its file / 应签名的公钥或其文件")
@click.option("--request", type=_FILE, help="What was asked / 请求文件")
@click.option("--answer", type=_FILE, help="What was answered / 应答文件")
@json_option
def verify(file: Path, key: str, request: Path | None, answer: Path | None, as_json: bool) -> None:
    """Verify a receipt offline, without this site's database / 离线验证回执."""
    shown = _read(file)
    try:
        said = ledger_check.check(shown)
        ledger_check.fits(shown, _text(key), _read(request), _read(answer))
    except Refuted as reason:
        raise ReceiptRefuted(str(reason)) from reason
    except Unreadable as reason:
        raise ReceiptUnreadable(str(reason)) from reason
    if as_json:
        report({"proven": said, "statement": shown["statement"], "key": shown["key"], "key_is_given": bool(key)})
        return
    click.echo(said)
    if not key:
        click.echo(f"compare the key with the owner's / 请与出具方公布的公钥核对: {shown['key']}")


def _read(file: Path | None) -> Any:
    if file is None:
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ReceiptUnreadable("no JSON") from error


def _text(told: str) -> str:
    file = Path(told)
    return file.read_text(encoding="utf-8") if told and file.is_file() else told
