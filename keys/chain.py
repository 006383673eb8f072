"""From a certificate to an anchor: the verified path, or the most telling reason why there is none.

`path` looks for it in these steps:

1. From the certificate upwards, candidates are tried by the name of the issuer, anchors first, those whose key
   identifier fits before the others. A step is only taken when the candidate's key made the signature.
2. Where an anchor that serves the purpose is reached, the chain is judged: keys, critical extensions, validity of every
   certificate *at the moment asked about* (the anchor's too), authorities' right to sign and their path lengths,
   usage for the purpose, extended usage of authorities that limit it.
3. pyhanko-certvalidator walks RFC 5280 6.1 over the chain: name constraints, policies, and all of 2 once more.
4. On demand the revocation of every certificate below the anchor is looked up (`keys.revocation`).

The first chain that passes is given. If none does, the failure of the highest rank is raised: a chain that came as far
as revocation tells more than one that never reached an anchor. An expired certificate of a stranger is a stranger's.

A `VerifiedPath` cannot be made but here. What is the caller's: to choose the moment (a proven signing time, or now), to
say whether *indeterminate* failures spoil its verdict, and to see to it that the right certificate is asked about.
"""

import enum
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pyhanko_certvalidator.errors import PathValidationError

from base.clock import rfc3339
from keys import certvalidator_gm, list_signers
from keys.algorithms import asymmetric
from keys.budget import BUDGET, Budget, Spending
from keys.certificates import Certificate
from keys.errors import UnusableKey
from keys.extensions import EXTENDED_KEY_USAGE, Usage
from keys.kept import Kept
from keys.purposes import Purpose
from keys.revocation import Revoked, Status, Unknown, status
from keys.trust import Anchor, Trust
from keys.trust_errors import (
    Expired,
    MalformedCertificate,
    NameNotPermitted,
    NoPath,
    NotAnAuthority,
    NotYetValid,
    PathFailure,
    PathRefused,
    PathTooLong,
    PolicyNotMet,
    RevocationUnknown,
    RevokedCertificate,
    SignatureUnsupported,
    SignatureWrong,
    UnknownCriticalExtension,
    UnusableCertificateKey,
    WrongUsage,
)

# Step 3 costs 2 ms and looks at names, constraints and policies, which do not change with the moment; what does is
# looked at in step 2 every time. A site meets some hundred chains; those that passed are remembered by fingerprint.
WALKED_KEPT: Final = 1024
_WALKED: Final[Kept[bool]] = Kept(WALKED_KEPT)
_MADE_HERE: Final = object()


class Demand(enum.Enum):
    """What is asked of revocation: nothing here, an answer where there is a source, an answer always."""

    NOTHING = "nothing"
    WHERE_SOURCED = "where-sourced"
    ALWAYS = "always"


@dataclass(frozen=True)
class VerifiedPath:
    """A chain that passed: the certificate first, its issuers after it, the anchor apart; only `path` makes one."""

    certificate: Certificate
    issuers: tuple[Certificate, ...]
    anchor: Anchor
    purpose: Purpose
    at: datetime
    statuses: tuple[Status, ...]
    made_by: object = None

    def __post_init__(self) -> None:
        if self.made_by is not _MADE_HERE:
            raise TypeError("a verified path is made by keys.chain.path alone")

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """Give the whole chain, from the certificate to the anchor."""
        if self.certificate == self.anchor.certificate:
            return (self.certificate,)
        return (self.certificate, *self.issuers, self.anchor.certificate)

    @property
    def steps(self) -> tuple[tuple[Certificate, Certificate], ...]:
        """Give each certificate below the anchor with the one that signed it."""
        chain = self.certificates
        return tuple(itertools.pairwise(chain))

    @property
    def is_test(self) -> bool:
        """Tell whether the anchor is for tests only."""
        return self.anchor.is_test


def path(
    certificate: Certificate,
    trust: Trust,
    purpose: Purpose,
    at: datetime,
    budget: Budget = BUDGET,
    demand: Demand = Demand.NOTHING,
) -> VerifiedPath:
    """Find and verify a path for a purpose at a moment.

    Raises a `PathFailure`, the most telling; and what computing raises when it cannot (`VerifyingUnavailable`).
    """
    if at.tzinfo is None:
        raise ValueError("a moment without a time zone")
    search = _Search(trust, purpose, at, Spending(budget, certificate), demand)
    failures: list[PathFailure] = [NoPath(certificate.label, purpose.name)]
    for chain, anchor in search.chains((certificate,), failures):
        try:
            statuses = search.judge(chain, anchor)
        except PathFailure as failure:
            failures.append(failure)
            continue
        return VerifiedPath(certificate, chain[1:], anchor, purpose, at, statuses, _MADE_HERE)
    raise max(failures, key=lambda failure: failure.rank)


def statuses(verified: VerifiedPath, trust: Trust, at: datetime, budget: Budget = BUDGET) -> tuple[Status, ...]:
    """Look up, certificate by certificate below the anchor, whether it was revoked, as known at a moment.

    Raises `BudgetExhausted`.
    """
    return _statuses(verified.certificates, trust, at, Spending(budget, verified.certificate))


def _statuses(chain: tuple[Certificate, ...], trust: Trust, at: datetime, spending: Spending) -> tuple[Status, ...]:
    found = []
    for place, (lower, upper) in enumerate(itertools.pairwise(chain)):
        above = chain[place + 2] if place + 2 < len(chain) else None
        kin = list_signers.others(upper, above, trust, at, spending)
        found.append(status(lower, upper, trust, at, spending, kin))
    return tuple(found)


class _Search:
    """One search: what is asked, and what it has cost."""

    def __init__(self, trust: Trust, purpose: Purpose, at: datetime, spending: Spending, demand: Demand) -> None:
        self.trust = trust
        self.purpose = purpose
        self.at = at
        self.spending = spending
        self.demand = demand

    def chains(
        self, chain: tuple[Certificate, ...], failures: list[PathFailure]
    ) -> Iterator[tuple[tuple[Certificate, ...], Anchor]]:
        """Carry out step 1: give every chain that reaches an anchor, and note why others do not."""
        top = chain[-1]
        for anchor in self.trust.anchors_by_name.get(top.subject, ()) if len(chain) == 1 else ():
            if anchor.certificate == top and anchor.serves(self.purpose.name):
                yield chain, anchor
        for anchor in self.trust.anchors_by_name.get(top.issuer, ()):
            if not anchor.serves(self.purpose.name) or anchor.certificate == top:
                continue
            if self._signed(top, anchor.certificate, failures):
                yield chain, anchor
        for candidate in self._candidates(chain):
            if len(chain) + 1 == self.spending.budget.length:
                failures.append(self.spending.too_long())
                return
            if self._signed(top, candidate, failures):
                yield from self.chains((*chain, candidate), failures)

    def judge(self, chain: tuple[Certificate, ...], anchor: Anchor) -> tuple[Status, ...]:
        """Carry out steps 2 to 4 over a chain whose signatures are right. Raises the most telling `PathFailure`."""
        failures = [*self._faults(chain, anchor)]
        if not failures:
            failures = [*self._walked(chain, anchor)]
        if failures:
            raise max(failures, key=lambda failure: failure.rank)
        return self._revocations((*chain, anchor.certificate) if chain[-1] != anchor.certificate else chain)

    def _candidates(self, chain: tuple[Certificate, ...]) -> list[Certificate]:
        """Give who may have issued the top, fitting key identifiers first; no subject's key stands twice in a chain."""
        top = chain[-1]
        used = {(each.subject, each.spki) for each in chain}
        named = self.trust.intermediates_by_name.get(top.issuer, ())
        return sorted(
            (each for each in named if (each.subject, each.spki) not in used), key=lambda each: not _fits(top, each)
        )

    def _signed(self, lower: Certificate, upper: Certificate, failures: list[PathFailure]) -> bool:
        """Tell whether one certificate's key signed another, and note it where not. Raises `BudgetExhausted`."""
        self.spending.look_at_branch()
        try:
            if self.spending.verify(upper, lower.tbs, lower.signature, lower.algorithm):
                return True
            failures.append(SignatureWrong(lower.label))
        except SignatureUnsupported as failure:
            failures.append(SignatureUnsupported(lower.label, failure.algorithm))
        except UnusableCertificateKey as failure:
            failures.append(failure)
        return False

    def _faults(self, chain: tuple[Certificate, ...], anchor: Anchor) -> Iterator[PathFailure]:
        """Carry out step 2."""
        above = () if chain[-1] == anchor.certificate else (anchor.certificate,)
        for each in (*chain, *above):
            yield from self._faults_at_any_place(each)
        for place, issuer in enumerate((*chain[1:], *above), start=1):
            yield from _faults_of_issuer(issuer, below=chain[1:place])
            if not _extended_allows(self.purpose, issuer.extensions.extended_usage):
                yield self._wrong_usage(issuer)
        try:
            asymmetric.public_key(chain[0].spki)
        except UnusableKey as error:
            yield UnusableCertificateKey(chain[0].label, error.reason)
        if not self._usage_fits(chain[0]):
            yield self._wrong_usage(chain[0])

    def _faults_at_any_place(self, certificate: Certificate) -> Iterator[PathFailure]:
        for extension in sorted(certificate.extensions.unknown_critical):
            yield UnknownCriticalExtension(certificate.label, extension)
        if self.at < certificate.not_before:
            yield NotYetValid(certificate.label, rfc3339(self.at), rfc3339(certificate.not_before))
        if self.at > certificate.not_after:
            yield Expired(certificate.label, rfc3339(self.at), rfc3339(certificate.not_after))

    def _usage_fits(self, certificate: Certificate) -> bool:
        purpose, said = self.purpose, certificate.extensions
        if purpose.authority is not None and certificate.is_authority != purpose.authority:
            return False
        if purpose.usages and (said.key_usage is None or not said.key_usage & purpose.usages):
            return False
        if said.extended_usage is None:
            return not purpose.extended_needed
        if purpose.only_extended and (
            set(said.extended_usage) != purpose.extended or EXTENDED_KEY_USAGE not in said.critical
        ):
            return False
        return _extended_allows(purpose, said.extended_usage)

    def _wrong_usage(self, certificate: Certificate) -> WrongUsage:
        needed = sorted((*self.purpose.usages, *self.purpose.extended))
        return WrongUsage(certificate.label, self.purpose.name, " | ".join(needed))

    def _walked(self, chain: tuple[Certificate, ...], anchor: Anchor) -> Iterator[PathFailure]:
        """Carry out step 3; the library's text tells which of its rules was broken, under its guarded version."""
        if chain[-1] == anchor.certificate:
            return
        label = chain[0].label
        walked = _fingerprint(chain, anchor, self.purpose)
        if _WALKED.of(walked):
            return
        try:
            certvalidator_gm.walk(
                tuple(reversed(chain)), anchor.certificate, self.purpose.policies, self.spending.verified, self.at
            )
        except PathValidationError as error:
            text = str(error)
            if "namespace of the issuing authority" in text:
                yield NameNotPermitted(label)
            elif "no valid set of policies" in text:
                yield PolicyNotMet(label)
            else:
                yield PathRefused(label, "rfc-5280-6.1")
        except MalformedCertificate as error:
            yield PathRefused(label, error.reason)
        except certvalidator_gm.UNFORESEEN:
            yield PathRefused(label, "not-processable")
        else:
            _WALKED.keep(walked, True)

    def _revocations(self, chain: tuple[Certificate, ...]) -> tuple[Status, ...]:
        """Carry out step 4. Raises `RevokedCertificate`, `RevocationUnknown`, `BudgetExhausted`."""
        if self.demand is Demand.NOTHING:
            return ()
        found = _statuses(chain, self.trust, self.at, self.spending)
        failures = [failure for each, said in zip(chain, found, strict=False) for failure in self._unmet(each, said)]
        if failures:
            raise max(failures, key=lambda failure: failure.rank)
        return found

    def _unmet(self, certificate: Certificate, said: Status) -> Iterator[PathFailure]:
        if isinstance(said, Revoked) and said.holds_at(self.at):
            yield RevokedCertificate(certificate.label, rfc3339(said.since), said.why.value)
        if isinstance(said, Unknown) and (said.sourced or self.demand is Demand.ALWAYS):
            yield RevocationUnknown(certificate.label, said.why.value)


def _fingerprint(chain: tuple[Certificate, ...], anchor: Anchor, purpose: Purpose) -> str:
    """Name a chain with all that the walk over it depends on: every certificate, and the policies asked for."""
    return " ".join((*(each.sm3.hex() for each in (*chain, anchor.certificate)), *sorted(purpose.policies)))


def _faults_of_issuer(issuer: Certificate, below: tuple[Certificate, ...]) -> Iterator[PathFailure]:
    """Tell why a certificate may not stand above others; `below` are the issuers under it (RFC 5280 6.1.4 k to n)."""
    if not issuer.is_authority:
        yield NotAnAuthority(issuer.label, "not-an-authority")
    usage = issuer.extensions.key_usage
    if usage is not None and Usage.CERT_SIGN not in usage:
        yield NotAnAuthority(issuer.label, "may-not-sign-certificates")
    limit = issuer.extensions.basic.path_length if issuer.extensions.basic else None
    if limit is not None and sum(not each.is_self_issued for each in below) > limit:
        yield PathTooLong(issuer.label, limit)


def _extended_allows(purpose: Purpose, extended: tuple[str, ...] | None) -> bool:
    """Tell whether an extended usage, where there is one, leaves room for a purpose."""
    return extended is None or not purpose.extended or bool(purpose.extended & set(extended))


def _fits(lower: Certificate, upper: Certificate) -> bool:
    named, own = lower.extensions.authority_key_id, upper.extensions.subject_key_id
    return named is not None and named.key_id is not None and named.key_id == own
