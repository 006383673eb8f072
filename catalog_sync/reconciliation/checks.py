"""What `yinxin doctor` asks about comparisons: what differs and is not settled, and targets that were not compared."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from base.health import Check, Finding, House
from catalog_sync.reconciliation.models import FAILED, Comparison, Difference

# A day, and the hours in which a night's run may be late.
LONGEST: Final = timedelta(hours=36)


def _differences(house: House) -> Finding:
    with house.database.reading() as session:
        query = select(Difference.target, func.count()).where(Difference.settled_at.is_(None))
        found = session.execute(query.group_by(Difference.target).order_by(Difference.target)).all()
    if found:
        told = ", ".join(f"{target} {count}" for target, count in found)
        return Finding("warning", f"对账差异未消除：{told}", f"Differences not settled: {told}")
    return Finding("good", "没有未消除的对账差异", "Nothing is known to differ")


def _compared(house: House) -> Finding:
    with house.database.reading() as session:
        query = select(Comparison.target, func.max(Comparison.ended_at)).where(Comparison.outcome != FAILED)
        last = dict(session.execute(query.group_by(Comparison.target)).all())
        tried = set(session.scalars(select(Comparison.target).distinct()))
    late = sorted(name for name in tried if name not in last or last[name] < house.at - LONGEST)
    if late:
        names = ", ".join(late)
        return Finding("warning", f"一天多没有对上账：{names}", f"Not compared for more than a day: {names}")
    return Finding("good", "对账按日进行", "Comparisons are made daily")


CHECKS: Final = (
    Check(
        "sync-differences",
        "对账差异",
        "Differences",
        "用 GET /api/v1/sync/reconciliations 查看差异，逐条修复后再对账一次。",
        "See them with GET /api/v1/sync/reconciliations, have them repaired, and compare once more.",
        _differences,
    ),
    Check(
        "sync-comparisons",
        "每日对账",
        "Daily comparisons",
        "用 yinxin sync reconcile 立即对账，按所说的原因处理。",
        "Compare now with yinxin sync reconcile, and go by the reason that it tells.",
        _compared,
    ),
)
