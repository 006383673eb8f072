"""Reading cases: who may see which, and what stands sealed in them."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from base.canonical import read
from certs.filing.cases import keeping
from certs.filing.cases import life as lives
from certs.filing.cases.errors import NoSuchCase
from certs.filing.cases.life import Act, Life
from certs.filing.cases.models import Case, CaseMaterial, CaseStep
from certs.filing.cases.terms import Terms
from certs.filing.cases.wiring import Cases

AUDITOR: Final = "auditor"


def case_of(session: Session, number: str, by: Caller, *, locked: bool = False) -> Case:
    """Give a case to either of its sides, or to an auditor. Raises `NoSuchCase`."""
    query = select(Case).where(Case.number == number)
    row = session.scalars(query.with_for_update() if locked else query).one_or_none()
    if row is None or (by.organisation not in {row.organ, row.receiving_organ} and AUDITOR not in by.roles):
        raise NoSuchCase(number)
    return row


def seen_by(by: Caller, wanted: Mapping[str, Any]) -> Select[Case]:
    """Ask for the cases of an organisation, on either side; `owed` leaves those whose duty is its own now."""
    query = select(Case)
    if AUDITOR not in by.roles:
        query = query.where(or_(Case.organ == by.organisation, Case.receiving_organ == by.organisation))
    if wanted.get("state"):
        query = query.where(Case.state == wanted["state"])
    if wanted.get("package"):
        query = query.where(Case.package == wanted["package"])
    if wanted.get("overdue_at"):
        query = query.where(Case.due_at <= wanted["overdue_at"])
    return query.where(Case.owner == by.organisation) if wanted.get("owed") else query


def steps_of(session: Session, number: str) -> list[CaseStep]:
    """List the steps of a case, in order."""
    return list(session.scalars(select(CaseStep).where(CaseStep.case == number).order_by(CaseStep.sequence)))


def materials_of(session: Session, number: str) -> list[CaseMaterial]:
    """List the materials of a case."""
    return list(session.scalars(select(CaseMaterial).where(CaseMaterial.case == number).order_by(CaseMaterial.key)))


def life_of(row: Case) -> Life:
    """Read the life that the row keeps."""
    return keeping.read(row.life)


def replayed(session: Session, row: Case) -> Life:
    """Tell how the case stands after all its steps; it is what the row keeps, or the row was tampered with."""
    known = [
        lives.Step(Act(each.act), each.at, each.days, each.awaits_certificate) for each in steps_of(session, row.number)
    ]
    return lives.replay(known, Terms(**row.terms), calendar.calendar(session))


def content_of(session: Session, parts: Cases, row: Case) -> dict[str, Any]:
    """Open what a case says of the applicant."""
    told: Any = read(parts.keys.open(session, row.content, bound(row.number, "content")))
    return dict(told)


def words_of(session: Session, parts: Cases, step: CaseStep) -> dict[str, Any]:
    """Open what a step says in words."""
    told: Any = read(parts.keys.open(session, step.content, bound(step.case, f"step:{step.sequence}")))
    return dict(told)


def file_of(session: Session, parts: Cases, material: CaseMaterial) -> bytes | None:
    """Open the file of a material, if it has one."""
    if material.content is None:
        return None
    return parts.keys.open(session, material.content, bound(material.case, f"material:{material.key}"))


def bound(number: str, what: str) -> bytes:
    """Name the place that a sealed value is bound to."""
    return f"certs_cases:{number}:{what}".encode()
