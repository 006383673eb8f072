"""Tells Prometheus how many things differ from what each target holds."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.metrics import SYNC_DIFFERENCES, Metrics
from catalog_sync.reconciliation.models import Difference
from catalog_sync.wiring import Sync


def tell(session: Session, sync: Sync, metrics: Metrics) -> None:
    """Say how many differences are not settled, target by target."""
    query = select(Difference.target, func.count()).where(Difference.settled_at.is_(None)).group_by(Difference.target)
    found: dict[str, int] = dict(session.execute(query).all())
    for name in sync.targets:
        metrics.tell(SYNC_DIFFERENCES, found.get(name, 0), target=name)
