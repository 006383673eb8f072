"""Impressions, filings and batches of seals"""

import sqlalchemy as sa
from alembic import op

revision = "0013_pre_impressions"
down_revision = "0012_pre_gateway"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_impressions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("filing", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("original_sm3", sa.String(length=64), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("imported_by", sa.String(length=200), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_because", sa.String(length=500), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_impressions")),
        sa.UniqueConstraint("filing", name=op.f("uq_signing_impressions_filing")),
    )
    with op.batch_alter_table("signing_impressions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_impressions_organisation"), ["organisation"], unique=False)

    op.create_table(
        "signing_batches",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("seal", sa.String(length=14), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("document_type", sa.String(length=100), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("manner", sa.JSON(), nullable=False),
        sa.Column("task", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.String(length=40), nullable=True),
        sa.Column("stopped_facts", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["signing_seals.id"], name=op.f("fk_signing_batches_seal")),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_signing_batches_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_batches")),
    )
    with op.batch_alter_table("signing_batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_batches_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_signing_batches_system_created_at"), ["system", "created_at"], unique=False
        )

    op.create_table(
        "signing_filings",
        sa.Column("seal", sa.String(length=14), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("registrar", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("receipt", sa.String(length=40), nullable=True),
        sa.Column("number", sa.String(length=40), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("words", sa.String(length=500), nullable=True),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('asked', 'pending', 'filed', 'refused')", name=op.f("ck_signing_filings_state")),
        sa.ForeignKeyConstraint(
            ["seal", "edition"],
            ["signing_seal_editions.seal", "signing_seal_editions.number"],
            name=op.f("fk_signing_filings_seal_edition"),
        ),
        sa.PrimaryKeyConstraint("seal", "edition", name=op.f("pk_signing_filings")),
    )
    with op.batch_alter_table("signing_filings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signing_filings_state_next_at"), ["state", "next_at"], unique=False)

    op.create_table(
        "signing_batch_documents",
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("draft_sm3", sa.String(length=64), nullable=False),
        sa.Column("use", sa.String(length=36), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("sm3", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('waiting', 'sealed', 'failed')", name=op.f("ck_signing_batch_documents_state")),
        sa.ForeignKeyConstraint(["batch"], ["signing_batches.id"], name=op.f("fk_signing_batch_documents_batch")),
        sa.ForeignKeyConstraint(["use"], ["signing_uses.id"], name=op.f("fk_signing_batch_documents_use")),
        sa.PrimaryKeyConstraint("batch", "number", name=op.f("pk_signing_batch_documents")),
    )
    with op.batch_alter_table("signing_batch_documents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_signing_batch_documents_batch_state_number"), ["batch", "state", "number"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("signing_batch_documents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_batch_documents_batch_state_number"))

    op.drop_table("signing_batch_documents")
    with op.batch_alter_table("signing_filings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_filings_state_next_at"))

    op.drop_table("signing_filings")
    with op.batch_alter_table("signing_batches", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_batches_system_created_at"))
        batch_op.drop_index(batch_op.f("ix_signing_batches_expires_at"))

    op.drop_table("signing_batches")
    with op.batch_alter_table("signing_impressions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signing_impressions_organisation"))

    op.drop_table("signing_impressions")
