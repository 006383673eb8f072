"""`yinxin sync reconcile | balance`: compare with other platforms now; the signed balance of a day, also offline."""

import sys
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from base import clock
from base.command_line import EXIT_FAILED, json_option, language, pass_running, report
from base.program import Running
from catalog_sync import channels
from catalog_sync.commands.sync import sync_group
from catalog_sync.errors import NoSuchComparison
from catalog_sync.reconciliation import balance_document, reconciling, telling
from catalog_sync.reconciliation.balance_document import MOST_BYTES, Verdict
from catalog_sync.reconciliation.models import AGREES, Comparison, Difference
from catalog_sync.wiring import Sync
from keys.algorithms import asymmetric, sm2
from keys.parties.operator import operator

# A list of ten thousand lines is read by nobody; --json has them all.
MOST_SHOWN = 50
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
BALANCES = {True: ("两边一致", "both sides agree"), False: ("两边不一致", "the two sides differ")}


@sync_group.command("reconcile")
@click.argument("target", required=False)
@json_option
@pass_running
def reconcile(running: Running, target: str | None, as_json: bool) -> None:
    """Compare what was told with what a target holds; with all of them where none is named / 立即对账."""
    sync: Sync = running.parts[Sync]
    found = []
    for name in [channels.target_of(sync, target).name] if target else sorted(sync.targets):
        row = reconciling.reconcile(running.database, sync, sync.targets[name], operator(), clock.now)
        with running.database.reading() as session:
            named = select(Difference).where(Difference.target == name, Difference.last == row.number)
            found.append({**telling.told(row), "differences": [_told(each) for each in session.scalars(named)]})
    if as_json:
        report({"comparisons": found})
    else:
        for each in found:
            _say(each)
    sys.exit(0 if all(each["outcome"] == AGREES for each in found) else EXIT_FAILED)


@sync_group.command("balance")
@click.argument("number", type=int, required=False)
@click.option(
    "--verify", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A balance / 凭证文件"
)
@click.option(
    "--trust",
    "trusted",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="PEM with a public key that is trusted / 信任的公钥",
)
@json_option
@pass_running
def balance(running: Running, number: int | None, file: Path | None, trusted: tuple[Path, ...], as_json: bool) -> None:
    """Give the signed balance of a comparison (of the last one), or verify one that lies in a file / 对账平衡凭证."""
    if file is not None:
        _verify(file, trusted, as_json=as_json)
        return
    with running.database.reading() as session:
        query = select(Comparison).where(Comparison.balance.is_not(None)).order_by(Comparison.number.desc())
        row = session.scalars(query.where(Comparison.number == number) if number else query).first()
    if row is None or row.balance is None:
        raise NoSuchComparison(number or 0)
    click.echo(row.balance)


def _verify(file: Path, trusted: tuple[Path, ...], *, as_json: bool) -> None:
    with file.open("rb") as opened:
        document = balance_document.document_of(opened.read(MOST_BYTES + 1).strip())
    keys = [asymmetric.public_key_of_pem(path.read_bytes()) for path in trusted]
    verdict = balance_document.verify(document, [each for each in keys if isinstance(each, sm2.PublicKey)])
    if as_json:
        report(_verdict(document.balance, verdict))
    else:
        click.echo(_sentence(document.balance, verdict))
    sys.exit(0 if verdict.is_intact else EXIT_FAILED)


def _verdict(told: Any, verdict: Verdict) -> dict[str, Any]:
    return {
        "intact": verdict.is_intact,
        "both_sides": verdict.is_of_both,
        "agrees": verdict.agrees,
        "signatures": [
            {"name": each.name, "right": each.is_right, "trusted": each.is_trusted} for each in verdict.signatures
        ],
        "balance": told,
    }


def _sentence(told: Any, verdict: Verdict) -> str:
    chosen = 0 if language() == "zh" else 1
    names = " + ".join(f"{each.name}{'' if each.is_trusted else ' (?)'}" for each in verdict.signatures)
    signed = (f"签名有效：{names}", f"signed: {names}") if verdict.is_intact else ("签名无效", "not signed by its keys")
    sides = ("双方", "two-sided") if verdict.is_of_both else ("单方", "one-sided")
    both = BALANCES[verdict.agrees]
    return f"{told['day']} {told['with']}: {both[chosen]} ({told['depth']}); {sides[chosen]}; {signed[chosen]}"


def _told(row: Difference) -> dict[str, Any]:
    names = ("number", "kind", "thing", "department", "difference", "here", "there", "repair", "repaired_at")
    return {name: getattr(row, name) for name in names}


def _say(told: dict[str, Any]) -> None:
    crossed = told["exchanged"]
    share = f" = {crossed['share']:.3%}" if crossed["share"] is not None else ""
    sides = f"{told['here']} / {told['there'] if told['there'] is not None else '?'}"
    click.echo(f"{told['target']}: {told['outcome']} {told['code']}".rstrip())
    click.echo(f"  {told['depth']}; {sides}; {told['found']} ≠; {told['moving']} …")
    click.echo(f"  {crossed['questions']} ?, {crossed['sent_bytes'] + crossed['received_bytes']} B{share}")
    for each in told["limits"]:
        click.echo(f"  {each[language()]}")
    for each in told["differences"][:MOST_SHOWN]:
        versions = f"{each['here'] or '-'} / {each['there'] or '-'}"
        click.echo(f"  {each['difference']:14} {each['kind']} {each['thing']} {versions} → {each['repair']}")
