"""The acts of the case bus: take a step; each told once, whoever tells it how often.

1. A case is known by its receiving organ's key, a step by its teller's: the same again is the same, something else
   under the same key is refused. A step that names its place in the case is refused when it comes too early.
2. `life` decides whether the step may follow, whose the case is then and until when; the row keeps that as it is told.
3. Step, materials, task, deliveries to the other side, audit entry and event are one transaction (`writing`).

The certificate of a granted case is made afterwards (`certificates`), so that a seal that fails never undoes a
decision.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from base.canonical import canonical
from certs import life as certificate_life
from certs.filing.cases import life as lives
from certs.filing.cases.errors import (
    CaseStepDiffers,
    CaseStepIncomplete,
    CaseStepLate,
    CaseStepNotYours,
    CaseStepTooEarly,
    PartOfPackage,
)
from certs.filing.cases.life import MOVES, Act, Side
from certs.filing.cases.models import Case, CaseStep
from certs.filing.cases.reading import case_of, life_of
from certs.filing.cases.terms import Terms
from certs.filing.cases.told import PERSON, Operator, Told, step_of
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import Taken, keep
from certs.models import Certificate
from keys.algorithms.sm3 import SM3

# What a step cannot do without: a reason wherever somebody is refused something, a name of what was done.
NEEDED: Final[Mapping[Act, tuple[str, ...]]] = {
    Act.ASK_SUPPLEMENT: ("reason",),
    Act.NOT_ACCEPT: ("reason",),
    Act.REFUSE: ("reason",),
    Act.VOID: ("reason",),
    Act.HAND_OVER: ("reason",),
    Act.EXTEND: ("reason",),
    Act.WITHDRAW: ("reason",),
    Act.BEGIN_SPECIAL: ("reason",),
}
# In a package these are one for all of its cases: one notice of what is missing, one supplement, one delivery.
BY_PACKAGE: Final = frozenset({Act.ASK_SUPPLEMENT, Act.SUPPLEMENT, Act.DELIVER})
NEEDED_FACTS: Final[Mapping[Act, tuple[str, ...]]] = {
    Act.PROCESS: ("process_name",),
    Act.BEGIN_SPECIAL: ("special_type", "special_name"),
    Act.END_SPECIAL: ("result",),
    Act.DELIVER: ("delivery_type",),
    Act.ISSUE: ("result_cetr_no",),
}


def take(
    session: Session, parts: Cases, number: str, told: Told, by: Caller, at: datetime, *, for_package: bool = False
) -> Taken:
    """Take a step in a case; the same key is the same step.

    What a package does for all its cases at once (`packages`) is done there, and marked `for_package`.

    Raises `NoSuchCase`, `CaseStepDiffers`, `CaseStepTooEarly`, `CaseStepLate`, `CaseStepNotYours`,
    `CaseStepIncomplete`, `PartOfPackage`, and what `life.after` refuses.
    """
    if for_package:
        row = session.get_one(Case, number, with_for_update=True)
    else:
        row = case_of(session, number, by, locked=True)
    digest = SM3.of(canonical(step_of(told))).hex()
    if (again := _told_before(session, row, told, digest)) is not None:
        return again
    _require_place(row, told)
    if not for_package:
        _require_side(row, told.act, by)
        if row.package is not None and told.act in BY_PACKAGE:
            raise PartOfPackage(row.number, row.package)
    _require_whole(told)
    if told.act is Act.ISSUE:
        _require_issued(session, row, told)
    life = lives.after(life_of(row), value_of(told, at), Terms(**row.terms), calendar.calendar(session))
    return Taken(row, keep(session, parts, row, told, digest, life, by, at), is_new=True)


def value_of(told: Told, at: datetime) -> lives.Step:
    """Give a step as the value that is judged."""
    return lives.Step(told.act, at, told.days, told.certificate is not None)


def operator_for(by: Caller, told: Operator | None, unit: str) -> Operator:
    """Tell who did it: a signed-in person is its own operator, a system says for whom it speaks, or that it decided.

    Raises `CaseStepIncomplete` where a system does not say.
    """
    if by.kind == PERSON:
        return Operator(PERSON, by.name, unit)
    if told is None:
        raise CaseStepIncomplete("any", "operator")
    return told


def _told_before(session: Session, row: Case, told: Told, digest: str) -> Taken | None:
    query = select(CaseStep).where(CaseStep.case == row.number, CaseStep.key == told.key)
    step = session.scalars(query).one_or_none()
    if step is None:
        return None
    if step.request_sm3 != digest:
        raise CaseStepDiffers(row.number, told.key)
    return Taken(row, step, is_new=False)


def _require_place(row: Case, told: Told) -> None:
    expected = row.version + 1
    if told.sequence is not None and told.sequence > expected:
        raise CaseStepTooEarly(row.number, told.sequence, expected)
    if told.sequence is not None and told.sequence < expected:
        raise CaseStepLate(row.number, told.sequence, expected)


def _require_side(row: Case, act: Act, by: Caller) -> None:
    move = MOVES.get(act)
    organs = {Side.RECEIVING: row.receiving_organ, Side.IMPLEMENTING: row.organ}
    if move is None or by.organisation not in {organs[side] for side in move.sides}:
        raise CaseStepNotYours(act.value)


def _require_whole(told: Told) -> None:
    for names, given in ((NEEDED, told.words), (NEEDED_FACTS, told.facts)):
        for name in names.get(told.act, ()):
            if not given.get(name):
                raise CaseStepIncomplete(told.act.value, name)
    if told.act is Act.SUPPLEMENT and not told.materials:
        raise CaseStepIncomplete(told.act.value, "materials")
    if told.act is Act.BEGIN_SPECIAL and told.days is None:
        raise CaseStepIncomplete(told.act.value, "days")
    if told.certificate is not None and told.act is not Act.GRANT:
        raise CaseStepIncomplete(told.act.value, "grant")


def _require_issued(session: Session, row: Case, told: Told) -> None:
    """Let a case end with a certificate that the deciding organ really issued, and that is valid."""
    made = session.get(Certificate, str(told.facts["result_cetr_no"]))
    if made is None or made.issuer != row.organ or made.state != certificate_life.State.VALID.value:
        raise CaseStepIncomplete(told.act.value, "result_cetr_no")
