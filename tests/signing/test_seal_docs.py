"""The pages about seals: every address and command in them is one of ours, and both pages show the same."""

import re
from pathlib import Path

import click
import pytest

from base.db import Database
from signing import commands, routes
from tests import rooms

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (DOCS / "seals.md", DOCS / "zh" / "seals.md")
CURL = re.compile(r"^curl .*?\$Y(/api/v1[^\s\"?]*)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^yinxin ([a-z-]+)(?: ([a-z-]+))?", re.MULTILINE)


def lines(page: Path) -> list[tuple[str, str]]:
    """Give method and address of every call of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    calls = [each for block in blocks for each in re.split(r"\n(?=curl |yinxin |#)", block) if each.startswith("curl")]
    found = []
    for call in calls:
        address = CURL.search(call)
        assert address, call
        method = "POST" if "-X POST" in call or "-F " in call else "GET"
        found.append((method, re.sub(r"\$[A-Z]+", "x", address[1])))
    return found


@pytest.mark.parametrize("page", PAGES, ids=["en", "zh"])
def test_every_call_has_its_route(database: Database, page: Path):
    door = rooms.door(database, routes.API_BLUEPRINTS, ())
    with door.app.test_request_context():
        ways = door.app.url_map.bind("localhost")
        for method, address in lines(page):
            assert ways.match(address, method), (method, address)


def test_both_pages_show_the_same_calls_and_commands():
    english, chinese = PAGES
    assert lines(english) == lines(chinese)
    assert len(lines(english)) > 10
    assert COMMAND.findall(english.read_text("utf-8")) == COMMAND.findall(chinese.read_text("utf-8"))


def test_every_command_is_there():
    known = {each.name: each for each in commands.COMMANDS}
    for name, below in COMMAND.findall(PAGES[0].read_text("utf-8")):
        command = known[name]
        assert not isinstance(command, click.Group) or below in command.commands
