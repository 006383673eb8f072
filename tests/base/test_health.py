"""Checks say what is wrong and how to mend it, and a check that breaks is a failed check, not an outage."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

import app
from base import health, schema
from base.db import Database, DatabaseSettings, connect
from base.health import Check, Finding, House, examine, worst
from base.settings import Settings, read
from tests import postgres

CHECKS = {each.name: each for each in health.CHECKS}


def settings(url: str, **environment: str) -> Settings:
    return read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL": url, **environment})


@pytest.fixture
def house(database: Database, database_settings: DatabaseSettings, at) -> House:
    return House(settings(database_settings.url), database, at)


def ask(name: str, house: House) -> Finding:
    return examine(house, [CHECKS[name]])[0].finding


def test_a_database_that_answers_is_good(house: House):
    assert ask("database", house).outcome == "good"
    assert ask("disk", house).outcome == "good"


def test_a_server_that_keeps_what_it_acknowledged_is_told_from_one_that_may_not(at):
    url = postgres.address().render_as_string(hide_password=False)
    database = connect(DatabaseSettings(url=url))
    assert ask("durability", House(settings(url), database, at)).outcome == "good"
    database.close()
    hasty = connect(DatabaseSettings(url=url))
    event.listen(hasty.engine, "begin", lambda connection: connection.exec_driver_sql("set synchronous_commit = off"))
    finding = ask("durability", House(settings(url), hasty, at))
    assert (finding.outcome, "synchronous_commit" in finding.en) == ("failed", True)
    hasty.close()


def test_a_file_that_is_written_as_the_house_does_is_durable(tmp_path: Path, at):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database = connect(DatabaseSettings(url=url))
    assert ask("durability", House(settings(url), database, at)).outcome == "good"
    database.close()


def test_an_unreachable_database_fails_every_check_that_needs_it(at):
    url = "postgresql://a:hush@127.0.0.1:1/none"
    away = House(settings(url), connect(DatabaseSettings(url=url)), at)
    found = examine(away, [CHECKS[name] for name in ("database", "schema", "durability", "clock", "calendar")])
    assert {each.finding.outcome for each in found} == {"failed"}
    assert "hush" not in str([each.document() for each in found])


def test_a_schema_that_was_never_upgraded_fails(house: House):
    finding = ask("schema", house)
    assert (finding.outcome, "none" in finding.en) == ("failed", True)


def test_an_upgraded_schema_is_good(tmp_path: Path, at):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database = connect(DatabaseSettings(url=url))
    schema.upgrade(database)
    assert ask("schema", House(settings(url), database, at)).outcome == "good"
    database.close()


def test_unsafe_durability_fails(tmp_path: Path, at):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    database = connect(DatabaseSettings(url=url))
    event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=NORMAL"))
    finding = ask("durability", House(settings(url), database, at))
    assert (finding.outcome, "synchronous" in finding.en) == ("failed", True)
    database.close()


def test_a_clock_that_is_off_is_told(house: House):
    moved = House(house.settings, house.database, house.at + timedelta(days=400))
    finding = ask("clock", moved)
    assert finding.outcome == ("good" if house.database.is_sqlite else "warning")


def test_a_password_in_the_environment_is_told_and_one_in_a_file_is_not(tmp_path: Path, at):
    url = "postgresql://a:hush@127.0.0.1:1/none"
    database = connect(DatabaseSettings(url=url))
    assert ask("secrets", House(settings(url), database, at)).outcome == "warning"
    file = tmp_path / "url"
    file.write_text(url)
    safe = read(app.HOUSE.sections, environment={"YINXIN_DATABASE_URL_FILE": str(file)})
    assert ask("secrets", House(safe, database, at)).outcome == "good"


def test_a_check_that_breaks_is_a_failed_check(house: House):
    def broken(_: House) -> Finding:
        raise ValueError("inside")

    check = Check("x", "甲", "A", "修", "mend", broken)
    assert examine(house, [check])[0].finding.outcome == "failed"


def test_what_is_not_good_says_how_to_mend_it(house: House):
    def poor(_: House) -> Finding:
        return Finding("warning", "不好", "poor")

    told = examine(house, [Check("x", "甲", "A", "修", "mend", poor)])[0].document()
    assert told["mend"] == {"zh": "修", "en": "mend"}


def test_the_worst_outcome_counts():
    def each(outcome):
        return health.Checked(Check("x", "", "", "", "", lambda _: Finding(outcome, "", "")), Finding(outcome, "", ""))

    assert worst([]) == "good"
    assert worst([each("good"), each("warning")]) == "warning"
    assert worst([each("failed"), each("warning")]) == "failed"
