"""The certificate of a granted case: issued after the decision, by the issuing that certificates have anyway.

The grant stands on its own. That its certificate is pending is a duty of the organ with a term; this edge issues it and
takes the step *issue* with its identifier. What fails (no seal, a face that cannot be drawn, a faulty draft) is kept by
its code, tried again with longer and longer pauses, and changes nothing else: there is never half a certificate, since
issuing keeps a file only with the use of its seal, and never two, since a case's step makes one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from base.bulk import refusal_of
from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from base.workdays import local_day
from certs import issuing, types
from certs.drafts import Draft, Holder
from certs.edges import Issuer
from certs.filing.cases import cases, reading
from certs.filing.cases.errors import CaseStepNotAllowed, CaseStepNotYours, NoIssuingSystem
from certs.filing.cases.life import Act
from certs.filing.cases.models import Case, CaseStep
from certs.filing.cases.told import SYSTEM, Operator, Told
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import PENDING
from certs.issuing import Asked
from certs.models import Certificate
from certs.wiring import Certs
from keys.parties.systems import system_of
from signing.edges import Sealer

log = structlog.get_logger(__name__)

STEP: Final = "result"
KEY: Final = "certificate"
# Pauses between tries; the last is repeated, since somebody has to mend what is wrong first.
WAITS: Final = tuple(timedelta(minutes=each) for each in (1, 5, 30, 120, 720))
# One run of the job takes these, the next the rest.
MOST_AT_ONCE: Final = 50
_CODE_LENGTH: Final = 80


@dataclass(frozen=True)
class Follower:
    """Issues the certificates of granted cases, one by one."""

    database: Database = field(repr=False)
    parts: Cases = field(repr=False)
    certs: Certs = field(repr=False)
    sealer: Callable[[Caller], Sealer] = field(repr=False)
    now: Callable[[], datetime]
    forms: tuple[str, ...] = ("ofd",)

    def issue_due(self) -> int:
        """Issue what is due; count what was issued."""
        with self.database.reading() as session:
            numbers = due(session, self.now())
        return sum(self.issue(number) for number in numbers)

    def issue(self, number: str) -> bool:
        """Issue the certificate of one case, or keep why not; tell whether it is there now."""
        try:
            with self.database.reading() as session:
                by, asked = self._asked(session, session.get_one(Case, number))
            issuer = Issuer(self.database, self.certs, self.sealer(by), by, self.now, self.forms)
            identifier = issuer.issue(asked)
            with self.database.transaction() as session:
                self._note_issued(session, number, identifier, by)
        except DomainError as error:
            self._note_failed(number, error.code)
            return False
        except Exception as fault:
            log.exception("case_certificate_failed", case=number)
            self._note_failed(number, refusal_of(fault).code)
            return False
        return True

    def _asked(self, session: Session, row: Case) -> tuple[Caller, Asked]:
        """Read what was granted, and as whom it is issued."""
        step = _grant(session, row)
        told = reading.words_of(session, self.parts, step)["certificate"]
        applicant = reading.content_of(session, self.parts, row)["applicant"]
        by = self._issuer(session, step)
        role = types.type_of(self.certs.types, told["type"]).holders.roles[0]
        holders = tuple(
            Holder(each["code"], each["type"], each["name"], role) for each in told["holders"] or [applicant]
        )
        today = local_day(row.decided_at or step.at)
        draft = Draft(
            holders,
            _day(told["issued_on"]) or today,
            _day(told["valid_from"]) or today,
            told["data"],
            told["number"],
            _day(told["valid_until"]),
            row.region,
            row.item_code,
        )
        issuer = None if by.organisation == row.organ else row.organ
        return by, Asked(told["type"], draft, issuing.Case(row.number, STEP), issuer=issuer)

    def _issuer(self, session: Session, step: CaseStep) -> Caller:
        """Name the system as which it is issued: the site's own for that, or the one that granted."""
        kind, _, known = step.by.partition(":")
        system = self.parts.settings.system or (known if kind == SYSTEM else "")
        if not system:
            raise NoIssuingSystem(step.case)
        scopes = frozenset({"cert:issue", "seal:use"})
        return Caller(SYSTEM, system, system, system_of(session, system).organisation, scopes=scopes)

    def _note_issued(self, session: Session, number: str, identifier: str, by: Caller) -> None:
        row = session.get_one(Case, number, with_for_update=True)
        name = types.type_of(self.certs.types, session.get_one(Certificate, identifier).type).name
        operator = Operator(SYSTEM, by.name, by.organisation)
        facts = {"result_cetr_no": identifier, "result_cetr_name": name}
        told = Told(KEY, Act.ISSUE, operator, facts=facts)
        organ = Caller(by.kind, by.id, by.name, row.organ, by.roles, by.scopes)
        cases.take(session, self.parts, number, told, organ, self.now())

    def _note_failed(self, number: str, code: str) -> None:
        with self.database.transaction() as session:
            row = session.get_one(Case, number, with_for_update=True)
            if row.certificate_state != PENDING:
                return
            row.certificate_code = code[:_CODE_LENGTH]
            row.certificate_next_at = self.now() + WAITS[min(row.certificate_tries, len(WAITS) - 1)]
            row.certificate_tries += 1


def due(session: Session, at: datetime) -> list[str]:
    """Name the cases whose certificate is to be issued, or tried again, by now."""
    query = select(Case.number).where(Case.certificate_state == PENDING, Case.certificate_next_at <= at)
    return list(session.scalars(query.order_by(Case.certificate_next_at).limit(MOST_AT_ONCE)))


def require_pending(row: Case, by: Caller) -> None:
    """Let the organ have its certificate tried again at once. Raises `CaseStepNotAllowed`, `CaseStepNotYours`."""
    if by.organisation != row.organ:
        raise CaseStepNotYours(Act.ISSUE.value)
    if row.certificate_state != PENDING:
        raise CaseStepNotAllowed(f"certificate-{row.certificate_state}", Act.ISSUE.value)


def _grant(session: Session, row: Case) -> CaseStep:
    query = select(CaseStep).where(CaseStep.case == row.number, CaseStep.act == Act.GRANT.value)
    return session.scalars(query).one()


def _day(told: Any) -> date | None:
    return None if told is None else date.fromisoformat(told)
