"""Make what synchronisation finds its rows by."""

from alembic import op

revision = "0038_pre_sync_speed"
down_revision = "0037_pre_desks"
branch_labels = None
depends_on = None

# Table, index, columns.
INDEXES = (
    ("catalog_sync_held", "ix_catalog_sync_held_there", ["way", "partner", "is_gone", "kind", "id"]),
    ("catalog_sync_held_versions", "ix_catalog_sync_held_versions_decided", ["way", "partner", "outcome", "code"]),
    ("catalog_sync_brought_back", "ix_catalog_sync_brought_back_row", ["row"]),
)


def upgrade() -> None:
    for table, name, columns in INDEXES:
        op.create_index(name, table, columns, unique=False)


def downgrade() -> None:
    for table, name, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
