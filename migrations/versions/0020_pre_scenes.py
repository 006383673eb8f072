"""Supervision after approval: who supervises what, what they were told, and what they answered"""

import sqlalchemy as sa
from alembic import op

revision = "0020_pre_scenes"
down_revision = "0019_pre_filing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_supervision_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("supervisor", sa.String(length=18), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("laid_down_by", sa.String(length=200), nullable=False),
        sa.Column("laid_down_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["supervisor"], ["keys_organisations.code"], name=op.f("fk_certs_supervision_rules_supervisor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_supervision_rules")),
    )
    op.create_index(op.f("ix_certs_supervision_rules_type_issuer"), "certs_supervision_rules", ["type", "issuer"])
    op.create_table(
        "certs_supervision_notices",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("supervisor", sa.String(length=18), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=64), nullable=False),
        sa.Column("received_by", sa.String(length=200), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'received')", name=op.f("ck_certs_supervision_notices_state")),
        sa.ForeignKeyConstraint(
            ["rule"], ["certs_supervision_rules.id"], name=op.f("fk_certs_supervision_notices_rule")
        ),
        sa.ForeignKeyConstraint(
            ["supervisor"], ["keys_organisations.code"], name=op.f("fk_certs_supervision_notices_supervisor")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_supervision_notices")),
        sa.UniqueConstraint(
            "identifier",
            "version",
            "supervisor",
            name=op.f("uq_certs_supervision_notices_identifier_version_supervisor"),
        ),
    )
    op.create_index(op.f("ix_certs_supervision_notices_issuer_id"), "certs_supervision_notices", ["issuer", "id"])
    op.create_index(
        op.f("ix_certs_supervision_notices_supervisor_state_id"),
        "certs_supervision_notices",
        ["supervisor", "state", "id"],
    )
    op.create_table(
        "certs_supervision_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice", sa.String(length=36), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("told_by", sa.String(length=200), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice"], ["certs_supervision_notices.id"], name=op.f("fk_certs_supervision_feedback_notice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_supervision_feedback")),
        sa.UniqueConstraint("notice", "key", name=op.f("uq_certs_supervision_feedback_notice_key")),
    )


def downgrade() -> None:
    op.drop_table("certs_supervision_feedback")
    op.drop_table("certs_supervision_notices")
    op.drop_table("certs_supervision_rules")
