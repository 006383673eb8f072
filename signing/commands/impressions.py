"""`yinxin seal-impressions`: a package of impressions taken in on the command line."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from base import clock
from base.callers import Caller, NotAllowed
from base.command_line import json_option, language, pass_running, report
from base.program import Running
from keys.parties import people
from signing.impressions import keeping, packages
from signing.impressions.packages import FAULTS, LARGEST_PACKAGE, Fault

ROLE: Final = "authority"
EXIT_SOME_REFUSED: Final = 1
SHOWN: Final = 50


@click.group("seal-impressions")
def impressions_group() -> None:
    """Impressions of real seals / 实物印章印模."""


@impressions_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--source", required=True, help="Who handed it over / 移交单位或系统")
@click.option("--as", "login", required=True, help="Login of a person of the watching office / 主管机关人员账号")
@json_option
@pass_running
def take_in(running: Running, file: Path, source: str, login: str, as_json: bool) -> None:
    """Take a package of impressions in and tell what is wrong with it / 导入印模."""
    if file.stat().st_size > LARGEST_PACKAGE:
        raise click.UsageError(f"{file}: {file.stat().st_size} > {LARGEST_PACKAGE}")
    by = _person(running, login)
    package = packages.read(file.read_bytes())
    with running.database.transaction() as session:
        found = keeping.take_in(session, package, source, by, clock.now())
    if as_json:
        told = [{"row": each.row, "member": each.member, "code": each.code} for each in found.faults]
        report({"added": found.added, "unchanged": found.unchanged, "refused": told})
    else:
        click.echo(_summary(found))
        for fault in found.faults[:SHOWN]:
            click.echo(_line(fault), err=True)
    sys.exit(EXIT_SOME_REFUSED if found.faults else 0)


def _person(running: Running, login: str) -> Caller:
    with running.database.reading() as session:
        row = people.person_by_login(session, login)
        found = people.caller_of(session, row) if row is not None else None
    if found is None or ROLE not in found.roles:
        raise NotAllowed(needed=ROLE)
    return found


def _summary(found: keeping.Import) -> str:
    counts: tuple[Any, ...] = (found.added, found.unchanged, len(found.faults))
    return ("新增 {}，已有 {}，不收 {}" if language() == "zh" else "{} added, {} known, {} refused").format(*counts)


def _line(fault: Fault) -> str:
    zh, en = FAULTS[fault.code]
    reason = f" ({fault.reason})" if fault.reason else ""
    return f"✕ {fault.row} {fault.member}: {zh if language() == 'zh' else en}{reason}"
