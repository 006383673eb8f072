"""Certificates"""

import sqlalchemy as sa
from alembic import op

revision = "0014_pre_certificates"
down_revision = "0013_pre_impressions"
branch_labels = None
depends_on = None


# Each of these is split by the hash of the identifier; a later change of their number is a migration of its own.
PARTITIONED = ("certs_certificates", "certs_holders", "certs_files")
PARTS = 16


def upgrade() -> None:
    op.create_table(
        "certs_certificates",
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("holding", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("grade", sa.String(length=40), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("review_due", sa.Date(), nullable=True),
        sa.Column("item_code", sa.String(length=64), nullable=False),
        sa.Column("supersedes", sa.String(length=128), nullable=True),
        sa.Column("superseded_by", sa.String(length=128), nullable=True),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('to-be-signed', 'discarded', 'staged', 'scanned', 'valid', 'suspended', 'frozen', 'changed', 'renewed', 'revoked', 'cancelled', 'transferred')",
            name=op.f("ck_certs_certificates_state"),
        ),
        sa.PrimaryKeyConstraint("identifier", name=op.f("pk_certs_certificates")),
        postgresql_partition_by="HASH (identifier)",
    )
    with op.batch_alter_table("certs_certificates", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_certificates_issuer_type_issued_on"), ["issuer", "type", "issued_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certs_certificates_token"), ["token"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_certificates_type_number_hash"), ["type", "number_hash"], unique=False
        )

    op.create_table(
        "certs_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_events")),
    )
    with op.batch_alter_table("certs_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_events_identifier_id"), ["identifier", "id"], unique=False)

    op.create_table(
        "certs_numbers",
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("latest", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("type", "number_hash", name=op.f("pk_certs_numbers")),
    )
    op.create_table(
        "certs_serials",
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("type", "region", "year", name=op.f("pk_certs_serials")),
    )
    op.create_table(
        "certs_case_steps",
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("case_number", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("request_sm3", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_case_steps_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "case_number", "step", name=op.f("pk_certs_case_steps")),
    )
    op.create_table(
        "certs_files",
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("seal_use", sa.String(length=36), nullable=True),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["identifier"], ["certs_certificates.identifier"], name=op.f("fk_certs_files_identifier")
        ),
        sa.PrimaryKeyConstraint("identifier", "format", name=op.f("pk_certs_files")),
        postgresql_partition_by="HASH (identifier)",
    )
    with op.batch_alter_table("certs_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_files_sm3"), ["sm3"], unique=False)

    op.create_table(
        "certs_holders",
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_type", sa.String(length=3), nullable=False),
        sa.Column("certificate_type", sa.String(length=21), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["identifier"], ["certs_certificates.identifier"], name=op.f("fk_certs_holders_identifier")
        ),
        sa.PrimaryKeyConstraint("identifier", "place", name=op.f("pk_certs_holders")),
        postgresql_partition_by="HASH (identifier)",
    )
    with op.batch_alter_table("certs_holders", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_holders_code_hash_certificate_type"), ["code_hash", "certificate_type"], unique=False
        )
    if op.get_context().dialect.name == "postgresql":
        for table in PARTITIONED:
            for part in range(PARTS):
                values = f"FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
                op.execute(f"CREATE TABLE {table}_{part} PARTITION OF {table} {values}")


def downgrade() -> None:
    with op.batch_alter_table("certs_holders", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_holders_code_hash_certificate_type"))

    op.drop_table("certs_holders")
    op.drop_table("certs_files")
    op.drop_table("certs_case_steps")
    op.drop_table("certs_serials")
    op.drop_table("certs_numbers")
    with op.batch_alter_table("certs_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_events_identifier_id"))

    op.drop_table("certs_events")
    with op.batch_alter_table("certs_certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_certificates_type_number_hash"))
        batch_op.drop_index(batch_op.f("ix_certs_certificates_token"))
        batch_op.drop_index(batch_op.f("ix_certs_certificates_issuer_type_issued_on"))

    op.drop_table("certs_certificates")
