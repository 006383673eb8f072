"""Was this certificate revoked? Good, revoked since when and why, or not known, each with the evidence and its age.

`status` weighs every list and answer in the `Trust` that speaks about the certificate:

1. Authentic: the issuer's own key signed it; for a list, another key of the same authority that the caller vouches for
   (`keys.list_signers`); for OCSP, a responder that the issuer named (RFC 6960 4.2.2.2). Indirect lists are not used,
   and delta lists only where they revoke: else not known, with that reason.
2. In scope: the list is for certificates of this kind and place (RFC 5280 6.3.3 b), for the reasons that it names.
3. Revoked counts from any authentic evidence, old as it may be; only a hold can be lifted again, by newer evidence.
4. Good counts from fresh evidence alone: `thisUpdate` is past, `nextUpdate` is there and is not. Lists that speak
   for some reasons only must speak for all of them together.

When the certificate was used, and whether *not known* spoils that use, is the caller's to decide: `Revoked.holds_at`
tells it for a moment. A compromised key counts as revoked from the moment that the issuer says it was compromised,
be that before the revocation.
"""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from keys.budget import BUDGET, Spending
from keys.certificates import Certificate
from keys.extensions import DistributionPoint, Usage
from keys.names import Name
from keys.ocsp import OcspAnswer, Single
from keys.purposes import OCSP_SIGNING
from keys.revocation_lists import Entry, Reason, RevocationList, Scope
from keys.trust import Trust
from keys.trust_errors import SignatureUnsupported, UnusableCertificateKey

# Clocks of two authorities differ by seconds; a list from further ahead was not made by its time.
SKEW: Final = timedelta(minutes=5)
# RFC 6960 4.2.2.1: without nextUpdate newer answers are always to be had, so an old one says nothing.
FRESH_WITHOUT_NEXT_UPDATE: Final = timedelta(hours=1)
# ReasonFlags 1 to 8 (RFC 5280 4.2.1.13); bit 0 is not used.
ALL_REASONS: Final = frozenset(range(1, 9))
_COMPROMISED: Final = frozenset({Reason.KEY_COMPROMISE, Reason.CA_COMPROMISE, Reason.AA_COMPROMISE})


class Why(enum.StrEnum):
    """Why the status is not known, the least telling first; from `SOME_REASONS` on, authentic evidence was there."""

    NO_SOURCE = "no-source"
    NO_EVIDENCE = "no-evidence"
    OUT_OF_SCOPE = "out-of-scope"
    DELTA_LIST = "delta-list"
    INDIRECT_LIST = "indirect-list"
    OTHER_KEY = "signed-by-another-key"
    SIGNER_NOT_ALLOWED = "signer-not-allowed"
    SIGNATURE_UNSUPPORTED = "signature-unsupported"
    SIGNATURE_WRONG = "signature-wrong"
    UNKNOWN_CRITICAL = "unknown-critical-extension"
    SOME_REASONS = "only-some-reasons"
    NOT_KNOWN_THERE = "not-known-to-responder"
    NO_NEXT_UPDATE = "no-next-update"
    FROM_THE_FUTURE = "issued-later"
    STALE = "stale"


_RANK: Final = {why: rank for rank, why in enumerate(Why)}


@dataclass(frozen=True)
class Evidence:
    """A list or answer that was looked at: what it is, and for which time it speaks."""

    kind: Literal["crl", "ocsp"]
    sm3: bytes
    this_update: datetime
    next_update: datetime | None

    def age(self, at: datetime) -> timedelta:
        """Tell how old the evidence is."""
        return at - self.this_update


@dataclass(frozen=True)
class Good:
    """The certificate was not revoked, by fresh and authentic evidence."""

    evidence: Evidence


@dataclass(frozen=True)
class Revoked:
    """The certificate was revoked."""

    when: datetime
    why: Reason
    invalid_since: datetime | None
    evidence: Evidence

    @property
    def since(self) -> datetime:
        """Give the moment from which nothing that the key did counts: with a compromise, that of the compromise."""
        if self.invalid_since is not None and self.why in _COMPROMISED:
            return min(self.when, self.invalid_since)
        return self.when

    def holds_at(self, at: datetime) -> bool:
        """Tell whether the certificate was already revoked at a moment."""
        return self.since <= at


@dataclass(frozen=True)
class Unknown:
    """Whether the certificate was revoked is not known; `sourced` tells that there is someone who should know."""

    why: Why
    sourced: bool
    evidence: Evidence | None = None


Status = Good | Revoked | Unknown


@dataclass(frozen=True)
class _Partial:
    """Not revoked for these reasons."""

    reasons: frozenset[int]
    evidence: Evidence


_Finding = Good | Revoked | Unknown | _Partial


def status(
    certificate: Certificate,
    issuer: Certificate,
    trust: Trust,
    at: datetime,
    spending: Spending | None = None,
    others: tuple[Certificate, ...] = (),
) -> Status:
    """Tell whether a certificate was revoked, as known at a moment.

    `issuer` is the one whose key signed it, `others` are certificates of the same authority that may sign its lists.
    Raises `BudgetExhausted`.
    """
    spending = spending or Spending(BUDGET, certificate)
    sourced = trust.asks_about(certificate, issuer)
    lists = _of_lists(certificate, (issuer, *others), trust, at, spending)
    findings = [*lists, *_of_answers(certificate, issuer, trust, at, spending)]
    return _weighed(findings, sourced=sourced)


def _weighed(findings: list[_Finding], *, sourced: bool) -> Status:
    revoked = [each for each in findings if isinstance(each, Revoked)]
    final = [each for each in revoked if each.why is not Reason.HOLD]
    if final:
        return min(final, key=lambda each: each.since)
    good = [each for each in findings if isinstance(each, Good)]
    together = _together([each for each in findings if isinstance(each, _Partial)])
    if together is not None:
        good.append(together)
    known: list[Good | Revoked] = [*revoked, *good]
    if known:
        return max(known, key=lambda each: each.evidence.this_update)
    unknown = [each for each in findings if isinstance(each, Unknown)]
    unknown += [Unknown(Why.SOME_REASONS, True, each.evidence) for each in findings if isinstance(each, _Partial)]
    if not unknown:
        return Unknown(Why.NO_EVIDENCE if sourced else Why.NO_SOURCE, sourced)
    sourced = sourced or any(each.sourced for each in unknown)
    telling = max(unknown, key=lambda each: _RANK[each.why])
    return Unknown(telling.why, sourced, telling.evidence)


def _together(partial: list[_Partial]) -> Good | None:
    """Put lists together that speak for some reasons each (RFC 5280 6.3.3 l); the oldest of them tells the age."""
    covered: set[int] = set()
    for each in partial:
        covered |= each.reasons
    if not covered >= ALL_REASONS:
        return None
    return Good(min(partial, key=lambda each: each.evidence.this_update).evidence)


def _of_lists(
    certificate: Certificate, signers: tuple[Certificate, ...], trust: Trust, at: datetime, spending: Spending
) -> Iterator[_Finding]:
    for each in trust.lists_by_issuer.get(certificate.issuer, ()):
        evidence = Evidence("crl", each.sm3, each.this_update, each.next_update)
        why = unfit_list(each, signers, spending)
        if why is not None:
            yield Unknown(why, sourced=False, evidence=evidence)
            continue
        reasons = _reasons_in_scope(each, certificate)
        if not reasons:
            yield Unknown(Why.OUT_OF_SCOPE, sourced=False, evidence=evidence)
            continue
        entry = each.entries.get(certificate.serial)
        if entry is not None and entry.why is not Reason.REMOVED:
            yield _revoked(entry, evidence)
        elif each.is_delta:
            yield Unknown(Why.DELTA_LIST, sourced=False, evidence=evidence)
        else:
            late = _stale(each.this_update, each.next_update, at)
            yield Unknown(late, sourced=True, evidence=evidence) if late is not None else _Partial(reasons, evidence)


def unfit_list(revocations: RevocationList, signers: tuple[Certificate, ...], spending: Spending) -> Why | None:
    """Tell why a list cannot be used at all, the cheap reasons first."""
    if revocations.scope is not None and revocations.scope.indirect:
        return Why.INDIRECT_LIST
    if revocations.unknown_critical or revocations.unknown_critical_of_entries:
        # RFC 5280 5.2 and 5.3: such a list may not be used to find the status of any certificate.
        return Why.UNKNOWN_CRITICAL
    found = [_not_by(revocations, signer, spending) for signer in signers]
    return None if None in found else max((why for why in found if why is not None), key=_RANK.__getitem__)


def _not_by(revocations: RevocationList, signer: Certificate, spending: Spending) -> Why | None:
    named, own = revocations.authority_key_id, signer.extensions.subject_key_id
    if named is not None and named.key_id is not None and own is not None and named.key_id != own:
        return Why.OTHER_KEY
    usage = signer.extensions.key_usage
    if usage is not None and Usage.CRL_SIGN not in usage:
        return Why.SIGNER_NOT_ALLOWED
    return _unauthentic(revocations, signer, spending)


def _unauthentic(signed: RevocationList | OcspAnswer, signer: Certificate, spending: Spending) -> Why | None:
    try:
        right = spending.verify(signer, signed.tbs, signed.signature, signed.algorithm)
    except (SignatureUnsupported, UnusableCertificateKey):
        return Why.SIGNATURE_UNSUPPORTED
    return None if right else Why.SIGNATURE_WRONG


def _reasons_in_scope(revocations: RevocationList, certificate: Certificate) -> frozenset[int]:
    """Give the reasons for which a list speaks about a certificate; none when it does not (RFC 5280 6.3.3 b, d)."""
    points = [point for point in certificate.extensions.crl_points if not point.issuer]
    scope = revocations.scope
    if scope is None:
        return ALL_REASONS if not points else _united_reasons(points)
    excludes_users = scope.authorities_only and not certificate.is_authority
    if scope.attributes_only or excludes_users or (scope.users_only and certificate.is_authority):
        return frozenset()
    own = ALL_REASONS if scope.reasons is None else scope.reasons & ALL_REASONS
    places = _places(scope, revocations.issuer)
    if not places:
        return own if not points else own & _united_reasons(points)
    return own & _united_reasons([point for point in points if places & _places(point, certificate.issuer)])


def _united_reasons(points: list[DistributionPoint]) -> frozenset[int]:
    found: frozenset[int] = frozenset()
    for point in points:
        found |= ALL_REASONS if point.reasons is None else point.reasons & ALL_REASONS
    return found


def _places(point: DistributionPoint | Scope, issuer: Name) -> frozenset[Name | bytes]:
    """Give the places that a point or a scope names: directory names as names, all others by their bytes."""
    if point.relative is not None:
        return frozenset({issuer.with_part(point.relative)})
    return frozenset(each.der if each.directory is None else each.directory for each in point.names)


def _of_answers(
    certificate: Certificate, issuer: Certificate, trust: Trust, at: datetime, spending: Spending
) -> Iterator[_Finding]:
    for answer in trust.answers_by_serial.get(certificate.serial, ()):
        for single in answer.singles:
            if single.certificate.names(certificate, issuer):
                yield _of_answer(answer, single, issuer, trust, at, spending)


def _of_answer(
    answer: OcspAnswer, single: Single, issuer: Certificate, trust: Trust, at: datetime, spending: Spending
) -> _Finding:
    evidence = Evidence("ocsp", answer.sm3, single.this_update, single.next_update)
    if answer.unknown_critical or single.unknown_critical:
        return Unknown(Why.UNKNOWN_CRITICAL, sourced=False, evidence=evidence)
    why = unauthentic_answer(answer, issuer, trust, at, spending)
    if why is not None:
        return Unknown(why, sourced=False, evidence=evidence)
    if single.revoked is not None:
        return _revoked(single.revoked, evidence)
    if not single.known:
        return Unknown(Why.NOT_KNOWN_THERE, sourced=True, evidence=evidence)
    next_update = single.next_update or single.this_update + FRESH_WITHOUT_NEXT_UPDATE
    late = _stale(max(single.this_update, answer.produced_at), next_update, at)
    return Good(evidence) if late is None else Unknown(late, sourced=True, evidence=evidence)


def unauthentic_answer(
    answer: OcspAnswer, issuer: Certificate, trust: Trust, at: datetime, spending: Spending
) -> Why | None:
    """Tell why an answer is not the issuer's own nor that of a responder which the issuer named."""
    if answer.is_by(issuer):
        return _unauthentic(answer, issuer, spending)
    why = Why.SIGNER_NOT_ALLOWED
    for responder in answer.certificates:
        if not answer.is_by(responder):
            continue
        if not _is_named_responder(responder, issuer, trust, at, spending):
            continue
        found = _unauthentic(answer, responder, spending)
        if found is None:
            return None
        why = found
    return why


def _is_named_responder(
    responder: Certificate, issuer: Certificate, trust: Trust, at: datetime, spending: Spending
) -> bool:
    """Tell whether the issuer itself made this certificate for answering, and it holds (RFC 6960 4.2.2.2).

    Its own revocation is either excluded by the issuer (ocsp-nocheck) or must be found good in a list: an answer of
    the same responder could not prove it.
    """
    said = responder.extensions
    if responder.issuer != issuer.subject or not responder.holds_at(at) or said.unknown_critical:
        return False
    may_sign = said.key_usage is None or Usage.DIGITAL_SIGNATURE in said.key_usage
    if OCSP_SIGNING not in (said.extended_usage or ()) or not may_sign:
        return False
    try:
        if not spending.verify(issuer, responder.tbs, responder.signature, responder.algorithm):
            return False
    except (SignatureUnsupported, UnusableCertificateKey):
        return False
    if said.ocsp_no_check:
        return True
    return isinstance(_weighed(list(_of_lists(responder, (issuer,), trust, at, spending)), sourced=True), Good)


def _revoked(entry: Entry, evidence: Evidence) -> Revoked:
    return Revoked(entry.when, entry.why, entry.invalid_since, evidence)


def _stale(this_update: datetime, next_update: datetime | None, at: datetime) -> Why | None:
    if this_update > at + SKEW:
        return Why.FROM_THE_FUTURE
    if next_update is None:
        return Why.NO_NEXT_UPDATE
    return Why.STALE if next_update < at else None
