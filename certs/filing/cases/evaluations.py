"""Evaluations (好差评): how content the applicant is, numbered, and what the organ answers to a bad one.

A case may be evaluated several times, of its own accord or about one use of a certificate. Who says nothing is counted
as content by default; such an evaluation gives way to a real one. A bad one is a duty of the organ with a term of its
own: it is answered, and what went wrong is put right, also long after the case is closed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from base import events
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json, canonical, read
from certs.acting import ROOM
from certs.filing import duties
from certs.filing.cases.errors import CaseStepDiffers, NoSuchEvaluation, NotEvaluable
from certs.filing.cases.life import Side, State
from certs.filing.cases.models import ANSWERED, NO_RATING, OPEN, Case, CaseEvaluation
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import ROLES
from exchange import tasks

THING: Final = "case-evaluation"
DUTY: Final = "evaluation-answer"
# 5 very content … 1 very discontent; from 2 downward the organ has to answer (facts of the national form).
BEST, BAD, WORST = 5, 2, 1
# More of one case are no opinions any more.
MOST: Final = 20
_NOTHING_DONE: Final = frozenset({State.RECEIVED.value})


@dataclass(frozen=True)
class Rated:
    """An evaluation as it is given."""

    key: str
    satisfaction: int
    options: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    channel: str = "window"
    is_default: bool = False
    usage: str = ""


def evaluate(session: Session, parts: Cases, row: Case, told: Rated, by: Caller, at: datetime) -> CaseEvaluation:
    """Keep an evaluation; the same key is the same one. The case is locked by the caller.

    Raises `NotEvaluable`, `CaseStepDiffers`.
    """
    same = select(CaseEvaluation).where(CaseEvaluation.case == row.number, CaseEvaluation.key == told.key)
    if (again := session.scalars(same).one_or_none()) is not None:
        if _told(again, words_of(session, parts, again)["text"]) != told:
            raise CaseStepDiffers(row.number, told.key)
        return again
    number = _next(session, row, told)
    is_bad = told.satisfaction <= BAD
    kept = CaseEvaluation(
        case=row.number,
        number=number,
        satisfaction=told.satisfaction,
        options=list(told.options),
        channel=told.channel,
        is_default=told.is_default,
        usage=told.usage,
        key=told.key,
        content=_sealed(session, parts, row.number, number, {"text": told.text, "answer": "", "rectified": ""}),
        state=OPEN if is_bad else NO_RATING,
        is_malicious=False,
        due_at=None,
        at=at,
        answered_at=None,
    )
    session.add(kept)
    if is_bad:
        thing = Thing(THING, f"{row.number}:{number}")
        title, role = f"差评 {row.number} 第 {number} 次：{row.item_name}", ROLES[Side.IMPLEMENTING]
        owed = duties.Owed(DUTY, thing, title, row.organ, role, duties.days_of(session, DUTY), at)
        kept.due_at = duties.open_duty(session, owed).due_at
    session.flush()
    _tell(session, row, kept, "evaluation.given", by, at)
    return kept


def answer(
    session: Session, parts: Cases, row: Case, number: int, told: Mapping[str, Any], by: Caller, at: datetime
) -> CaseEvaluation:
    """Answer a bad evaluation: what is said to the applicant, what was put right, or that it is malicious.

    Raises `NoSuchEvaluation`.
    """
    kept = session.get(CaseEvaluation, (row.number, number), with_for_update=True)
    if kept is None or kept.state != OPEN or by.organisation != row.organ:
        raise NoSuchEvaluation(row.number, number)
    words = {**words_of(session, parts, kept), "answer": told["answer"], "rectified": told.get("rectified", "")}
    kept.content = _sealed(session, parts, row.number, number, words)
    kept.state, kept.answered_at, kept.is_malicious = ANSWERED, at, bool(told.get("is_malicious", False))
    tasks.close(session, Thing(THING, f"{row.number}:{number}"), by, at)
    session.flush()
    _tell(session, row, kept, "evaluation.answered", by, at)
    return kept


def of_case(session: Session, row: Case) -> list[CaseEvaluation]:
    """List the evaluations of a case."""
    query = select(CaseEvaluation).where(CaseEvaluation.case == row.number)
    return list(session.scalars(query.order_by(CaseEvaluation.number)))


def words_of(session: Session, parts: Cases, kept: CaseEvaluation) -> dict[str, Any]:
    """Open what was written and answered."""
    told: Any = read(parts.keys.open(session, kept.content, _bound(kept.case, kept.number)))
    return dict(told)


def _next(session: Session, row: Case, told: Rated) -> int:
    if row.state in _NOTHING_DONE:
        raise NotEvaluable(row.number, "nothing-done-yet")
    known = select(func.count()).select_from(CaseEvaluation).where(CaseEvaluation.case == row.number)
    number = session.execute(known).scalar_one() + 1
    if told.is_default and number > 1:
        raise NotEvaluable(row.number, "evaluated-already")
    if told.is_default and told.satisfaction != BEST:
        raise NotEvaluable(row.number, "default-is-best")
    if number > MOST:
        raise NotEvaluable(row.number, "too-many")
    return number


def _told(kept: CaseEvaluation, text: str) -> Rated:
    options = tuple(kept.options)
    return Rated(kept.key, kept.satisfaction, options, text, kept.channel, kept.is_default, kept.usage)


def _tell(session: Session, row: Case, kept: CaseEvaluation, act: str, by: Caller, at: datetime) -> None:
    thing = Thing(THING, f"{row.number}:{kept.number}")
    facts: dict[str, Json] = {
        "projectno": row.number,
        "taskcode": row.item_code[:31],
        "taskhandleitem": row.item_code,
        "areacode": row.region,
        "deptcode": row.organ,
        "prostatus": row.state,
        "satisfaction": str(kept.satisfaction),
        "evaldetail": list(kept.options),
        "pf": kept.channel,
        "assessnumber": kept.number,
        "isdefault": kept.is_default,
        "answerstatus": kept.state,
        "sfeypj": kept.is_malicious,
        "usage": kept.usage,
    }
    ROOM.record(session, by, at, act, thing, satisfaction=kept.satisfaction, state=kept.state)
    events.tell(session, events.Event(act, ROOM.name, thing, 1 if kept.state != ANSWERED else 2, at, facts))


def _sealed(session: Session, parts: Cases, case: str, number: int, told: Mapping[str, Json]) -> bytes:
    return parts.keys.seal(session, canonical(dict(told)), _bound(case, number))


def _bound(case: str, number: int) -> bytes:
    return f"certs_case_evaluations:{case}:{number}".encode()
