"""Make the tables of what is returned to lower levels and delivered directly."""

import sqlalchemy as sa
from alembic import op

revision = "0035_pre_returns"
down_revision = "0034_pre_figures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_sync_declared_returns",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("key_item", sa.String(length=200), nullable=False),
        sa.Column("region_item", sa.String(length=200), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("open_as", sa.String(length=64), nullable=True),
        sa.Column("place_as", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mode in ('changes', 'whole')", name=op.f("ck_catalog_sync_declared_returns_mode")),
        sa.CheckConstraint(
            "state in ('active', 'paused', 'ended')", name=op.f("ck_catalog_sync_declared_returns_state")
        ),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_catalog_sync_declared_returns_directory")
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["keys_organisations.code"], name=op.f("fk_catalog_sync_declared_returns_owner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_declared_returns")),
        sa.UniqueConstraint("open_as", name=op.f("uq_catalog_sync_declared_returns_open_as")),
        sa.UniqueConstraint("place_as", name=op.f("uq_catalog_sync_declared_returns_place_as")),
    )
    with op.batch_alter_table("catalog_sync_declared_returns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalog_sync_declared_returns_directory"), ["directory"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_sync_declared_returns_owner"), ["owner"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_sync_declared_returns_target"), ["target"], unique=False)

    op.create_table(
        "exchange_direct_offers",
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("key_item", sa.String(length=200), nullable=False),
        sa.Column("region_item", sa.String(length=200), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.String(length=1024), nullable=True),
        sa.Column("mount", sa.String(length=36), nullable=False),
        sa.Column("mount_version", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("nowhere", sa.Integer(), nullable=False),
        sa.Column("doubles", sa.Integer(), nullable=False),
        sa.Column("read_rows", sa.Integer(), nullable=False),
        sa.Column("read_nowhere", sa.Integer(), nullable=False),
        sa.Column("read_doubles", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('offered', 'held', 'withdrawn')", name=op.f("ck_exchange_direct_offers_state")),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_direct_offers_directory")
        ),
        sa.PrimaryKeyConstraint("directory", name=op.f("pk_exchange_direct_offers")),
    )
    op.create_table(
        "catalog_sync_return_loads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("returned", sa.String(length=36), nullable=False),
        sa.Column("arrival", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("staged", sa.Integer(), nullable=False),
        sa.Column("rejects", sa.Integer(), nullable=False),
        sa.Column("overtaken", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("deleted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("goes", sa.Integer(), nullable=False),
        sa.Column("stood", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'held', 'applied', 'dropped')", name=op.f("ck_catalog_sync_return_loads_state")
        ),
        sa.ForeignKeyConstraint(
            ["arrival"], ["catalog_sync_arrivals.id"], name=op.f("fk_catalog_sync_return_loads_arrival")
        ),
        sa.ForeignKeyConstraint(
            ["returned"], ["catalog_sync_declared_returns.id"], name=op.f("fk_catalog_sync_return_loads_returned")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_return_loads")),
        sa.UniqueConstraint("returned", "arrival", name=op.f("uq_catalog_sync_return_loads_returned_arrival")),
    )
    with op.batch_alter_table("catalog_sync_return_loads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalog_sync_return_loads_arrival"), ["arrival"], unique=False)
        batch_op.create_index(batch_op.f("ix_catalog_sync_return_loads_state"), ["state"], unique=False)

    op.create_table(
        "exchange_direct_rows",
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_direct_offers.directory"], name=op.f("fk_exchange_direct_rows_directory")
        ),
        sa.PrimaryKeyConstraint("directory", "key", "region", name=op.f("pk_exchange_direct_rows")),
    )
    with op.batch_alter_table("exchange_direct_rows", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_direct_rows_directory_serial"), ["directory", "serial"], unique=True
        )

    op.create_table(
        "catalog_sync_return_rejects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("load", sa.String(length=36), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["load"], ["catalog_sync_return_loads.id"], name=op.f("fk_catalog_sync_return_rejects_load")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_return_rejects")),
    )
    with op.batch_alter_table("catalog_sync_return_rejects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_catalog_sync_return_rejects_load"), ["load"], unique=False)

    op.create_table(
        "exchange_direct_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("grant", sa.String(length=36), nullable=True),
        sa.Column("purpose", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("open_as", sa.String(length=64), nullable=True),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('asked', 'active', 'suspended', 'refused', 'ended')",
            name=op.f("ck_exchange_direct_subscriptions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_direct_offers.directory"], name=op.f("fk_exchange_direct_subscriptions_directory")
        ),
        sa.ForeignKeyConstraint(
            ["grant"], ["exchange_grants.code"], name=op.f("fk_exchange_direct_subscriptions_grant")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_direct_subscriptions_organisation")
        ),
        sa.ForeignKeyConstraint(
            ["request"], ["exchange_share_requests.id"], name=op.f("fk_exchange_direct_subscriptions_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_direct_subscriptions")),
        sa.UniqueConstraint("open_as", name=op.f("uq_exchange_direct_subscriptions_open_as")),
        sa.UniqueConstraint("request", name=op.f("uq_exchange_direct_subscriptions_request")),
    )
    with op.batch_alter_table("exchange_direct_subscriptions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_direct_subscriptions_directory_state"), ["directory", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_direct_subscriptions_organisation"), ["organisation"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exchange_direct_subscriptions_state"), ["state"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange_direct_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_direct_subscriptions_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_direct_subscriptions_organisation"))
        batch_op.drop_index(batch_op.f("ix_exchange_direct_subscriptions_directory_state"))

    op.drop_table("exchange_direct_subscriptions")
    with op.batch_alter_table("catalog_sync_return_rejects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_return_rejects_load"))

    op.drop_table("catalog_sync_return_rejects")
    with op.batch_alter_table("exchange_direct_rows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_direct_rows_directory_serial"))

    op.drop_table("exchange_direct_rows")
    with op.batch_alter_table("catalog_sync_return_loads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_return_loads_state"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_return_loads_arrival"))

    op.drop_table("catalog_sync_return_loads")
    op.drop_table("exchange_direct_offers")
    with op.batch_alter_table("catalog_sync_declared_returns", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_declared_returns_target"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_declared_returns_owner"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_declared_returns_directory"))

    op.drop_table("catalog_sync_declared_returns")
