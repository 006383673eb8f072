"""A trust store as a file for others, and what a person should see of a certificate before trusting it. Pure."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys import revocation_lists
from keys.algorithms import asymmetric, der, pem, sm2
from keys.certificates import NATIONAL, Certificate, bundle
from keys.errors import MalformedPem, UnusableKey
from keys.revocation_lists import RevocationList
from keys.trust import Anchor, Trust
from keys.trust_errors import UnusableBundle

# A root that ends sooner than this is about to be replaced: ask for its successor.
SOON: Final = timedelta(days=180)
# Authorities of more than this are trusted for longer than anybody can answer for.
LONG: Final = timedelta(days=366 * 31)


class Warn(enum.StrEnum):
    """What deserves a second look."""

    NOT_SELF_ISSUED = "not-self-issued"
    NOT_AN_AUTHORITY = "not-an-authority"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    ENDS_SOON = "ends-soon"
    LIVES_VERY_LONG = "lives-very-long"
    NOT_SM2 = "not-sm2"
    UNUSABLE_KEY = "unusable-key"
    UNKNOWN_CRITICAL = "unknown-critical-extension"
    NO_PATH_LIMIT = "no-path-limit"


WORDS: Final[dict[Warn, tuple[str, str]]] = {
    Warn.NOT_SELF_ISSUED: ("不是自签发的根证书", "it is no root: another authority issued it"),
    Warn.NOT_AN_AUTHORITY: (
        "不是 CA 证书，只能为指定用途信任",
        "it is no authority, so it can be trusted for named purposes only",
    ),
    Warn.NOT_YET_VALID: ("还没有生效", "it is not valid yet"),
    Warn.EXPIRED: ("已经过期，不能作为信任锚", "it has expired and cannot be an anchor"),
    Warn.ENDS_SOON: ("半年内到期", "it ends within half a year"),
    Warn.LIVES_VERY_LONG: ("有效期超过三十年", "it is valid for more than thirty years"),
    Warn.NOT_SM2: ("不是国密算法（SM2）证书", "its key is not SM2"),
    Warn.UNUSABLE_KEY: ("公钥不可用", "its key cannot be used"),
    Warn.UNKNOWN_CRITICAL: ("含有不认识的关键扩展", "it has a critical extension that is not known here"),
    Warn.NO_PATH_LIMIT: ("没有限制下级 CA 的层数", "it sets no limit to authorities below it"),
}


@dataclass(frozen=True)
class Description:
    """What a person compares with what the authority published another way."""

    certificate: Certificate
    key: str
    warnings: tuple[Warn, ...]

    @property
    def fingerprints(self) -> dict[str, str]:
        """Give both fingerprints in pairs of digits, as people read them aloud."""
        return {"sm3": _spaced(self.certificate.sm3), "sha256": _spaced(self.certificate.sha256)}


def described(certificate: Certificate, at: datetime) -> Description:
    """Describe a certificate for whoever is asked to trust it."""
    try:
        key = asymmetric.public_key(certificate.spki)
        kind, usable, national = str(key.kind), True, isinstance(key, sm2.PublicKey)
    except UnusableKey:
        kind, usable, national = "?", False, False
    life = certificate.not_after - certificate.not_before
    limit = certificate.extensions.basic
    told = {
        Warn.NOT_SELF_ISSUED: not certificate.is_self_issued,
        Warn.NOT_AN_AUTHORITY: not certificate.is_authority,
        Warn.NOT_YET_VALID: at < certificate.not_before,
        Warn.EXPIRED: certificate.not_after < at,
        Warn.ENDS_SOON: at <= certificate.not_after < at + SOON,
        Warn.LIVES_VERY_LONG: life > LONG,
        Warn.NOT_SM2: usable and not national,
        Warn.UNUSABLE_KEY: not usable,
        Warn.UNKNOWN_CRITICAL: bool(certificate.extensions.unknown_critical),
        Warn.NO_PATH_LIMIT: certificate.is_authority and limit is not None and limit.path_length is None,
    }
    return Description(certificate, kind, tuple(each for each, holds in told.items() if holds))


def written(trust: Trust, *, only_tests: bool = False) -> bytes:
    """Write the anchors (with `only_tests`, the test anchors alone) as one PEM with a line of words before each."""
    anchors = [each for each in trust.anchors if each.is_test or not only_tests]
    return b"".join(_block(each) for each in anchors)


def with_material(trust: Trust, *, only_tests: bool = False) -> bytes:
    """Write the anchors, and behind them all that leads to them: certificates between, and revocation lists."""
    between = (pem.written("CERTIFICATE", each.der) for each in trust.intermediates)
    lists = (pem.written(revocation_lists.PEM_LABEL, each.der) for each in trust.lists)
    return written(trust, only_tests=only_tests) + b"".join((*between, *lists))


def read(data: bytes, at: datetime) -> Trust:
    """Read a bundle that someone trusts: DER, or PEM with certificates and revocation lists.

    Where a certificate in it issued itself, those that did are the anchors and the others lead to them; where none
    did, each is an anchor, since whoever hands in nothing else means just these. Raises `UnusableBundle`,
    `MalformedRevocationList`.
    """
    if data[:1] == bytes((der.SEQUENCE,)):
        return Trust(at, tuple(Anchor(each) for each in bundle(data, NATIONAL)))
    try:
        blocks = pem.blocks(data)
    except MalformedPem as error:
        raise UnusableBundle(0, error.reason) from error
    lists = tuple(RevocationList.of(block) for label, block in blocks if label == revocation_lists.PEM_LABEL)
    rest = b"".join(pem.written(label, block) for label, block in blocks if label != revocation_lists.PEM_LABEL)
    found = bundle(rest, NATIONAL)
    roots = tuple(each for each in found if each.is_self_issued) or found
    between = tuple(each for each in found if each not in roots)
    return Trust(at, tuple(Anchor(each) for each in roots), between, lists)


def _block(anchor: Anchor) -> bytes:
    found = anchor.certificate
    purposes = ", ".join(sorted(anchor.purposes)) or "all purposes"
    kind = "TEST ANCHOR 测试" if anchor.is_test else "anchor"
    # Words between blocks are explanatory text (RFC 7468 5.2); a name must not be able to begin a block of its own.
    subject = " ".join(found.subject.text.replace("-----", "- - -").split())
    return f"# {kind}: {subject} · SM3 {found.sm3.hex()} · {purposes}\n".encode() + pem.written(
        "CERTIFICATE", found.der
    )


def _spaced(digest: bytes) -> str:
    return digest.hex(":").upper()
