"""What certificates are used for"""

import sqlalchemy as sa
from alembic import op

revision = "0018_pre_library"
down_revision = "0017_pre_dialects"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_copies",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("format", sa.String(length=40), nullable=False),
        sa.Column("original_sm3", sa.String(length=64), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seal_use", sa.String(length=36), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_copies")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_certs_copies_token_hash")),
    )
    with op.batch_alter_table("certs_copies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_copies_identifier"), ["identifier"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_copies_link_ends_at"), ["link_ends_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_copies_sm3"), ["sm3"], unique=False)

    op.create_table(
        "certs_holder_closings",
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "usage", name=op.f("pk_certs_holder_closings")),
    )
    op.create_table(
        "certs_holder_evaluations",
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level between 1 and 5", name=op.f("ck_certs_holder_evaluations_level")),
        sa.PrimaryKeyConstraint("usage", "holder_hash", name=op.f("pk_certs_holder_evaluations")),
    )
    with op.batch_alter_table("certs_holder_evaluations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_holder_evaluations_organisation_at"), ["organisation", "at"], unique=False
        )

    op.create_table(
        "certs_holder_objections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("about", sa.String(length=40), nullable=False),
        sa.Column("addressee", sa.String(length=18), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_holder_objections")),
    )
    with op.batch_alter_table("certs_holder_objections", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_holder_objections_addressee_state_at"), ["addressee", "state", "at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certs_holder_objections_usage_holder_hash"), ["usage", "holder_hash"], unique=False
        )

    op.create_table(
        "certs_holder_uses",
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("item_code", sa.String(length=64), nullable=False),
        sa.Column("item_name", sa.String(length=200), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("consent", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder_hash", "usage", "type", "identifier", name=op.f("pk_certs_holder_uses")),
    )
    op.create_table(
        "certs_library_answers",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("library", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("question", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('awaited', 'answered', 'failed')", name=op.f("ck_certs_library_answers_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_certs_library_answers")),
    )
    with op.batch_alter_table("certs_library_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_library_answers_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_library_answers_state_next_at"), ["state", "next_at"], unique=False)

    op.create_table(
        "certs_library_evidence",
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("library", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("usage", "library", name=op.f("pk_certs_library_evidence")),
    )
    op.create_table(
        "certs_presentation_guesses",
        sa.Column("caller", sa.String(length=200), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("guesses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "begins_at", name=op.f("pk_certs_presentation_guesses")),
    )
    op.create_table(
        "exchange_enumeration_alarms",
        sa.Column("caller", sa.String(length=200), nullable=False),
        sa.Column("owner", sa.String(length=18), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("signs", sa.JSON(), nullable=False),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("caller", "owner", "raised_at", name=op.f("pk_exchange_enumeration_alarms")),
    )
    with op.batch_alter_table("exchange_enumeration_alarms", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_exchange_enumeration_alarms_raised_at"), ["raised_at"], unique=False)

    op.create_table(
        "certs_blank_ranges",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("prefix", sa.String(length=20), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_blank_ranges_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_blank_ranges")),
    )
    with op.batch_alter_table("certs_blank_ranges", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_blank_ranges_organisation_type"), ["organisation", "type"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certs_blank_ranges_type_prefix_digits_first"),
            ["type", "prefix", "digits", "first"],
            unique=False,
        )

    op.create_table(
        "certs_consents",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("matter", sa.String(length=33), nullable=False),
        sa.Column("agreement", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("identifiers", sa.JSON(), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("most_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("giver", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=200), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_consents_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_consents")),
    )
    with op.batch_alter_table("certs_consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_consents_holder_hash_organisation_ends_at"),
            ["holder_hash", "organisation", "ends_at"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_certs_consents_organisation_given_at"), ["organisation", "given_at"], unique=False
        )

    op.create_table(
        "certs_deposits",
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("sealer", sa.String(length=18), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("sub_indication", sa.String(length=40), nullable=True),
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("trust", sa.String(length=64), nullable=False),
        sa.Column("remarks", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_deposits_organisation")
        ),
        sa.PrimaryKeyConstraint("sm3", name=op.f("pk_certs_deposits")),
    )
    with op.batch_alter_table("certs_deposits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_deposits_identifier"), ["identifier"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_deposits_organisation_at"), ["organisation", "at"], unique=False)

    op.create_table(
        "certs_missing_reports",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("issuer", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.String(length=200), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state in ('open', 'made-up', 'refused')", name=op.f("ck_certs_missing_reports_state")),
        sa.ForeignKeyConstraint(["issuer"], ["keys_organisations.code"], name=op.f("fk_certs_missing_reports_issuer")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_missing_reports_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_missing_reports")),
    )
    with op.batch_alter_table("certs_missing_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_missing_reports_issuer_id"), ["issuer", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_missing_reports_organisation_id"), ["organisation", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certs_missing_reports_type_holder_hash_state"),
            ["type", "holder_hash", "state"],
            unique=False,
        )

    op.create_table(
        "certs_old_stock",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file_sm3", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unknown_columns", sa.JSON(), nullable=False),
        sa.Column("profile", sa.JSON(), nullable=True),
        sa.Column("signed_off_by", sa.String(length=200), nullable=True),
        sa.Column("signed_off_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("statement", sa.String(length=500), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=True),
        sa.Column("task", sa.BigInteger(), nullable=True),
        sa.Column("stopped", sa.String(length=40), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection_days", sa.Integer(), nullable=False),
        sa.Column("objections_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state in ('uploaded', 'profiling', 'profiled', 'dropped', 'signed-off', 'making', 'made', 'sampled', 'publishing', 'published', 'closed', 'rolling-back', 'rolled-back')",
            name=op.f("ck_certs_old_stock_state"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_old_stock_organisation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_old_stock")),
    )
    with op.batch_alter_table("certs_old_stock", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_old_stock_organisation_uploaded_at"), ["organisation", "uploaded_at"], unique=False
        )

    op.create_table(
        "certs_scene_agreements",
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("scene", sa.String(length=40), nullable=False),
        sa.Column("begins_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.String(length=200), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_scene_agreements_organisation")
        ),
        sa.PrimaryKeyConstraint("organisation", "number", name=op.f("pk_certs_scene_agreements")),
    )
    op.create_table(
        "certs_successions",
        sa.Column("former", sa.String(length=200), nullable=False),
        sa.Column("successor", sa.String(length=18), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["successor"], ["keys_organisations.code"], name=op.f("fk_certs_successions_successor")
        ),
        sa.PrimaryKeyConstraint("former", name=op.f("pk_certs_successions")),
    )
    op.create_table(
        "certs_consent_uses",
        sa.Column("consent", sa.String(length=36), nullable=False),
        sa.Column("usage", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["consent"], ["certs_consents.id"], name=op.f("fk_certs_consent_uses_consent")),
        sa.PrimaryKeyConstraint("consent", "usage", name=op.f("pk_certs_consent_uses")),
    )
    op.create_table(
        "certs_holder_bindings",
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("capacity", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("bound_by", sa.String(length=200), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["keys_people.id"], name=op.f("fk_certs_holder_bindings_person")),
        sa.PrimaryKeyConstraint("person", "code_hash", name=op.f("pk_certs_holder_bindings")),
    )
    op.create_table(
        "certs_old_stock_objections",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=500), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["certs_old_stock.id"], name=op.f("fk_certs_old_stock_objections_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_old_stock_objections")),
    )
    with op.batch_alter_table("certs_old_stock_objections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_old_stock_objections_batch_state"), ["batch", "state"], unique=False)

    op.create_table(
        "certs_old_stock_rows",
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.String(length=64), nullable=False),
        sa.Column("is_paper", sa.Boolean(), nullable=False),
        sa.Column("faults", sa.JSON(), nullable=False),
        sa.Column("scan", sa.LargeBinary(), nullable=True),
        sa.Column("scan_format", sa.String(length=40), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("identifier", sa.String(length=128), nullable=True),
        sa.Column("is_sampled", sa.Boolean(), nullable=False),
        sa.Column("look", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'sound', 'faulty', 'made', 'scanned', 'failed', 'published', 'rolled-back', 'left')",
            name=op.f("ck_certs_old_stock_rows_state"),
        ),
        sa.ForeignKeyConstraint(["batch"], ["certs_old_stock.id"], name=op.f("fk_certs_old_stock_rows_batch")),
        sa.PrimaryKeyConstraint("batch", "number", name=op.f("pk_certs_old_stock_rows")),
    )
    with op.batch_alter_table("certs_old_stock_rows", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_old_stock_rows_batch_number_hash"), ["batch", "number_hash"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certs_old_stock_rows_batch_state_number"), ["batch", "state", "number"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certs_old_stock_rows_identifier"), ["identifier"], unique=False)

    op.create_table(
        "certs_papers",
        sa.Column("type", sa.String(length=21), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("range", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=True),
        sa.Column("replaces", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('used', 'void', 'lost')", name=op.f("ck_certs_papers_state")),
        sa.ForeignKeyConstraint(["range"], ["certs_blank_ranges.id"], name=op.f("fk_certs_papers_range")),
        sa.PrimaryKeyConstraint("type", "number", name=op.f("pk_certs_papers")),
    )
    with op.batch_alter_table("certs_papers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_papers_range"), ["range"], unique=False)
        batch_op.create_index(
            "uq_certs_papers_one_valid",
            ["identifier"],
            unique=True,
            sqlite_where=sa.text("state = 'used'"),
            postgresql_where=sa.text("state = 'used'"),
        )

    op.create_table(
        "certs_presentations",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("consent", sa.String(length=36), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("matter", sa.String(length=33), nullable=False),
        sa.Column("shows", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("redeemed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["consent"], ["certs_consents.id"], name=op.f("fk_certs_presentations_consent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_presentations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_certs_presentations_code_hash")),
    )
    with op.batch_alter_table("certs_presentations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_presentations_holder_hash_ends_at"), ["holder_hash", "ends_at"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("certs_presentations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_presentations_holder_hash_ends_at"))

    op.drop_table("certs_presentations")
    with op.batch_alter_table("certs_papers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_certs_papers_one_valid",
            sqlite_where=sa.text("state = 'used'"),
            postgresql_where=sa.text("state = 'used'"),
        )
        batch_op.drop_index(batch_op.f("ix_certs_papers_range"))

    op.drop_table("certs_papers")
    with op.batch_alter_table("certs_old_stock_rows", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_old_stock_rows_identifier"))
        batch_op.drop_index(batch_op.f("ix_certs_old_stock_rows_batch_state_number"))
        batch_op.drop_index(batch_op.f("ix_certs_old_stock_rows_batch_number_hash"))

    op.drop_table("certs_old_stock_rows")
    with op.batch_alter_table("certs_old_stock_objections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_old_stock_objections_batch_state"))

    op.drop_table("certs_old_stock_objections")
    op.drop_table("certs_holder_bindings")
    op.drop_table("certs_consent_uses")
    op.drop_table("certs_successions")
    op.drop_table("certs_scene_agreements")
    with op.batch_alter_table("certs_old_stock", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_old_stock_organisation_uploaded_at"))

    op.drop_table("certs_old_stock")
    with op.batch_alter_table("certs_missing_reports", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_missing_reports_type_holder_hash_state"))
        batch_op.drop_index(batch_op.f("ix_certs_missing_reports_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_certs_missing_reports_issuer_id"))

    op.drop_table("certs_missing_reports")
    with op.batch_alter_table("certs_deposits", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_deposits_organisation_at"))
        batch_op.drop_index(batch_op.f("ix_certs_deposits_identifier"))

    op.drop_table("certs_deposits")
    with op.batch_alter_table("certs_consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_consents_organisation_given_at"))
        batch_op.drop_index(batch_op.f("ix_certs_consents_holder_hash_organisation_ends_at"))

    op.drop_table("certs_consents")
    with op.batch_alter_table("certs_blank_ranges", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_blank_ranges_type_prefix_digits_first"))
        batch_op.drop_index(batch_op.f("ix_certs_blank_ranges_organisation_type"))

    op.drop_table("certs_blank_ranges")
    with op.batch_alter_table("exchange_enumeration_alarms", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_exchange_enumeration_alarms_raised_at"))

    op.drop_table("exchange_enumeration_alarms")
    op.drop_table("certs_presentation_guesses")
    op.drop_table("certs_library_evidence")
    with op.batch_alter_table("certs_library_answers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_library_answers_state_next_at"))
        batch_op.drop_index(batch_op.f("ix_certs_library_answers_expires_at"))

    op.drop_table("certs_library_answers")
    op.drop_table("certs_holder_uses")
    with op.batch_alter_table("certs_holder_objections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_holder_objections_usage_holder_hash"))
        batch_op.drop_index(batch_op.f("ix_certs_holder_objections_addressee_state_at"))

    op.drop_table("certs_holder_objections")
    with op.batch_alter_table("certs_holder_evaluations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_holder_evaluations_organisation_at"))

    op.drop_table("certs_holder_evaluations")
    op.drop_table("certs_holder_closings")
    with op.batch_alter_table("certs_copies", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_copies_sm3"))
        batch_op.drop_index(batch_op.f("ix_certs_copies_link_ends_at"))
        batch_op.drop_index(batch_op.f("ix_certs_copies_identifier"))

    op.drop_table("certs_copies")
