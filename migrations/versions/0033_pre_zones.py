"""Make the tables of zones and subject profiles."""

import sqlalchemy as sa
from alembic import op

revision = "0033_pre_zones"
down_revision = "0032_pre_objection_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_zones",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("lead", sa.String(length=18), nullable=False),
        sa.Column("lead_region", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("published", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["keys_organisations.code"], name=op.f("fk_exchange_zones_lead")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_exchange_zones")),
    )
    with op.batch_alter_table("exchange_zones", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_zones_lead"), ["lead"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_zones_lead_region"), ["lead_region"], unique=False)

    op.create_table(
        "exchange_zone_versions",
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=500), nullable=False),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("content_sm3", sa.String(length=64), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('draft', 'reviewing', 'published', 'superseded', 'withdrawn', 'discarded')",
            name=op.f("ck_exchange_zone_versions_state"),
        ),
        sa.ForeignKeyConstraint(["zone"], ["exchange_zones.code"], name=op.f("fk_exchange_zone_versions_zone")),
        sa.PrimaryKeyConstraint("zone", "number", name=op.f("pk_exchange_zone_versions")),
    )
    with op.batch_alter_table("exchange_zone_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_zone_versions_state"), ["state"], unique=False)

    op.create_table(
        "exchange_zone_members",
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("standing", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "standing in ('included', 'objected', 'withdrawn', 'broken')",
            name=op.f("ck_exchange_zone_members_standing"),
        ),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_zone_members_directory")
        ),
        sa.ForeignKeyConstraint(
            ["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_zone_members_provider")
        ),
        sa.ForeignKeyConstraint(
            ["zone", "number"],
            ["exchange_zone_versions.zone", "exchange_zone_versions.number"],
            name=op.f("fk_exchange_zone_members_zone_number"),
        ),
        sa.PrimaryKeyConstraint("zone", "number", "directory", name=op.f("pk_exchange_zone_members")),
    )
    with op.batch_alter_table("exchange_zone_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_zone_members_directory"), ["directory"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_zone_members_provider_zone"), ["provider", "zone"], unique=False)

    op.create_table(
        "exchange_zone_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["zone"], ["exchange_zones.code"], name=op.f("fk_exchange_zone_steps_zone")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_zone_steps")),
    )
    with op.batch_alter_table("exchange_zone_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_zone_steps_zone"), ["zone"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange_zone_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_zone_steps_zone"))

    op.drop_table("exchange_zone_steps")
    with op.batch_alter_table("exchange_zone_members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_zone_members_provider_zone"))
        batch_op.drop_index(batch_op.f("ix_exchange_zone_members_directory"))

    op.drop_table("exchange_zone_members")
    with op.batch_alter_table("exchange_zone_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_zone_versions_state"))

    op.drop_table("exchange_zone_versions")
    with op.batch_alter_table("exchange_zones", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_zones_lead_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_zones_lead"))

    op.drop_table("exchange_zones")
