"""The part of the sandbox that filing needs, made by its samples: organs, one bureau's seal, matters, cases."""

import dataclasses
from pathlib import Path
from typing import Any

import app
from base import clock, schema, settings
from base.callers import Caller
from base.db import DatabaseSettings
from base.program import Running, Sandbox
from base.web import WebSettings
from certs import sample as certificate_sample
from certs import sample_organs, sample_scenes
from certs.demanding import sample as demanding_sample
from certs.filing import sample as filing_sample
from certs.filing.matters import sample as matter_sample
from certs.wiring import Certs
from keys.authority import sample as authority_sample
from keys.custody import sample as custody_sample
from keys.parties import sample as party_sample
from keys.parties import sample_people
from signing import sample as signing_sample

# Passwords cost the sandbox's people seconds; here nobody signs in with one.
CHEAP = {"YINXIN_LOGIN_ARGON2_MEMORY_KIB": "19456", "YINXIN_LOGIN_ARGON2_PASSES": "1", "YINXIN_LOGIN_ARGON2_LANES": "1"}


@dataclasses.dataclass(frozen=True)
class Made:
    """A sandbox that was made, running, and what it tells its visitor."""

    running: Running
    told: dict[str, Any]


def made(folder: Path) -> Made:
    """Make it, on SQLite."""
    file = folder / "settings.toml"
    file.write_text("\n".join(told(folder) for told in app.PROGRAM.sandbox_settings), encoding="utf-8")
    read = settings.read(app.PROGRAM.sections, environment={"YINXIN_CONFIG": str(file), **CHEAP}).changed(
        DatabaseSettings(url=f"sqlite:///{folder}/yinxin.db"), WebSettings(environment="demo", secret="x" * 32)
    )
    running = Running(app.PROGRAM, read)
    schema.upgrade(running.unchecked_database)
    told = Sandbox(folder, "http://127.0.0.1:8080", {})
    with running.database.transaction() as session:
        running.seed(session, Caller("system", "sandbox"), clock.now())
    for room in (party_sample, sample_people, custody_sample, authority_sample, signing_sample):
        room.sample(running, told)
    sample_organs.founded(running, folder, clock.now())
    with running.database.transaction() as session:
        sample_scenes._client(session, clock.now())
    with running.database.transaction() as session:
        certificate_sample._listed(session, list(running.parts[Certs].types.values()), clock.now())
    matter_sample.sample(running, told)
    filing_sample.sample(running, told)
    demanding_sample.sample(running, told)
    return Made(running, told.told)
