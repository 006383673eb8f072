"""When a mount's data were new, and why an import came to nothing"""

import sqlalchemy as sa
from alembic import op

revision = "0015_pre_measures"
down_revision = "0014_pre_certificates"
branch_labels = None
depends_on = None


# The imports as they were, for databases that change a check by copying the table, and for statements that are written
# down without looking at one.
IMPORTS = sa.Table(
    "exchange_imports",
    sa.MetaData(),
    sa.Column("id", sa.String(length=36), nullable=False),
    sa.Column("organisation", sa.String(length=18), nullable=False),
    sa.Column("by", sa.String(length=200), nullable=False),
    sa.Column("file_name", sa.String(length=200), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("size", sa.Integer(), nullable=False),
    sa.Column("sm3", sa.String(length=64), nullable=False),
    sa.Column("original", sa.LargeBinary(), nullable=True),
    sa.Column("state", sa.String(length=40), nullable=False),
    sa.Column("layout", sa.JSON(), nullable=False),
    sa.Column("remarks", sa.JSON(), nullable=False),
    sa.Column("task", sa.Integer(), nullable=True),
    sa.Column("version", sa.Integer(), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state in ('reading', 'staged', 'applying', 'applied')", name="ck_exchange_imports_state"),
    sa.PrimaryKeyConstraint("id", name="pk_exchange_imports"),
    sa.Index("ix_exchange_imports_expires_at", "expires_at"),
    sa.Index("ix_exchange_imports_organisation_created_at", "organisation", "created_at"),
)


def upgrade() -> None:
    with op.batch_alter_table("exchange_imports", copy_from=IMPORTS) as batch_op:
        batch_op.add_column(sa.Column("problem", sa.JSON(none_as_null=True), nullable=True))
        batch_op.drop_constraint(op.f("ck_exchange_imports_state"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_exchange_imports_state"), "state in ('reading', 'staged', 'refused', 'applying', 'applied')"
        )

    with op.batch_alter_table("exchange_mounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("data_updated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    # The older form has no word for them; what was refused is read again when it is uploaded again.
    op.execute("UPDATE exchange_imports SET state = 'staged' WHERE state = 'refused'")
    with op.batch_alter_table("exchange_mounts", schema=None) as batch_op:
        batch_op.drop_column("data_updated_at")

    with op.batch_alter_table("exchange_imports", schema=None) as batch_op:
        batch_op.drop_column("problem")
        batch_op.drop_constraint(op.f("ck_exchange_imports_state"), type_="check")
        batch_op.create_check_constraint(
            op.f("ck_exchange_imports_state"), "state in ('reading', 'staged', 'applying', 'applied')"
        )
