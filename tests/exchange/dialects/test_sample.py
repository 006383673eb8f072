"""The sandbox's dialect accounts: the commands of the page call with them and are answered, in both languages."""

import json
import re
import shlex
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from base import clock, web
from base.db import Database
from exchange.partners import sample
from exchange.partners.wiring import Dialects, DialectSettings
from exchange.routes import dialects as routes
from tests.exchange import departments, gateway_house
from tests.exchange.dialects.dialect_house import DialectHouse
from tests.exchange.gateway_house import SYSTEM, purpose
from tests.exchange.walks import DOCS

MATTER = "000123010000"


@pytest.fixture
def told(
    database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[DialectHouse, dict[str, Any]]:
    """Serve a directory whose rows are named by 许可证编号, and open the sandbox's accounts for the window's system."""
    monkeypatch.setattr(clock, "now", lambda: at)
    house = gateway_house.opened(database, tmp_path, at)
    dialects = Dialects(DialectSettings(), house.parts.data_keys)
    web.furnish(house.door.app, dialects)
    house.door.also_serves(routes.served(dialects.told))
    private = gateway_house.system_added(database, at)
    with database.transaction() as session:
        gateway_house.systems.grant_scopes(
            session, gateway_house.systems.system_of(session, SYSTEM.id), {"data:read"}, departments.MAKER, at
        )
        made = sample.made(session, dialects.data_keys, SYSTEM.id, house.code, purpose(), at)
    return DialectHouse(house, dialects, "", "", at, private), made


def block(page: str) -> str:
    (found,) = re.findall(r"```bash\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def commands(page: str, known: dict[str, str], at: datetime) -> list[list[str]]:
    """Let the shell fill a page's commands, at the story's moment, with a curl that only says what it was given."""
    moment = f"date() {{ echo {int(at.timestamp())}; }}"
    curl = "curl() { printf '%s\\0' \"$@\"; printf '\\n\\0'; }"
    done = subprocess.run(
        ["/bin/bash", "-euc", f"{moment}\n{curl}\n{block(page)}"],
        env={**known, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=True,
    )
    return [each.strip("\0").split("\0") for each in done.stdout.decode().split("\n\0") if each]


@pytest.mark.parametrize("page", ["dialects.md", "zh/dialects.md"])
def test_the_pages_commands_are_answered_in_both_dialects(told: Any, at: datetime, page: str):
    partner, made = told
    national, road = made["national_gateway"], made["x_road"]
    known = {
        "URL": "",
        "RID": national["rid"],
        "SID": national["sid"],
        "SECRET": national["secret"],
        "SERVICE": road["service"],
        "CLIENT": road["client"],
        "MATTER": national["item_code"],
        "NUMBER": "苏卫0001",
        "TOKEN": "t",
    }
    first, second = commands(page, known, at)
    headers = headers_of(first)
    answer = partner.proxy(headers, data=first[first.index("-d") + 1].encode())
    assert (answer["code"], answer["data"]["rows"][0]["单位名称"]) == ("200", "演示饭店")
    path, _, query = second[0].partition("?")
    given = {name: value for name, value in headers_of(second).items() if name != "Authorization"}
    found = partner.road(service=path.partition("/r1/")[2], headers=given, query_string=query)
    assert (found.status_code, found.json["outcome"]) == (200, "found")


def headers_of(words: list[str]) -> dict[str, str]:
    return dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")


def test_both_pages_have_the_same_commands():
    assert block("dialects.md") == block("zh/dialects.md")


def test_what_is_told_leaves_no_secret_where_a_signature_is_not_enough(told: Any):
    _, made = told
    assert set(made["x_road"]) == {"client", "service", "parameter", "item_code"}
    assert json.dumps(made).count(made["national_gateway"]["secret"]) == 1
    assert shlex.quote(made["national_gateway"]["secret"]) == made["national_gateway"]["secret"]
