"""Walks of the documentation, carried out: the curl commands of a page as they stand, one after the other.

A command is everything from `curl ` to the next command, remark or empty line. `$NAME` is filled from what is known and
what is known grows with the answers; a name that nobody knows fails the walk. `$Y` is the site. A remark that names a
refusal (403 `not-granted`) says that the commands below it, up to the next remark, are refused so; all others succeed.
"""

import argparse
import io
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.rooms import Door

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
BLOCK: Final = re.compile(r"```sh\n(.*?)```", re.DOTALL)
REFUSAL: Final = re.compile(r"\b([45][0-9]{2}) `([a-z-]+)`")
NAME: Final = re.compile(r"\$([A-Z]+)\b")
PREFIX: Final = "/api/v1"


@dataclass(frozen=True)
class Command:
    """A command of a page, and the refusal that it is to meet, if any."""

    text: str
    refusal: tuple[int, str] | None = None


def commands(page: str, section: str = "") -> list[Command]:
    """Give the commands of a page, or of its section of that heading, in their order."""
    text = (DOCS / page).read_text(encoding="utf-8").replace("\\\n", " ")
    if section:
        text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return [each for block in BLOCK.findall(text) for each in _commands(block)]


def _commands(block: str) -> Iterator[Command]:
    refusal, lines = None, list[str]()
    for line in [*block.splitlines(), ""]:
        if not line.startswith((" ", "}")) and lines:
            yield Command("\n".join(lines), refusal)
            lines = []
        if line.startswith("#"):
            found = REFUSAL.search(line)
            refusal = (int(found[1]), found[2]) if found else None
        elif line.strip():
            lines.append(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("curl")
    for option in ("-X", "-d", "-F", "-o", "--data-binary"):
        parser.add_argument(option)
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-i", action="store_true")
    parser.add_argument("words", nargs="+")
    return parser


@dataclass
class Walk:
    """Somebody who follows a page: with the people of a site, what is known so far, and files at hand."""

    door: Door
    people: Mapping[str, str]
    known: dict[str, str]
    files: dict[str, bytes] = field(default_factory=dict)

    def do(self, command: Command) -> Any:
        """Carry a command out; its answer is what the page says, or else the walk fails."""
        told = _parser().parse_intermixed_args(shlex.split(command.text)[1:])
        *who, url = told.words
        method = told.X or ("POST" if told.d or told.F or told.data_binary else "GET")
        path = self._filled(url).removeprefix(PREFIX)
        headers = dict(self._filled(each).split(": ", 1) for each in told.H)
        kind = headers.pop("Content-Type", None)
        person = self.people[who[0].removeprefix("$")] if who else None
        answer = self.door.call(person, method, path, headers=headers, data=self._sent(told), content_type=kind)
        if told.o:
            self.files[told.o] = answer.data
        body = answer.get_json(silent=True) or {}
        if command.refusal is None:
            assert answer.status_code < 300, (command.text, body)
        else:
            assert (answer.status_code, body["code"]) == command.refusal, (command.text, body)
        return answer

    def _sent(self, told: argparse.Namespace) -> Any:
        if told.F:
            name = told.F.removeprefix("file=@")
            return {"file": (io.BytesIO(self.files[name]), name)}
        if told.data_binary:
            return self.files[told.data_binary.removeprefix("@")]
        return self._filled(told.d).encode() if told.d else None

    def _filled(self, text: str) -> str:
        return NAME.sub(lambda found: self.known[found[1]], text)
