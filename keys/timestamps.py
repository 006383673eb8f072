"""Time-stamp tokens (RFC 3161, GM/T 0033): read strictly as values, and verified against a `Trust`.

`token` reads one (`keys.timestamp_tokens`), `verify` proves it:

1. The imprint is the digest that the caller computed over what was stamped.
2. `messageDigest` is the digest of the TSTInfo, and `contentType` calls it one (read with the token).
3. The certificate that the signer names is at hand, and `signingCertificate` (RFC 2634) or `signingCertificateV2`
   (RFC 5035, RFC 5816) names the same one by its digest: else another certificate of the key could be slipped in.
4. The certificate's key signed the signed attributes: over their original bytes, re-tagged as a SET (RFC 5652 5.4). SM2
   goes with SM3, under either number that products write (1.2.156.10197.1.501, 1.2.156.10197.1.301.1).
5. Where TSTInfo names the authority, the certificate is that authority's.
6. The time told lies in the certificate's period, and not after the moment asked about.
7. A path leads to an anchor at the moment asked about, for time stamps: keyPurposeId timeStamping, alone and critical.

What is the caller's: to digest the right bytes with the digest that the token names, to compare a nonce and a policy
where it asked for them, to choose the moment, and to say what an old key's revocation means for an old token.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from keys.algorithms import ALGORITHMS, asymmetric, der, spki
from keys.algorithms.algorithm import DEFAULT_DISTID, SignatureAlgorithm
from keys.budget import BUDGET, Budget
from keys.certificates import Certificate
from keys.chain import Demand, VerifiedPath, path
from keys.errors import KeyDoesNotFit, MalformedDer, UnknownAlgorithm, UnusableKey
from keys.names import GeneralName
from keys.purposes import TIME_STAMP
from keys.timestamp_errors import TimeStampUnsupported, TimeStampWrong
from keys.timestamp_exchange import question, response
from keys.timestamp_tokens import token
from keys.timestamp_values import Imprint, TimeStampToken, known_digest
from keys.trust import Trust

__all__ = (
    "Imprint",
    "TimeStampToken",
    "VerifiedTimeStamp",
    "proven_signer",
    "question",
    "require_imprint",
    "response",
    "token",
    "verify",
)

# Clocks of two authorities differ by seconds; a token from further ahead was not made by its time.
SKEW: Final = timedelta(minutes=5)

RSA_ENCRYPTION: Final = "1.2.840.113549.1.1.1"
_MADE_HERE: Final = object()


@dataclass(frozen=True)
class VerifiedTimeStamp:
    """A token that was proven: what was stamped existed at `at`, give or take the accuracy; only `verify` makes one."""

    token: TimeStampToken
    path: VerifiedPath
    made_by: object = None

    def __post_init__(self) -> None:
        if self.made_by is not _MADE_HERE:
            raise TypeError("a verified time stamp is made by keys.timestamps.verify alone")

    @property
    def at(self) -> datetime:
        """Give the time told."""
        return self.token.info.at

    @property
    def latest(self) -> datetime:
        """Give the latest moment at which the token may have been made."""
        return self.token.info.at + (self.token.info.accuracy or timedelta())

    @property
    def signer(self) -> Certificate:
        """Give the authority's certificate."""
        return self.path.certificate


def verify(
    found: TimeStampToken,
    imprint: bytes,
    trust: Trust,
    at: datetime,
    demand: Demand = Demand.NOTHING,
    budget: Budget = BUDGET,
) -> VerifiedTimeStamp:
    """Prove that what has this imprint existed at the time that the token tells, by what is trusted at a moment.

    Raises `TimeStampWrong`, `TimeStampUnsupported`, a `PathFailure`, and `VerifyingUnavailable`.
    """
    require_imprint(found, imprint)
    anchors = tuple(each.certificate for each in trust.anchors)
    signer = proven_signer(found, (*found.certificates, *trust.intermediates, *anchors))
    if not signer.holds_at(found.info.at):
        raise TimeStampWrong("outside-the-certificate's-period")
    if found.info.at > at + SKEW:
        raise TimeStampWrong("from-the-future")
    material = trust.with_material(found.certificates, found.lists)
    return VerifiedTimeStamp(found, path(signer, material, TIME_STAMP, at, budget, demand), _MADE_HERE)


def require_imprint(found: TimeStampToken, imprint: bytes) -> None:
    """Carry out step 1. Raises `TimeStampWrong`, and `TimeStampUnsupported` for a digest that is not computed here."""
    if found.info.imprint.algorithm is None:
        raise TimeStampUnsupported(found.info.imprint.oid)
    if found.info.imprint.value != imprint:
        raise TimeStampWrong("another-imprint")


def proven_signer(found: TimeStampToken, candidates: tuple[Certificate, ...]) -> Certificate:
    """Carry out steps 2 to 5: give the one of the certificates whose key signed the token and whom the token names.

    Raises `TimeStampWrong`, `TimeStampUnsupported`, `VerifyingUnavailable`.
    """
    if known_digest(found.digest).of(found.content) != found.message_digest:
        raise TimeStampWrong("content-changed")
    named = [each for each in dict.fromkeys(candidates) if found.signer.names(each)]
    if not named:
        raise TimeStampWrong("no-signer's-certificate")
    bound = [each for each in named if all(said.names(each) for said in found.named)]
    if not bound:
        raise TimeStampWrong("another-certificate-named")
    signer = bound[0]
    if not _signed(found, signer):
        raise TimeStampWrong("signature-wrong")
    if found.info.authority is not None and not _is(found.info.authority, signer):
        raise TimeStampWrong("another-authority-named")
    return signer


def _signed(found: TimeStampToken, signer: Certificate) -> bool:
    algorithm = _signature_algorithm(found)
    try:
        key = asymmetric.public_key(signer.spki)
        return algorithm.verify(key, found.signature, found.signed, distid=DEFAULT_DISTID)
    except (UnusableKey, KeyDoesNotFit) as error:
        raise TimeStampWrong("key-not-usable") from error


def _signature_algorithm(found: TimeStampToken) -> SignatureAlgorithm:
    """Find the signature algorithm; its digest is the one that the signer says (RFC 5652 5.3), so SM2 goes with SM3."""
    digest = known_digest(found.digest)
    try:
        number, parameter = spki.read_identifier(der.Reader(found.algorithm))
        if number == RSA_ENCRYPTION and parameter in (None, der.null()):
            algorithm = ALGORITHMS[f"rsa-pkcs1-{digest.name}"]  # RFC 3370 3.2: the key's own number is written too
        else:
            algorithm = asymmetric.signature_of(found.algorithm)
    except (UnknownAlgorithm, KeyError) as error:
        raise TimeStampUnsupported(number) from error
    except MalformedDer as error:
        raise TimeStampWrong("algorithm-malformed") from error
    if not isinstance(algorithm, SignatureAlgorithm) or algorithm.digest is None:
        raise TimeStampUnsupported(number)
    if algorithm.digest != digest.name:
        raise TimeStampWrong("digest-and-signature-differ")
    return algorithm


def _is(named: GeneralName, certificate: Certificate) -> bool:
    """Tell whether a general name is one of the certificate's subject (RFC 3161 2.4.2)."""
    if named.directory is not None and named.directory == certificate.subject:
        return True
    return any(each.der == named.der for each in certificate.extensions.alternative_names)
