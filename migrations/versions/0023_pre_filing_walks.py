"""Whom a case is about beside its applicant"""

import sqlalchemy as sa
from alembic import op

revision = "0023_pre_filing_walks"
down_revision = "0022_pre_window_panel"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_case_parties",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(code_hash is null) = (bound_at is null)", name=op.f("ck_certs_case_parties_bound")),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_case_parties_case")),
        sa.PrimaryKeyConstraint("case", "place", name=op.f("pk_certs_case_parties")),
    )
    with op.batch_alter_table("certs_case_parties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_case_parties_code_hash"), ["code_hash"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("certs_case_parties", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_case_parties_code_hash"))

    op.drop_table("certs_case_parties")
