"""`yinxin ca`: authorities on the command line. Confirming takes another user of the machine, or the API."""

from typing import Any

import click
import marshmallow as ma
from sqlalchemy import select

from base import clock
from base.command_line import json_option, pass_running, report
from base.program import Running
from keys.authority import authorities, edges
from keys.authority.commands.reading import read
from keys.authority.models import CertificateAuthority
from keys.authority.records import authority_of
from keys.authority.revoking import REASONS
from keys.authority.schemas import AuthoritySchema, ListSchema, NewAuthoritySchema, TemplateSchema
from keys.authority.templates import TEMPLATES
from keys.authority.wiring import Authority
from keys.parties.operator import operator
from keys.revocation_lists import Reason


@click.group("ca")
def ca_group() -> None:
    """The certificate authority: certificates, revocation lists, OCSP, time stamps / 证书机构."""


@ca_group.command("templates")
@json_option
def templates(as_json: bool) -> None:
    """List the kinds of certificate that are issued / 列出证书模板."""
    if as_json:
        report(TemplateSchema(many=True).dump(list(TEMPLATES.values())))
        return
    for each in TEMPLATES.values():
        click.echo(f"{each.name:22} {each.usual.days:5} / {each.longest.days:5} d  {each.zh} {each.en}")


@ca_group.command("list")
@json_option
@pass_running
def ca_list(running: Running, as_json: bool) -> None:
    """List authorities / 列出证书机构."""
    with running.database.reading() as session:
        rows = session.scalars(select(CertificateAuthority).order_by(CertificateAuthority.id)).all()
    if as_json:
        report(AuthoritySchema(many=True).dump(rows))
        return
    for each in rows:
        click.echo(f"{each.id:30} {each.state:9} {each.kind:6} {each.parent or '—'}  {each.name}")


@ca_group.command("open")
@click.argument("identifier")
@click.argument("name")
@click.option("--organisation", required=True, help="Its organisation / 所属单位")
@click.option("--country", default="CN", show_default=True, help="Two letters / 国家代码")
@click.option("--key-id", required=True, help="Its key in custody / 托管密钥标识")
@click.option("--parent", help="The authority above; a root otherwise / 上级机构，不填为根")
@click.option("--days", type=int, help="How long its certificate is good / 有效天数")
@click.option("--test", "is_test", is_flag=True, help="For tests only / 仅供测试")
@json_option
@pass_running
def ca_open(  # noqa: PLR0913, PLR0917 - one option each
    running: Running,
    identifier: str,
    name: str,
    organisation: str,
    country: str,
    key_id: str,
    parent: str | None,
    days: int | None,
    is_test: bool,
    as_json: bool,
) -> None:
    """Propose an authority; someone else confirms it / 提议设立证书机构，由另一人确认."""
    subject = {"common_name": name, "organisation": organisation, "country": country}
    new = read(
        NewAuthoritySchema(), id=identifier, subject=subject, key_id=key_id, parent=parent, days=days, is_test=is_test
    )
    with running.database.transaction() as session:
        authorities.propose(session, running.parts[Authority], new, operator(), clock.now())
        row = authority_of(session, identifier)
    done(AuthoritySchema(), row, as_json=as_json)


@ca_group.command("confirm")
@click.argument("authority")
@json_option
@pass_running
def ca_confirm(running: Running, authority: str, as_json: bool) -> None:
    """Confirm an authority that someone else proposed: it is signed and opened / 确认设立."""
    row = edges.open_authority(running.database, running.parts[Authority], authority, operator(), clock.now())
    done(AuthoritySchema(), row, as_json=as_json)


@ca_group.command("withdraw")
@click.argument("authority")
@click.option("--why", type=click.Choice(sorted(each.value for each in REASONS)), help="Why / 撤销原因")
@click.option("--words", help="The reason in words / 事由")
@click.option("--confirm", "confirming", is_flag=True, help="Confirm what someone else proposed / 确认他人的提议")
@json_option
@pass_running
def ca_withdraw(
    running: Running, authority: str, why: str | None, words: str | None, confirming: bool, as_json: bool
) -> None:
    """Propose that an authority issues nothing more, or confirm that / 提议或确认撤销证书机构."""
    if confirming == (why is not None) or bool(words) == confirming:
        raise click.UsageError("give --why and --words, or --confirm")
    with running.database.transaction() as session:
        row = authority_of(session, authority, locked=True)
        if why is None:
            row = authorities.confirm_withdrawal(session, row, operator(), clock.now())
        else:
            row = authorities.propose_withdrawal(session, row, Reason(why), words or "", operator(), clock.now())
    done(AuthoritySchema(), row, as_json=as_json)


@ca_group.command("publish")
@click.argument("authority")
@json_option
@pass_running
def publish(running: Running, authority: str, as_json: bool) -> None:
    """Publish an authority's next revocation list now / 立即发布撤销列表."""
    row = edges.publish(running.database, running.parts[Authority], authority, operator(), clock.now())
    done(ListSchema(), row, as_json=as_json)


def done(schema: ma.Schema, row: Any, *, as_json: bool) -> None:
    """Say what became of something."""
    told = schema.dump(row)
    if as_json:
        report(told)
        return
    for name, value in told.items():
        if value is not None and name != "pem":
            click.echo(f"{name:20} {value}")
