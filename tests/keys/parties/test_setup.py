"""`yinxin setup`, `yinxin user` for recovery, and the people of the sandbox."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import app
from base import calendar, clock, schema
from base.command_line import SpeakingGroup
from base.db import Database, DatabaseSettings
from base.program import Running, Sandbox
from exchange import terms
from keys.parties import people, sample, sample_people
from keys.parties.checks import CHECKS
from keys.parties.commands.setup import setup_command
from keys.parties.commands.users import user_group
from keys.parties.login_errors import LoginRefused
from keys.parties.login_wiring import Login
from keys.parties.models import DUTIES, TrustedTokenKey
from tests.keys.parties import login_site
from tests.keys.parties.builders import CITY, PROVINCE
from tests.keys.parties.login_site import Clock, LoginSite, Someone
from tests.simulators.oidc_provider import CLIENT, ISSUER

Run = Callable[..., Result]


@pytest.fixture
def site(database: Database, database_settings: DatabaseSettings, at: datetime, tmp_path, monkeypatch) -> LoginSite:
    told = Clock(at)
    monkeypatch.setattr(clock, "now", told)
    # The schema of the test databases is made from the models, not by the migrations.
    monkeypatch.setattr(schema, "schema_state", lambda _: schema.SchemaState("x", "x"))
    login = {"oidc_issuer": ISSUER, "oidc_client_id": CLIENT}
    read = login_site.read_settings(database_settings, str(tmp_path / "token.key"), **login)
    return login_site.build(read, database, login_site.parts(read), told)


@pytest.fixture
def running(site: LoginSite, database_settings: DatabaseSettings, tmp_path) -> Running:
    made = Running(app.PROGRAM, login_site.read_settings(database_settings, str(tmp_path / "token.key")))
    made.database = made.unchecked_database = site.database
    made.parts = {Login: site.login}
    return made


@pytest.fixture
def run(running: Running) -> Run:
    group = SpeakingGroup("yinxin", commands={"setup": setup_command, "user": user_group})
    return lambda *arguments: CliRunner().invoke(group, list(arguments), obj=running)


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def someone(site: LoginSite, made: dict[str, str]) -> Someone:
    secret = made["totp_secret"]
    with site.database.reading() as session:
        row = people.person_by_login(session, made["login"])
    assert row is not None
    password = made.get("one_time_password") or made["password"]
    return Someone(row.id, row.login, password, base64.b32decode(secret + "=" * (-len(secret) % 8)))


def test_an_empty_site_gets_three_accounts_that_can_log_in_and_must_change_their_passwords(run: Run, site: LoginSite):
    done = told(run("setup", "--json"))
    assert [each["role"] for each in done["accounts"]] == ["sysadmin", "secadmin", "auditor"]
    for each in done["accounts"]:
        opened = site.enter(someone(site, each))
        assert (opened.pending, opened.level) == ("password", 4)
    with site.database.reading() as session:
        assert [people.accounts_with(session, duty) for duty in DUTIES] == [1, 1, 1]
        assert len(session.scalars(select(TrustedTokenKey)).all()) == 1


def test_an_empty_site_knows_its_working_days_and_the_terms_of_its_duties(run: Run, site: LoginSite):
    assert told(run("setup", "--json"))["accounts"]
    with site.database.reading() as session:
        assert calendar.calendar(session).years
        assert terms.term_of(session, "authority-review").days


def test_a_site_that_has_accounts_is_left_as_it_is(run: Run, site: LoginSite):
    first = told(run("setup", "--json"))
    again = run("setup", "--json")
    assert again.exit_code == 1
    assert again.stdout == ""
    assert len(again.stderr.strip().splitlines()) == 1
    assert site.enter(someone(site, first["accounts"][0])).pending == "password"


def test_an_organisation_that_is_there_already_runs_the_site(run: Run, site: LoginSite):
    login_site.populate(site.database, site.clock.at)
    assert told(run("setup", "--json"))["organisation"] == PROVINCE


def test_the_organisation_that_is_told_runs_the_site(run: Run, site: LoginSite):
    arguments = ("--organisation", CITY, "--name", "演示市", "--region", "320900", "--level", "city")
    assert told(run("setup", *arguments, "--json"))["organisation"] == CITY


def test_a_code_that_is_none_is_refused_before_anything_is_made(run: Run, site: LoginSite):
    assert run("setup", "--organisation", "1").exit_code == 2
    assert told(run("user", "list", "--json")) == []


def test_the_doctor_is_content_with_the_duties_afterwards(run: Run, running: Running, site: LoginSite):
    from base.health import House

    (duties,) = [each for each in CHECKS if each.name == "duties"]
    house = House(running.settings, site.database, site.clock.at)
    assert duties.ask(house).outcome == "warning"
    assert run("setup").exit_code == 0
    assert duties.ask(house).outcome == "good"


def test_secrets_are_printed_once_and_not_logged_as_arguments(run: Run, site: LoginSite):
    shown = run("setup")
    assert shown.exit_code == 0
    assert shown.stdout.count("one_time_password=") == 3
    listed = run("user", "list").stdout
    assert "one_time_password" not in listed
    assert "otpauth" not in listed


def test_an_account_made_on_the_command_line_can_log_in(run: Run, site: LoginSite):
    login_site.populate(site.database, site.clock.at)
    made = told(run("user", "create", "Anna", "演示甲", "--organisation", PROVINCE, "--role", "steward", "--json"))
    assert made["roles"] == ["steward"]
    assert site.enter(someone(site, made)).pending == "password"
    assert run("user", "create", "bert", "演示乙", "--organisation", PROVINCE, "--role", "nonsense").exit_code == 2
    both = run(
        "user", "create", "carl", "演示丙", "--organisation", PROVINCE, "--role", "sysadmin", "--role", "auditor"
    )
    assert both.exit_code == 1
    assert run("user", "reset", "carl", "--reason", "x").exit_code == 1


def test_recovery_on_the_command_line_takes_two_people_as_well(run: Run, site: LoginSite, monkeypatch):
    login_site.populate(site.database, site.clock.at)
    anna = site.person("anna")
    opened = told(run("user", "reset", "anna", "--reason", "lost", "--json"))
    with pytest.raises(LoginRefused):
        site.enter(anna)
    anna.password = opened["one_time_password"]
    assert site.enter(anna).pending == "password"
    same = run("user", "reset", "anna", "--second-factor", "--reason", "lost")
    assert same.exit_code == 1
    assert "another" in same.stderr.lower() or "另" in same.stderr


def test_locks_and_sessions_are_ended_on_the_command_line(run: Run, site: LoginSite):
    login_site.populate(site.database, site.clock.at)
    anna = site.person("anna")
    site.enter(anna)
    for _ in range(5):
        with pytest.raises(LoginRefused):
            site.enter(anna, password="wrong password")
    assert told(run("user", "unlock", "anna", "--reason", "asked", "--json"))["was_locked_until"]
    site.enter(anna)
    assert told(run("user", "end-sessions", "anna", "--json"))["ended"] == 2
    assert told(run("user", "end-sessions", "ANNA", "--json"))["ended"] == 0
    assert run("user", "unlock", "nobody", "--reason", "x").exit_code == 1


def test_an_account_is_linked_on_the_command_line(run: Run, running: Running, site: LoginSite):
    login_site.populate(site.database, site.clock.at)
    site.person("anna")
    assert told(run("user", "link", "anna", "person-1", "--json")) == {"login": "anna", "issuer": ISSUER}
    from dataclasses import replace

    running.parts = {Login: replace(site.login, provider=None)}
    assert run("user", "link", "anna", "person-1").exit_code == 1


def test_the_sandbox_has_somebody_for_every_role_who_can_log_in(running: Running, site: LoginSite, tmp_path):
    from base.callers import ROLES

    sandbox = Sandbox(tmp_path, "http://127.0.0.1:8080", {})
    sample.sample(running, sandbox)
    sample_people.sample(running, sandbox)
    made = sandbox.told["people"]
    assert {role for each in made for role in each["roles"]} == ROLES
    assert {"login", "password", "totp_secret", "roles"} <= set(made[0])
    for each in made:
        opened = site.enter(someone(site, each))
        assert (opened.pending, opened.level) == ("", 4)
    json.dumps(made)
