"""Sealed filing documents, archives of cases"""

import sqlalchemy as sa
from alembic import op

revision = "0021_pre_sealed_filing"
down_revision = "0020_pre_scenes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_archive_attempts",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("organ", sa.String(length=18), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_certs_archive_attempts")),
    )
    op.create_table(
        "certs_archive_retentions",
        sa.Column("scope", sa.String(length=33), nullable=False),
        sa.Column("retention", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("retention in ('永久', '30年', '10年')", name=op.f("ck_certs_archive_retentions_retention")),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_certs_archive_retentions")),
    )
    op.create_table(
        "certs_filing_sheets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("about", sa.String(length=50), nullable=False),
        sa.Column("said_sm3", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('receipt', 'notice')", name=op.f("ck_certs_filing_sheets_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_filing_sheets")),
        sa.UniqueConstraint(
            "organisation",
            "kind",
            "about",
            "said_sm3",
            name=op.f("uq_certs_filing_sheets_organisation_kind_about_said_sm3"),
        ),
    )
    with op.batch_alter_table("certs_filing_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_filing_sheets_about_kind"), ["about", "kind"], unique=False)

    op.create_table(
        "certs_filing_sheet_files",
        sa.Column("sheet", sa.String(length=36), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seal_use", sa.String(length=36), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sheet"], ["certs_filing_sheets.id"], name=op.f("fk_certs_filing_sheet_files_sheet")),
        sa.PrimaryKeyConstraint("sheet", "format", name=op.f("pk_certs_filing_sheet_files")),
    )
    with op.batch_alter_table("certs_filing_sheet_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_filing_sheet_files_sm3"), ["sm3"], unique=False)

    op.create_table(
        "certs_archives",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organ", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("retention", sa.String(length=40), nullable=False),
        sa.Column("retention_basis", sa.String(length=500), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("manifest_sm3", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("properties", sa.JSON(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('made', 'handed-over', 'received', 'refused')", name=op.f("ck_certs_archives_state")
        ),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_archives_case")),
        sa.ForeignKeyConstraint(["organ"], ["keys_organisations.code"], name=op.f("fk_certs_archives_organ")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_archives")),
        sa.UniqueConstraint("case", "version", name=op.f("uq_certs_archives_case_version")),
    )
    with op.batch_alter_table("certs_archives", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_archives_organ_id"), ["organ", "id"], unique=False)

    op.create_table(
        "certs_archive_transfers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("archive", sa.String(length=36), nullable=False),
        sa.Column("to", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("accepted_findings", sa.String(length=500), nullable=False),
        sa.Column("handed_over_by", sa.String(length=200), nullable=False),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receipt", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('handed-over', 'received', 'refused')", name=op.f("ck_certs_archive_transfers_state")
        ),
        sa.ForeignKeyConstraint(["archive"], ["certs_archives.id"], name=op.f("fk_certs_archive_transfers_archive")),
        sa.ForeignKeyConstraint(["to"], ["keys_organisations.code"], name=op.f("fk_certs_archive_transfers_to")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_archive_transfers")),
    )
    with op.batch_alter_table("certs_archive_transfers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_archive_transfers_archive_handed_over_at"), ["archive", "handed_over_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certs_archive_transfers_to_state"), ["to", "state"], unique=False)

    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_filing_lookups_organisation_bound_to"), ["organisation", "bound_to"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_lookups_organisation_bound_to"))

    with op.batch_alter_table("certs_archive_transfers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_archive_transfers_to_state"))
        batch_op.drop_index(batch_op.f("ix_certs_archive_transfers_archive_handed_over_at"))

    op.drop_table("certs_archive_transfers")
    with op.batch_alter_table("certs_archives", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_archives_organ_id"))

    op.drop_table("certs_archives")
    with op.batch_alter_table("certs_filing_sheet_files", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_sheet_files_sm3"))

    op.drop_table("certs_filing_sheet_files")
    with op.batch_alter_table("certs_filing_sheets", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_sheets_about_kind"))

    op.drop_table("certs_filing_sheets")
    op.drop_table("certs_archive_retentions")
    op.drop_table("certs_archive_attempts")
