"""Make the tables of refusals brought back and of files that came down."""

import sqlalchemy as sa
from alembic import op

revision = "0025_pre_sync_front_library"
down_revision = "0024_pre_sync"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catalog_sync_arrivals",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("described_as", sa.String(length=200), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("rejects", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('staged', 'refused')", name=op.f("ck_catalog_sync_arrivals_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_arrivals")),
        sa.UniqueConstraint("target", "described_as", name=op.f("uq_catalog_sync_arrivals_target_described_as")),
    )
    op.create_table(
        "catalog_sync_arrival_rows",
        sa.Column("arrival", NUMBER, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("operation", sa.String(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("fault", sa.String(length=60), nullable=False),
        sa.Column("column_name", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["arrival"], ["catalog_sync_arrivals.id"], name=op.f("fk_catalog_sync_arrival_rows_arrival")
        ),
        sa.PrimaryKeyConstraint("arrival", "number", name=op.f("pk_catalog_sync_arrival_rows")),
    )
    op.create_table(
        "catalog_sync_brought_back",
        sa.Column("news", sa.String(length=40), nullable=False),
        sa.Column("row", NUMBER, nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("brought_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["row"], ["catalog_sync_outbox.number"], name=op.f("fk_catalog_sync_brought_back_row")),
        sa.PrimaryKeyConstraint("news", name=op.f("pk_catalog_sync_brought_back")),
    )
    with op.batch_alter_table("catalog_sync_brought_back", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_brought_back_settled_at_row"), ["settled_at", "row"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("catalog_sync_brought_back", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_brought_back_settled_at_row"))
    op.drop_table("catalog_sync_brought_back")
    op.drop_table("catalog_sync_arrival_rows")
    op.drop_table("catalog_sync_arrivals")
