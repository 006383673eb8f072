"""A revocation list as it is written: version 2, complete, with number, key identifier and reasons (RFC 5280 5).

One list speaks about every certificate of one authority, which has one key; so there is no issuing distribution point.
Entries stay after their certificate's end, since documents are verified long after: `expiredCertsOnCRL` (X.509 9.5.2.8)
says since when that is so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys.algorithms import der
from keys.algorithms.algorithm import SignatureAlgorithm
from keys.authority.writing import ENUMERATED, authority_key_id, extension, generalized, time
from keys.certificates import Certificate
from keys.revocation_lists import CRL_NUMBER, INVALIDITY_DATE, REASON_CODE, Reason

EXPIRED_CERTIFICATES: Final = "2.5.29.60"
_VERSION_2: Final = der.integer(1)
# CRLReason (RFC 5280 5.3.1); 7 is not used.
REASON_NUMBERS: Final = dict(zip(Reason, (0, 1, 2, 3, 4, 5, 6, 8, 9, 10), strict=True))


@dataclass(frozen=True)
class Listed:
    """One entry: a certificate by its serial number, revoked when and why."""

    serial: int
    when: datetime
    why: Reason
    invalid_since: datetime | None = None


@dataclass(frozen=True)
class ListDraft:
    """What a list is to say."""

    number: int
    this_update: datetime
    next_update: datetime
    since: datetime
    entries: Sequence[Listed]


def written(draft: ListDraft, issuer: Certificate, algorithm: SignatureAlgorithm) -> bytes:
    """Write the TBSCertList."""
    said = [extension(CRL_NUMBER, der.integer(draft.number))]
    if issuer.extensions.subject_key_id is not None:
        said.insert(0, authority_key_id(issuer.extensions.subject_key_id))
    said.append(extension(EXPIRED_CERTIFICATES, generalized(draft.since)))
    entries = der.sequence(*(_entry(each) for each in draft.entries)) if draft.entries else b""
    return der.sequence(
        _VERSION_2,
        algorithm.identifier,
        issuer.subject.der,
        time(draft.this_update),
        time(draft.next_update),
        entries,
        der.element(0xA0, der.sequence(*said)),
    )


def reason(why: Reason) -> bytes:
    """Write a CRLReason."""
    return der.element(ENUMERATED, bytes((REASON_NUMBERS[why],)))


def _entry(listed: Listed) -> bytes:
    more = []
    if listed.why is not Reason.UNSPECIFIED:
        # RFC 5280 5.3.1: the reason is left out where it would only say unspecified.
        more.append(extension(REASON_CODE, reason(listed.why)))
    if listed.invalid_since is not None:
        more.append(extension(INVALIDITY_DATE, generalized(listed.invalid_since)))
    return der.sequence(der.integer(listed.serial), time(listed.when), der.sequence(*more) if more else b"")
