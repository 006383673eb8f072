"""`yinxin sign-request`: the canonical string, digest and headers of a signed request, for integrators."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import click

from base import clock
from base.command_line import json_option, report
from keys.algorithms import asymmetric
from keys.parties import jwk, request_signing
from keys.parties.request_signing import BASIS_HEADER, Message

NONCE_BYTES = 16


@click.command("sign-request")
@click.argument("method")
@click.argument("url")
@click.option(
    "--key", "key", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True, help="PEM / 私钥文件"
)
@click.option("--kid", help="Key id; the key's thumbprint otherwise / 密钥标识")
@click.option("--basis", help="Case number for Yinxin-Basis / 办件号")
@click.option("--body", type=click.File("rb"), help="File of the body, - for stdin / 请求体")
@click.option("--header", "headers", multiple=True, metavar="NAME:VALUE", help="Another header / 其他请求头")
@click.option("--nonce", help="Nonce, 16 to 128 characters / 随机数")
@click.option("--created", type=int, help="Seconds since 1970 / 时间戳")
@json_option
def sign_request_command(  # noqa: PLR0913, PLR0917 - one option each
    method: str,
    url: str,
    key: Path,
    kid: str | None,
    basis: str | None,
    body: BinaryIO | None,
    headers: tuple[str, ...],
    nonce: str | None,
    created: int | None,
    as_json: bool,
) -> None:
    """Sign a request and print its canonical string, digest and headers; nothing is sent / 生成请求签名."""
    private = asymmetric.private_key_of_pem(key.read_bytes())
    at = clock.now() if created is None else datetime.fromtimestamp(created, clock.now().tzinfo)
    told = dict(_header(each) for each in headers)
    if basis:
        told[BASIS_HEADER] = quote(basis, safe="!#$&'()*+,-./:;<=>?@[]^_`{|}~")
    content = body.read() if body else b""
    message = Message.of_url(method.upper(), url, told, content)
    name = kid or jwk.thumbprint(private.public)
    signed = request_signing.sign(message, private, name, nonce or secrets.token_urlsafe(NONCE_BYTES), at)
    sent = {**told, **signed.headers}
    if as_json:
        report({"canonical": signed.canonical, "headers": sent})
        return
    click.echo(signed.canonical)
    click.echo()
    for header, value in sent.items():
        click.echo(f"{header.title()}: {value}")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.BadParameter(f"{text}: NAME:VALUE")
    return name.strip().lower(), value.strip()
