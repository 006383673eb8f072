"""The bulk worker: procrastinate on PostgreSQL wakes it, our own table tells it what to do.

A wake-up carries a task's number. Whether it comes twice, late, or for a task that another has finished, the task's row
decides. procrastinate's retries, locks and history are not used: they would be a second truth.
"""

import importlib.util
from collections.abc import Mapping
from contextlib import suppress
from importlib import resources

from base.bulk import QUEUE, WAKE_UP, BulkJob, has_queue
from base.db import Database, DatabaseBusy
from base.scheduling import bulk_work
from base.scheduling.errors import QueueMissing
from base.scheduling.liveness import WORKER, deregister, holder_name, register, ticking
from base.scheduling.process import Parts
from base.scheduling.settings import SchedulingSettings
from base.scheduling.timing import Clock, database_time

# The last of procrastinate's own schema steps that our migration applies. A release that brings further ones needs a
# migration of ours first.
LAST_SCHEMA_STEP = "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def require_queue(database: Database) -> None:
    """See that this database and this installation have the queue, and that they fit each other.

    Raises `QueueMissing` and names what is needed.
    """
    if database.is_sqlite:
        raise QueueMissing("postgresql:// (SQLite: yinxin jobs serve)")
    if importlib.util.find_spec("procrastinate") is None:
        raise QueueMissing("pip install 'yinxin[queue]'")
    with database.reading() as session:
        if not has_queue(session):
            raise QueueMissing("yinxin db upgrade")
    steps = resources.files("procrastinate.sql") / "migrations"
    newest = max(each.name for each in steps.iterdir() if each.name.endswith(".sql"))
    if newest != LAST_SCHEMA_STEP:
        raise QueueMissing(f"procrastinate ({LAST_SCHEMA_STEP}, not {newest})")


class Worker:
    """One worker process."""

    def __init__(
        self,
        database: Database,
        jobs: Mapping[str, BulkJob],
        settings: SchedulingSettings,
        *,
        parts: Parts | None = None,
        time: Clock = database_time,
    ) -> None:
        require_queue(database)
        self.database = database
        self.settings = settings
        self.holder = holder_name()
        self.time = time
        self.hands = bulk_work.Hands(database, jobs, self.holder, time, parts)

    def serve(self, *, wait: bool = True) -> None:
        """Carry out tasks until SIGTERM or SIGINT, or, without `wait`, until no wake-up is left.

        A stop lets each task end its chunk and gives it back.
        """
        from procrastinate import App, JobContext, PsycopgConnector

        url = self.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=self.settings.bulk_threads + 2))

        @app.task(name=WAKE_UP, queue=QUEUE, pass_context=True)
        def carry_out(context: JobContext, task: int) -> None:
            self.hands.carry_out(task, context.should_abort)

        with suppress(DatabaseBusy):
            self.beat()
        with ticking((self.settings.beat_seconds, self.beat)):
            app.run_worker(
                queues=[QUEUE],
                name=self.holder,
                concurrency=self.settings.bulk_threads,
                wait=wait,
                delete_jobs="always",
                # A stop is told to the tasks at once, and they end with their chunk; an end for want of work is none.
                shutdown_graceful_timeout=0 if wait else None,
                update_heartbeat_interval=self.settings.beat_seconds,
                stalled_worker_timeout=self.settings.lease_seconds,
            )
        with self.database.transaction() as session:
            deregister(session, self.holder)

    def beat(self) -> None:
        """Show that this process lives, keep its tasks, and look after those that nobody holds."""
        with self.database.transaction() as session:
            at = self.time(session)
            register(session, self.holder, WORKER, at)
            self.hands.beat(session, at)
        with self.database.transaction() as session:
            bulk_work.look_after(session, self.time(session), self.settings.silence)
