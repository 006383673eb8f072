"""Make the tables of seals told upward and of outside seals' status."""

import sqlalchemy as sa
from alembic import op

revision = "0030_pre_seals_upward"
down_revision = "0029_pre_mirror"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_sync_outside_seals",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=64), nullable=False),
        sa.Column("unit_name", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("successor", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('active', 'suspended', 'cancelled', 'revoked', 'waiting', 'absent', 'wanted')",
            name=op.f("ck_catalog_sync_outside_seals_state"),
        ),
        sa.PrimaryKeyConstraint("source", "code", name=op.f("pk_catalog_sync_outside_seals")),
    )
    with op.batch_alter_table("catalog_sync_outside_seals", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_outside_seals_source_wanted_at"), ["source", "wanted_at"], unique=False
        )

    op.create_table(
        "catalog_sync_seal_marks",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=200), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_catalog_sync_seal_marks")),
    )


def downgrade() -> None:
    op.drop_table("catalog_sync_seal_marks")
    with op.batch_alter_table("catalog_sync_outside_seals", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_outside_seals_source_wanted_at"))

    op.drop_table("catalog_sync_outside_seals")
