"""Panels for windows and who may frame them; pages of the item centre"""

import sqlalchemy as sa
from alembic import op

revision = "0022_pre_window_panel"
down_revision = "0021_pre_sealed_filing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_item_pulls",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("after", sa.String(length=256), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_item_pulls")),
        sa.UniqueConstraint("after", "sm3", name=op.f("uq_certs_item_pulls_after_sm3")),
    )
    op.create_table(
        "certs_filing_panels",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("item_name", sa.String(length=300), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("ticket_hash", sa.String(length=64), nullable=False),
        sa.Column("session_hash", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("situation", sa.JSON(), nullable=False),
        sa.Column("lookup", sa.String(length=36), nullable=True),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_certs_filing_panels_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_filing_panels")),
        sa.UniqueConstraint("ticket_hash", name=op.f("uq_certs_filing_panels_ticket_hash")),
    )
    with op.batch_alter_table("certs_filing_panels", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_filing_panels_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "certs_panel_origins",
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=270), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_certs_panel_origins_system")),
        sa.PrimaryKeyConstraint("system", "origin", name=op.f("pk_certs_panel_origins")),
    )


def downgrade() -> None:
    op.drop_table("certs_panel_origins")
    with op.batch_alter_table("certs_filing_panels", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_panels_ends_at"))

    op.drop_table("certs_filing_panels")
    op.drop_table("certs_item_pulls")
