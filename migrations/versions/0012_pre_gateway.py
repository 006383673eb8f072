"""The gateway: uses, quotas, receipts and large results"""

import sqlalchemy as sa
from alembic import op

revision = "0012_pre_gateway"
down_revision = "0011_pre_sharing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_quota_counts",
        sa.Column("grant_code", sa.String(length=64), nullable=False),
        sa.Column("window", sa.String(length=40), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("grant_code", "window", "begins_at", name=op.f("pk_exchange_quota_counts")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("exchange_quota_counts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_quota_counts_begins_at"), ["begins_at"], unique=False)

    op.create_table(
        "exchange_receipt_keys",
        sa.Column("hash", sa.String(length=8), nullable=False),
        sa.Column("key_id", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_exchange_receipt_keys")),
    )
    op.create_table(
        "exchange_result_files",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('running', 'ready', 'failed', 'expired')", name=op.f("ck_exchange_result_files_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_result_files")),
    )
    with op.batch_alter_table("exchange_result_files", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_result_files_organisation_id"), ["organisation", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_result_files_state_expires_at"), ["state", "expires_at"], unique=False
        )

    op.create_table(
        "exchange_usages",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("caller", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=18), nullable=False),
        sa.Column("grant_code", sa.String(length=64), nullable=False),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("basis_kind", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("operator_kind", sa.String(length=40), nullable=False),
        sa.Column("handling_region", sa.String(length=12), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("mount", sa.String(length=36), nullable=False),
        sa.Column("health", sa.String(length=40), nullable=False),
        sa.Column("request_sm3", sa.String(length=64), nullable=False),
        sa.Column("answer_sm3", sa.String(length=64), nullable=False),
        sa.Column("bound_to", sa.String(length=64), nullable=True),
        sa.Column("bound_by", sa.String(length=200), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(bound_to is null) = (bound_at is null)", name=op.f("ck_exchange_usages_bound")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_usages")),
    )
    with op.batch_alter_table("exchange_usages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_usages_organisation_id"), ["organisation", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_usages_owner_id"), ["owner", "id"], unique=False)

    op.create_table(
        "exchange_receipt_batches",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["exchange_receipt_keys.hash"], name=op.f("fk_exchange_receipt_batches_key")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_receipt_batches")),
        sa.UniqueConstraint("size", name=op.f("uq_exchange_receipt_batches_size")),
    )
    op.create_table(
        "exchange_result_parts",
        sa.Column("file", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["exchange_result_files.id"], name=op.f("fk_exchange_result_parts_file")),
        sa.PrimaryKeyConstraint("file", "number", name=op.f("pk_exchange_result_parts")),
    )


def downgrade() -> None:
    op.drop_table("exchange_result_parts")
    op.drop_table("exchange_receipt_batches")
    with op.batch_alter_table("exchange_usages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_usages_owner_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_usages_organisation_id"))

    op.drop_table("exchange_usages")
    with op.batch_alter_table("exchange_result_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_result_files_state_expires_at"))
        batch_op.drop_index(batch_op.f("ix_exchange_result_files_organisation_id"))

    op.drop_table("exchange_result_files")
    op.drop_table("exchange_receipt_keys")
    with op.batch_alter_table("exchange_quota_counts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_quota_counts_begins_at"))

    op.drop_table("exchange_quota_counts")
