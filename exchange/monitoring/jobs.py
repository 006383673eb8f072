"""What monitoring does by the clock: let every monitor look, escalate what is overdue, tell Prometheus.

Each monitor looks in a transaction of its own, so that one that breaks takes nothing from the others; its fault ends
the run when all have looked.
"""

from datetime import timedelta
from typing import Final

import structlog

from base import clock
from base.metrics import TICKETS_OPEN, TICKETS_OVERDUE, Metrics
from base.scheduling import Every, Job, Run
from exchange.monitoring import reading, steps, tickets
from exchange.monitoring.life import Severity
from exchange.monitoring.monitor import Looking, Monitor
from exchange.monitoring.wiring import Monitoring

log = structlog.get_logger(__name__)


def watch(run: Run) -> None:
    """Let every monitor look, then escalate what is overdue."""
    monitoring = run.part(Monitoring)
    faults: list[Exception] = []
    for place, monitor in enumerate(monitoring.monitors.values()):
        run.progress(place, len(monitoring.monitors))
        try:
            _look(run, monitoring, monitor)
        except Exception as fault:  # raised again below, when the others have looked
            log.warning("monitor_broke", monitor=monitor.name, exc_info=fault)
            faults.append(fault)
    with run.database.transaction() as session:
        late = steps.escalate_due(session, monitoring, clock.now())
    _tell(run, monitoring)
    run.progress(len(monitoring.monitors), note=f"escalated {len(late)}")
    if faults:
        raise faults[0]


def _look(run: Run, monitoring: Monitoring, monitor: Monitor) -> None:
    if monitor.look is None:
        return
    at = clock.now()
    looking = Looking(monitoring.settings, monitoring.read, run.part)
    with run.database.transaction() as session:
        for sighting in list(monitor.look(session, looking, at)):
            tickets.take_in(session, monitoring, monitor.name, sighting, at)


def _tell(run: Run, monitoring: Monitoring) -> None:
    metrics = run.part(Metrics)
    with run.database.reading() as session:
        open_now, late = reading.unclosed(session), reading.overdue(session, clock.now())
    for name in monitoring.monitors:
        for severity in Severity:
            metrics.tell(TICKETS_OPEN, open_now.get((name, severity.value), 0), monitor=name, severity=severity.value)
    metrics.tell(TICKETS_OVERDUE, late)


JOBS: Final = (Job("exchange.monitoring", Every(300), watch, deadline=timedelta(minutes=30)),)
