"""`yinxin trust`: see whom this site trusts, and change it, two people at a time."""

from datetime import datetime
from pathlib import Path

import click

from base import clock
from base.command_line import json_option, language, pass_running, report
from base.program import Running
from keys import anchors, trust_bundle, trust_store, withdrawals
from keys.certificates import NATIONAL, Certificate, bundle
from keys.parties.operator import operator
from keys.purposes import PURPOSES
from keys.trust_bundle import WORDS
from keys.trust_store import Held

SIGNS = {"trusted": "✓", "proposed": "…", "suspended": "✕", "material": "·"}
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
purposes_option = click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(sorted(PURPOSES)),
    help="Trust for this only; may stand more than once / 仅为该用途信任，可多次给出",
)
test_option = click.option("--test", "is_test", is_flag=True, help="A test anchor / 测试用根证书")
why_option = click.option("--why", required=True, help="Why / 事由")


@click.group("trust")
def trust_group() -> None:
    """Whom this site trusts / 信任的根证书."""


@trust_group.command("list")
@json_option
@pass_running
def trust_list(running: Running, as_json: bool) -> None:
    """List anchors, proposals and certificates between / 列出信任库."""
    at = clock.now()
    with running.database.reading() as session:
        found = trust_store.held(session)
        digest = anchors.trust_at(session, at).digest.hex()
    if as_json:
        report({"digest": digest, "items": [each.told(at) for each in found]})
        return
    for each in found:
        _line(each)
    click.echo(f"digest / 摘要  {digest}")


@trust_group.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_running
def trust_export(running: Running, file: Path) -> None:
    """Write the anchors as a PEM file, for yinxin verify --trust / 导出信任的根证书."""
    with running.database.reading() as session:
        file.write_bytes(trust_bundle.written(anchors.trust_at(session, clock.now())))


@trust_group.command("propose")
@click.argument("file", type=FILE)
@purposes_option
@test_option
@json_option
@pass_running
def trust_propose(running: Running, file: Path, purposes: tuple[str, ...], is_test: bool, as_json: bool) -> None:
    """Propose the certificates of a file as anchors / 提议文件中的证书为信任锚."""
    at = clock.now()
    with running.database.transaction() as session:
        rows = anchors.propose(session, file.read_bytes(), operator(), at, purposes=purposes, is_test=is_test)
    found = [Held(row, None) for row in rows]
    if as_json:
        report([each.told(at) for each in found])
        return
    for each in found:
        _line(each)
        click.echo(f"    yinxin trust confirm {each.row.sm3}")


@trust_group.command("confirm")
@click.argument("fingerprint")
@pass_running
def trust_confirm(running: Running, fingerprint: str) -> None:
    """Confirm an anchor that someone else proposed, by its SM3 fingerprint / 确认他人提议的信任锚."""
    with running.database.transaction() as session:
        row = anchors.confirm(session, _plain(fingerprint), operator(), clock.now())
    _line(Held(row, None))


@trust_group.command("suspend")
@click.argument("fingerprint")
@why_option
@pass_running
def trust_suspend(running: Running, fingerprint: str, why: str) -> None:
    """Stop trusting an anchor at once; a second person withdraws it or lifts this / 立即停用信任锚."""
    with running.database.transaction() as session:
        found = withdrawals.suspend(session, _plain(fingerprint), why, operator(), clock.now())
        row = anchors.in_use(session, _plain(fingerprint))
    _line(Held(row, found))


@trust_group.command("withdraw")
@click.argument("fingerprint")
@why_option
@pass_running
def trust_withdraw(running: Running, fingerprint: str, why: str) -> None:
    """Withdraw what someone else suspended, a proposal, or a certificate between / 撤销."""
    plain, by, at = _plain(fingerprint), operator(), clock.now()
    with running.database.transaction() as session:
        row = anchors.in_use(session, plain)
        if Held(row, None).state == "trusted":
            withdrawals.confirm(session, plain, why, by, at)
        else:
            anchors.withdraw(session, plain, why, by, at)
    click.echo(f"✓ {row.subject}")


@trust_group.command("resume")
@click.argument("fingerprint")
@why_option
@pass_running
def trust_resume(running: Running, fingerprint: str, why: str) -> None:
    """Trust an anchor again that someone else suspended / 恢复他人停用的信任锚."""
    with running.database.transaction() as session:
        row = withdrawals.lift(session, _plain(fingerprint), why, operator(), clock.now())
    _line(Held(row, None))


@trust_group.command("import")
@click.argument("file", type=FILE)
@purposes_option
@test_option
@click.option("--yes", is_flag=True, help="Do not ask / 不再询问")
@pass_running
def trust_import(running: Running, file: Path, purposes: tuple[str, ...], is_test: bool, yes: bool) -> None:
    """Look at an authority's file and propose its roots / 查看并导入 CA 的根证书文件."""
    at, data = clock.now(), file.read_bytes()
    found = bundle(data, NATIONAL)
    roots = [each for each in found if each.is_self_issued or purposes]
    for each in found:
        _describe(each, at, is_root=each in roots)
    click.echo(
        "\nCompare the fingerprints with those that the authority published another way.\n"
        "请与该 CA 通过其他途径公布的指纹逐位核对。"
    )
    if not yes:
        click.confirm("Take them in / 导入", abort=True)
    with running.database.transaction() as session:
        by, text = operator(), b"".join(each.pem for each in found if each not in roots)
        rows = []
        if roots:
            pems = b"".join(each.pem for each in roots)
            rows = anchors.propose(session, pems, by, at, purposes=purposes, is_test=is_test, profile=NATIONAL)
        if text:
            anchors.add_intermediates(session, text, by, at)
    for row in rows:
        click.echo(f"… {row.subject}\n    a second person runs / 由第二人执行: yinxin trust confirm {row.sm3}")


def _describe(certificate: Certificate, at: datetime, *, is_root: bool) -> None:
    told = trust_bundle.described(certificate, at)
    click.echo(f"\n{'anchor / 信任锚' if is_root else 'between / 中间证书'}  {certificate.subject.text}")
    click.echo(f"  issuer / 颁发者   {certificate.issuer.text}")
    click.echo(f"  serial / 序列号   {certificate.serial_text}")
    click.echo(f"  valid / 有效期    {certificate.not_before:%Y-%m-%d} … {certificate.not_after:%Y-%m-%d}")
    click.echo(f"  key / 公钥        {told.key}")
    for name, value in told.fingerprints.items():
        click.echo(f"  {name:<8}          {value}")
    for each in told.warnings:
        click.echo(f"  ▲ {WORDS[each][language() == 'en']}")


def _line(held: Held) -> None:
    row = held.row
    test = "  TEST 测试" if row.is_test else ""
    click.echo(f"{SIGNS[held.state]} {held.state:9}  {row.sm3}  {row.not_after:%Y-%m-%d}  {row.subject}{test}")


def _plain(fingerprint: str) -> str:
    """Take a fingerprint as people copy it: with colons, with spaces, in capitals."""
    return fingerprint.replace(":", "").replace(" ", "").lower()
