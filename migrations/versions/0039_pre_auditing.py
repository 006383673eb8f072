"""Make the table of exports of the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0039_pre_auditing"
down_revision = "0038_pre_sync_speed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "keys_ledger_exports",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_why", sa.String(length=500), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("times_taken", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('asked', 'agreed', 'refused')", name=op.f("ck_keys_ledger_exports_state")),
        sa.CheckConstraint("first >= 0 and last > first", name=op.f("ck_keys_ledger_exports_range")),
        sa.CheckConstraint("(state = 'asked') = (decided_at is null)", name=op.f("ck_keys_ledger_exports_decided")),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> asked_by", name=op.f("ck_keys_ledger_exports_two_people")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_keys_ledger_exports")),
    )


def downgrade() -> None:
    op.drop_table("keys_ledger_exports")
