"""What is told to other platforms: the outbox with its transitions, the inbox, the channels, the evidence."""

import sqlalchemy as sa
from alembic import op

revision = "0024_pre_sync"
down_revision = "0023_pre_filing_walks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "catalog_sync_channels",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt_mark", sa.String(length=1000), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(length=500), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rests_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_catalog_sync_channels")),
    )
    op.create_table(
        "catalog_sync_evidence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_evidence")),
    )
    op.create_index(op.f("ix_catalog_sync_evidence_target"), "catalog_sync_evidence", ["target"])
    op.create_table(
        "catalog_sync_outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content_sm3", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("corrected", sa.LargeBinary(), nullable=True),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("portion", sa.Integer(), nullable=True),
        sa.Column("waiting_kind", sa.String(length=32), nullable=True),
        sa.Column("waiting_thing", sa.String(length=200), nullable=True),
        sa.Column("upstream_id", sa.String(length=200), nullable=True),
        sa.Column("receipt", sa.String(length=200), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pause", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'sent', 'accepted', 'stored', 'refused', 'dead', 'superseded')",
            name=op.f("ck_catalog_sync_outbox_state"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalog_sync_outbox")),
        sa.UniqueConstraint(
            "target", "kind", "thing", "version", name=op.f("uq_catalog_sync_outbox_target_kind_thing_version")
        ),
    )
    op.create_index(op.f("ix_catalog_sync_outbox_target_day_state"), "catalog_sync_outbox", ["target", "day", "state"])
    op.create_index(op.f("ix_catalog_sync_outbox_target_key"), "catalog_sync_outbox", ["target", "key"])
    op.create_index(
        op.f("ix_catalog_sync_outbox_target_state_changed_at"), "catalog_sync_outbox", ["target", "state", "changed_at"]
    )
    op.create_index(
        "ix_catalog_sync_outbox_due",
        "catalog_sync_outbox",
        ["target", "state", "waiting_kind", "tried_at", "number"],
    )
    op.create_index(op.f("ix_catalog_sync_outbox_target_tried_at"), "catalog_sync_outbox", ["target", "tried_at"])
    op.create_index(op.f("ix_catalog_sync_outbox_target_upstream_id"), "catalog_sync_outbox", ["target", "upstream_id"])
    op.create_index(
        op.f("ix_catalog_sync_outbox_target_waiting_kind_waiting_thing"),
        "catalog_sync_outbox",
        ["target", "waiting_kind", "waiting_thing"],
    )
    op.create_table(
        "catalog_sync_inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=200), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("upstream_id", sa.String(length=200), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["catalog_sync_outbox.number"], name=op.f("fk_catalog_sync_inbox_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_inbox")),
        sa.UniqueConstraint("target", "number", name=op.f("uq_catalog_sync_inbox_target_number")),
    )
    op.create_index(op.f("ix_catalog_sync_inbox_target_row"), "catalog_sync_inbox", ["target", "row"])
    op.create_table(
        "catalog_sync_transitions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["row"], ["catalog_sync_outbox.number"], name=op.f("fk_catalog_sync_transitions_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_transitions")),
    )
    op.create_index(op.f("ix_catalog_sync_transitions_row"), "catalog_sync_transitions", ["row"])


def downgrade() -> None:
    op.drop_index(op.f("ix_catalog_sync_transitions_row"), table_name="catalog_sync_transitions")
    op.drop_table("catalog_sync_transitions")
    op.drop_index(op.f("ix_catalog_sync_inbox_target_row"), table_name="catalog_sync_inbox")
    op.drop_table("catalog_sync_inbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_waiting_kind_waiting_thing"), table_name="catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_upstream_id"), table_name="catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_tried_at"), table_name="catalog_sync_outbox")
    op.drop_index("ix_catalog_sync_outbox_due", table_name="catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_state_changed_at"), table_name="catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_key"), table_name="catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_outbox_target_day_state"), table_name="catalog_sync_outbox")
    op.drop_table("catalog_sync_outbox")
    op.drop_index(op.f("ix_catalog_sync_evidence_target"), table_name="catalog_sync_evidence")
    op.drop_table("catalog_sync_evidence")
    op.drop_table("catalog_sync_channels")
