"""Find the look-ups of a case by its number, whoever made them."""

from alembic import op

revision = "0041_pre_lookups_of_cases"
down_revision = "0040_pre_front_rows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_filing_lookups_basis"), ["basis"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_filing_lookups_bound_to"), ["bound_to"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_lookups_bound_to"))
        batch_op.drop_index(batch_op.f("ix_certs_filing_lookups_basis"))
