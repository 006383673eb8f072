"""Find the uses of one directory without reading those of all others."""

from alembic import op

revision = "0032_pre_objection_search"
down_revision = "0031_pre_demands"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("exchange_usages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_usages_directory_id"), ["directory", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange_usages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_usages_directory_id"))
