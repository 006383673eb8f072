"""`yinxin cascade partner`: a site is registered, listed and closed."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base import schema, settings
from base.clock import now
from base.command_line import SpeakingGroup
from base.identifiers import CreditCode, RegionCode
from base.program import Running
from catalog_sync.commands.cascade import cascade_group
from keys.parties import organisations, systems
from keys.parties.organisations import NewOrganisation
from keys.parties.sample import MAKER, code_of
from keys.parties.systems import NewSystem


@pytest.fixture
def running(tmp_path: Path) -> Running:
    """Give a site with one system."""
    file = tmp_path / "settings.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/site.db"\n', encoding="utf-8")
    found = Running(app.PROGRAM, settings.read(app.PROGRAM.sections, file, {}))
    schema.upgrade(found.unchecked_database)
    with found.database.transaction() as session:
        code = CreditCode(code_of("city-data"))
        organisations.add(session, NewOrganisation(code, "演示局", RegionCode("320900"), "city", None), MAKER, now())
        systems.add(session, NewSystem("city-site", "演示站点", code.text), MAKER, now())
    return found


def run(running: Running, *arguments: str) -> Result:
    group = SpeakingGroup("yinxin", commands={"cascade": cascade_group})
    return CliRunner().invoke(group, ["cascade", "partner", *arguments], obj=running)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_site_is_registered_listed_and_closed(running: Running) -> None:
    given = ("--system", "city-site", "--region", "320900")
    (added,) = told(run(running, "add", "city", *given, "--returns", "directory", "--json"))
    assert added == {
        "name": "city",
        "system": "city-site",
        "region": "320900",
        "returns": ["directory"],
        "state": "active",
    }
    assert run(running, "add", "city", *given).exit_code == 1
    assert "320900" in run(running, "list").output
    (closed,) = told(run(running, "close", "city", "--json"))
    assert closed["state"] == "closed"
    assert run(running, "close", "city").exit_code == 1
