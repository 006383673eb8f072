"""What the edges have in common: the two transactions in which a signature comes about.

Not a view and not a verb: it is handed the database, opens the two transactions one after the other, and calls the
verbs. What was put on record in the first stays there whatever becomes of the second.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from base.callers import Caller
from base.db import Database
from base.errors import DomainError
from keys.authority import authorities, issuing, ocsp, revocation_lists, timestamping
from keys.authority.errors import TimeStampRejected
from keys.authority.models import CertificateAuthority, IssuedCertificate, PublishedList
from keys.authority.ocsp_answers import Refusal, refused
from keys.authority.records import authority_of
from keys.authority.states import PENDING
from keys.authority.time_stamp_requests import SYSTEM_FAILURE, rejected
from keys.authority.wiring import Authority

log = structlog.get_logger()
Drafting = Callable[[Session], IssuedCertificate]


def issue(database: Database, parts: Authority, draft: Drafting, by: Caller, at: datetime) -> IssuedCertificate:
    """Put a draft on record and, unless it waits for a second person, complete it.

    Raises what the verbs raise.
    """
    with database.transaction() as session:
        row = draft(session)
    return row if row.state != PENDING else complete(database, parts, row.authority, row.serial, by, at)


def complete(
    database: Database, parts: Authority, authority: str, serial: str, by: Caller, at: datetime
) -> IssuedCertificate:
    """Complete what is on record. Raises what `issuing.complete` raises."""
    with database.transaction() as session:
        return issuing.complete(session, parts, authority, serial, by, at)


def open_authority(
    database: Database, parts: Authority, authority: str, by: Caller, at: datetime
) -> CertificateAuthority:
    """Confirm an authority, complete its certificate, and publish its first list. Raises what the verbs raise."""
    issue(
        database,
        parts,
        lambda session: authorities.confirm(session, authority_of(session, authority, locked=True), by, at),
        by,
        at,
    )
    publish(database, parts, authority, by, at)
    with database.reading() as session:
        return authority_of(session, authority)


def publish(database: Database, parts: Authority, authority: str, by: Caller, at: datetime) -> PublishedList:
    """Publish an authority's next list. Raises what the verbs raise."""
    with database.transaction() as session:
        number = revocation_lists.prepare(session, parts, authority, by, at).number
    with database.transaction() as session:
        return revocation_lists.complete(session, parts, authority, number, by, at)


def answer(database: Database, parts: Authority, data: bytes, at: datetime) -> ocsp.Answered:
    """Answer an OCSP request, with *tryLater* where the house itself is at fault."""
    try:
        with database.reading() as session:
            return ocsp.answer(session, parts, data, at)
    except DomainError as refusal:
        log.warning("ocsp_not_answered", code=refusal.code)
        return ocsp.Answered(refused(Refusal.TRY_LATER))


def stamp(database: Database, parts: Authority, data: bytes, by: Caller, at: datetime) -> bytes:
    """Answer a time-stamp request: granted, or refused with the reason, always as a TimeStampResp."""
    try:
        with database.transaction() as session:
            waiting = timestamping.recorded(session, parts, data, by, at)
        with database.reading() as session:
            return timestamping.granted(session, parts, waiting)
    except TimeStampRejected as why:
        return rejected(why)
    except DomainError as refusal:
        log.warning("time_stamp_not_granted", code=refusal.code)
        return rejected(TimeStampRejected(SYSTEM_FAILURE, refusal.code))
