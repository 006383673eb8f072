"""Make the tables of what other sites of this platform hand over."""

import sqlalchemy as sa
from alembic import op

revision = "0026_pre_cascade"
down_revision = "0025_pre_sync_front_library"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "catalog_sync_held",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("way in ('told', 'returned')", name=op.f("ck_catalog_sync_held_way")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_sync_held")),
        sa.UniqueConstraint(
            "way", "partner", "kind", "thing", name=op.f("uq_catalog_sync_held_way_partner_kind_thing")
        ),
    )
    op.create_index(op.f("ix_catalog_sync_held_kind_thing"), "catalog_sync_held", ["kind", "thing"], unique=False)
    op.create_index(op.f("ix_catalog_sync_held_region"), "catalog_sync_held", ["region"], unique=False)
    op.create_index(
        op.f("ix_catalog_sync_held_way_partner_kind_organisation_day"),
        "catalog_sync_held",
        ["way", "partner", "kind", "organisation", "day"],
        unique=False,
    )

    op.create_table(
        "catalog_sync_held_versions",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=500), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("way in ('told', 'returned')", name=op.f("ck_catalog_sync_held_versions_way")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalog_sync_held_versions")),
        sa.UniqueConstraint(
            "way",
            "partner",
            "key",
            "outcome",
            "code",
            name=op.f("uq_catalog_sync_held_versions_way_partner_key_outcome_code"),
        ),
    )
    op.create_index(
        op.f("ix_catalog_sync_held_versions_way_partner_kind_thing"),
        "catalog_sync_held_versions",
        ["way", "partner", "kind", "thing"],
        unique=False,
    )
    op.create_index(
        op.f("ix_catalog_sync_held_versions_way_partner_number"),
        "catalog_sync_held_versions",
        ["way", "partner", "number"],
        unique=False,
    )

    op.create_table(
        "catalog_sync_watermarks",
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=1000), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("target", name=op.f("pk_catalog_sync_watermarks")),
    )
    op.create_table(
        "catalog_sync_partners",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("returns", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'closed')", name=op.f("ck_catalog_sync_partners_state")),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_catalog_sync_partners_system")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_catalog_sync_partners")),
        sa.UniqueConstraint("system", name=op.f("uq_catalog_sync_partners_system")),
    )
    op.create_table(
        "catalog_sync_returns",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("thing", sa.String(length=200), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.String(length=1), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("needs", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner"], ["catalog_sync_partners.name"], name=op.f("fk_catalog_sync_returns_partner")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalog_sync_returns")),
    )
    op.create_index(
        op.f("ix_catalog_sync_returns_partner_kind_thing"),
        "catalog_sync_returns",
        ["partner", "kind", "thing"],
        unique=False,
    )
    op.create_index(
        op.f("ix_catalog_sync_returns_partner_number"), "catalog_sync_returns", ["partner", "number"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_catalog_sync_returns_partner_number"), table_name="catalog_sync_returns")
    op.drop_index(op.f("ix_catalog_sync_returns_partner_kind_thing"), table_name="catalog_sync_returns")

    op.drop_table("catalog_sync_returns")
    op.drop_table("catalog_sync_partners")
    op.drop_table("catalog_sync_watermarks")
    op.drop_index(op.f("ix_catalog_sync_held_versions_way_partner_number"), table_name="catalog_sync_held_versions")
    op.drop_index(op.f("ix_catalog_sync_held_versions_way_partner_kind_thing"), table_name="catalog_sync_held_versions")

    op.drop_table("catalog_sync_held_versions")
    op.drop_index(op.f("ix_catalog_sync_held_way_partner_kind_organisation_day"), table_name="catalog_sync_held")
    op.drop_index(op.f("ix_catalog_sync_held_region"), table_name="catalog_sync_held")
    op.drop_index(op.f("ix_catalog_sync_held_kind_thing"), table_name="catalog_sync_held")

    op.drop_table("catalog_sync_held")
