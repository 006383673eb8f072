"""Let objections be disputed before whoever is no party, and let them go on without the silent."""

import sqlalchemy as sa
from alembic import op

revision = "0036_pre_disputes"
down_revision = "0035_pre_returns"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_certs_holder_objections_state_due_at", ["state", "due_at"], False),
    ("ix_certs_holder_objections_holder_hash_at", ["holder_hash", "at"], False),
    ("ix_certs_holder_objections_open_as", ["open_as"], True),
)
HEARD_BEFORE = "'told', 'confirmed', 'disputed'"
HEARD = "'told', 'confirmed', 'disputed', 'unconfirmed'"


def receivers(heard: str) -> sa.Table:
    """Give the table as it was, for databases that change a check by copying it."""
    return sa.Table(
        "exchange_objection_receivers",
        sa.MetaData(),
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("heard", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint(f"heard in ({heard})", name="ck_exchange_objection_receivers_heard"),
        sa.ForeignKeyConstraint(
            ["objection"], ["exchange_objections.id"], name="fk_exchange_objection_receivers_objection"
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name="fk_exchange_objection_receivers_organisation"
        ),
        sa.PrimaryKeyConstraint("objection", "organisation", name="pk_exchange_objection_receivers"),
        sa.Index("ix_exchange_objection_receivers_organisation_heard", "organisation", "heard"),
    )


def upgrade() -> None:
    op.add_column("exchange_objections", sa.Column("judge", sa.String(length=18), nullable=True))
    _heard(HEARD_BEFORE, HEARD)
    for each in (
        sa.Column("field", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("addressee_role", sa.String(length=40), nullable=False, server_default=""),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("heard", sa.String(length=40), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judge", sa.String(length=18), nullable=True),
        sa.Column("open_as", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ):
        op.add_column("certs_holder_objections", each)
    # What was answered before is over, as it was told to its holder; what was not is verified as it was.
    op.execute(
        "UPDATE certs_holder_objections SET addressee_role = coalesce((SELECT min(role) FROM exchange_tasks"
        " WHERE thing_kind = 'holder-objection' AND thing_id = certs_holder_objections.id), 'issuer'),"
        " outcome = CASE WHEN state IN ('kept', 'corrected') THEN state END,"
        " state = CASE state WHEN 'open' THEN 'verifying' WHEN 'withdrawn' THEN 'withdrawn' ELSE 'settled' END"
    )
    for name, columns, is_unique in INDEXES:
        op.create_index(op.f(name), "certs_holder_objections", columns, unique=is_unique)

    op.create_table(
        "certs_holder_objection_steps",
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("on_behalf_of", sa.String(length=200), nullable=True),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["objection"], ["certs_holder_objections.id"], name=op.f("fk_certs_holder_objection_steps_objection")
        ),
        sa.PrimaryKeyConstraint("objection", "number", name=op.f("pk_certs_holder_objection_steps")),
    )

    op.create_table(
        "certs_holder_objection_receivers",
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("heard", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint(f"heard in ({HEARD})", name=op.f("ck_certs_holder_objection_receivers_heard")),
        sa.ForeignKeyConstraint(
            ["objection"], ["certs_holder_objections.id"], name=op.f("fk_certs_holder_objection_receivers_objection")
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_holder_objection_receivers_organisation")
        ),
        sa.PrimaryKeyConstraint("objection", "organisation", name=op.f("pk_certs_holder_objection_receivers")),
    )
    with op.batch_alter_table("certs_holder_objection_receivers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_holder_objection_receivers_organisation_heard"),
            ["organisation", "heard"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("certs_holder_objection_receivers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_holder_objection_receivers_organisation_heard"))
    op.drop_table("certs_holder_objection_receivers")
    op.drop_table("certs_holder_objection_steps")

    for name, _, _ in INDEXES:
        op.drop_index(op.f(name), table_name="certs_holder_objections")
    # A dispute is not known before this version: what is not over is open, what is over is as it was answered.
    op.execute(
        "UPDATE certs_holder_objections SET state = CASE WHEN state = 'withdrawn' THEN 'withdrawn'"
        " WHEN outcome IS NULL THEN 'open' ELSE outcome END"
    )
    with op.batch_alter_table("certs_holder_objections", schema=None) as batch_op:
        for name in ("version", "open_as", "judge", "due_at", "heard", "outcome", "addressee_role", "field"):
            batch_op.drop_column(name)

    op.execute("UPDATE exchange_objection_receivers SET heard = 'confirmed' WHERE heard = 'unconfirmed'")
    _heard(HEARD, HEARD_BEFORE)
    with op.batch_alter_table("exchange_objections", schema=None) as batch_op:
        batch_op.drop_column("judge")


def _heard(before: str, after: str) -> None:
    with op.batch_alter_table("exchange_objection_receivers", copy_from=receivers(before)) as batch_op:
        batch_op.drop_constraint(op.f("ck_exchange_objection_receivers_heard"), type_="check")
        batch_op.create_check_constraint(op.f("ck_exchange_objection_receivers_heard"), f"heard in ({after})")
