"""What the gateway does by the clock: sign receipts each second, gather results, raise alarms, forget what is old."""

import threading
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.orm import Session

from base import clock
from base.errors import DomainError
from base.metrics import ENUMERATION_ALARMS, Metrics
from base.scheduling import Every, Job, Run, in_one_transaction
from exchange.door import alarms, quotas, receipts, result_files
from exchange.door.wiring import Gateway
from exchange.mounting.wiring import MountParts

log = structlog.get_logger(__name__)

# A slot of its own for every second would write more than the receipts do; so a run looks for a minute, and a second
# longer, until the next one is laid: then nothing waits between two runs.
ROUND: Final = 60
LONGER: Final = 1.5
PAUSE: Final = 0.5
# Results that are gathered in turn, so that a long one does not keep short ones waiting.
TOGETHER: Final = 4


def sign(run: Run) -> None:
    """Sign what is new, twice a second, until the next run takes over."""
    gateway = run.part(Gateway)
    if not gateway.receipt_key:
        return
    ends, pause = clock.stopwatch() + ROUND + LONGER, threading.Event()
    signed = 0
    while clock.stopwatch() < ends:
        run.progress(signed)
        try:
            last = receipts.sign(run.database, gateway, clock.now())
        except DomainError as refusal:
            log.warning("receipts_not_signed", code=refusal.code)
            if not refusal.retryable:
                raise
            last = None
        signed = last.number if last else signed
        pause.wait(PAUSE)


def gather(run: Run) -> None:
    """Gather results, a page of each in turn, until nothing waits or it is time to let others run."""
    gateway, sources = run.part(Gateway), run.part(MountParts)
    ends, pages, is_moving = clock.stopwatch() + ROUND, 0, True
    while is_moving and clock.stopwatch() < ends:
        with run.database.reading() as session:
            waiting = result_files.waiting(session, TOGETHER)
        is_moving = False
        for result in waiting:
            run.progress(pages)
            is_moving |= result_files.gather(run.database, gateway, sources, result, clock.now())
            pages += 1


def watch(run: Run) -> None:
    """Raise alarms over callers that go through a register, and count them."""
    limits = run.part(Gateway).told.alarms
    with run.database.transaction() as session:
        raised = [each.caller for each in alarms.raise_due(session, limits, clock.now())]
    for caller in raised:
        log.warning("caller_enumerating", caller=caller)
        run.part(Metrics).count(ENUMERATION_ALARMS)


def _forget(session: Session, at: datetime) -> None:
    quotas.forget(session, at)
    result_files.clear_away(session, at)
    alarms.forget(session, at)


JOBS: Final = (
    Job("exchange.receipts.sign", Every(ROUND), sign, deadline=timedelta(minutes=3)),
    Job("exchange.results.gather", Every(10), gather, deadline=timedelta(minutes=10)),
    # An alarm comes within a minute of the call that is too many.
    Job("exchange.gateway.watch", Every(30), watch),
    Job("exchange.gateway.forget", Every(3600), in_one_transaction(_forget)),
)
