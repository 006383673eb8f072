"""`yinxin ca`: certificates on the command line."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.algorithms import asymmetric, pem
from keys.authority import edges, issuing, requests, revoking
from keys.authority.commands.authorities import done
from keys.authority.commands.reading import read
from keys.authority.drafts import assembled
from keys.authority.models import IssuedCertificate
from keys.authority.ordering import order, renewal
from keys.authority.records import authority_of, certificate_of
from keys.authority.schemas import CertificateSchema, OrderSchema, RenewalSchema, RevocationSchema
from keys.authority.subjects import Subject
from keys.authority.templates import TEMPLATES
from keys.authority.wiring import Authority
from keys.authority.writing import signature_for
from keys.parties.operator import operator

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("certificates")
@click.argument("authority")
@json_option
@pass_running
def certificates(running: Running, authority: str, as_json: bool) -> None:
    """List an authority's certificates / 列出签发的证书."""
    with running.database.reading() as session:
        authority_of(session, authority)
        query = select(IssuedCertificate).where(IssuedCertificate.authority == authority)
        rows = session.scalars(query.order_by(IssuedCertificate.id)).all()
    if as_json:
        report(CertificateSchema(many=True).dump(rows))
        return
    for each in rows:
        click.echo(f"{each.serial}  {each.state:8} {each.template:20} {each.not_after:%Y-%m-%d}  {each.subject}")


@click.command("show")
@click.argument("authority")
@click.argument("serial")
@json_option
@pass_running
def show(running: Running, authority: str, serial: str, as_json: bool) -> None:
    """Print a certificate as PEM, or all that is known of it as JSON / 查看证书."""
    with running.database.reading() as session:
        row = certificate_of(session, authority, serial)
    if as_json or row.der is None:
        done(CertificateSchema(), row, as_json=as_json)
        return
    click.echo(pem.written("CERTIFICATE", row.der).decode(), nl=False)


@click.command("issue")
@click.argument("authority")
@click.option("--template", type=click.Choice(sorted(TEMPLATES)), required=True, help="Kind of certificate / 证书模板")
@click.option("--request", "file", type=FILE, help="PKCS#10 file, PEM or DER / 证书请求文件")
@click.option("--key-id", help="A key in custody instead / 或托管密钥标识")
@click.option("--name", help="Common name; else the request's subject / 名称，不填用请求中的")
@click.option("--organisation", default="", help="Organisation / 单位")
@click.option("--unit", default="", help="Unit / 部门")
@click.option("--days", type=int, help="How long it is good / 有效天数")
@json_option
@pass_running
def issue(  # noqa: PLR0913, PLR0917 - one option each
    running: Running,
    authority: str,
    template: str,
    file: Path | None,
    key_id: str | None,
    name: str | None,
    organisation: str,
    unit: str,
    days: int | None,
    as_json: bool,
) -> None:
    """Issue a certificate; one that needs a second person waits for the confirmation / 签发证书."""
    subject = {"common_name": name, "organisation": organisation, "unit": unit} if name else None
    given = {"template": template, "request": _pem(file), "key_id": key_id, "subject": subject, "days": days}
    told, house, by, at = read(OrderSchema(), **given), running.parts[Authority], operator(), clock.now()

    def draft(session: Session) -> IssuedCertificate:
        return issuing.prepare(session, house, authority, order(session, house, told), by, at)

    done(CertificateSchema(), edges.issue(running.database, house, draft, by, at), as_json=as_json)


@click.command("complete")
@click.argument("authority")
@click.argument("serial")
@click.option("--confirm", "confirming", is_flag=True, help="Confirm as a second person first / 先以另一人身份确认")
@json_option
@pass_running
def complete(running: Running, authority: str, serial: str, confirming: bool, as_json: bool) -> None:
    """Sign a certificate that is on record and was not signed / 确认或补签已登记的证书."""
    house, by, at = running.parts[Authority], operator(), clock.now()
    if confirming:
        with running.database.transaction() as session:
            issuing.confirm(session, certificate_of(session, authority, serial, locked=True), by, at)
    done(CertificateSchema(), edges.complete(running.database, house, authority, serial, by, at), as_json=as_json)


@click.command("renew")
@click.argument("authority")
@click.argument("serial")
@click.option("--request", "file", type=FILE, help="PKCS#10 file of a new key / 新密钥的证书请求")
@click.option("--days", type=int, help="How long it is good / 有效天数")
@json_option
@pass_running
def renew(running: Running, authority: str, serial: str, file: Path | None, days: int | None, as_json: bool) -> None:
    """Issue the certificate that follows another / 续签证书."""
    told = read(RenewalSchema(), request=_pem(file), days=days)
    told = {"request": None, "days": None, **told}
    house, by, at = running.parts[Authority], operator(), clock.now()

    def draft(session: Session) -> IssuedCertificate:
        row = certificate_of(session, authority, serial)
        return issuing.renew(session, house, row, renewal(session, house, row, told), by, at)

    done(CertificateSchema(), edges.issue(running.database, house, draft, by, at), as_json=as_json)


@click.command("revoke")
@click.argument("authority")
@click.argument("serial")
@click.option(
    "--why", type=click.Choice(sorted(each.value for each in revoking.REASONS)), required=True, help="撤销原因"
)
@click.option("--invalid-since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="RFC 3339 / 密钥失效时间")
@json_option
@pass_running
def revoke(
    running: Running, authority: str, serial: str, why: str, invalid_since: datetime | None, as_json: bool
) -> None:
    """Revoke a certificate, signed or only on record / 撤销证书."""
    since = invalid_since.isoformat() if invalid_since else None
    told = read(RevocationSchema(), reason=why, invalid_since=since)
    with running.database.transaction() as session:
        row = revoking.revoke(session, authority, serial, told, operator(), clock.now())
    done(CertificateSchema(), row, as_json=as_json)


@click.command("request")
@click.argument("name")
@click.option("--key", type=FILE, required=True, help="Private key, PEM / 私钥文件")
@click.option("--organisation", default="", help="Organisation / 单位")
@click.option("--unit", default="", help="Unit / 部门")
@click.option("--country", default="CN", show_default=True, help="Two letters / 国家代码")
def request(name: str, key: Path, organisation: str, unit: str, country: str) -> None:
    """Write a certificate signing request for a key of one's own / 生成证书请求."""
    private = asymmetric.private_key_of_pem(key.read_bytes())
    algorithm = signature_for(private.kind)
    info = requests.unsigned(Subject(name, organisation, unit, country), private.public)
    made = assembled(info, algorithm, algorithm.sign(private, info))
    click.echo(pem.written("CERTIFICATE REQUEST", made).decode(), nl=False)


def _pem(file: Path | None) -> Any:
    if file is None:
        return None
    data = file.read_bytes()
    return data.decode("latin-1") if data[:1] != b"\x30" else pem.written("CERTIFICATE REQUEST", data).decode()


COMMANDS = (certificates, show, issue, complete, renew, revoke, request)
