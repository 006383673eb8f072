"""Subscriptions, deliveries and pushes"""

import sqlalchemy as sa
from alembic import op

revision = "0016_pre_pushes"
down_revision = "0015_pre_measures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_subscriptions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("directories", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("url", sa.String(length=2048), nullable=False),
        sa.Column("signature", sa.String(length=40), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'active', 'paused', 'dead', 'ended')", name=op.f("ck_exchange_subscriptions_state")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_subscriptions_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_subscriptions")),
    )
    with op.batch_alter_table("exchange_subscriptions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_subscriptions_organisation"), ["organisation"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_exchange_subscriptions_state_position"), ["state", "position"], unique=False
        )

    op.create_table(
        "exchange_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subscription", sa.String(length=36), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("resend", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state in ('waiting', 'delivered', 'dead', 'withheld')", name=op.f("ck_exchange_deliveries_state")
        ),
        sa.ForeignKeyConstraint(
            ["subscription"], ["exchange_subscriptions.id"], name=op.f("fk_exchange_deliveries_subscription")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_deliveries")),
        sa.UniqueConstraint(
            "subscription", "position", "resend", name=op.f("uq_exchange_deliveries_subscription_position_resend")
        ),
    )
    with op.batch_alter_table("exchange_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_deliveries_state_next_try_at"), ["state", "next_try_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_deliveries_subscription_subject_state_id"),
            ["subscription", "subject", "state", "id"],
            unique=False,
        )

    op.create_table(
        "exchange_pushes",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.JSON(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("version_item", sa.String(length=200), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("destination", sa.JSON(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("floor", sa.String(length=200), nullable=True),
        sa.Column("seen", sa.String(length=200), nullable=True),
        sa.Column("shape_sm3", sa.String(length=64), nullable=False),
        sa.Column("created_by", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('active', 'paused', 'ended')", name=op.f("ck_exchange_pushes_state")),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_pushes_directory")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_pushes_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_pushes")),
    )
    with op.batch_alter_table("exchange_pushes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_pushes_directory"), ["directory"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_pushes_organisation"), ["organisation"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_exchange_pushes_state_next_run_at"), ["state", "next_run_at"], unique=False
        )

    op.create_table(
        "exchange_delivery_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery"], ["exchange_deliveries.id"], name=op.f("fk_exchange_delivery_attempts_delivery")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_delivery_attempts")),
    )
    with op.batch_alter_table("exchange_delivery_attempts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_delivery_attempts_delivery"), ["delivery"], unique=False)

    op.create_table(
        "exchange_push_runs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("push", sa.String(length=36), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("task", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("contract", sa.String(length=200), nullable=False),
        sa.Column("started_by", sa.String(length=200), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("mount", sa.String(length=36), nullable=False),
        sa.Column("mount_version", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=400), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("floor", sa.String(length=200), nullable=True),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("read", sa.BigInteger(), nullable=False),
        sa.Column("staged", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("inserted", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("deleted", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('running', 'done', 'failed', 'refused', 'stopped')", name=op.f("ck_exchange_push_runs_state")
        ),
        sa.ForeignKeyConstraint(["push"], ["exchange_pushes.id"], name=op.f("fk_exchange_push_runs_push")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_push_runs")),
    )
    with op.batch_alter_table("exchange_push_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_push_runs_push_started_at"), ["push", "started_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_push_runs_state"), ["state"], unique=False)

    op.create_table(
        "exchange_push_rejects",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run", sa.String(length=36), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["exchange_push_runs.id"], name=op.f("fk_exchange_push_rejects_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_push_rejects")),
        sa.UniqueConstraint("run", "row", "item", name=op.f("uq_exchange_push_rejects_run_row_item")),
    )


def downgrade() -> None:
    op.drop_table("exchange_push_rejects")
    with op.batch_alter_table("exchange_push_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_push_runs_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_push_runs_push_started_at"))

    op.drop_table("exchange_push_runs")
    with op.batch_alter_table("exchange_delivery_attempts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_delivery_attempts_delivery"))

    op.drop_table("exchange_delivery_attempts")
    with op.batch_alter_table("exchange_pushes", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_pushes_state_next_run_at"))
        batch_op.drop_index(batch_op.f("ix_exchange_pushes_organisation"))
        batch_op.drop_index(batch_op.f("ix_exchange_pushes_directory"))

    op.drop_table("exchange_pushes")
    with op.batch_alter_table("exchange_deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_deliveries_subscription_subject_state_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_deliveries_state_next_try_at"))

    op.drop_table("exchange_deliveries")
    with op.batch_alter_table("exchange_subscriptions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_subscriptions_state_position"))
        batch_op.drop_index(batch_op.f("ix_exchange_subscriptions_organisation"))

    op.drop_table("exchange_subscriptions")
