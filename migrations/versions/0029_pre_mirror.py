"""Make the tables of what is pulled from other platforms."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from base.search import fts5_statements

revision = "0029_pre_mirror"
down_revision = "0028_pre_monitoring"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catalog_sync_mirror_catalogs",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("upstream_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("share_type", sa.String(length=40), nullable=False),
        sa.Column("update_cycle", sa.String(length=40), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_mirror_catalogs")),
        sa.UniqueConstraint("source", "upstream_id", name=op.f("uq_catalog_sync_mirror_catalogs_source_upstream_id")),
    )
    with op.batch_alter_table("catalog_sync_mirror_catalogs", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_mirror_catalogs_organisation"), ["organisation"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_catalog_sync_mirror_catalogs_region"), ["region"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_sync_mirror_catalogs_share_type"), ["share_type"], unique=False)

    op.create_table(
        "catalog_sync_mirror_code_tables",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("upstream_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gone_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_mirror_code_tables")),
        sa.UniqueConstraint(
            "source",
            "upstream_id",
            "version",
            name=op.f("uq_catalog_sync_mirror_code_tables_source_upstream_id_version"),
        ),
    )
    with op.batch_alter_table("catalog_sync_mirror_code_tables", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_mirror_code_tables_name_source"), ["name", "source"], unique=False
        )

    op.create_table(
        "catalog_sync_mirror_loads",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.String(length=500), nullable=False),
        sa.Column("token", sa.String(length=500), nullable=False),
        sa.Column("mark", sa.String(length=500), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejects", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'read', 'held', 'applied', 'dropped')", name=op.f("ck_catalog_sync_mirror_loads_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_mirror_loads")),
    )
    with op.batch_alter_table("catalog_sync_mirror_loads", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_mirror_loads_target_kind_state"), ["target", "kind", "state"], unique=False
        )

    op.create_table(
        "catalog_sync_mirror_places",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("mark", sa.String(length=500), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whole_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("whole_asked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("target", "kind", name=op.f("pk_catalog_sync_mirror_places")),
    )
    op.create_table(
        "catalog_sync_mirror_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("tokens", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_mirror_search")),
        sa.UniqueConstraint("subject", name=op.f("uq_catalog_sync_mirror_search_subject")),
    )
    if op.get_context().dialect.name == "postgresql":
        op.create_index(
            "ix_catalog_sync_mirror_search_tokens", "catalog_sync_mirror_search", ["tokens"], postgresql_using="gin"
        )
    else:
        for statement in fts5_statements("catalog_sync_mirror_search"):
            op.execute(statement)
    op.create_table(
        "catalog_sync_mirror_staged",
        sa.Column("load", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("upstream_id", sa.String(length=128), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["load"], ["catalog_sync_mirror_loads.id"], name=op.f("fk_catalog_sync_mirror_staged_load")
        ),
        sa.PrimaryKeyConstraint("load", "number", name=op.f("pk_catalog_sync_mirror_staged")),
    )
    with op.batch_alter_table("catalog_sync_mirror_staged", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_mirror_staged_load_upstream_id"), ["load", "upstream_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("catalog_sync_mirror_staged", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_staged_load_upstream_id"))

    op.drop_table("catalog_sync_mirror_staged")
    if op.get_context().dialect.name == "sqlite":
        op.execute("DROP TABLE catalog_sync_mirror_search_fts")
    op.drop_table("catalog_sync_mirror_search")
    op.drop_table("catalog_sync_mirror_places")
    with op.batch_alter_table("catalog_sync_mirror_loads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_loads_target_kind_state"))

    op.drop_table("catalog_sync_mirror_loads")
    with op.batch_alter_table("catalog_sync_mirror_code_tables", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_code_tables_name_source"))

    op.drop_table("catalog_sync_mirror_code_tables")
    with op.batch_alter_table("catalog_sync_mirror_catalogs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_catalogs_share_type"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_catalogs_region"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_mirror_catalogs_organisation"))

    op.drop_table("catalog_sync_mirror_catalogs")
