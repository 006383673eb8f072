"""`yinxin certificate-types`: which types this site has, and what is wrong with their files."""

import sys
from pathlib import Path

import click

from base.command_line import json_option, report
from certs import types
from certs.wiring import known

EXIT_FAULTY = 1


@click.group("certificate-types")
def types_group() -> None:
    """Certificate types / 证照类型."""


@types_group.command("check")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@json_option
def check(folder: Path | None, as_json: bool) -> None:
    """Check the shipped types, and those of a folder, and tell every fault / 检查证照类型."""
    faults = types.faults(known(), folder)
    if as_json:
        told = [
            {"file": each.file, "place": each.place, "code": each.code, "expected": each.expected} for each in faults
        ]
        report({"faults": told})
    else:
        for fault in faults:
            click.echo(str(fault))
        click.echo(f"{len(faults)} faults / 处问题", err=bool(faults))
    sys.exit(EXIT_FAULTY if faults else 0)
