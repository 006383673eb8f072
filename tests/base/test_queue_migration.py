"""The queue's migration makes what procrastinate's whole schema makes, takes it back, and refuses other steps."""

from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, create_engine, text

from base.scheduling.errors import QueueMissing
from base.scheduling.workers import LAST_SCHEMA_STEP
from tests import postgres

migration = import_module("migrations.versions.0002_pre_queue")

CATALOGUE = text("""
    select 'column', table_name, column_name, data_type || coalesce(column_default, '') || is_nullable
        from information_schema.columns where table_schema = 'public'
    union all select 'function', proname, pg_get_function_identity_arguments(oid), md5(prosrc)
        from pg_proc where pronamespace = 'public'::regnamespace
    union all select 'index', tablename, indexname, indexdef from pg_indexes where schemaname = 'public'
    union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        from pg_constraint where connamespace = 'public'::regnamespace
    union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
        from pg_trigger where not tgisinternal
    union all select 'type', typname, '', '' from pg_type where typnamespace = 'public'::regnamespace
    order by 1, 2, 3, 4
""")


@pytest.fixture
def connection(postgres_server):
    with postgres.own(postgres_server, "steps") as url:
        engine = create_engine(url)
        with engine.connect() as opened:
            yield opened
        engine.dispose()


def catalogue(connection: Connection) -> list[tuple]:
    return [tuple(row) for row in connection.execute(CATALOGUE)]


def migrate(connection: Connection, act) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        act()


def test_the_steps_make_what_the_whole_schema_makes_and_going_back_leaves_nothing(connection):
    from procrastinate.schema import SchemaManager

    empty = catalogue(connection)
    migrate(connection, migration.upgrade)
    by_steps = catalogue(connection)
    migrate(connection, migration.downgrade)
    assert catalogue(connection) == empty
    connection.connection.cursor().execute(SchemaManager.get_schema())
    assert catalogue(connection) == by_steps


def test_steps_other_than_those_it_was_made_for_are_refused(connection, monkeypatch):
    monkeypatch.setattr(migration, "DIGEST", "0" * 64)
    with pytest.raises(QueueMissing):
        migrate(connection, migration.upgrade)


def test_the_worker_asks_for_the_step_that_the_migration_ends_at():
    assert migration.LAST == LAST_SCHEMA_STEP
