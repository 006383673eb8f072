"""Material-free filing, dialects, objections"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

from base.search import fts5_statements

revision = "0019_pre_filing"
down_revision = "0018_pre_library"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certs_case_serials",
        sa.Column("counter", sa.String(length=64), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("counter", name=op.f("pk_certs_case_serials")),
    )
    op.create_table(
        "certs_case_terms",
        sa.Column("scope", sa.String(length=33), nullable=False),
        sa.Column("accept", sa.Integer(), nullable=False),
        sa.Column("supplement", sa.Integer(), nullable=False),
        sa.Column("legal", sa.Integer(), nullable=False),
        sa.Column("promised", sa.Integer(), nullable=False),
        sa.Column("extension", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.Column("deliver", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=500), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_certs_case_terms")),
    )
    op.create_table(
        "certs_centre_cursors",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=256), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_certs_centre_cursors")),
    )
    op.create_table(
        "certs_centre_projects",
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("came_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certs_centre_projects")),
    )
    op.create_table(
        "certs_dialect_links",
        sa.Column("id_hash", sa.String(length=64), nullable=False),
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=100), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id_hash", name=op.f("pk_certs_dialect_links")),
    )
    with op.batch_alter_table("certs_dialect_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_dialect_links_ends_at"), ["ends_at"], unique=False)

    op.create_table(
        "certs_filing_lookups",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("caller", sa.String(length=200), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("item_name", sa.String(length=300), nullable=False),
        sa.Column("organ_name", sa.String(length=300), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("asked_hash", sa.String(length=64), nullable=False),
        sa.Column("answered_hash", sa.String(length=64), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("usages", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("notice", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_to", sa.String(length=64), nullable=True),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_filing_lookups")),
        sa.UniqueConstraint(
            "organisation", "idempotency_key", name=op.f("uq_certs_filing_lookups_organisation_idempotency_key")
        ),
    )
    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_filing_lookups_organisation_basis_asked_hash"),
            ["organisation", "basis", "asked_hash"],
            unique=False,
        )

    op.create_table(
        "certs_matters_catalogue",
        sa.Column("basic_code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("levels", sa.JSON(), nullable=False),
        sa.Column("department", sa.String(length=300), nullable=False),
        sa.Column("system", sa.String(length=300), nullable=False),
        sa.Column("by_law", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("basic_code", "name", name=op.f("pk_certs_matters_catalogue")),
    )
    op.create_table(
        "certs_matters_correspondence",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("code", sa.String(length=33), nullable=False),
        sa.Column("basic_code", sa.String(length=12), nullable=False),
        sa.Column("matter_name", sa.String(length=300), nullable=False),
        sa.Column("material", sa.String(length=300), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("means", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("basis", sa.String(length=1000), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_matters_correspondence")),
    )
    with op.batch_alter_table("certs_matters_correspondence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_matters_correspondence_basic_code"), ["basic_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_matters_correspondence_code_effective_from"), ["code", "effective_from"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certs_matters_correspondence_target"), ["target"], unique=False)

    op.create_table(
        "certs_matters_items",
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("implementation_code", sa.String(length=31), nullable=False),
        sa.Column("basic_code", sa.String(length=12), nullable=False),
        sa.Column("organ", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("item_code", name=op.f("pk_certs_matters_items")),
    )
    with op.batch_alter_table("certs_matters_items", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_matters_items_basic_code"), ["basic_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_matters_items_implementation_code"), ["implementation_code"], unique=False
        )

    op.create_table(
        "certs_matters_search",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("tokens", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_matters_search")),
        sa.UniqueConstraint("subject", name=op.f("uq_certs_matters_search_subject")),
    )
    if op.get_context().dialect.name == "postgresql":
        op.create_index("ix_certs_matters_search_tokens", "certs_matters_search", ["tokens"], postgresql_using="gin")
    else:
        for statement in fts5_statements("certs_matters_search"):
            op.execute(statement)

    op.create_table(
        "certs_cases",
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("item_name", sa.String(length=200), nullable=False),
        sa.Column("item_version", sa.Integer(), nullable=False),
        sa.Column("organ", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("receiving_organ", sa.String(length=18), nullable=False),
        sa.Column("receiving_region", sa.String(length=12), nullable=False),
        sa.Column("receiving_window", sa.String(length=200), nullable=False),
        sa.Column("intake_key", sa.String(length=64), nullable=False),
        sa.Column("request_sm3", sa.String(length=64), nullable=False),
        sa.Column("apply_type", sa.String(length=40), nullable=False),
        sa.Column("project_type", sa.String(length=40), nullable=False),
        sa.Column("applicant_hash", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("result", sa.Integer(), nullable=True),
        sa.Column("duty", sa.String(length=40), nullable=True),
        sa.Column("owner", sa.String(length=18), nullable=True),
        sa.Column("owner_role", sa.String(length=40), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("life", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("certificate_state", sa.String(length=40), nullable=False),
        sa.Column("certificate", sa.String(length=128), nullable=True),
        sa.Column("certificate_code", sa.String(length=80), nullable=False),
        sa.Column("certificate_tries", sa.Integer(), nullable=False),
        sa.Column("certificate_next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("package", sa.String(length=50), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state in ('received', 'supplementing', 'accepted', 'special', 'granted', 'refused', 'delivered', 'not-accepted', 'handed-over', 'void', 'withdrawn')",
            name=op.f("ck_certs_cases_state"),
        ),
        sa.CheckConstraint(
            "(closed_at is null) = (owner is not null) and (closed_at is null) = (due_at is not null)",
            name=op.f("ck_certs_cases_owed"),
        ),
        sa.ForeignKeyConstraint(["organ"], ["keys_organisations.code"], name=op.f("fk_certs_cases_organ")),
        sa.ForeignKeyConstraint(["owner"], ["keys_organisations.code"], name=op.f("fk_certs_cases_owner")),
        sa.ForeignKeyConstraint(
            ["receiving_organ"], ["keys_organisations.code"], name=op.f("fk_certs_cases_receiving_organ")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certs_cases")),
        sa.UniqueConstraint("receiving_organ", "intake_key", name=op.f("uq_certs_cases_receiving_organ_intake_key")),
    )
    with op.batch_alter_table("certs_cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_cases_applicant_hash"), ["applicant_hash"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_cases_certificate_state_certificate_next_at"),
            ["certificate_state", "certificate_next_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_certs_cases_organ_number"), ["organ", "number"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_cases_owner_due_at"), ["owner", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_certs_cases_package"), ["package"], unique=False)

    op.create_table(
        "certs_holder_answers",
        sa.Column("objection", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("identifier", sa.String(length=128), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["objection"], ["certs_holder_objections.id"], name=op.f("fk_certs_holder_answers_objection")
        ),
        sa.PrimaryKeyConstraint("objection", name=op.f("pk_certs_holder_answers")),
    )
    op.create_table(
        "certs_matters_versions",
        sa.Column("item_code", sa.String(length=33), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("organ_name", sa.String(length=300), nullable=False),
        sa.Column("region", sa.String(length=12), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_until", sa.Date(), nullable=True),
        sa.Column("elements", sa.JSON(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("materials", sa.JSON(), nullable=False),
        sa.Column("result_type", sa.String(length=21), nullable=True),
        sa.Column("confidence", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=300), nullable=False),
        sa.Column("content_sm3", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "effective_until is null or effective_until >= effective_from",
            name=op.f("ck_certs_matters_versions_period"),
        ),
        sa.ForeignKeyConstraint(
            ["item_code"], ["certs_matters_items.item_code"], name=op.f("fk_certs_matters_versions_item_code")
        ),
        sa.PrimaryKeyConstraint("item_code", "number", name=op.f("pk_certs_matters_versions")),
    )
    with op.batch_alter_table("certs_matters_versions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_matters_versions_item_code_effective_from"),
            ["item_code", "effective_from"],
            unique=False,
        )

    op.create_table(
        "certs_package_kinds",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lead", sa.String(length=18), nullable=False),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["keys_organisations.code"], name=op.f("fk_certs_package_kinds_lead")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_certs_package_kinds")),
    )
    op.create_table(
        "certs_case_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.String(length=18), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.String(length=128), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_case_deliveries_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_case_deliveries")),
        sa.UniqueConstraint(
            "recipient", "case", "sequence", name=op.f("uq_certs_case_deliveries_recipient_case_sequence")
        ),
    )
    with op.batch_alter_table("certs_case_deliveries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_case_deliveries_channel_state_next_at"), ["channel", "state", "next_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_certs_case_deliveries_recipient_state_id"), ["recipient", "state", "id"], unique=False
        )

    op.create_table(
        "certs_case_evaluations",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("satisfaction", sa.Integer(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("usage", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("is_malicious", sa.Boolean(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_case_evaluations_case")),
        sa.PrimaryKeyConstraint("case", "number", name=op.f("pk_certs_case_evaluations")),
    )
    op.create_table(
        "certs_case_materials",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=40), nullable=False),
        sa.Column("get_type", sa.String(length=40), nullable=False),
        sa.Column("get_num", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("sm3", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("holder_hash", sa.String(length=64), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reusable_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreement", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_case_materials_case")),
        sa.PrimaryKeyConstraint("case", "key", name=op.f("pk_certs_case_materials")),
    )
    with op.batch_alter_table("certs_case_materials", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_certs_case_materials_holder_hash_key"), ["holder_hash", "key"], unique=False
        )

    op.create_table(
        "certs_dialect_accounts",
        sa.Column("dialect", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("system", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("encryption_key", sa.LargeBinary(), nullable=True),
        sa.Column("elements_required", sa.Boolean(), nullable=False),
        sa.Column("names_required", sa.Boolean(), nullable=False),
        sa.Column("defaults", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state in ('active', 'closed')", name=op.f("ck_certs_dialect_accounts_state")),
        sa.ForeignKeyConstraint(["system"], ["keys_systems.id"], name=op.f("fk_certs_dialect_accounts_system")),
        sa.PrimaryKeyConstraint("dialect", "name", name=op.f("pk_certs_dialect_accounts")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_certs_dialect_accounts_secret_hash")),
    )
    with op.batch_alter_table("certs_dialect_accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_dialect_accounts_system"), ["system"], unique=False)

    op.create_table(
        "certs_filing_steps",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("request_sm3", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("awaits_certificate", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("operator_kind", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_filing_steps_case")),
        sa.PrimaryKeyConstraint("case", "sequence", name=op.f("pk_certs_filing_steps")),
        sa.UniqueConstraint("case", "key", name=op.f("uq_certs_filing_steps_case_key")),
    )
    op.create_table(
        "certs_material_reuses",
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("from_case", sa.String(length=50), nullable=False),
        sa.Column("from_material", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_material_reuses_case")),
        sa.PrimaryKeyConstraint("case", "material", name=op.f("pk_certs_material_reuses")),
    )
    with op.batch_alter_table("certs_material_reuses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_material_reuses_from_case"), ["from_case"], unique=False)

    op.create_table(
        "certs_matters_use_lists",
        sa.Column("use_list", sa.String(length=36), nullable=False),
        sa.Column("authority", sa.String(length=18), nullable=False),
        sa.Column("built_on", sa.String(length=36), nullable=True),
        sa.Column("matters", sa.JSON(), nullable=False),
        sa.Column("carried", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["built_on"], ["exchange_use_lists.id"], name=op.f("fk_certs_matters_use_lists_built_on")
        ),
        sa.ForeignKeyConstraint(
            ["use_list"], ["exchange_use_lists.id"], name=op.f("fk_certs_matters_use_lists_use_list")
        ),
        sa.PrimaryKeyConstraint("use_list", name=op.f("pk_certs_matters_use_lists")),
    )
    op.create_table(
        "certs_packages",
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("lead", sa.String(length=18), nullable=False),
        sa.Column("receiving_organ", sa.String(length=18), nullable=False),
        sa.Column("receiving_region", sa.String(length=12), nullable=False),
        sa.Column("intake_key", sa.String(length=64), nullable=False),
        sa.Column("request_sm3", sa.String(length=64), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("supplement_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("supplemented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["kind"], ["certs_package_kinds.code"], name=op.f("fk_certs_packages_kind")),
        sa.ForeignKeyConstraint(["lead"], ["keys_organisations.code"], name=op.f("fk_certs_packages_lead")),
        sa.ForeignKeyConstraint(
            ["receiving_organ"], ["keys_organisations.code"], name=op.f("fk_certs_packages_receiving_organ")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certs_packages")),
        sa.UniqueConstraint("receiving_organ", "intake_key", name=op.f("uq_certs_packages_receiving_organ_intake_key")),
    )
    with op.batch_alter_table("certs_packages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_packages_lead_number"), ["lead", "number"], unique=False)

    op.create_table(
        "certs_scene_scopes",
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation", "number"],
            ["certs_scene_agreements.organisation", "certs_scene_agreements.number"],
            name=op.f("fk_certs_scene_scopes_organisation_number"),
        ),
        sa.PrimaryKeyConstraint("organisation", "number", name=op.f("pk_certs_scene_scopes")),
    )
    op.create_table(
        "certs_undertakings",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("material", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=18), nullable=False),
        sa.Column("owner", sa.String(length=18), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=True),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('assistance', 'promise', 'later')", name=op.f("ck_certs_undertakings_kind")),
        sa.CheckConstraint(
            "state in ('open', 'overdue', 'answered', 'turned-later', 'fulfilled', 'broken', 'handed-in', 'cancelled')",
            name=op.f("ck_certs_undertakings_state"),
        ),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_undertakings_case")),
        sa.ForeignKeyConstraint(
            ["organisation"], ["keys_organisations.code"], name=op.f("fk_certs_undertakings_organisation")
        ),
        sa.ForeignKeyConstraint(["owner"], ["keys_organisations.code"], name=op.f("fk_certs_undertakings_owner")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certs_undertakings")),
    )
    with op.batch_alter_table("certs_undertakings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certs_undertakings_case_id"), ["case", "id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_certs_undertakings_owner_kind_state"), ["owner", "kind", "state"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_certs_undertakings_state_due_at"), ["state", "due_at"], unique=False)

    op.create_table(
        "certs_package_notes",
        sa.Column("package", sa.String(length=50), nullable=False),
        sa.Column("case", sa.String(length=50), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["certs_cases.number"], name=op.f("fk_certs_package_notes_case")),
        sa.ForeignKeyConstraint(["package"], ["certs_packages.number"], name=op.f("fk_certs_package_notes_package")),
        sa.PrimaryKeyConstraint("package", "case", name=op.f("pk_certs_package_notes")),
    )


def downgrade() -> None:
    op.drop_table("certs_package_notes")
    with op.batch_alter_table("certs_undertakings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_undertakings_state_due_at"))
        batch_op.drop_index(batch_op.f("ix_certs_undertakings_owner_kind_state"))
        batch_op.drop_index(batch_op.f("ix_certs_undertakings_case_id"))

    op.drop_table("certs_undertakings")
    op.drop_table("certs_scene_scopes")
    with op.batch_alter_table("certs_packages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_packages_lead_number"))

    op.drop_table("certs_packages")
    op.drop_table("certs_matters_use_lists")
    with op.batch_alter_table("certs_material_reuses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_material_reuses_from_case"))

    op.drop_table("certs_material_reuses")
    op.drop_table("certs_filing_steps")
    with op.batch_alter_table("certs_dialect_accounts", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_dialect_accounts_system"))

    op.drop_table("certs_dialect_accounts")
    with op.batch_alter_table("certs_case_materials", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_case_materials_holder_hash_key"))

    op.drop_table("certs_case_materials")
    op.drop_table("certs_case_evaluations")
    with op.batch_alter_table("certs_case_deliveries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_case_deliveries_recipient_state_id"))
        batch_op.drop_index(batch_op.f("ix_certs_case_deliveries_channel_state_next_at"))

    op.drop_table("certs_case_deliveries")
    op.drop_table("certs_package_kinds")
    with op.batch_alter_table("certs_matters_versions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_matters_versions_item_code_effective_from"))

    op.drop_table("certs_matters_versions")
    op.drop_table("certs_holder_answers")
    with op.batch_alter_table("certs_cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_cases_package"))
        batch_op.drop_index(batch_op.f("ix_certs_cases_owner_due_at"))
        batch_op.drop_index(batch_op.f("ix_certs_cases_organ_number"))
        batch_op.drop_index(batch_op.f("ix_certs_cases_certificate_state_certificate_next_at"))
        batch_op.drop_index(batch_op.f("ix_certs_cases_applicant_hash"))

    op.drop_table("certs_cases")
    if op.get_context().dialect.name == "postgresql":
        op.drop_index("ix_certs_matters_search_tokens", "certs_matters_search", postgresql_using="gin")
    else:
        op.execute("DROP TABLE certs_matters_search_fts")
    op.drop_table("certs_matters_search")
    with op.batch_alter_table("certs_matters_items", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_matters_items_implementation_code"))
        batch_op.drop_index(batch_op.f("ix_certs_matters_items_basic_code"))

    op.drop_table("certs_matters_items")
    with op.batch_alter_table("certs_matters_correspondence", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_matters_correspondence_target"))
        batch_op.drop_index(batch_op.f("ix_certs_matters_correspondence_code_effective_from"))
        batch_op.drop_index(batch_op.f("ix_certs_matters_correspondence_basic_code"))

    op.drop_table("certs_matters_correspondence")
    op.drop_table("certs_matters_catalogue")
    with op.batch_alter_table("certs_filing_lookups", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_filing_lookups_organisation_basis_asked_hash"))

    op.drop_table("certs_filing_lookups")
    with op.batch_alter_table("certs_dialect_links", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certs_dialect_links_ends_at"))

    op.drop_table("certs_dialect_links")
    op.drop_table("certs_centre_projects")
    op.drop_table("certs_centre_cursors")
    op.drop_table("certs_case_terms")
    op.drop_table("certs_case_serials")
