"""Dialects: accounts and services"""

import sqlalchemy as sa
from alembic import op

revision = "0017_pre_dialects"
down_revision = "0016_pre_pushes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_dialect_accounts",
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.String(length=40), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("defaults", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("generation in ('first', 'newer')", name=op.f("ck_exchange_dialect_accounts_generation")),
        sa.CheckConstraint("state in ('active', 'closed')", name=op.f("ck_exchange_dialect_accounts_state")),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_exchange_dialect_accounts_system")),
        sa.PrimaryKeyConstraint("dialect", "name", name=op.f("pk_exchange_dialect_accounts")),
    )
    with op.batch_alter_table("exchange_dialect_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_dialect_accounts_system"), ["system"], unique=False)

    op.create_table(
        "exchange_dialect_services",
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_dialect_services_directory")
        ),
        sa.PrimaryKeyConstraint("dialect", "name", name=op.f("pk_exchange_dialect_services")),
    )
    with op.batch_alter_table("exchange_dialect_services", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_dialect_services_directory"), ["directory"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange_dialect_services", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_dialect_services_directory"))

    op.drop_table("exchange_dialect_services")
    with op.batch_alter_table("exchange_dialect_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_dialect_accounts_system"))

    op.drop_table("exchange_dialect_accounts")
