"""What holders say of a use of theirs (好差评), once; and what was said of an organisation's uses, counted by month.

A holder says it, or the window of whoever used keeps what the person there says: then it stands under the one holder
whom the use was about, or under nobody's name where there are several or none, so that it is said once either way. A
bad one is a duty of whoever used, with a term: it is answered. Whoever used reads numbers and words, never whose they
are. An objection is another thing: `certs.holders.objections`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.db import inserting
from base.workdays import SHANGHAI
from certs.acting import ROOM
from certs.contents import Keys
from certs.filing import duties
from certs.filing.duties import Owed
from certs.holders.errors import NoBadEvaluation, UseEvaluated
from certs.holders.models import HolderEvaluation, HolderUse, UseEvaluationAnswer
from exchange import tasks
from exchange.door.errors import NoSuchUsage
from exchange.door.usages import usage_of

EVALUATION: Final = "use-evaluation"
# The same term as for a bad evaluation of a case; from 2 downward it has to be answered.
DUTY, BAD = "evaluation-answer", 2
ANSWERING: Final = "requester"


@dataclass(frozen=True)
class Level:
    """How often a level was given in a month."""

    level: int
    uses: int


def evaluate(session: Session, use: HolderUse, level: int, text: str, by: Caller, at: datetime) -> None:
    """Keep what a holder says of a use. Raises `UseEvaluated`."""
    _keep(session, use.usage, use.holder_hash, use.organisation, level, text, by, at)


def evaluate_for(session: Session, usage: str, level: int, text: str, by: Caller, at: datetime) -> None:
    """Keep what the person at the window says of a use that the window's organisation made.

    Raises `NoSuchUsage`, `UseEvaluated`.
    """
    row = usage_of(session, usage, by)
    if row.organisation != by.organisation:
        raise NoSuchUsage(usage)
    query = select(HolderUse.holder_hash).where(HolderUse.usage == usage).distinct()
    holders = session.scalars(query.limit(2)).all()
    _keep(session, usage, holders[0] if len(holders) == 1 else "", row.organisation, level, text, by, at)


def answer(session: Session, keys: Keys, usage: str, text: str, by: Caller, at: datetime) -> None:
    """Answer the bad evaluations of a use that wait for it. Raises `NoBadEvaluation`."""
    said, answered = HolderEvaluation, UseEvaluationAnswer
    is_answered = select(answered.usage).where(answered.usage == said.usage, answered.holder_hash == said.holder_hash)
    query = select(said).where(said.usage == usage, said.organisation == by.organisation, said.level <= BAD)
    written: list[str] = []
    for each in session.scalars(query.where(~is_answered.exists())).all():
        sealed = keys.seal(session, text.encode(), _bound(usage, each.holder_hash))
        told = {"usage": usage, "holder_hash": each.holder_hash, "text": sealed, "by": actor(by), "at": at}
        # Of two who answer at once, the second finds that it was answered.
        adding = inserting(session, answered).values(told).on_conflict_do_nothing().returning(answered.usage)
        written += session.scalars(adding).all()
    if not written:
        raise NoBadEvaluation(usage)
    thing = Thing(EVALUATION, usage)
    tasks.close(session, thing, by, at)
    session.flush()
    ROOM.changed(session, by, at, "use-evaluation.answered", thing, 2, organisation=by.organisation)


def answers(session: Session, keys: Keys, holders: Sequence[str], usages: Sequence[str]) -> dict[str, str]:
    """Give what was answered to holders' evaluations of uses."""
    row = UseEvaluationAnswer
    query = select(row).where(row.holder_hash.in_(holders), row.usage.in_(usages))
    return {
        each.usage: keys.open(session, each.text, _bound(each.usage, each.holder_hash)).decode()
        for each in session.scalars(query)
    }


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


def _keep(
    session: Session, usage: str, holder: str, organisation: str, level: int, text: str, by: Caller, at: datetime
) -> None:
    """Keep an evaluation; a bad one becomes a duty. Raises `UseEvaluated`."""
    told = {
        "usage": usage,
        "holder_hash": holder,
        "organisation": organisation,
        "level": level,
        "text": text,
        "at": at,
    }
    added = inserting(session, HolderEvaluation).values(told).on_conflict_do_nothing()
    if session.execute(added.returning(HolderEvaluation.usage)).first() is None:
        raise UseEvaluated(usage)
    if level <= BAD:
        title, days = f"差评 用证用数 {usage}", duties.days_of(session, DUTY)
        duties.open_duty(session, Owed(DUTY, Thing(EVALUATION, usage), title, organisation, ANSWERING, days, at))
    facts: dict[str, Json] = {"organisation": organisation, "level": level}
    ROOM.changed(session, by, at, "use.evaluated", Thing("usage", usage), 1, **facts)


def _bound(usage: str, holder: str) -> bytes:
    return f"certs:use-evaluation:{usage}:{holder}".encode()


def _midnight(year: int, month: int) -> datetime:
    return datetime.combine(date(year, month, 1), time(0), SHANGHAI)
