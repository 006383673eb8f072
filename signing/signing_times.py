"""When something was signed: what is claimed, read without believing it, and what time stamps prove.

A time with a zone of its own is one moment. A text without one, or with the `Z` that some products put behind local
time, is two: the moment in UTC and the one eight hours before (UTC+8 is the one zone of the country); a rule that asks
whether signing was inside a period is kept when either is. A time stamp over the signature proves that the signature
was there by then; one inside of what was signed (timeInfo of 2014) only that it came later, which is of no use.

A time stamp whose own certificate has expired by now still proves what it did where a later one saw it: it is then
verified at the moment of the later one (EN 319 102-1 5.6.2), and what is known of revocations today still counts.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from base.clock import rfc3339
from keys import timestamps
from keys.budget import Budget
from keys.certificates import Certificate
from keys.chain import VerifiedPath, statuses
from keys.errors import ComputationFailed, VerifyingUnavailable
from keys.revocation import Revoked
from keys.timestamp_errors import MalformedTimeStamp, TimeStampUnsupported, TimeStampWrong
from keys.timestamps import TimeStampToken
from keys.trust import Trust
from keys.trust_errors import Expired, PathFailure, RevocationUnknown
from signing.policy import Policy
from signing.report import Check, failed, passed, warned

LOCAL: Final = timezone(timedelta(hours=8))
# A product writes one token, an archive one a decade; more is work for nothing.
TOKENS_LIMIT: Final = 4

_SPELT: Final = re.compile(
    r"(\d{4})[-/.年]?(\d{2})[-/.月]?(\d{2})日?[T ]?(\d{2}):?(\d{2}):?(\d{2})(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_SHORT: Final = re.compile(r"\d{12}Z")


@dataclass(frozen=True)
class Claim:
    """A claimed time: how it is shown, and the moments that it may mean; one that is only shown decides nothing."""

    shown: datetime | str | None = None
    moments: tuple[datetime, ...] = ()
    decides: bool = True

    @property
    def earliest(self) -> datetime | None:
        """Give the earliest moment that it may mean."""
        return min(self.moments, default=None)

    def inside(self, start: datetime, end: datetime) -> bool:
        """Tell whether some moment that it may mean lies in a period."""
        return any(start <= each <= end for each in self.moments)


@dataclass(frozen=True)
class Proof:
    """What the time stamps came to: the earliest proven moment, and what was noted; the tokens read, for evidence."""

    at: datetime | None = None
    checks: tuple[Check, ...] = ()
    tokens: tuple[bytes, ...] = field(repr=False, default=())
    certificates: tuple[Certificate, ...] = ()
    is_test: bool = False
    # The paths of the authorities, for whoever keeps what a verdict rests on.
    paths: tuple[VerifiedPath, ...] = ()


def claim(time: datetime | str | bytes | None) -> Claim:
    """Read a claimed time; what cannot be read is shown and means no moment."""
    if isinstance(time, datetime):
        return Claim(time, (time,))
    if isinstance(time, bytes):
        return _stamped(time)
    return Claim(time or None, _moments(time or ""))


def told(at: datetime | str | None) -> str:
    """Write a time for a sentence."""
    return rfc3339(at.replace(microsecond=0)) if isinstance(at, datetime) else at or ""


def plausible(claimed: Claim, proven: datetime | None, at: datetime, policy: Policy) -> tuple[Check, ...]:
    """Hold a claimed time against what is known: it lies before now, and before what is proven."""
    earliest = claimed.earliest
    if not claimed.decides:
        return ()
    if earliest is None:
        return (warned("SIGNING_TIME_UNREADABLE", time=told(claimed.shown)),) if claimed.shown else ()
    if earliest > at + policy.skew:
        return (failed("SIGNING_TIME_IN_FUTURE", time=told(earliest), at=told(at)),)
    if proven is not None and earliest > proven + policy.skew:
        return (failed("SIGNING_TIME_AFTER_TIMESTAMP", time=told(earliest), proven=told(proven)),)
    return ()


def proof(
    tokens: tuple[bytes, ...],
    signature: bytes,
    trust: Trust,
    policy: Policy,
    at: datetime,
    budget: Budget,
    seen_by: datetime | None = None,
) -> Proof:
    """Judge the time stamps over a signature's bytes; one that is not good is told and left out (EN 319 102-1 5.4).

    `seen_by` is the moment by which a later time stamp saw them all.
    """
    found: list[Check] = []
    proven: list[tuple[datetime, bool]] = []
    certificates: list[Certificate] = []
    paths: list[VerifiedPath] = []
    for each in tokens[:TOKENS_LIMIT]:
        token, check = _judged(each, signature, trust, policy, at, budget, seen_by)
        certificates += token.certificates if token is not None else ()
        if isinstance(check, Check):
            found.append(check)
        else:
            proven.append((check.latest, check.path.is_test))
            paths.append(check.path)
            found.append(passed("TIMESTAMP_INVALID", time=told(check.at), authority=check.signer.subject.text))
    first = min(proven, default=None)
    return Proof(
        None if first is None else first[0],
        tuple(found),
        tokens[:TOKENS_LIMIT],
        tuple(certificates),
        first is not None and first[1],
        tuple(paths),
    )


def _judged(
    data: bytes,
    signature: bytes,
    trust: Trust,
    policy: Policy,
    at: datetime,
    budget: Budget,
    seen_by: datetime | None,
) -> tuple[TimeStampToken | None, timestamps.VerifiedTimeStamp | Check]:
    token = None
    try:
        token = timestamps.token(data)
        algorithm = token.info.imprint.algorithm
        if algorithm is None:
            return token, warned("TIMESTAMP_INVALID", reason="algorithm-unsupported")
        imprint = algorithm.of(signature)
        return token, _verified(token, imprint, trust, policy, at, budget, seen_by)
    except (MalformedTimeStamp, TimeStampWrong) as error:
        return token, warned("TIMESTAMP_INVALID", reason=error.reason)
    except TimeStampUnsupported:
        return token, warned("TIMESTAMP_INVALID", reason="algorithm-unsupported")
    except (PathFailure, VerifyingUnavailable, ComputationFailed) as error:
        return token, warned("TIMESTAMP_UNTRUSTED", reason=error.code)


def _verified(
    token: TimeStampToken,
    imprint: bytes,
    trust: Trust,
    policy: Policy,
    at: datetime,
    budget: Budget,
    seen_by: datetime | None,
) -> timestamps.VerifiedTimeStamp:
    """Verify a time stamp now or, where only age speaks against it, at the moment by which a later one saw it.

    Raises what `keys.timestamps.verify` raises.
    """
    try:
        return timestamps.verify(token, imprint, trust, at, policy.revocation, budget)
    except (Expired, RevocationUnknown) as failure:
        if seen_by is None or seen_by >= at:
            raise
        found = timestamps.verify(token, imprint, trust, seen_by, policy.revocation, budget)
        material = trust.with_material(token.certificates, token.lists)
        today = statuses(found.path, material, at, budget)
        if any(isinstance(each, Revoked) and each.holds_at(seen_by) for each in today):
            raise failure from None
        return found


def _stamped(data: bytes) -> Claim:
    """Read a time stamp inside of what was signed: what it tells counts as a claim."""
    try:
        at = timestamps.token(data).info.at
    except MalformedTimeStamp:
        return Claim("?")
    return Claim(at, (at,))


def _moments(text: str) -> tuple[datetime, ...]:
    text = text.strip()
    if _SHORT.fullmatch(text):
        text = f"20{text}"
    matched = _SPELT.fullmatch(text)
    if matched is None:
        return ()
    zone = matched[8]
    try:
        local = datetime(*(int(each) for each in matched.groups()[:6]))  # type: ignore[arg-type]  # noqa: DTZ001
        if zone is None or zone == "Z":
            return (local.replace(tzinfo=UTC), local.replace(tzinfo=LOCAL).astimezone(UTC))
        away = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
        return (local.replace(tzinfo=timezone(away)).astimezone(UTC),)
    except (ValueError, OverflowError):
        return ()
