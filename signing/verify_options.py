"""What every command that verifies is told in the same way, and how its verdict becomes an exit code."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from base import clock
from base.command_line import language
from base.errors import DomainError
from base.problems import sentence
from signing import policy
from signing.report import Verdict

Command = TypeVar("Command", bound=Callable[..., Any])

EXIT_OF: Final = {
    Verdict.VALID: 0,
    Verdict.INVALID: 1,
    Verdict.UNSIGNED: 3,
    Verdict.INDETERMINATE: 4,
    Verdict.UNREADABLE: 5,
}


def verify_options(command: Command) -> Command:
    """Add `--trust`, `--crl`, `--at` and `--policy`: handed on as `trusted`, `lists`, `at` and `policy_name`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def tell(refusal: DomainError) -> None:
    """Say on stderr why something could not be read; the command goes on without it."""
    click.echo(f"yinxin: {sentence(refusal, language())}", err=True)


def plain(text: str) -> str:
    """Keep what a document says from acting on the terminal."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _moment(context: click.Context, option: click.Parameter, text: str | None) -> datetime:
    del context, option
    if text is None:
        return clock.now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(text, param_hint="--at") from error
    if at.tzinfo is None:
        raise click.BadParameter(text, param_hint="--at")
    return at.astimezone(UTC)


_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
OPTIONS: Final = (
    click.option(
        "--trust",
        "trusted",
        multiple=True,
        type=_FILE,
        help="PEM of anchors, and what leads to them, instead of the configured / "
        "信任的根证书及中间证书（替换已配置的）",
    ),
    click.option("--crl", "lists", multiple=True, type=_FILE, help="A revocation list, PEM or DER / 吊销列表"),
    click.option("--at", callback=_moment, help="Verify as of this time, RFC 3339 / 以此时间核验"),
    click.option(
        "--policy",
        "policy_name",
        type=click.Choice(list(policy.POLICIES)),
        default=policy.DEFAULT.name,
        show_default=True,
        help="Name of the policy / 核验策略",
    ),
)
