"""Accounts and services of dialects: opened, renewed, closed; and the settings that say where dialects are served."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import app
from base import audit, clock, settings
from base.audit import Search
from base.callers import NotAllowed
from base.command_line import SpeakingGroup
from base.db import Database
from base.program import Running
from base.settings import UnusableSetting
from exchange.commands.dialects import dialect_group
from exchange.dialects.dialect import Given, Served
from exchange.errors import NoSuchDirectory
from exchange.partners import accounts as dialect_accounts
from exchange.partners import wiring as dialect_wiring
from exchange.partners.accounts import NewAccount
from exchange.partners.errors import DialectEntryKnown, NoSuchDialectEntry, UnusableDialectEntry
from exchange.partners.models import FIRST
from exchange.partners.wiring import DialectSettings
from keys.custody.wiring import CustodyParts
from keys.parties import systems
from keys.parties.errors import NoSuchSystem
from keys.parties.systems import system_of
from tests.exchange import departments
from tests.exchange.dialects import dialect_house
from tests.exchange.dialects.dialect_house import DEFAULTS, MATTER_HEADERS, RID, SERVICE, SID, DialectHouse

Run = Callable[..., Result]
NAME = "national-gateway"


@pytest.fixture
def partner(database: Database, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DialectHouse:
    monkeypatch.setattr(clock, "now", lambda: at)
    return dialect_house.opened(database, tmp_path, at)


@pytest.fixture
def run(partner: DialectHouse) -> Run:
    running = Running(app.PROGRAM, settings.read(app.HOUSE.sections, environment={"YINXIN_WEB_SECRET": "s" * 32}))
    running.database = partner.house.database  # its schema was made from the models, not by the migrations
    made = dict(running.parts)
    made[CustodyParts] = replace(made[CustodyParts], data_keys=partner.house.parts.data_keys)
    running.parts = made
    group = SpeakingGroup("yinxin", commands={"dialect": dialect_group})
    return lambda *words: CliRunner().invoke(group, ["dialect", *map(str, words)], obj=running)


DEFAULT_OPTIONS = (
    *("--item-code", "000123010000", "--item-name", "演示事项", "--operator", "演示系统"),
    *("--unit", "演示窗口", "--region", "320900", "--reason", "核验"),
)


def test_an_account_is_opened_on_the_command_line_and_its_key_told_once(run: Run, partner: DialectHouse):
    done = run("account", "add", NAME, "演示", "--system", "window", *DEFAULT_OPTIONS)
    assert (done.exit_code, "#/name" in done.output) == (2, True)
    done = run("account", "add", NAME, "rid-2", "--system", "window", *DEFAULT_OPTIONS, "--json")
    assert done.exit_code == 0, done.output
    key = json.loads(done.stdout)["key"]
    secret = partner.refresh(partner.signed(key, "rid-2"))["data"]["secret"]
    assert secret
    listed = run("account", "list", "--json")
    assert key not in listed.output
    assert {each["name"] for each in json.loads(listed.stdout)} >= {"rid-2", RID}
    assert "rid-2" in run("account", "list").output
    assert run("account", "add", NAME, "rid-2", "--system", "window", *DEFAULT_OPTIONS).exit_code == 1


def test_a_renewed_key_ends_the_old_one_and_a_closed_account_everything(run: Run, partner: DialectHouse):
    secret = partner.secret()
    new = json.loads(run("account", "renew", NAME, RID, "--json").stdout)["key"]
    assert partner.refresh(partner.signed(partner.key))["code"] == "-5"
    assert partner.proxy(partner.signed(secret) | MATTER_HEADERS, {})["code"] == "-5"
    assert partner.refresh(partner.signed(new))["code"] == "0"
    assert run("account", "close", NAME, RID).exit_code == 0
    assert partner.refresh(partner.signed(new))["code"] == "-5"
    assert run("account", "renew", NAME, RID).exit_code == 1
    with partner.house.database.reading() as session:
        acts = [json.loads(each.content)["act"] for each in audit.search(session, Search(thing_kind="dialect-account"))]
    assert {"dialect-account.added", "dialect-account.renewed", "dialect-account.closed"} <= set(acts)


def test_services_are_registered_and_removed_on_the_command_line(run: Run, partner: DialectHouse):
    code = partner.house.code
    done = run("service", "add", NAME, "s_2", code, "--parameter", "xkzbh=许可证编号", "--json")
    assert json.loads(done.stdout)["parameters"] == {"xkzbh": "许可证编号"}
    asked = partner.proxy(partner.signed(partner.secret(), sid="s_2") | MATTER_HEADERS, {"xkzbh": "苏卫0001"})
    assert asked["code"] == "0"
    assert run("service", "add", NAME, "s_2", code).exit_code == 1
    assert run("service", "add", NAME, "s_3", code, "--parameter", "xkzbh").exit_code == 2
    assert "s_2" in run("service", "list").output
    assert run("service", "remove", NAME, "s_2").exit_code == 0
    assert run("service", "remove", NAME, "s_2").exit_code == 1


UNUSABLE: list[dict[str, Any]] = [
    {"dialect": "esperanto"},
    {"name": "with space"},
    {"name": "r" * 201},
    {"generation": "third"},
    {"defaults": Given()},
    {"defaults": Given(**{**vars(DEFAULTS), "ground": "statutory"})},
    {"defaults": Given(**{**vars(DEFAULTS), "region": "somewhere"})},
]


@pytest.mark.parametrize("peculiar", UNUSABLE)
def test_an_account_that_cannot_be_kept_is_refused(partner: DialectHouse, at: datetime, peculiar: dict[str, Any]):
    new = NewAccount(**{"dialect": NAME, "name": "rid-9", "system": "window", "defaults": DEFAULTS, **peculiar})
    with partner.house.database.transaction() as session, pytest.raises(UnusableDialectEntry):
        dialect_accounts.add(session, partner.dialects.data_keys, new, departments.MAKER, at)


def test_accounts_and_services_name_what_is_there(partner: DialectHouse, at: datetime):
    by, keys = departments.MAKER, partner.dialects.data_keys
    with partner.house.database.transaction() as session:
        with pytest.raises(NoSuchSystem):
            dialect_accounts.add(session, keys, NewAccount(NAME, "rid-9", "none", DEFAULTS), by, at)
        with pytest.raises(DialectEntryKnown):
            dialect_accounts.add(session, keys, NewAccount(NAME, RID, "window", DEFAULTS, FIRST), by, at)
        with pytest.raises(NoSuchDirectory):
            dialect_accounts.add_service(session, NAME, Served("s_9", {}), "307/000009", by, at)
        with pytest.raises(UnusableDialectEntry):
            dialect_accounts.add_service(session, NAME, Served(SERVICE, {}), partner.house.code, by, at)
        with pytest.raises(UnusableDialectEntry):
            dialect_accounts.add_service(session, NAME, Served("s_9", {"a": ""}), partner.house.code, by, at)
        with pytest.raises(DialectEntryKnown):
            dialect_accounts.add_service(session, NAME, Served(SID, {}), partner.house.code, by, at)
        with pytest.raises(NoSuchDialectEntry):
            dialect_accounts.close(session, NAME, "rid-9", by, at)
        with pytest.raises(UnusableDialectEntry):
            dialect_accounts.renew(session, keys, "x-road", dialect_house.CLIENT, by, at)


def test_an_account_gives_no_more_than_its_system_has(partner: DialectHouse, at: datetime):
    with partner.house.database.transaction() as session:
        row = dialect_accounts.account_of(session, NAME, RID)
        assert dialect_accounts.caller_of(session, row).scopes == {"data:read"}
        systems.grant_scopes(session, system_of(session, "window"), {"verify:write"}, departments.MAKER, at)
        with pytest.raises(NotAllowed):
            dialect_accounts.caller_of(session, row)


def read(**told: str) -> settings.Settings:
    named = {f"YINXIN_DIALECTS_{name.upper()}": value for name, value in told.items()}
    return settings.read((DialectSettings,), environment=named)


@pytest.mark.parametrize(
    "told",
    [
        {"x_road": "no-slash"},
        {"x_road": "/"},
        {"x_road": "/ends/"},
        {"x_road": "/api/v1/x"},
        {"x_road": "/x/r1"},
        {"national_gateway": "/healthz"},
        {"national_gateway": "/a", "x_road": "/a/b"},
        {"national_gateway_headers": "x-tif"},
        {"national_gateway_headers": ""},
    ],
)
def test_addresses_and_names_that_cannot_be_served_stop_the_start(partner: DialectHouse, told: dict[str, str]):
    with pytest.raises(UnusableSetting):
        dialect_wiring.built(read(**told), partner.dialects.data_keys)


def test_both_dialects_may_be_left_out(partner: DialectHouse):
    told = dialect_wiring.built(read(national_gateway="", x_road=""), partner.dialects.data_keys)
    assert told.told.national_gateway == told.told.x_road == ""
