"""What a verification accepts: algorithms and since or until when, compatibility by name, and how fresh things must be.

A policy is a frozen value with a name and a version that stand in every report; changing what it means is a new
version. It never makes a wrong signature right: it only says what is good enough and what has to be known.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import ClassVar, Final

from base.errors import DomainError, Kind
from base.tables import laid_out
from keys.algorithms import international, sm2
from keys.chain import Demand


class Compatibility(enum.StrEnum):
    """What is against the standards, met in the field, and accepted only where the policy names it."""

    RAW_SIGNATURE = "raw-signature"


@dataclass(frozen=True)
class Accepted:
    """From when to when an algorithm is good enough; both ends may be open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds_at(self, at: datetime) -> bool:
        """Tell whether the algorithm is accepted for what was signed at a moment."""
        return (self.since is None or self.since <= at) and (self.until is None or at <= self.until)


@dataclass(frozen=True)
class Policy:
    """What is accepted.

    `revocation` says when an answer is needed; `evidence_age` bounds how old a good answer may be beside its own
    nextUpdate; `skew` is how far clocks may differ (two authorities: seconds; office machines: minutes).
    """

    name: str
    version: str
    algorithms: Mapping[str, Accepted]
    compatibility: frozenset[Compatibility] = frozenset()
    revocation: Demand = Demand.WHERE_SOURCED
    evidence_age: timedelta | None = None
    skew: timedelta = timedelta(minutes=5)

    def accepts(self, algorithm: str, at: datetime) -> bool:
        """Tell whether a signature algorithm is good enough for what was signed at a moment."""
        rule = self.algorithms.get(algorithm)
        return rule is not None and rule.holds_at(at)


@dataclass(eq=False)
class UnknownPolicy(DomainError):
    """There is no policy of that name, or not in that version."""

    name: str
    known: str
    code: ClassVar[str] = "unknown-policy"
    kind: ClassVar[Kind] = Kind.MALFORMED


# GB/T 39786-2021 asks for SM2; the others are what foreign and older documents are signed with. What is not named
# (SHA-1, MD5, keys under their limits) is not even computed. No end is set yet: none of these is broken.
ALGORITHMS: Final[Mapping[str, Accepted]] = MappingProxyType(
    {
        each.name: Accepted()
        for each in (
            sm2.SM2_SM3,
            international.RSA_SHA256,
            international.RSA_SHA384,
            international.RSA_SHA512,
            international.RSA_PSS_SHA256,
            international.RSA_PSS_SHA384,
            international.RSA_PSS_SHA512,
            international.ECDSA_SHA256,
            international.ECDSA_SHA384,
            international.ECDSA_SHA512,
            international.ED25519,
        )
    }
)
DEFAULT: Final = Policy("default", "1", ALGORITHMS)
# Revocation must be known for everybody, and by evidence of this month.
STRICT: Final = Policy("strict", "1", ALGORITHMS, revocation=Demand.ALWAYS, evidence_age=timedelta(days=31))
# For documents of products that write r ‖ s of 64 bytes where the standard has SEQUENCE { r, s }.
COMPATIBLE: Final = replace(DEFAULT, name="compatible", compatibility=frozenset(Compatibility))


POLICIES: Final = laid_out(DEFAULT, STRICT, COMPATIBLE)


def policy(name: str, version: str | None = None) -> Policy:
    """Find a policy by name, and in that version where one is named. Raises `UnknownPolicy`."""
    found = POLICIES.get(name)
    if found is None or version not in (None, found.version):
        known = ", ".join(f"{each.name} ({each.version})" for each in POLICIES.values())
        raise UnknownPolicy(name if version is None else f"{name} ({version})", known)
    return found
