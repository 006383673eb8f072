"""What a sealed value says beside its signatures: who may use the seal, for what it was used, and in which period."""

from collections.abc import Iterator
from typing import Final

from base.clock import rfc3339
from keys.algorithms import asymmetric, sm2
from keys.algorithms.international import SHA256, SHA384, SHA512
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.errors import UnusableKey
from signing.report import Check, SealFacts, failed, not_checked, passed, warned
from signing.seals.seal import Deviation, Seal, SealedValue
from signing.signing_times import told
from signing.standing import Moments

# The names by which a list of digests calls them; what is not here is no digest that could prove anything.
DIGESTS: Final = {
    **dict.fromkeys(("sm3", *SM3.oids), SM3),
    **dict.fromkeys(("sha256", *SHA256.oids), SHA256),
    **dict.fromkeys(("sha384", *SHA384.oids), SHA384),
    **dict.fromkeys(("sha512", *SHA512.oids), SHA512),
}


def listed(value: SealedValue) -> Iterator[Check]:
    """Tell whether the signer's certificate is one that the seal names, by its bytes or by a digest of them."""
    signer, seal = value.signer.certificate_der, value.seal
    if signer in seal.signer_certificates:
        yield passed("SIGNER_NOT_IN_SEAL")
        return
    for name, digest in seal.signer_digests:
        known = DIGESTS.get(name.strip().lower().replace("-", ""))
        if known is not None and known.of(signer) == digest:
            yield passed("SIGNER_NOT_IN_SEAL")
            return
        if known is SM3 and digest == _with_za(value.signer.certificate):
            yield warned("NONSTANDARD_ENCODING", deviation=Deviation.ZA_DIGEST.value)
            yield passed("SIGNER_NOT_IN_SEAL")
            return
    yield failed("SIGNER_NOT_IN_SEAL")


def bound_to(said: str, expected: str) -> Check:
    """Hold what the signer says was sealed against where the signature stands.

    A path that is another's is a signature out of its place. Words that are no path are a vendor's own.
    """
    if _as_path(said) == _as_path(expected):
        return passed("SEALED_NAME_MISMATCH")
    is_path = expected.startswith("/") and said.strip().lower().endswith(".xml")
    return (failed if is_path else warned)("SEALED_NAME_MISMATCH", said=said, expected=expected)


def in_period(seal: Seal, moments: Moments) -> Check:
    """Tell whether the seal was in its period when it was used: by the claimed time, and by what is proven."""
    period = {"valid_from": rfc3339(seal.valid_from), "valid_until": rfc3339(seal.valid_until)}
    claimed = moments.claimed
    if claimed.moments and not claimed.inside(seal.valid_from, seal.valid_until):
        return failed("SEAL_NOT_VALID_AT_SIGNING", time=told(claimed.moments[0]), **period)
    if moments.proven is not None and moments.proven > seal.valid_until:
        return failed("SEAL_NOT_VALID_AT_SIGNING", time=told(moments.proven), **period)
    if not claimed.moments and not seal.valid_from <= moments.asked <= seal.valid_until:
        return not_checked("SEAL_NOT_VALID_AT_SIGNING", **period)
    return passed("SEAL_NOT_VALID_AT_SIGNING", **period)


def picture_facts(seal: Seal) -> SealFacts:
    """Give what the seal says of itself, with the picture that its maker signed."""
    maker = seal.maker.certificate
    return SealFacts(
        seal.id,
        seal.name,
        seal.type,
        seal.valid_from,
        seal.valid_until,
        "" if maker is None else maker.subject.text,
        seal.picture.media_type,
        SM3.of(seal.picture.data).hex(),
        seal.picture.data,
    )


def _with_za(certificate: Certificate | None) -> bytes | None:
    """Give SM3(ZA ‖ certificate), which some write for the digest of a certificate; ZA is of its own key."""
    if certificate is None:
        return None
    try:
        public = asymmetric.public_key(certificate.spki)
    except UnusableKey:
        return None
    return SM3.of(public.za(), certificate.der) if isinstance(public, sm2.PublicKey) else None


def _as_path(text: str) -> str:
    return "/" + text.strip().replace("\\", "/").lstrip("/").casefold()
