"""Share requests, grants and use lists"""

import sqlalchemy as sa
from alembic import op

revision = "0011_pre_sharing"
down_revision = "0010_pre_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_callers",
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("mandate", sa.String(length=18), nullable=True),
        sa.Column("paper", sa.String(length=500), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('department', 'agent', 'outside', 'platform')", name=op.f("ck_exchange_callers_kind")
        ),
        sa.ForeignKeyConstraint(["mandate"], ["keys_organisations.code"], name=op.f("fk_exchange_callers_mandate")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_exchange_callers_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_exchange_callers")),
    )
    op.create_table(
        "exchange_use_lists",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('draft', 'published', 'discarded')", name=op.f("ck_exchange_use_lists_state")),
        sa.ForeignKeyConstraint(
            ["authority"], ["keys_organisations.code"], name=op.f("fk_exchange_use_lists_authority")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_use_lists")),
    )
    with op.batch_alter_table("exchange_use_lists", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_use_lists_authority_state"), ["authority", "state"], unique=False)

    op.create_table(
        "exchange_share_requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("requester", sa.String(length=18), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=False),
        sa.Column("provider_region", sa.String(length=12), nullable=False),
        sa.Column("share_type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("legal_basis", sa.String(length=500), nullable=False),
        sa.Column("scene", sa.String(length=500), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("offered", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=False),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("grant", sa.String(length=36), nullable=True),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('draft', 'checking', 'deciding', 'offered', 'refused', 'ruling', 'granted', 'closed', 'withdrawn')",
            name=op.f("ck_exchange_share_requests_state"),
        ),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_share_requests_directory")
        ),
        sa.ForeignKeyConstraint(
            ["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_share_requests_provider")
        ),
        sa.ForeignKeyConstraint(
            ["requester"], ["keys_organisations.code"], name=op.f("fk_exchange_share_requests_requester")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_share_requests")),
    )
    with op.batch_alter_table("exchange_share_requests", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_share_requests_directory"), ["directory"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_exchange_share_requests_provider_region"), ["provider_region"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_share_requests_provider_state"), ["provider", "state"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_share_requests_requester_state"), ["requester", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exchange_share_requests_state"), ["state"], unique=False)

    op.create_table(
        "exchange_use_list_items",
        sa.Column("use_list", sa.String(length=36), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("basic_code", sa.String(length=12), nullable=False),
        sa.Column("item_name", sa.String(length=200), nullable=False),
        sa.Column("material", sa.String(length=200), nullable=False),
        sa.Column("resource", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("organs", sa.JSON(), nullable=False),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["use_list"], ["exchange_use_lists.id"], name=op.f("fk_exchange_use_list_items_use_list")
        ),
        sa.PrimaryKeyConstraint("use_list", "place", name=op.f("pk_exchange_use_list_items")),
    )
    with op.batch_alter_table("exchange_use_list_items", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_use_list_items_resource_basic_code"), ["resource", "basic_code"], unique=False
        )

    op.create_table(
        "exchange_grants",
        sa.Column("code", sa.String(length=36), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=18), nullable=False),
        sa.Column("provider_region", sa.String(length=12), nullable=False),
        sa.Column("grantee", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("mandate", sa.String(length=18), nullable=True),
        sa.Column("request", sa.String(length=36), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("suspended_by_authority", sa.Boolean(), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('active', 'suspended', 'revoked', 'given-back', 'expired')",
            name=op.f("ck_exchange_grants_state"),
        ),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_grants_directory")
        ),
        sa.ForeignKeyConstraint(["grantee"], ["keys_organisations.code"], name=op.f("fk_exchange_grants_grantee")),
        sa.ForeignKeyConstraint(["mandate"], ["keys_organisations.code"], name=op.f("fk_exchange_grants_mandate")),
        sa.ForeignKeyConstraint(["provider"], ["keys_organisations.code"], name=op.f("fk_exchange_grants_provider")),
        sa.ForeignKeyConstraint(["request"], ["exchange_share_requests.id"], name=op.f("fk_exchange_grants_request")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_exchange_grants")),
    )
    with op.batch_alter_table("exchange_grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_grants_directory"), ["directory"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_exchange_grants_grantee_directory"), ["grantee", "directory"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exchange_grants_provider"), ["provider"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_grants_provider_region"), ["provider_region"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_grants_request"), ["request"], unique=False)
        batch_op.create_index(batch_op.f("ix_exchange_grants_state_ends_at"), ["state", "ends_at"], unique=False)

    op.create_table(
        "exchange_share_request_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["exchange_share_requests.id"], name=op.f("fk_exchange_share_request_messages_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_share_request_messages")),
    )
    with op.batch_alter_table("exchange_share_request_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_share_request_messages_request"), ["request"], unique=False)

    op.create_table(
        "exchange_share_request_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"], ["exchange_share_requests.id"], name=op.f("fk_exchange_share_request_steps_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_share_request_steps")),
    )
    with op.batch_alter_table("exchange_share_request_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_share_request_steps_request"), ["request"], unique=False)

    op.create_table(
        "exchange_grant_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("grant", sa.String(length=36), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant"], ["exchange_grants.code"], name=op.f("fk_exchange_grant_steps_grant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_grant_steps")),
    )
    with op.batch_alter_table("exchange_grant_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_grant_steps_grant"), ["grant"], unique=False)

    op.create_table(
        "exchange_grant_versions",
        sa.Column("grant", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("clauses", sa.JSON(), nullable=False),
        sa.Column("clauses_sm3", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["grant"], ["exchange_grants.code"], name=op.f("fk_exchange_grant_versions_grant")),
        sa.PrimaryKeyConstraint("grant", "number", name=op.f("pk_exchange_grant_versions")),
    )


def downgrade() -> None:
    op.drop_table("exchange_grant_versions")
    with op.batch_alter_table("exchange_grant_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_grant_steps_grant"))

    op.drop_table("exchange_grant_steps")
    with op.batch_alter_table("exchange_share_request_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_share_request_steps_request"))

    op.drop_table("exchange_share_request_steps")
    with op.batch_alter_table("exchange_share_request_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_share_request_messages_request"))

    op.drop_table("exchange_share_request_messages")
    with op.batch_alter_table("exchange_grants", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_grants_state_ends_at"))
        batch_op.drop_index(batch_op.f("ix_exchange_grants_request"))
        batch_op.drop_index(batch_op.f("ix_exchange_grants_provider_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_grants_provider"))
        batch_op.drop_index(batch_op.f("ix_exchange_grants_grantee_directory"))
        batch_op.drop_index(batch_op.f("ix_exchange_grants_directory"))

    op.drop_table("exchange_grants")
    with op.batch_alter_table("exchange_use_list_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_use_list_items_resource_basic_code"))

    op.drop_table("exchange_use_list_items")
    with op.batch_alter_table("exchange_share_requests", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_share_requests_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_share_requests_requester_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_share_requests_provider_state"))
        batch_op.drop_index(batch_op.f("ix_exchange_share_requests_provider_region"))
        batch_op.drop_index(batch_op.f("ix_exchange_share_requests_directory"))

    op.drop_table("exchange_share_requests")
    with op.batch_alter_table("exchange_use_lists", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_use_lists_authority_state"))

    op.drop_table("exchange_use_lists")
    op.drop_table("exchange_callers")
