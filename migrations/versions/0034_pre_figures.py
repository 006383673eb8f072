"""Make the tables of figures, and of what is answered to a bad evaluation of a use."""

import sqlalchemy as sa
from alembic import op

revision = "0034_pre_figures"
down_revision = "0033_pre_zones"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_figure_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "region", "organisation", "measure", name=op.f("pk_certs_figure_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "certs_figure_kinds",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "region", "organisation", "code", name=op.f("pk_certs_figure_kinds")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_certs_figure_kinds_first_day"), "certs_figure_kinds", ["first_day"], unique=False)
    op.create_table(
        "certs_figure_reader",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duties_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rebuilds", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_certs_figure_reader_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_figure_reader")),
    )
    op.create_table(
        "certs_use_evaluation_answers",
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["usage", "holder_hash"],
            ["certs_holder_evaluations.usage", "certs_holder_evaluations.holder_hash"],
            name=op.f("fk_certs_use_evaluation_answers_usage_certs_holder_evaluations"),
        ),
        sa.PrimaryKeyConstraint("usage", "holder_hash", name=op.f("pk_certs_use_evaluation_answers")),
    )


def downgrade() -> None:
    op.drop_table("certs_use_evaluation_answers")
    op.drop_table("certs_figure_reader")
    op.drop_index(op.f("ix_certs_figure_kinds_first_day"), table_name="certs_figure_kinds")
    op.drop_table("certs_figure_kinds")
    op.drop_table("certs_figure_counts")
