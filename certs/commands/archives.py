"""`yinxin archive`: the check of the four properties of a case's archive, offline; the exit code says the same."""

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import click

from base.command_line import json_option, language, pass_running, report
from base.problems import Language
from base.program import Running
from certs.filing.archives import examination
from certs.filing.archives.examination import NAMES, FourProperties, Property
from signing import policy
from signing.named_trust import named_trust
from signing.report import Outcome, Verdict
from signing.verify_options import EXIT_OF, plain, tell, verify_options

# A package holds 256 MiB at most, and is read whole.
FILE_LIMIT: Final = 300 << 20
MARKS: Final = {Outcome.PASSED: "✓", Outcome.FAILED: "✕", Outcome.WARNING: "!", Outcome.NOT_CHECKED: "?"}
WORDS: Final[dict[Verdict, dict[Language, str]]] = {
    Verdict.VALID: {"zh": "四性检测通过", "en": "ALL FOUR PROPERTIES HOLD"},
    Verdict.INVALID: {"zh": "四性检测不通过", "en": "NOT VALID"},
    Verdict.INDETERMINATE: {"zh": "暂不能判定", "en": "NOT DECIDED"},
    Verdict.UNSIGNED: {"zh": "没有签名", "en": "NOT SIGNED"},
    Verdict.UNREADABLE: {"zh": "不是可读的归档包", "en": "NOT READABLE"},
}


@click.group("archive")
def archive_group() -> None:
    """Archives of cases / 办件归档包."""


@archive_group.command("verify")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@verify_options
@json_option
@pass_running
def verify_archive(
    running: Running,
    file: Path,
    trusted: tuple[Path, ...],
    lists: tuple[Path, ...],
    at: datetime,
    policy_name: str,
    as_json: bool,
) -> None:
    """Check authenticity, integrity, usability and safety, without a network / 四性检测（真实、完整、可用、安全）."""
    if file.stat().st_size > FILE_LIMIT:
        raise click.UsageError(f"{file}: {file.stat().st_size} > {FILE_LIMIT}")
    trust = named_trust(running, trusted, lists, at, tell)
    found = examination.examined(file.read_bytes(), file.name, trust, policy.policy(policy_name), at)
    if as_json:
        report(examination.dump(found))
    else:
        for line in lines(found, language()):
            click.echo(line)
    sys.exit(EXIT_OF[found.verdict])


def lines(found: FourProperties, tongue: Language) -> Iterable[str]:
    """Write a report for a reader: the verdict, the case, then each property with what was found."""
    yield click.style(f"{WORDS[found.verdict][tongue]}  {plain(found.name)}", bold=True)
    if found.manifest is not None:
        case = found.manifest.case
        kept = found.manifest.kept.retention
        yield f"  {plain(case.number)}  {plain(case.item_name)}  {plain(case.organ_name)}  {plain(kept)}"
    for each in Property:
        outcome = found.outcome(each)
        yield f"  {MARKS[outcome]} {NAMES[each][0 if tongue == 'zh' else 1]}"
        for one in found.findings.get(each, ()):
            about = f" {plain(one.subject)}" if one.subject else ""
            yield f"    {MARKS[one.outcome]} {one.code}{about}: {plain(one.words[tongue])}"
