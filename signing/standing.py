"""Whether a certificate could be relied on for what it did, by the time that is known of it.

The steps are those of GM/T 0031-2014 6.2.3 c and d (signer) and 6.1.2 c (seal maker), with the answers of EN 319 102-1:

1. Without any anchor nothing can be told, and that is said in its own words.
2. A path is looked for at the *proven* moment, or now where nothing is proven. A path that fails only because its
   certificates have expired by now is looked for once more at a moment when they held: then *expired, no proof*.
3. The *claimed* moment must lie in the certificate's period: the standard refuses what says of itself that it does not.
4. Every certificate below the anchor is asked for its revocation, as known now: revoked before the proven moment is
   invalid, revoked after it does no harm, revoked without proof is not decided. Evidence that was made after the proven
   moment and calls the certificate good speaks for that moment, however old it is by now.
5. Names that mix scripts are told: a name is no identity.

All steps are taken that can be; none stops the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from base.clock import rfc3339
from keys.budget import Budget
from keys.certificates import Certificate
from keys.chain import Demand, VerifiedPath, path, statuses
from keys.errors import ComputationFailed, VerifyingUnavailable
from keys.purposes import SEAL, Purpose
from keys.revocation import Good, Revoked, Status, Unknown, Why
from keys.revocation import status as status_of
from keys.trust import Trust
from keys.trust_errors import (
    BudgetExhausted,
    Expired,
    NoPath,
    NotYetValid,
    PathFailure,
    SignatureUnsupported,
    SignatureWrong,
    UnusableCertificateKey,
    WrongUsage,
)
from signing.policy import Policy
from signing.report import Check, failed, not_checked, passed, warned
from signing.signing_times import Claim, told

# How often a document may have a path looked for: a signer, a maker and an authority for some twenty signatures.
SEARCHES_LIMIT: Final = 64
# A document for the long term carries one list or answer for each certificate, an archive a few.
EVIDENCE_LIMIT: Final = 4


@dataclass(frozen=True)
class Role:
    """The codes under which a certificate's standing is told, written out so that each can be found."""

    untrusted: str
    chain_refused: str
    given_up: str
    key_usage: str
    expired_at: str
    not_yet_valid: str
    expired: str
    revoked_before: str
    revoked: str
    authority_revoked: str
    revocation_unknown: str


SIGNER: Final = Role(
    "SIGNER_CERT_UNTRUSTED",
    "SIGNER_CERT_CHAIN_REFUSED",
    "SIGNER_CERT_CHAIN_GIVEN_UP",
    "SIGNER_CERT_KEY_USAGE",
    "SIGNER_CERT_EXPIRED_AT_SIGNING",
    "SIGNER_CERT_NOT_YET_VALID",
    "SIGNER_CERT_EXPIRED",
    "SIGNER_CERT_REVOKED_BEFORE_SIGNING",
    "SIGNER_CERT_REVOKED",
    "SIGNER_CA_REVOKED",
    "SIGNER_REVOCATION_UNKNOWN",
)
MAKER: Final = Role(
    "SEAL_MAKER_UNTRUSTED",
    "SEAL_MAKER_CHAIN_REFUSED",
    "SEAL_MAKER_CHAIN_GIVEN_UP",
    "SEAL_MAKER_KEY_USAGE",
    "SEAL_MAKER_EXPIRED_AT_MAKING",
    "SEAL_MAKER_NOT_YET_VALID",
    "SEAL_MAKER_EXPIRED",
    "SEAL_MAKER_REVOKED_BEFORE_SIGNING",
    "SEAL_MAKER_REVOKED",
    "SEAL_MAKER_CA_REVOKED",
    "SEAL_MAKER_REVOCATION_UNKNOWN",
)


@dataclass(frozen=True)
class Moments:
    """What is known of the time: now, what is proven, what is claimed."""

    at: datetime
    proven: datetime | None
    claimed: Claim

    @property
    def asked(self) -> datetime:
        """Give the moment at which the path has to hold."""
        return self.proven or self.at


@dataclass(frozen=True)
class Standing:
    """What was found, and the path where there is one."""

    checks: tuple[Check, ...]
    path: VerifiedPath | None = None


@dataclass
class Searches:
    """What one document may still cost: paths are remembered, and only so many are looked for."""

    trust: Trust
    budget: Budget
    left: int = SEARCHES_LIMIT
    # With each answer the trust it was found in, which thereby stays the only one of that identity.
    found: dict[tuple[bytes, str, datetime, int], tuple[Trust, VerifiedPath | PathFailure]] = field(
        default_factory=dict
    )

    def path(self, certificate: Certificate, purpose: Purpose, at: datetime, trust: Trust) -> VerifiedPath:
        """Look for a path, or remember it. Raises `PathFailure`."""
        key = (certificate.der, purpose.name, at, id(trust))
        if key not in self.found:
            self.found[key] = (trust, self._looked_for(certificate, purpose, at, trust))
        known = self.found[key][1]
        if isinstance(known, PathFailure):
            raise known
        return known

    def _looked_for(
        self, certificate: Certificate, purpose: Purpose, at: datetime, trust: Trust
    ) -> VerifiedPath | PathFailure:
        if not self.left:
            return BudgetExhausted(certificate.label, "searches", SEARCHES_LIMIT)
        self.left -= 1
        try:
            return path(certificate, trust, purpose, at, self.budget)
        except PathFailure as failure:
            return failure


def standing(
    certificate: Certificate,
    role: Role,
    moments: Moments,
    policy: Policy,
    searches: Searches,
    trust: Trust,
    purpose: Purpose = SEAL,
) -> Standing:
    """Go through the numbered steps for one certificate."""
    checks = [*_claimed(certificate, role, moments, policy)]
    if certificate.subject.mixes_scripts:
        checks.append(warned("NAME_MIXES_SCRIPTS", name=certificate.subject.text))
    if not trust.anchors:
        return Standing((*checks, not_checked(role.untrusted, issuer=certificate.issuer.text)))
    try:
        found, late = _found(certificate, role, moments, searches, trust, purpose)
    except PathFailure as failure:
        return Standing((*checks, _refusal(failure, certificate, role, moments)))
    except (VerifyingUnavailable, ComputationFailed) as error:
        return Standing((*checks, failed(role.given_up, reason=error.code)))
    if late is not None:
        checks.append(late)
    checks.append(passed(role.untrusted, anchor=found.anchor.certificate.subject.text))
    checks.extend(_revocations(found, role, moments, policy, searches, trust))
    return Standing(tuple(checks), found)


def _found(
    certificate: Certificate, role: Role, moments: Moments, searches: Searches, trust: Trust, purpose: Purpose
) -> tuple[VerifiedPath, Check | None]:
    """Carry out step 2. Raises `PathFailure`."""
    try:
        return searches.path(certificate, purpose, moments.asked, trust), None
    except Expired as failure:
        for moment in _moments_when_it_held(certificate, moments):
            try:
                found = searches.path(certificate, purpose, moment, trust)
            except (Expired, NotYetValid):
                continue
            return found, failed(role.expired, not_after=failure.not_after)
        raise


def _moments_when_it_held(certificate: Certificate, moments: Moments) -> Iterator[datetime]:
    """Give moments at which the chain may have held: the claimed ones, and the end and the start of the period."""
    yield from (each for each in moments.claimed.moments if certificate.holds_at(each))
    yield min(certificate.not_after, moments.asked)
    yield certificate.not_before


def _claimed(certificate: Certificate, role: Role, moments: Moments, policy: Policy) -> Iterator[Check]:
    """Carry out step 3; without a usable claim the proven moment, or now, stands in its place."""
    asked = moments.claimed.moments or (moments.asked,)
    shown = told(asked[0])
    if any(certificate.not_before - policy.skew <= each <= certificate.not_after for each in asked):
        yield passed(role.expired_at, time=shown)
    elif not moments.claimed.moments and asked[0] > certificate.not_after:
        # Nothing says that it was signed this late: step 2 tells what is not proven.
        return
    elif min(asked) > certificate.not_after:
        yield failed(role.expired_at, time=shown, not_after=rfc3339(certificate.not_after))
    else:
        yield failed(role.not_yet_valid, time=shown, not_before=rfc3339(certificate.not_before))


def _refusal(failure: PathFailure, certificate: Certificate, role: Role, moments: Moments) -> Check:
    """Say what a path failed for, in the words of EN 319 102-1."""
    match failure:
        case Expired():
            check = failed(role.expired, not_after=failure.not_after)
        case NotYetValid():
            check = failed(role.not_yet_valid, time=told(moments.asked), not_before=failure.not_before)
        case NoPath() | SignatureWrong():
            check = failed(role.untrusted, issuer=certificate.issuer.text, reason=failure.code)
        case SignatureUnsupported():
            check = failed("ALG_UNSUPPORTED", algorithm=failure.algorithm)
        case UnusableCertificateKey():
            check = failed("ALG_UNSUPPORTED", algorithm=failure.reason)
        case WrongUsage():
            check = failed(role.key_usage, needed=failure.needed)
        case BudgetExhausted():
            check = failed(role.given_up, reason=failure.limit)
        case _:
            check = failed(role.chain_refused, reason=failure.code)
    return check


def _revocations(
    found: VerifiedPath, role: Role, moments: Moments, policy: Policy, searches: Searches, trust: Trust
) -> Iterator[Check]:
    """Carry out step 4 for every certificate below the anchor."""
    try:
        said = statuses(found, trust, moments.at, searches.budget)
    except BudgetExhausted as failure:
        yield failed(role.given_up, reason=failure.limit)
        return
    good = True
    for place, ((certificate, issuer), status) in enumerate(zip(found.steps, said, strict=True)):
        if isinstance(status, Revoked):
            check = _of_revoked(status, role, moments, is_leaf=not place)
        elif isinstance(status, Unknown) or _too_old(status, policy, moments):
            check = _of_unknown(certificate, issuer, status, role, moments, policy, trust)
        else:
            check = None
        if check is not None:
            good = False
            yield check
    if good:
        yield passed(role.revoked_before)


def _of_revoked(status: Revoked, role: Role, moments: Moments, *, is_leaf: bool) -> Check | None:
    since, why = rfc3339(status.since), status.why.value
    if moments.proven is None:
        return failed(role.revoked if is_leaf else role.authority_revoked, since=since, reason=why)
    if status.holds_at(moments.proven):
        return failed(role.revoked_before, time=told(moments.proven), since=since, reason=why)
    return None


def _of_unknown(
    certificate: Certificate,
    issuer: Certificate,
    status: Unknown | Good,
    role: Role,
    moments: Moments,
    policy: Policy,
    trust: Trust,
) -> Check | None:
    if moments.proven is not None and good_since(certificate, issuer, moments.proven - policy.skew, moments.at, trust):
        return None
    if isinstance(status, Unknown) and not status.sourced and policy.revocation is not Demand.ALWAYS:
        return not_checked("REVOCATION_NO_SOURCE", certificate.subject.text, instead_of=role.revoked_before)
    why = status.why.value if isinstance(status, Unknown) else Why.STALE.value
    return not_checked(role.revocation_unknown, certificate.subject.text, reason=why)


def _too_old(status: Status, policy: Policy, moments: Moments) -> bool:
    limit = policy.evidence_age
    return isinstance(status, Good) and limit is not None and status.evidence.age(moments.at) > limit


def good_since(certificate: Certificate, issuer: Certificate, since: datetime, at: datetime, trust: Trust) -> bool:
    """Tell whether evidence from a moment on calls the certificate good; it speaks for the time before.

    Whoever asks about a proven moment takes off how far clocks may differ: an answer that was asked for right after a
    time stamp bears the same second, and the stamp's accuracy reaches into the next.
    """
    lists = [each.this_update for each in trust.lists_by_issuer.get(certificate.issuer, ())]
    answers = [
        single.this_update
        for answer in trust.answers_by_serial.get(certificate.serial, ())
        for single in answer.singles
        if single.certificate.serial == certificate.serial
    ]
    later = sorted({each for each in (*lists, *answers) if each >= since})
    for each in later[:EVIDENCE_LIMIT]:
        if each > at:
            return False
        said = status_of(certificate, issuer, trust, each)
        if isinstance(said, Good):
            return True
    return False
