"""What every process of the scheduler's kind needs to live: a name, a sign of life, and acts that tick."""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete
from sqlalchemy.orm import Session

from base.errors import DomainError
from base.scheduling.models import JobProcess

log = structlog.get_logger(__name__)

SCHEDULER = "scheduler"
WORKER = "worker"
# A process that was killed leaves its row; it is shown as dead for this long and then forgotten.
FORGOTTEN_AFTER = timedelta(days=1)


def holder_name() -> str:
    """Name this process: machine and number, and a word that tells it from an earlier one of the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def register(session: Session, holder: str, kind: str, at: datetime) -> None:
    """Give this process's sign of life; the first one forgets those that died long ago."""
    row = session.get(JobProcess, holder)
    if row is not None:
        row.heartbeat_at = at
        return
    session.execute(delete(JobProcess).where(JobProcess.heartbeat_at < at - FORGOTTEN_AFTER))
    session.add(JobProcess(holder=holder, kind=kind, started_at=at, heartbeat_at=at))


def deregister(session: Session, holder: str) -> None:
    """Forget a process that ends as it should."""
    session.execute(delete(JobProcess).where(JobProcess.holder == holder))


@contextmanager
def ticking(*acts: tuple[float, Callable[[], None]]) -> Iterator[None]:
    """Call each act every so many seconds, none of them twice at a time; a refusal is logged, no more."""
    defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
    ticker = BackgroundScheduler(job_defaults=defaults, timezone=UTC, logger=_quiet())
    for seconds, act in acts:
        ticker.add_job(_spoken(act), "interval", seconds=seconds)
    ticker.start()
    try:
        yield
    finally:
        ticker.shutdown()


def _quiet() -> logging.Logger:
    # A tick that is still going on when the next is due is meant to be left out; APScheduler would warn each time.
    logger = logging.getLogger(f"{__name__}.ticker")
    logger.setLevel(logging.ERROR)
    return logger


def _spoken(act: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        try:
            act()
        except DomainError as refusal:
            log.warning("tick refused", act=act.__name__, code=refusal.code)

    return run
