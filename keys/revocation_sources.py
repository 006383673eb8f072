"""Where revocations are asked, and the last authentic answer of each place: named by people or by verified paths.

Addresses come from certificates only after their path was verified, so that a stranger's certificate cannot make this
house call anyone. Evidence is kept only if the issuer's key (or a responder that the issuer named) signed it, and only
if it is not older than what is here: whoever stands on the line can neither forge an answer nor turn one back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from base import audit
from base.audit import Entry, Thing
from base.callers import Caller
from base.db import inserting
from base.fetch import Destination, UrlRefused
from keys.algorithms.sm3 import SM3
from keys.anchors import kept
from keys.budget import BUDGET, Spending
from keys.certificates import Certificate
from keys.chain import VerifiedPath
from keys.models import CRL, OCSP, RevocationSource, TrustedCertificate
from keys.ocsp import CertId, OcspAnswer, asked_about, question
from keys.parties.acting import actor, record
from keys.revocation import unauthentic_answer, unfit_list
from keys.revocation_lists import RevocationList
from keys.trust import Trust
from keys.trust_errors import NotTrusted, UnfitEvidence

# Evidence is renewed at half its life, but a list is looked at again after this long at most, since authorities
# publish a new one at once when a key is lost. Answers are short-lived by themselves.
LONGEST_REST: Final = timedelta(hours=6)
SHORTEST_REST: Final = timedelta(minutes=10)
AFTER_FAILURE: Final = timedelta(minutes=10)
JOB: Final = "job:keys.revocations.refresh"


@dataclass(frozen=True)
class Due:
    """A source that is to be asked now."""

    id: int
    kind: str
    url: str
    request: bytes
    issuer: Certificate
    intranet: bool


@dataclass(frozen=True)
class Examined:
    """Evidence that was read and found authentic, and the time that it speaks for."""

    evidence: RevocationList | OcspAnswer
    this_update: datetime
    next_update: datetime | None


def add_list(
    session: Session, url: str, issuer_fingerprint: str, by: Caller, at: datetime, *, intranet: bool = False
) -> RevocationSource:
    """Name where the list of a trusted issuer is found; from now on its certificates are asked about.

    Raises `UrlRefused`, `NotTrusted`.
    """
    Destination.of(url, intranet=intranet)
    row = _source(session, CRL, url, b"", _trusted(session, issuer_fingerprint), actor(by), at, intranet=intranet)
    row.configured = True
    record(session, by, at, "keys.revocation-source.added", _thing(row), kind=CRL)
    return row


def bring_list(session: Session, revocations: RevocationList, by: Caller, at: datetime) -> RevocationSource:
    """Take in a list that came by hand, for sites without a way out; its issuer must be in the trust store.

    Raises `NotTrusted`, `UnfitEvidence`.
    """
    issuers = [each for each in _certificates(session) if each.subject == revocations.issuer]
    if not issuers:
        raise NotTrusted(revocations.sm3.hex()[:32])
    spending = Spending(BUDGET, issuers[0])
    issuer = next((each for each in issuers if unfit_list(revocations, (each,), spending) is None), None)
    if issuer is None:
        raise UnfitEvidence(str(unfit_list(revocations, tuple(issuers), spending)))
    row = _source(session, CRL, "", _place(revocations), issuer, actor(by), at, intranet=False)
    _keep(row, Examined(revocations, revocations.this_update, revocations.next_update), at)
    row.configured, row.renew_at = True, None
    record(session, by, at, "keys.revocation-list.brought", _thing(row), sm3=revocations.sm3.hex())
    return row


def withdraw(session: Session, source: int, by: Caller, at: datetime) -> None:
    """Forget a source and what it said. Raises `NotTrusted`."""
    row = session.get(RevocationSource, source)
    if row is None:
        raise NotTrusted(str(source))
    record(session, by, at, "keys.revocation-source.withdrawn", _thing(row), kind=row.kind)
    session.delete(row)
    session.flush()


def watch(session: Session, path: VerifiedPath, at: datetime, *, intranet: bool = False) -> None:
    """Keep fresh from now on what the certificates of a verified path name: lists, and answers about each."""
    for lower, upper in path.steps:
        said = lower.extensions
        for url in dict.fromkeys(url for point in said.crl_points if not point.issuer for url in point.urls):
            _watched(session, CRL, url, b"", upper, lower, at, intranet=intranet)
        for url in dict.fromkeys(said.ocsp_urls):
            asked = question(CertId.of(lower, upper))
            _watched(session, OCSP, url, asked, upper, lower, at, intranet=intranet)


def due(session: Session, at: datetime, limit: int) -> list[Due]:
    """Give the sources that are to be asked now, the longest due first."""
    rows = session.scalars(
        select(RevocationSource)
        .where(RevocationSource.renew_at <= at)
        .where(or_(RevocationSource.until.is_(None), RevocationSource.until > at))
        .order_by(RevocationSource.renew_at, RevocationSource.id)
        .limit(limit)
    )
    return [Due(each.id, each.kind, each.url, each.request, kept(each.issuer), each.intranet) for each in rows]


def examined(session: Session, asked: Due, data: bytes, at: datetime) -> Examined:
    """Read what a source answered and find it authentic; this is the slow part, and wants no writing transaction.

    Raises `MalformedRevocationList`, `MalformedOcspAnswer`, `OcspRefused`, `UnfitEvidence`.
    """
    return _authentic_list(session, asked, data) if asked.kind == CRL else _authentic_answer(asked, data, at)


def keep(session: Session, asked: Due, found: Examined, at: datetime) -> bool:
    """Keep what was examined; tell whether it is new. Raises `UnfitEvidence`."""
    row = session.get_one(RevocationSource, asked.id)
    new = _keep(row, found, at)
    if new:
        facts = {"kind": row.kind, "sm3": row.evidence_sm3}
        audit.record(session, Entry(at, JOB, "", "keys.revocations.renewed", _thing(row), outcome="done", facts=facts))
    return new


def note_failure(session: Session, asked: Due, code: str, at: datetime) -> None:
    """Note why a source gave nothing, and when it is asked again; what was known from it stays."""
    row = session.get_one(RevocationSource, asked.id)
    row.tried_at, row.failure, row.renew_at = at, code, at + AFTER_FAILURE


def _authentic_list(session: Session, asked: Due, data: bytes) -> Examined:
    revocations = RevocationList.of(data)
    if revocations.issuer != asked.issuer.subject:
        raise UnfitEvidence("another-issuer")
    of_the_name = (each for each in _certificates(session) if each.subject == asked.issuer.subject)
    why = unfit_list(revocations, (asked.issuer, *of_the_name), Spending(BUDGET, asked.issuer))
    if why is not None:
        raise UnfitEvidence(why.value)
    return Examined(revocations, revocations.this_update, revocations.next_update)


def _authentic_answer(asked: Due, data: bytes, at: datetime) -> Examined:
    answer = OcspAnswer.of(data)
    wanted = asked_about(asked.request)
    single = next((each for each in answer.singles if each.certificate == wanted), None)
    if single is None:
        raise UnfitEvidence("another-certificate")
    why = unauthentic_answer(answer, asked.issuer, Trust(at), at, Spending(BUDGET, asked.issuer))
    if why is not None:
        raise UnfitEvidence(why.value)
    return Examined(answer, single.this_update, single.next_update)


def _keep(row: RevocationSource, found: Examined, at: datetime) -> bool:
    if row.this_update is not None and found.this_update < row.this_update:
        raise UnfitEvidence("older-than-what-is-here")
    new = found.evidence.sm3.hex() != row.evidence_sm3
    row.evidence, row.evidence_sm3 = found.evidence.der, found.evidence.sm3.hex()
    row.this_update, row.next_update = found.this_update, found.next_update
    # What is asked for a past moment is answered from what was there then, so the first sight of it counts.
    row.fetched_at = at if new or row.fetched_at is None else row.fetched_at
    row.tried_at, row.failure = at, None
    life = LONGEST_REST if found.next_update is None else (found.next_update - at) / 2
    row.renew_at = at + max(SHORTEST_REST, min(life, LONGEST_REST))
    return new


def _watched(
    session: Session,
    kind: str,
    url: str,
    request: bytes,
    issuer: Certificate,
    named_by: Certificate,
    at: datetime,
    *,
    intranet: bool,
) -> None:
    try:
        Destination.of(url, intranet=intranet)
    except UrlRefused:
        return  # a certificate may name what nobody can call; its status then stays unknown, and says so
    row = _source(session, kind, url, request, issuer, "path", at, intranet=intranet)
    if not row.configured and (row.until is None or row.until < named_by.not_after):
        row.until = named_by.not_after


def _source(
    session: Session,
    kind: str,
    url: str,
    request: bytes,
    issuer: Certificate,
    by: str,
    at: datetime,
    *,
    intranet: bool,
) -> RevocationSource:
    """Give the row of a source, made now if there is none; two that make it at once meet in one row."""
    key = {
        "kind": kind,
        "url_sm3": SM3.of(url.encode()).hex(),
        "asked_sm3": SM3.of(request).hex(),
        "issuer_key": SM3.of(issuer.spki).hex(),
    }
    session.execute(
        inserting(session, RevocationSource)
        .values(
            **key,
            url=url,
            request=request,
            issuer=issuer.der,
            configured=False,
            intranet=intranet,
            added_by=by,
            added_at=at,
            renew_at=at,
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(select(RevocationSource).filter_by(**key)).one()


def _trusted(session: Session, fingerprint: str) -> Certificate:
    found = next((each for each in _certificates(session) if each.sm3.hex() == fingerprint), None)
    if found is None:
        raise NotTrusted(fingerprint)
    return found


def _certificates(session: Session) -> list[Certificate]:
    rows = session.scalars(select(TrustedCertificate.der).where(TrustedCertificate.withdrawn_at.is_(None)))
    return [kept(each) for each in rows]


def _place(revocations: RevocationList) -> bytes:
    """Tell lists apart that an issuer makes for different places: they stand beside each other, not for each other."""
    if revocations.scope is None:
        return b""
    told = revocations.scope
    kinds = f"{told.users_only}{told.authorities_only}{sorted(told.reasons or ())}".encode()
    return b"".join((kinds, told.relative or b"", *(each.der for each in told.names)))


def _thing(row: RevocationSource) -> Thing:
    return Thing("revocation-source", f"{row.kind}:{row.issuer_key[:32]}:{row.url_sm3[:16]}")
