"""What holders say of a use of theirs (好差评), once; and what was said of an organisation's uses, counted by month.

Whoever used reads numbers and words, never whose they are. An objection is another thing: `certs.holders.objections`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from base.workdays import SHANGHAI
from certs.acting import ROOM
from certs.holders.errors import UseEvaluated
from certs.holders.models import HolderEvaluation, HolderUse


@dataclass(frozen=True)
class Level:
    """How often a level was given in a month."""

    level: int
    uses: int


def evaluate(session: Session, use: HolderUse, level: int, text: str, by: Caller, at: datetime) -> None:
    """Keep what a holder says of a use. Raises `UseEvaluated`."""
    told = {
        "usage": use.usage,
        "holder_hash": use.holder_hash,
        "organisation": use.organisation,
        "level": level,
        "text": text,
        "at": at,
    }
    added = inserting(session, HolderEvaluation).values(told).on_conflict_do_nothing()
    if session.execute(added.returning(HolderEvaluation.usage)).first() is None:
        raise UseEvaluated(use.usage)
    ROOM.changed(
        session, by, at, "use.evaluated", Thing("usage", use.usage), organisation=use.organisation, level=level
    )


def evaluations(session: Session, organisation: str, year: int, month: int) -> list[Level]:
    """Count what holders said of an organisation's uses in a month, by level, the best first."""
    begins, ends = _midnight(year, month), _midnight(year + month // 12, month % 12 + 1)
    query = (
        select(HolderEvaluation.level, func.count())
        .where(HolderEvaluation.organisation == organisation, HolderEvaluation.at >= begins, HolderEvaluation.at < ends)
        .group_by(HolderEvaluation.level)
        .order_by(HolderEvaluation.level.desc())
    )
    return [Level(*row) for row in session.execute(query)]


def given(session: Session, holders: Sequence[str], usages: Sequence[str]) -> dict[str, int]:
    """Give the levels that holders gave to uses."""
    query = select(HolderEvaluation.usage, HolderEvaluation.level).where(
        HolderEvaluation.holder_hash.in_(holders), HolderEvaluation.usage.in_(usages)
    )
    return {row.usage: row.level for row in session.execute(query)}


def _midnight(year: int, month: int) -> datetime:
    return datetime.combine(date(year, month, 1), time(0), SHANGHAI)
