"""Make the tables of monitoring tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0028_pre_monitoring"
down_revision = "0027_pre_reconciliation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_tickets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("monitor", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=240), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("said_zh", sa.Text(), nullable=False),
        sa.Column("said_en", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_to", sa.String(length=18), nullable=True),
        sa.Column("follows", sa.Integer(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at is not null)", name=op.f("ck_exchange_tickets_closed_at")),
        sa.CheckConstraint(
            "(state = 'closed') = (feedback is not null)", name=op.f("ck_exchange_tickets_closed_with_feedback")
        ),
        sa.CheckConstraint("severity in ('warning', 'critical')", name=op.f("ck_exchange_tickets_severity")),
        sa.CheckConstraint(
            "state in ('open', 'acknowledged', 'handled', 'closed')", name=op.f("ck_exchange_tickets_state")
        ),
        sa.ForeignKeyConstraint(
            ["escalated_to"], ["keys_organisations.code"], name=op.f("fk_exchange_tickets_escalated_to")
        ),
        sa.ForeignKeyConstraint(["follows"], ["exchange_tickets.id"], name=op.f("fk_exchange_tickets_follows")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_tickets")),
    )
    with op.batch_alter_table("exchange_tickets", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_tickets_escalated_at_due_at"), ["escalated_at", "due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_exchange_tickets_monitor_subject_id"), ["monitor", "subject", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exchange_tickets_organisation_id"), ["organisation", "id"], unique=False)
        batch_op.create_index(
            "uq_exchange_tickets_one_open",
            ["monitor", "subject"],
            unique=True,
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )

    op.create_table(
        "exchange_quality_marks",
        sa.Column("directory", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory"], ["exchange_directories.code"], name=op.f("fk_exchange_quality_marks_directory")
        ),
        sa.PrimaryKeyConstraint("directory", name=op.f("pk_exchange_quality_marks")),
    )
    with op.batch_alter_table("exchange_quality_marks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_quality_marks_measured_at"), ["measured_at"], unique=False)

    op.create_table(
        "exchange_ticket_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["exchange_tickets.id"], name=op.f("fk_exchange_ticket_steps_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_ticket_steps")),
    )
    with op.batch_alter_table("exchange_ticket_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_ticket_steps_ticket"), ["ticket"], unique=False)

    with op.batch_alter_table("exchange_terms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("hours", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("exchange_terms", schema=None) as batch_op:
        batch_op.drop_column("hours")

    with op.batch_alter_table("exchange_ticket_steps", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_ticket_steps_ticket"))

    op.drop_table("exchange_ticket_steps")
    with op.batch_alter_table("exchange_quality_marks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_quality_marks_measured_at"))

    op.drop_table("exchange_quality_marks")
    with op.batch_alter_table("exchange_tickets", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_exchange_tickets_one_open",
            sqlite_where=sa.text("state <> 'closed'"),
            postgresql_where=sa.text("state <> 'closed'"),
        )
        batch_op.drop_index(batch_op.f("ix_exchange_tickets_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_tickets_monitor_subject_id"))
        batch_op.drop_index(batch_op.f("ix_exchange_tickets_escalated_at_due_at"))

    op.drop_table("exchange_tickets")
