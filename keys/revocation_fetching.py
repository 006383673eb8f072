"""The job that keeps revocation evidence fresh: ask each source that is due, outside of transactions, keep what fits.

Each source has a transaction of its own, so that one that is broken or slow takes nothing from the others; the job can
be repeated at any time. A questioner who wants an answer with a nonce, now, uses `ask`.
"""

import os
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from base.db import Database
from base.errors import DomainError
from base.fetch import Destination, Fetch, Outgoing
from keys import ocsp, revocation_lists, revocation_sources
from keys.certificates import Certificate
from keys.models import CRL
from keys.ocsp import CertId, OcspAnswer, question
from keys.revocation_sources import Due
from keys.trust_errors import UnfitEvidence

# One run of the job; whatever is due beyond that waits for the next, the longest due first.
SOURCES_A_RUN: Final = 500
OK: Final = 200
NONCE: Final = 32

_QUESTION_HEADERS: Final = (
    ("Content-Type", "application/ocsp-request"),
    ("Accept", "application/ocsp-response"),
)


@dataclass(frozen=True)
class Refreshed:
    """What one run did: sources asked, with new evidence, with the same, and those that gave nothing."""

    asked: int
    renewed: int
    unchanged: int
    failed: int


def refresh(database: Database, fetch: Fetch, at: datetime) -> Refreshed:
    """Ask every source that is due and keep what it answers; a source that fails keeps what was known from it."""
    with database.reading() as session:
        sources = revocation_sources.due(session, at, SOURCES_A_RUN)
    outcomes = [_refreshed(database, fetch, each, at) for each in sources]
    return Refreshed(len(outcomes), outcomes.count("renewed"), outcomes.count("unchanged"), outcomes.count("failed"))


def ask(fetch: Fetch, url: str, certificate: Certificate, issuer: Certificate, *, intranet: bool = False) -> OcspAnswer:
    """Ask a responder about one certificate with a nonce of our own; what it proves is told by `keys.revocation`.

    Raises what the way out raises, `MalformedOcspAnswer`, `OcspRefused`, and `UnfitEvidence` for another's nonce.
    """
    nonce = os.urandom(NONCE)
    request = _question(url, question(CertId.of(certificate, issuer), nonce), intranet=intranet)
    answer = OcspAnswer.of(fetch(request).expect(OK).body)
    # RFC 9654 2.1: a responder may leave the nonce out; then the times alone tell that the answer is fresh.
    if answer.nonce is not None and answer.nonce != nonce:
        raise UnfitEvidence("nonce-differs")
    return answer


def _refreshed(database: Database, fetch: Fetch, source: Due, at: datetime) -> str:
    try:
        data = _fetched(fetch, source)
        with database.reading() as session:
            found = revocation_sources.examined(session, source, data, at)
        with database.transaction() as session:
            return "renewed" if revocation_sources.keep(session, source, found, at) else "unchanged"
    except DomainError as refusal:
        with database.transaction() as session:
            revocation_sources.note_failure(session, source, refusal.code, at)
        return "failed"


def _fetched(fetch: Fetch, source: Due) -> bytes:
    if source.kind != CRL:
        return fetch(_question(source.url, source.request, intranet=source.intranet)).expect(OK).body
    allowed = (Destination.of(source.url, intranet=source.intranet),)
    return fetch(Outgoing("GET", source.url, allowed, max_bytes=revocation_lists.SIZE_LIMIT)).expect(OK).body


def _question(url: str, request: bytes, *, intranet: bool) -> Outgoing:
    """Ask by POST, which every responder takes (RFC 6960 A.1); asking twice changes nothing."""
    allowed = (Destination.of(url, intranet=intranet),)
    return Outgoing("POST", url, allowed, _QUESTION_HEADERS, request, idempotent=True, max_bytes=ocsp.SIZE_LIMIT)
