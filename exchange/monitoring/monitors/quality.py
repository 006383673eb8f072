"""Falls of quality: a directory that scores less than the day before, and pushes of data that reject rows.

Some directories are scored at each look, those first that were not for longest, so that a look stays short however many
there are; each comes round within a day as long as there are fewer than five thousand.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exchange.feeds.models import DONE, FAILED, PushRun
from exchange.models import Directory, DirectoryVersion
from exchange.monitoring.life import Severity
from exchange.monitoring.models import QualityMark
from exchange.monitoring.monitor import Facts, Looking, Monitor, Sighting
from exchange.monitoring.monitors.sources import PROVIDER
from exchange.quality import Measures, score

STEWARD: Final = "steward"
DAY: Final = timedelta(days=1)
# Scoring one takes some milliseconds; a look comes every five minutes.
MOST_SCORED: Final = 20
PERCENT: Final = 100


def _falls(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    query = (
        select(Directory)
        .outerjoin(QualityMark, QualityMark.directory == Directory.code)
        .where(Directory.published.is_not(None), func.coalesce(QualityMark.measured_at, at - DAY) <= at - DAY)
        .order_by(QualityMark.measured_at.asc().nulls_first(), Directory.code)
        .limit(MOST_SCORED)
    )
    for directory in session.scalars(query).all():
        version = session.get_one(DirectoryVersion, (directory.code, directory.published))
        found = score(session, looking.part(Measures), directory.code, version.number, version.content, at).score
        now = found if found is not None else 0
        mark = session.get(QualityMark, directory.code)
        before = mark.score if mark else now
        session.merge(QualityMark(directory=directory.code, score=now, measured_at=at))
        if before - now >= looking.told.quality_points:
            facts: Facts = {"directory": directory.code, "before": before, "now": now}
            yield Sighting(directory.code, Severity.WARNING, at, facts, directory.owner, STEWARD)


def _rejected(session: Session, looking: Looking, at: datetime) -> Iterator[Sighting]:
    told = looking.told
    query = (
        select(PushRun, Directory.owner)
        .join(Directory, Directory.code == PushRun.directory)
        .where(PushRun.state.in_((DONE, FAILED)), PushRun.ended_at > at - DAY, PushRun.rejected >= told.rejected_least)
        .order_by(PushRun.ended_at, PushRun.id)
    )
    for run, owner in session.execute(query):
        if run.rejected * PERCENT >= max(run.read, 1) * told.rejected_percent:
            facts: Facts = {
                "push": run.push,
                "directory": run.directory,
                "read": run.read,
                "rejected": run.rejected,
            }
            yield Sighting(run.push, Severity.WARNING, run.ended_at or at, facts, owner, PROVIDER)


QUALITY: Final = Monitor(
    "quality-falls",
    "目录质量下降",
    "A directory's quality falls",
    "目录 {directory} 的质量得分由 {before} 降为 {now}。",
    "The score of the directory {directory} fell from {before} to {now}.",
    days=5,
    look=_falls,
)
REJECTED: Final = Monitor(
    "rows-rejected",
    "推送数据不合格",
    "A push rejects rows",
    "推送 {push} 读取目录 {directory} 的 {read} 行中有 {rejected} 行不合格。",
    "Of {read} rows of the directory {directory} the push {push} rejected {rejected}.",
    days=3,
    look=_rejected,
)
