"""The migrations tell the whole story, down and up again with rows in place, and an old schema stops the start."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

import app
from base import schema
from base.audit import Entry, Thing, record, tree_at
from base.db import Base, Database, DatabaseSettings, connect
from base.models import AuditEntry
from base.schema import OldSchema
from tests import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Open a database in which nothing is yet."""
    if request.param == "sqlite":
        database = connect(DatabaseSettings(url=f"sqlite:///{tmp_path / 'a.db'}"), app.LAST_ACTS)
        yield database
        database.close()
        return
    with postgres.own(request.getfixturevalue("postgres_server"), "migrations") as url:
        database = connect(DatabaseSettings(url=url.render_as_string(hide_password=False)), app.LAST_ACTS)
        yield database
        database.close()


def test_an_upgrade_makes_what_the_models_say(empty: Database):
    schema.upgrade(empty)
    assert schema.differences(empty) == []
    schema.require_current(empty)


def test_an_empty_database_stops_the_start(empty: Database):
    with pytest.raises(OldSchema) as refusal:
        schema.require_current(empty)
    assert refusal.value.found == "none"


def test_an_upgrade_twice_changes_nothing(empty: Database):
    schema.upgrade(empty)
    schema.upgrade(empty)
    assert schema.differences(empty) == []


def test_down_and_up_again_ends_where_it_began(empty: Database):
    schema.upgrade(empty)
    schema.downgrade(empty, "base")
    left = set(inspect(empty.engine).get_table_names()) & set(Base.metadata.tables)
    assert left == set()
    schema.upgrade(empty)
    assert schema.differences(empty) == []


def test_rows_stay_through_the_newest_step(empty: Database, at):
    """The newest step down and up again leaves the rows of older steps as they were."""
    schema.upgrade(empty)
    with empty.transaction() as session:
        record(session, Entry(at, "system:a", "o", "made", Thing("thing", "1")))
    with empty.reading() as session:
        before = tree_at(session)
    steps = schema.steps()
    if len(steps) > 1:
        schema.downgrade(empty, steps[-2])
        schema.upgrade(empty)
    with empty.reading() as session:
        assert tree_at(session) == before
        assert session.scalars(select(AuditEntry.actor)).all() == ["system:a"]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_statements_can_be_written_for_an_administrator(dialect: str):
    written = schema.upgrade_sql(dialect, "none")
    assert "CREATE TABLE base_audit_entries" in written
    assert schema.steps()[-1] in written


def test_the_written_statements_make_the_same_schema(tmp_path: Path):
    import sqlite3

    file = tmp_path / "a.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(schema.upgrade_sql("sqlite", "none"))
    database = connect(DatabaseSettings(url=f"sqlite:///{file}"))
    assert schema.differences(database) == []
    schema.require_current(database)
    database.close()


def test_a_failed_step_leaves_the_older_schema(empty: Database):
    """Something already stands where the step wants to make a table: nothing of the step is kept."""
    with empty.transaction() as session:
        session.execute(text("create table base_events (n integer)"))
    with pytest.raises(Exception, match="base_events"):
        schema.upgrade(empty)
    assert schema.schema_state(empty).found == "none"
    assert "base_audit_entries" not in inspect(empty.engine).get_table_names()


def test_every_step_is_named_for_when_it_runs():
    for file in (Path(schema.__file__).parents[1] / "migrations" / "versions").glob("0*.py"):
        number, when, *_ = file.stem.split("_")
        assert number.isdigit()
        assert when in {"pre", "post"}, file.name
