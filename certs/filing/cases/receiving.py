"""Receiving a case: here or for an organ elsewhere (代收), under the receiver's key, and with a number of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import calendar
from base.callers import Caller
from base.canonical import Json, canonical
from base.db import inserting
from base.workdays import local_day
from certs import contents
from certs.filing.cases import keeping, matter_terms, parties
from certs.filing.cases import life as lives
from certs.filing.cases.errors import CaseNumberTaken, CaseStepDiffers
from certs.filing.cases.life import Act, Life, State
from certs.filing.cases.models import Case, CaseSerial, CaseStep
from certs.filing.cases.numbering import Numbered
from certs.filing.cases.reading import bound
from certs.filing.cases.terms import Terms
from certs.filing.cases.told import Received, Told, party_of, receipt_of
from certs.filing.cases.wiring import Cases
from certs.filing.cases.writing import NONE, Taken, keep, owed_by
from certs.filing.matter import Matter
from keys.algorithms.sm3 import SM3
from keys.parties.organisations import organisation_of

RECEIPT: Final = "receipt"


@dataclass(frozen=True)
class _Opening:
    """A case that is about to be written: of which matter, with which terms, and how it begins."""

    number: str
    matter: Matter
    told: Received
    digest: str
    terms: Terms
    life: Life


def receive(session: Session, parts: Cases, told: Received, by: Caller, at: datetime) -> Taken:
    """Receive a case, here or for an organ elsewhere; the same key is the same case.

    Raises `CaseStepDiffers`, `CaseNumberTaken`, `NoCaseTerms`, `CalendarYearUnknown`, and what `matter_of` refuses.
    """
    digest = SM3.of(canonical(receipt_of(told))).hex()
    if (again := _received_before(session, told.key, digest, by)) is not None:
        return again
    matter = parts.matter_of(session, told.matter, at, told.region)
    organisation_of(session, matter.organ)
    terms = matter_terms.terms_of(session, matter)
    life = lives.received(terms, calendar.calendar(session), at)
    number = told.number or _next_number(
        session, parts, Numbered(told.receiving_region, matter.item_code, local_day(at))
    )
    row = _new(session, parts, _Opening(number, matter, told, digest, terms, life), by, at)
    if row is None:
        # The same receipt was told twice at once and the other was first, or somebody else's case has the number.
        if (again := _received_before(session, told.key, digest, by)) is not None:
            return again
        raise CaseNumberTaken(number)
    parties.keep(session, parts, row, told.parties, at)
    step = Told(RECEIPT, Act.RECEIVE, told.operator, materials=told.materials)
    return Taken(row, keep(session, parts, row, step, digest, life, by, at), is_new=True)


def _received_before(session: Session, key: str, digest: str, by: Caller) -> Taken | None:
    query = select(Case).where(Case.receiving_organ == by.organisation, Case.intake_key == key)
    row = session.scalars(query).one_or_none()
    if row is None:
        return None
    if row.request_sm3 != digest:
        raise CaseStepDiffers(row.number, key)
    return Taken(row, session.get_one(CaseStep, (row.number, 1)), is_new=False)


def _next_number(session: Session, parts: Cases, told: Numbered) -> str:
    counter = parts.numbering.counter(told)
    counted = inserting(session, CaseSerial).values(counter=counter, last=1)
    counted = counted.on_conflict_do_update(index_elements=[CaseSerial.counter], set_={"last": CaseSerial.last + 1})
    return parts.numbering.number(told, session.execute(counted.returning(CaseSerial.last)).scalar_one())


def _new(session: Session, parts: Cases, opening: _Opening, by: Caller, at: datetime) -> Case | None:
    """Write the case's row; give none where its number or its key is taken."""
    number, matter, told, life = opening.number, opening.matter, opening.told, opening.life
    applicant = told.applicant
    content: dict[str, Json] = {
        "applicant": party_of(applicant),
        "contact": None if told.contact is None else party_of(told.contact),
        "project_name": told.project_name,
        "legal": told.legal,
        "address": told.address,
        "zip_code": told.zip_code,
        "form": dict(told.form),
    }
    values = {
        "number": number,
        "item_code": matter.item_code,
        "item_name": matter.name,
        "item_version": matter.version,
        "organ": matter.organ,
        "region": matter.region,
        "receiving_organ": by.organisation,
        "receiving_region": told.receiving_region,
        "receiving_window": told.receiving_window,
        "intake_key": told.key,
        "request_sm3": opening.digest,
        "apply_type": told.apply_type,
        "project_type": told.project_type,
        "applicant_hash": contents.holder_hash(session, parts.keys, applicant.type, applicant.code),
        "content": parts.keys.seal(session, canonical(content), bound(number, "content")),
        "state": State.RECEIVED.value,
        **owed_by(life, matter.organ, by.organisation),
        "life": keeping.kept(life),
        "terms": dict(vars(opening.terms)),
        "certificate_state": NONE,
        "certificate_code": "",
        "certificate_tries": 0,
        "package": told.package,
        "received_at": at,
        "version": 0,
    }
    made = inserting(session, Case).values(values).on_conflict_do_nothing()
    written = session.execute(made.returning(Case.number)).first()
    return None if written is None else session.get_one(Case, number)
