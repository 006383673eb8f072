"""Make the tables of what was read of a front library's data."""

import sqlalchemy as sa
from alembic import op

revision = "0040_pre_front_rows"
down_revision = "0039_pre_auditing"
branch_labels = None
depends_on = None

ROWS = "catalog_sync_front_rows"
INDEXES = (("said", "said_as"), ("thing", "thing_as"), ("told", "told_at"))


def upgrade() -> None:
    op.create_table(
        "catalog_sync_front_batches",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("batch", sa.String(length=64), nullable=False),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("target", "table_name", "batch", name=op.f("pk_catalog_sync_front_batches")),
    )
    op.create_table(
        ROWS,
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("table_name", sa.String(length=128), nullable=False),
        sa.Column("row_as", sa.String(length=64), nullable=False),
        sa.Column("said_as", sa.String(length=64), nullable=False),
        sa.Column("thing_as", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("target", "table_name", "row_as", name=op.f("pk_catalog_sync_front_rows")),
    )
    for name, column in INDEXES:
        op.create_index(f"ix_{ROWS}_{name}", ROWS, ["target", "table_name", column], unique=False)


def downgrade() -> None:
    for name, _ in reversed(INDEXES):
        op.drop_index(f"ix_{ROWS}_{name}", table_name=ROWS)
    op.drop_table(ROWS)
    op.drop_table("catalog_sync_front_batches")
