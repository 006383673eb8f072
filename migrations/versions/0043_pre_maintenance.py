"""Keep maintenance windows: from when until when, and what visitors are told."""

import sqlalchemy as sa
from alembic import op

from base.db import Moment

revision = "0043_pre_maintenance"
down_revision = "0041_pre_lookups_of_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "base_maintenance_windows",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("begins_at", Moment(), nullable=False),
        sa.Column("ends_at", Moment(), nullable=False),
        sa.Column("zh", sa.String(length=300), nullable=False),
        sa.Column("en", sa.String(length=300), nullable=False),
        sa.Column("announced_by", sa.String(length=200), nullable=False),
        sa.Column("announced_at", Moment(), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_base_maintenance_windows")),
    )
    with op.batch_alter_table("base_maintenance_windows", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_base_maintenance_windows_ended_at_ends_at"), ["ended_at", "ends_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("base_maintenance_windows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_base_maintenance_windows_ended_at_ends_at"))
    op.drop_table("base_maintenance_windows")
