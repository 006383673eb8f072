"""How every command of the house speaks: one sentence when it fails, `--json` on request, the terminal's language."""

import json
import locale
from typing import Any

import click

from base.errors import DomainError, Kind
from base.problems import Language, sentence
from base.program import Running

EXIT_FAILED = 1
EXIT_USAGE = 2
pass_running = click.make_pass_decorator(Running)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON / 输出 JSON")


class SpeakingGroup(click.Group):
    """A group of commands whose refusals are one sentence on stderr and an exit code."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; say a refusal in the terminal's language."""
        try:
            return super().invoke(context)
        except DomainError as refusal:
            click.echo(f"yinxin: {sentence(refusal, language())}", err=True)
            context.exit(EXIT_USAGE if refusal.kind is Kind.MALFORMED else EXIT_FAILED)


def language() -> Language:
    """Tell the terminal's language."""
    return "zh" if (locale.getlocale()[0] or "").startswith("zh") else "en"


def report(value: Any) -> None:
    """Write a value as JSON, readable and in UTF-8."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
