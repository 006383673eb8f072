"""`yinxin selftest`: the known answers of every algorithm in use."""

import sys
from pathlib import Path

import click

from base.command_line import EXIT_FAILED, json_option, report
from keys import path_vectors, selftest


@click.command("selftest")
@click.option(
    "--vectors",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of test vectors; may stand more than once / 测试向量文件，可多次给出",
)
@json_option
def selftest_command(files: tuple[Path, ...], as_json: bool) -> None:
    """Run the known answers of every algorithm in use, and files of test vectors / 算法自检."""
    runners = {**selftest.RUNNERS, path_vectors.SHAPE: path_vectors.certificate_paths}
    told = selftest.run(((str(file), file.read_bytes()) for file in files), runners)
    if as_json:
        report(
            {
                "passed": told.passed,
                "failed": told.failed,
                "files": [
                    {
                        "name": outcome.name,
                        "shape": outcome.shape,
                        "passed": outcome.passed,
                        "failed": outcome.failed,
                        "differences": [vars(each) for each in outcome.differences],
                    }
                    for outcome in told.outcomes
                ],
            }
        )
    else:
        for outcome in told.outcomes:
            click.echo(f"{'✕' if outcome.failed else '✓'} {outcome.name}: {outcome.passed} ✓ {outcome.failed} ✕")
            for each in outcome.differences:
                click.echo(f"    {each.case}: {each.expected} → {each.actual} ({each.told})")
    sys.exit(EXIT_FAILED if told.failed else 0)
