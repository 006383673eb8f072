"""The top of a chain that a document brings along: which authority's root is missing here, and whether it is inside.

Pure. What is found is what the document says of itself: names are followed, no signature is believed, nothing is
trusted. Whoever takes a root out of a document compares its fingerprints with what the authority published another way,
and the document is then judged again like every other.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from keys.certificates import NATIONAL, Certificate
from keys.trust_errors import MalformedCertificate

# A chain of more than this is none that leads anywhere (RFC 5280 knows no bound; ours for paths is lower).
LENGTH_LIMIT: Final = 8
# A joint document of a dozen organs brings some fifty certificates.
CERTIFICATES_LIMIT: Final = 200
NO_CHAIN: Final = "NO_CERTIFICATE_CHAIN_FOUND"


@dataclass(frozen=True)
class Top:
    """The highest certificate of a chain in a document, and those below it that are authorities too."""

    certificate: Certificate
    between: tuple[Certificate, ...] = ()

    @property
    def is_root(self) -> bool:
        """Tell whether it could be an anchor: an authority that issued itself."""
        return self.certificate.is_self_issued and self.certificate.is_authority

    @property
    def missing(self) -> str:
        """Name the authority whose root is missing."""
        return self.certificate.issuer.text


def is_missing(report: Mapping[str, Any]) -> bool:
    """Tell of a report in its one shape whether trust alone is missing: all whole, all right, a chain that ends."""
    signatures = report["signatures"]
    return (
        report["verdict"] == "indeterminate"
        and any(each["sub_indication"] == NO_CHAIN for each in signatures)
        and all(each["intact"] and each["cryptographically_valid"] for each in signatures)
    )


def tops(certificates: Iterable[Certificate]) -> tuple[Top, ...]:
    """Follow every chain upwards by the names of issuers; roots that are inside come first."""
    known = list(dict.fromkeys(certificates))[:CERTIFICATES_LIMIT]
    by_name: dict[bytes, Certificate] = {}
    for each in known:
        if each.is_authority:
            by_name.setdefault(each.subject.der, each)
    found: dict[bytes, Top] = {}
    for each in known:
        if not each.is_authority:
            top = _climbed(each, by_name)
            found.setdefault(top.certificate.sm3, top)
    return tuple(sorted(found.values(), key=lambda top: not top.is_root))


def of_evidence(evidence: bytes | None) -> tuple[Top, ...]:
    """Find the tops in the evidence of a verification (`signing.replay`); none where it cannot be read."""
    try:
        told = json.loads(evidence or b"{}")
        return tops(Certificate.of(base64.b64decode(each), NATIONAL) for each in told.get("certificates", ()))
    except (ValueError, TypeError, AttributeError, binascii.Error, MalformedCertificate):
        return ()


def _climbed(start: Certificate, by_name: Mapping[bytes, Certificate]) -> Top:
    chain = [start]
    while len(chain) < LENGTH_LIMIT and not chain[-1].is_self_issued:
        above = by_name.get(chain[-1].issuer.der)
        if above is None or above in chain:
            break
        chain.append(above)
    return Top(chain[-1], tuple(chain[1:-1]))
