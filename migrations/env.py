"""Alembic's entry: runs on the connection that base.schema hands over, or writes SQL for an administrator."""

from typing import Literal

from alembic import context

from base.db import Base, Moment


def written(kind: str, value: object, _context: object) -> str | Literal[False]:
    """Write our types as what the database knows them by, so that a step never changes with the code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(value, Moment) else False


config = context.config
connection = config.attributes.get("connection")

if connection is None:
    context.configure(
        dialect_name=config.attributes["dialect"],
        target_metadata=Base.metadata,
        render_item=written,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        render_as_batch=config.attributes["dialect"] == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=written,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
