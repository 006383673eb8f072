"""The protected range: every file that a signature names must have the digest that it states (GB/T 33190-2016 18.2).

Digests are over the unpacked bytes of the entry as they stand. SM3 is known by name and by number, SHA-256 for seals
of RSA; MD5 and SHA-1 are neither made nor checked. One vendor announces `1.2.156.10197.1.401.2` and means
SM3(ZA ‖ file) with the signer's ZA, others mean plain SM3 by it. Under that number all files must fit one of the two
readings. Whose ZA it is can be left open: the keys tried are those inside the signature value, and a key whose ZA
made another file fit would be a second preimage of SM3.
"""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Final

from keys.algorithms import sm2
from keys.algorithms.algorithm import Digest
from keys.algorithms.international import SHA256
from keys.algorithms.sm3 import SM3
from keys.errors import UnusableKey
from signing.formats.ofd.container import Container, Entry
from signing.formats.ofd.description import Reference
from signing.formats.ofd.errors import shown
from signing.formats.ofd.locations import Found, found
from signing.report import Check, failed, passed, warned

METHODS: Final[Mapping[str, Digest]] = MappingProxyType(
    {
        "sm3": SM3,
        "1.2.156.10197.1.401": SM3,
        "1.2.156.10197.1.401.1": SM3,
        "1.2.156.10197.1.401.2": SM3,
        "sha256": SHA256,
        "sha-256": SHA256,
        "2.16.840.1.101.3.4.2.1": SHA256,
    }
)
# GB/T 39786-2021 counts them as high risk; OIDs of RFC 1321 and FIPS 180-4.
WEAK: Final = frozenset({"md5", "sha1", "sha-1", "1.2.840.113549.2.5", "1.3.14.3.2.26"})
WITH_ZA: Final = "1.2.156.10197.1.401.2"
# SubjectPublicKeyInfo of SM2 up to the point: id-ecPublicKey (or SM2's own number) with the curve, RFC 5480 2.
SM2_KEY: Final = re.compile(
    rb"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03\x42\x00(\x04.{64})",
    re.DOTALL,
)
# A value holds the signer's certificate, the seal maker's, and those that may use the seal.
MAX_KEYS: Final = 16


@dataclass(frozen=True)
class Protected:
    """What the references came to: the checks, and the entries whose digests are right."""

    checks: tuple[Check, ...]
    covered: frozenset[str]


def protected(
    container: Container,
    description: Entry,
    value: Entry | None,
    check_method: str,
    references: Sequence[Reference],
) -> Protected:
    """Check every reference of a signature."""
    name = check_method.lower()
    if name in WEAK:
        return Protected((failed("ALG_WEAK", f"/{description.name}", algorithm=shown(check_method)),), frozenset())
    if name not in METHODS:
        return Protected(
            (failed("ALG_UNSUPPORTED", f"/{description.name}", algorithm=shown(check_method)),), frozenset()
        )
    own = {description.name, value.name if value else ""}
    located, checks = _located(container, description, references, own)
    fitting, used_za = _fitting(container, value, name, located)
    checks.extend(
        failed("REF_DIGEST_MISMATCH", f"/{target.entry.name}")
        for _, target in located
        if target.entry.name not in fitting
    )
    if not checks:
        checks.append(passed("REF_DIGEST_MISMATCH", count=len(fitting)))
    checks.extend(_remarks(description, located, used_za=used_za))
    return Protected(tuple(checks), fitting)


Located = tuple[Reference, Found]


def _located(
    container: Container, description: Entry, references: Sequence[Reference], own: set[str]
) -> tuple[list[Located], list[Check]]:
    """Find the files; one that is missing, or is the signature itself, is a failed check."""
    located: list[Located] = []
    checks: list[Check] = []
    for each in references:
        target = found(container, each.location, description.name)
        if target is None:
            checks.append(failed("REF_MISSING", shown(each.location)))
        elif target.entry.name in own:
            checks.append(failed("REF_TO_ITSELF", f"/{target.entry.name}"))
        else:
            located.append((each, target))
    return located, checks


def _fitting(
    container: Container, value: Entry | None, method: str, located: list[Located]
) -> tuple[frozenset[str], bool]:
    """Give the entries whose every reference is right, under the reading that all fit, else the plain one."""
    plain = _right(container, METHODS[method], b"", located)
    wanted = {target.entry.name for _, target in located}
    if method != WITH_ZA or value is None or plain == wanted:
        return plain, False
    best, used = plain, False
    for za in islice(_za_of_keys(value.content), MAX_KEYS):
        # The first file decides whether a key is worth trying on all.
        if located and _right(container, SM3, za, located[:1]):
            right = _right(container, SM3, za, located)
            best, used = (right, True) if len(right) > len(best) else (best, used)
    return best, used


def _right(container: Container, algorithm: Digest, before: bytes, located: Sequence[Located]) -> frozenset[str]:
    right: set[str] = set()
    wrong: set[str] = set()
    for reference, target in located:
        digest = container.digest(target.entry, algorithm, before)
        fits = reference.digest is not None and hmac.compare_digest(reference.digest, digest)
        (right if fits else wrong).add(target.entry.name)
    return frozenset(right - wrong)


def _za_of_keys(value: bytes) -> Iterator[bytes]:
    """Give ZA for every SM2 key inside a signature value, each once."""
    seen: set[bytes] = set()
    for match in SM2_KEY.finditer(value):
        if match[1] not in seen:
            seen.add(match[1])
            try:
                yield sm2.PublicKey(match[1]).za()
            except UnusableKey:
                continue


def _remarks(description: Entry, located: list[Located], *, used_za: bool) -> Iterator[Check]:
    """Tell what is unusual though accepted, once each."""
    if used_za:
        yield warned("REF_DIGEST_WITH_ZA", f"/{description.name}")
    names = [target.entry.name for _, target in located]
    if len(set(names)) != len(names):
        repeated = next(name for place, name in enumerate(names) if name in names[:place])
        yield warned("REF_REPEATED", f"/{repeated}")
    for code in ("LOCATION_CASE", "LOCATION_FROM_ROOT"):
        if (first := next((target for _, target in located if target.deviation == code), None)) is not None:
            yield warned(code, f"/{first.entry.name}")
