"""Make the tables of comparisons with other platforms and of the days they balance."""

import sqlalchemy as sa
from alembic import op

revision = "0027_pre_reconciliation"
down_revision = "0026_pre_cascade"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catalog_sync_comparisons",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("depth", sa.String(length=16), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("sent_bytes", sa.BigInteger(), nullable=False),
        sa.Column("received_bytes", sa.BigInteger(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("here", sa.BigInteger(), nullable=False),
        sa.Column("there", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("moving", sa.Integer(), nullable=False),
        sa.Column("balance", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome in ('agrees', 'differs', 'failed')", name=op.f("ck_catalog_sync_comparisons_outcome")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalog_sync_comparisons")),
    )
    with op.batch_alter_table("catalog_sync_comparisons", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_comparisons_target_number"), ["target", "number"], unique=False
        )

    op.create_table(
        "catalog_sync_differences",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("department", sa.String(length=64), nullable=False),
        sa.Column("difference", sa.String(length=16), nullable=False),
        sa.Column("here", sa.BigInteger(), nullable=True),
        sa.Column("there", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("first", NUMBER, nullable=False),
        sa.Column("last", NUMBER, nullable=False),
        sa.Column("repair", sa.String(length=16), nullable=False),
        sa.Column("repaired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("repaired_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["first"], ["catalog_sync_comparisons.number"], name=op.f("fk_catalog_sync_differences_first")
        ),
        sa.ForeignKeyConstraint(
            ["last"], ["catalog_sync_comparisons.number"], name=op.f("fk_catalog_sync_differences_last")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalog_sync_differences")),
    )
    with op.batch_alter_table("catalog_sync_differences", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_differences_target_last_first"), ["target", "last", "first"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_catalog_sync_differences_target_settled_at_kind_thing"),
            ["target", "settled_at", "kind", "thing"],
            unique=False,
        )

    op.add_column("catalog_sync_outbox", sa.Column("department", sa.String(length=64), nullable=True))
    op.add_column("catalog_sync_outbox", sa.Column("again", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("catalog_sync_outbox", "again")
    op.drop_column("catalog_sync_outbox", "department")

    with op.batch_alter_table("catalog_sync_differences", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_differences_target_settled_at_kind_thing"))
        batch_op.drop_index(batch_op.f("ix_catalog_sync_differences_target_last_first"))

    op.drop_table("catalog_sync_differences")
    with op.batch_alter_table("catalog_sync_comparisons", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_catalog_sync_comparisons_target_number"))

    op.drop_table("catalog_sync_comparisons")
