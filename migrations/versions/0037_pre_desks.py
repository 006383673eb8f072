"""Make the indexes by which the list of directories is walked when it is sorted by name or by change."""

from alembic import op

revision = "0037_pre_desks"
down_revision = "0036_pre_disputes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("exchange_directories", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_directories_changed_at_code"), ["changed_at", "code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exchange_directories_name_code"), ["name", "code"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("exchange_directories", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_directories_name_code"))
        batch_op.drop_index(batch_op.f("ix_exchange_directories_changed_at_code"))
