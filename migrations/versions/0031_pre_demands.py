"""Make the tables of demands, the negative list, and objections."""

import sqlalchemy as sa
from alembic import op

revision = "0031_pre_demands"
down_revision = "0030_pre_seals_upward"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_demands",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("asker", sa.String(length=18), nullable=False),
        sa.Column("asker_region", sa.String(length=12), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=True),
        sa.Column("provider_region", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("plain_name", sa.String(length=200), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("update_cycle", sa.String(length=40), nullable=False),
        sa.Column("delivery", sa.String(length=40), nullable=False),
        sa.Column("scope", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("open_as", sa.String(length=64), nullable=True),
        sa.Column("directory", sa.String(length=64), nullable=True),
        sa.Column("rejected", sa.JSON(), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=True),
        sa.Column("rule", sa.String(length=500), nullable=False),
        sa.Column("superseded_by", sa.String(length=36), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "ground is null or ground in ('not-held', 'no-basis', 'never-shared', 'excessive', 'duplicate')",
            name=op.f("ck_exchange_demands_ground"),
        ),
        sa.CheckConstraint(
            "state in ('matched', 'assigning', 'answering', 'promised', 'refused', 'ruling', 'satisfied', 'closed', 'superseded', 'withdrawn')",
            name=op.f("ck_exchange_demands_state"),
        ),
        sa.ForeignKeyConstraint(["asker"], ["keys_organisations.code"], name=op.f("fk_exchange_demands_asker")),
        sa.ForeignKeyConstraint(["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_demands_provider")),
        sa.ForeignKeyConstraint(
            ["superseded_by"], ["exchange_demands.id"], name=op.f("fk_exchange_demands_superseded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_demands")),
        sa.UniqueConstraint("open_as", name=op.f("uq_exchange_demands_open_as")),
    )
    with op.batch_alter_table("exchange_demands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_demands_asker"), ["asker"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_demands_asker_region"), ["asker_region"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_demands_plain_name"), ["plain_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_demands_provider_region"), ["provider_region"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_demands_provider_state"), ["provider", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_demands_state"), ["state"], unique=False)

    op.create_table(
        "exchange_negative_entries",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=True),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("anywhere", sa.Boolean(), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.String(length=200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("target in ('item', 'resource')", name=op.f("ck_exchange_negative_entries_target")),
        sa.ForeignKeyConstraint(
            ["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_negative_entries_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_negative_entries")),
    )
    with op.batch_alter_table("exchange_negative_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_negative_entries_ended_at_provider"), ["ended_at", "provider"], unique=False
        )

    op.create_table(
        "exchange_objections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=200), nullable=False),
        sa.Column("objector", sa.String(length=18), nullable=False),
        sa.Column("objector_region", sa.String(length=12), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=False),
        sa.Column("provider_role", sa.String(length=40), nullable=False),
        sa.Column("provider_region", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("open_as", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "about in ('record', 'field', 'certificate', 'use')", name=op.f("ck_exchange_objections_about")
        ),
        sa.CheckConstraint(
            "outcome is null or outcome in ('corrected', 'kept')", name=op.f("ck_exchange_objections_outcome")
        ),
        sa.CheckConstraint(
            "state in ('verifying', 'telling', 'ruling', 'settled', 'withdrawn')",
            name=op.f("ck_exchange_objections_state"),
        ),
        sa.ForeignKeyConstraint(
            ["objector"], ["keys_organisations.code"], name=op.f("fk_exchange_objections_objector")
        ),
        sa.ForeignKeyConstraint(
            ["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_objections_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_objections")),
        sa.UniqueConstraint("open_as", name=op.f("uq_exchange_objections_open_as")),
    )
    with op.batch_alter_table("exchange_objections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_objections_objector_region"), ["objector_region"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_objections_objector_state"), ["objector", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_objections_provider_region"), ["provider_region"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_objections_provider_state"), ["provider", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_objections_usage"), ["usage"], unique=False)

    op.create_table(
        "exchange_demand_askers",
        sa.Column("demand", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("refers_to", sa.JSON(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "origin in ('own', 'gap', 'missing-reports')", name=op.f("ck_exchange_demand_askers_origin")
        ),
        sa.ForeignKeyConstraint(["demand"], ["exchange_demands.id"], name=op.f("fk_exchange_demand_askers_demand")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_demand_askers_organisation")
        ),
        sa.PrimaryKeyConstraint("demand", "organisation", name=op.f("pk_exchange_demand_askers")),
    )
    with op.batch_alter_table("exchange_demand_askers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_demand_askers_organisation_demand"), ["organisation", "demand"], unique=False
        )

    op.create_table(
        "exchange_demand_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("demand", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["demand"], ["exchange_demands.id"], name=op.f("fk_exchange_demand_steps_demand")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_demand_steps")),
    )
    with op.batch_alter_table("exchange_demand_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_demand_steps_demand"), ["demand"], unique=False)

    op.create_table(
        "exchange_objection_receivers",
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("heard", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "heard in ('told', 'confirmed', 'disputed')", name=op.f("ck_exchange_objection_receivers_heard")
        ),
        sa.ForeignKeyConstraint(
            ["objection"], ["exchange_objections.id"], name=op.f("fk_exchange_objection_receivers_objection")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_objection_receivers_organisation")
        ),
        sa.PrimaryKeyConstraint("objection", "organisation", name=op.f("pk_exchange_objection_receivers")),
    )
    with op.batch_alter_table("exchange_objection_receivers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_objection_receivers_organisation_heard"), ["organisation", "heard"], unique=False
        )

    op.create_table(
        "exchange_objection_steps",
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["objection"], ["exchange_objections.id"], name=op.f("fk_exchange_objection_steps_objection")
        ),
        sa.PrimaryKeyConstraint("objection", "number", name=op.f("pk_exchange_objection_steps")),
    )


def downgrade() -> None:
    op.drop_table("exchange_objection_steps")
    with op.batch_alter_table("exchange_objection_receivers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_objection_receivers_organisation_heard"))

    op.drop_table("exchange_objection_receivers")
    with op.batch_alter_table("exchange_demand_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_demand_steps_demand"))

    op.drop_table("exchange_demand_steps")
    with op.batch_alter_table("exchange_demand_askers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_demand_askers_organisation_demand"))

    op.drop_table("exchange_demand_askers")
    with op.batch_alter_table("exchange_objections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_objections_usage"))
        batch_op.drop_index(batch_op.f("ix_exchange_objections_provider_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_objections_provider_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_objections_objector_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_objections_objector_region"))

    op.drop_table("exchange_objections")
    with op.batch_alter_table("exchange_negative_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_negative_entries_ended_at_provider"))

    op.drop_table("exchange_negative_entries")
    with op.batch_alter_table("exchange_demands", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_demands_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_demands_provider_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_demands_provider_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_demands_plain_name"))
        batch_op.drop_index(batch_op.f("ix_exchange_demands_asker_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_demands_asker"))

    op.drop_table("exchange_demands")
