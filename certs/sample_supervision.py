"""Who supervises what the sandbox's approval bureau issues (审管衔接), what they were told, and how far they answered.

The health commission supervises what the bureau licensed in its field. It has received what was issued and changed so
far but for the last, which waits for its receipt; of the first it said that it was looked at and found in order. The
visitor goes on as the commission's own system.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.callers import Caller
from base.program import Running
from base.workdays import local_day
from certs import sample_organs
from certs.supervision import answering, rules, telling
from certs.supervision.answering import NewFeedback
from certs.supervision.models import SupervisionNotice
from certs.supervision.notice import Feedback
from certs.supervision.rules import NewRule
from certs.wiring import Certs
from keys.parties import systems
from keys.parties.sample import MAKER, code_of
from keys.parties.systems import NewSystem

BUREAU: Final = "approval"
SUPERVISOR: Final = "health"
SYSTEM: Final = "yanshi-health-supervision"
# Type and who supervises it; the organs are invented, and so is that it is they.
SUPERVISED: Final = (("公共场所卫生许可证", SUPERVISOR), ("取水许可证", "land"))
BASIS: Final = "演示市审管衔接工作办法〔2026〕1号"
# The rules are older than what was issued, or it would not be told.
BEFORE: Final = timedelta(days=30)


def sample(running: Running, at: datetime) -> dict[str, Any]:
    """Lay the rules down, tell what has happened, and answer for most of it; give the supervisor's system."""
    with running.database.transaction() as session:
        _ruled(session, running.parts[Certs], at)
        told = _client(session, at)
    while _told(running):
        pass
    with running.database.transaction() as session:
        waiting = _answered(session, running.parts[Certs], Caller("system", SYSTEM, SYSTEM, code_of(SUPERVISOR)))
    return {**told, "waiting": waiting}


def _ruled(session: Session, parts: Certs, at: datetime) -> None:
    by = Caller("person", "sandbox-authority", "演示authority", code_of("data"), frozenset({"authority"}))
    bureau = sample_organs.code(BUREAU)
    for name, supervisor in SUPERVISED:
        new = NewRule(parts.by_name[name], code_of(supervisor), BASIS, "assumed", bureau, at - BEFORE)
        rules.lay_down(session, parts.types, new, by, at)


def _client(session: Session, at: datetime) -> dict[str, Any]:
    row = systems.add(session, NewSystem(SYSTEM, "演示省卫生监督系统", code_of(SUPERVISOR)), MAKER, at)
    systems.grant_scopes(session, row, frozenset({"case:write"}), MAKER, at)
    secret = systems.give_secret(session, row, MAKER, at)
    return {"id": row.id, "secret": secret, "organisation": row.organisation, "name": row.name}


def _told(running: Running) -> int:
    with running.database.transaction() as session:
        read, _ = telling.carry(session, {}, clock.now())
    return read


def _answered(session: Session, parts: Certs, by: Caller) -> str | None:
    """Receive all but the last; give the one that waits."""
    query = select(SupervisionNotice).where(SupervisionNotice.supervisor == by.organisation)
    rows = list(session.scalars(query.order_by(SupervisionNotice.acted_at, SupervisionNotice.version)))
    at = clock.now()
    for place, row in enumerate(rows[:-1], start=1):
        answering.receive(session, row.id, f"演示签收{place:04d}", by, at)
    if rows[:-1]:
        said = NewFeedback("check-1", Feedback.INSPECTED, local_day(at), "演示：现场检查，未见异常")
        answering.answer(session, parts.keys, rows[0].id, said, by, at)
    return rows[-1].id if rows else None
