"""The keys' own addresses and commands on a site of the parties, with whoever is to act."""

from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

import app
from base import problems, settings
from base.callers import Caller
from base.command_line import SpeakingGroup
from base.db import Database, DatabaseSettings
from base.errors import every_refusal
from base.program import Program, Running
from base.routes import ledger
from base.web import WebSettings
from keys import commands, routes
from keys.checkpoints.remembering import remembering
from keys.checkpoints.wiring import Checkpoints, CheckpointSettings
from keys.parties import wiring
from tests.keys.parties import builders
from tests.keys.parties.builders import PROVINCE

SECTIONS = (DatabaseSettings, WebSettings, wiring.PartiesSettings, CheckpointSettings)


def whole_words() -> dict[str, Any]:
    """Give words to every code, since here the codes count; that none lacks words is asked in tests/house."""
    filler = {language: dict.fromkeys(("title", "detail", "cause", "fix"), "…") for language in ("zh", "en")}
    return {each.code: filler for each in every_refusal()} | problems.words()


def person(name: str, *roles: str) -> Caller:
    return Caller("person", name, name, PROVINCE, frozenset(roles))


def read_settings(database: DatabaseSettings, **checkpoints: str) -> settings.Settings:
    told = {
        "YINXIN_DATABASE_URL": database.url,
        "YINXIN_WEB_SECRET": "s" * 32,
        **{f"YINXIN_CHECKPOINTS_{name.upper()}": value for name, value in checkpoints.items()},
    }
    return settings.read(SECTIONS, environment=told)


@dataclass
class Site:
    """A site with the keys' routes; `of` gives a client that acts for somebody."""

    read: settings.Settings
    database: Database

    def of(self, who: Caller | None = None) -> Any:
        more = (*routes.API_BLUEPRINTS, ledger.ledger)
        built = builders.build(self.read, self.database, who, more)
        return _Client(built.client, {"Cookie": "__Host-yinxin=p", "X-CSRF-Token": "t"} if who else {})


@dataclass
class _Client:
    client: Any
    headers: dict[str, str]

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(f"/api/v1{path}", headers={**self.headers, **headers})

    def post(self, path: str, told: Any = None) -> Any:
        return self.client.post(f"/api/v1{path}", json=told or {}, headers=self.headers)


def running(read: settings.Settings, database: Database, parts: Checkpoints) -> Running:
    """Build what commands are handed; its schema was made from the models, not by the migrations."""
    bare = app.PROGRAM
    program = Program(
        bare.version, bare.sections, bare.last_acts, bare.checks, (), {}, {}, lambda _: {Checkpoints: parts},
        bare.create_app, remembering,
    )  # fmt: skip
    made = Running(program, read)
    made.database = database
    return made


def run(of: Running, *arguments: str, **told: Any) -> Result:
    group = SpeakingGroup(
        "yinxin", commands={each.name: each for each in (*commands.COMMANDS, *app.HOUSE.commands) if each.name}
    )
    return CliRunner().invoke(group, list(arguments), obj=of, **told)
