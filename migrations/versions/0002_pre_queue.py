"""The queue of bulk work: procrastinate's tables, from its own schema steps up to a fixed one; PostgreSQL only.

procrastinate ships every step its schema ever took, and once released a step stays as it is. Applied one after the
other they make the same catalogue as its whole schema does (compared column by column, function by function). So this
migration names the last step and the digest of all steps up to it: whatever later release is installed, it makes the
same tables; should a step have been changed, or be missing, it refuses and says so. The whole schema file would not do:
it changes with each release, and a new installation could no longer pass this migration. A later release that brings
further steps gets a further migration, from LAST onwards.
"""

import hashlib
import importlib.util
from importlib import resources

import sqlalchemy as sa
from alembic import op

from base.scheduling.errors import QueueMissing

revision = "0002_pre_queue"
down_revision = "0001_pre_ground"
branch_labels = None
depends_on = None

FIRST = ""
LAST = "03.04.00_50_post_add_retry_failed_job_procedure.sql"
DIGEST = "dbfc019dd9819adfa38a124c9b69401229c92c99206884c26894b9cc8b2abc04"

# What the steps made, dropped by name pattern in this order; functions and types cannot be dropped before the tables.
DROP = r"""
do $$
declare each record;
begin
    drop table if exists procrastinate_events, procrastinate_periodic_defers, procrastinate_jobs,
        procrastinate_workers cascade;
    for each in
        select oid::regprocedure as name from pg_proc
        where pronamespace = current_schema()::regnamespace and proname like 'procrastinate\_%'
    loop
        execute format('drop function %s', each.name);
    end loop;
    drop type if exists procrastinate_job_to_defer_v1, procrastinate_job_event_type, procrastinate_job_status;
end $$;
"""


def steps() -> list[str]:
    if importlib.util.find_spec("procrastinate") is None:
        raise QueueMissing("pip install 'yinxin[queue]'")
    folder = resources.files("procrastinate.sql") / "migrations"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql") and FIRST < each.name <= LAST)
    texts = [(folder / name).read_text(encoding="utf-8") for name in names]
    digest = hashlib.sha256("\0".join([*names, *texts]).encode()).hexdigest()
    if digest != DIGEST:
        raise QueueMissing("pip install 'procrastinate~=3.10.0'")
    return texts


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for statements in steps():
            op.execute(sa.text(statements))


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(sa.text(DROP))
