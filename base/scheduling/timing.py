"""The database's clock, and how long its server bears a client that holds locks and says nothing.

Leases, heartbeats and due times are all read from this one clock, so that machines whose own clocks differ agree.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

# Who runs by the clock is handed one, so that tests tell the time.
Clock = Callable[[Session], datetime]
# Work that leaves its transaction alone for longer keeps rows from others; a stopped process is put out after this.
LONGEST_STILLNESS = timedelta(minutes=1)


def database_time(session: Session) -> datetime:
    """Ask the database what time it is; on SQLite that is this machine's clock."""
    if session.get_bind().dialect.name == "sqlite":
        told = session.scalar(text("select strftime('%Y-%m-%dT%H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(told)).replace(tzinfo=UTC)
    # now() would stand still at the transaction's begin, which may be long ago when a lock was waited for.
    at: datetime = session.execute(text("select clock_timestamp()")).scalar_one()
    return at.astimezone(UTC)


def bear(session: Session, silence: timedelta) -> None:
    """Let PostgreSQL end this transaction when its client is silent for longer: a stopped process keeps no lock.

    SQLite has no server that could; there the lock falls when the process ends.
    """
    if session.get_bind().dialect.name == "postgresql":
        milliseconds = max(1, int(silence.total_seconds() * 1000))
        session.execute(
            text("select set_config('idle_in_transaction_session_timeout', :limit, true)"), {"limit": str(milliseconds)}
        )
