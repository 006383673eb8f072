"""Tells Prometheus how the channels stand."""

from datetime import datetime

from sqlalchemy.orm import Session

from base.metrics import SYNC_ANSWERED_AT, SYNC_LAG_SECONDS, SYNC_PAUSED, SYNC_ROWS, Metrics
from catalog_sync import state
from catalog_sync.models import PAUSED
from catalog_sync.wiring import Sync


def tell(session: Session, sync: Sync, metrics: Metrics, at: datetime) -> None:
    """Say how much there is of what, channel by channel."""
    for each in state.statuses(session, sync, at):
        for name, count in each.counts.items():
            metrics.tell(SYNC_ROWS, count, target=each.target, state=name)
        metrics.tell(SYNC_LAG_SECONDS, each.lag_seconds, target=each.target)
        metrics.tell(SYNC_PAUSED, each.state == PAUSED, target=each.target)
        if each.answered_at is not None:
            metrics.tell(SYNC_ANSWERED_AT, each.answered_at.timestamp(), target=each.target)
