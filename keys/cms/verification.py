"""Whether one signer's signature in a SignedData is right: what is wrong with it, kept apart by what it means.

1. Deviations that the profile does not tolerate, and signed attributes that are malformed, end it (RFC 5652 5.3).
2. The certificate is the one that the signer names (RFC 5652 5.3 sid).
3. Digest and signature algorithm are known, good enough to be computed, and belong together.
4. The certificate's key is usable and of the algorithm's kind.
5. With signed attributes: the messageDigest is the content's (*intact*), algorithm protection and signingCertificate
   name what was used (RFC 6211 2, RFC 5035 5.4).
6. The signature fits the attributes as a SET, tag 31 and not A0 (RFC 5652 5.4), or without them the content itself.

The caller's part: that the content is the document's; the certificate's chain, validity and use; time stamps; policy.
An SM2 signature without attributes needs the whole message, since e = SM3(ZA ‖ M) and not over M's digest; the other
readings that are met (ZA over a digest, no ZA) are not tried. *Could not be checked* is an outcome of its own.
"""

import base64
import enum
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from keys import algorithms
from keys.algorithms import asymmetric, der, sm2
from keys.algorithms.algorithm import DEFAULT_DISTID, Digest, KeyKind, PublicKey, SignatureAlgorithm
from keys.algorithms.sm2_signature import Signature
from keys.algorithms.spki import read_identifier
from keys.certificates import Certificate
from keys.cms import attributes, numbers
from keys.cms.attributes import CertificateHash
from keys.cms.numbers import Deviation
from keys.cms.signed_data import SignedData, SignerInfo
from keys.errors import (
    ComputationFailed,
    MalformedDer,
    MalformedSignature,
    UnknownAlgorithm,
    UnusableKey,
    VerifyingUnavailable,
)

# What messages may be signed with when all that is known of the content is its digest.
_NEED_THE_MESSAGE: Final = frozenset({KeyKind.SM2, KeyKind.ED25519})


class Outcome(enum.StrEnum):
    """What a signature comes to; every one but OK is a failure, and UNCHECKED says nothing against the signature."""

    OK = "ok"
    DEVIATES = "deviation-not-tolerated"
    ATTRIBUTES = "attributes-malformed"
    NO_CERTIFICATE = "no-certificate"
    ANOTHER_CERTIFICATE = "another-certificate"
    UNSUPPORTED = "algorithm-unsupported"
    WEAK = "algorithm-weak"
    KEY = "key-unusable"
    HASH = "message-digest-differs"
    CRYPTO = "signature-wrong"
    UNCHECKED = "could-not-be-checked"


@dataclass(frozen=True)
class Digested:
    """Content of which only the digest is at hand: the digest's name in the table of algorithms, and its value."""

    digest: str
    value: bytes


Covered = bytes | Digested


@dataclass(frozen=True)
class SignatureFinding:
    """What was found: `intact` and `right` are None where it did not come to that question."""

    outcome: Outcome
    reason: str = ""
    digest: str | None = None
    algorithm: str | None = None
    intact: bool | None = None
    right: bool | None = None
    signing_time: datetime | None = None
    certificate: Certificate | None = None
    deviations: frozenset[Deviation] = frozenset()

    @property
    def ok(self) -> bool:
        """Tell whether every check passed."""
        return self.outcome is Outcome.OK


def findings(
    signed: SignedData, covered: Covered, others: Iterable[Certificate] = (), *, distid: bytes = DEFAULT_DISTID
) -> tuple[SignatureFinding, ...]:
    """Judge every signer by the certificate that goes by its name, in the message or among others at hand."""
    rest = tuple(others)
    found = []
    for signer in signed.signers:
        candidates = (*signed.candidates(signer), *(each for each in rest if signer.id.names(each)))
        judged = [verify(signer, each, covered, distid=distid) for each in dict.fromkeys(candidates)]
        missing = SignatureFinding(Outcome.NO_CERTIFICATE, deviations=signer.deviations)
        found.append(next((each for each in judged if each.ok), judged[0] if judged else missing))
    return tuple(found)


def verify(
    signer: SignerInfo, certificate: Certificate, covered: Covered, *, distid: bytes = DEFAULT_DISTID
) -> SignatureFinding:
    """Judge one signer's signature by a certificate and the content, or its digest; never raises for what was read."""
    try:
        return _Judgement(signer, certificate, covered, distid).made()
    except _Ended as ended:
        return ended.finding


def holds_digest(content: bytes, digest: bytes) -> str | None:
    """Tell how content stands for a digest, as sealed OFD documents carry it: `raw`, `base64`, or not at all."""
    if hmac.compare_digest(content, digest):
        return "raw"
    return "base64" if hmac.compare_digest(content.strip(), base64.b64encode(digest)) else None


class _Ended(Exception):
    """The judgement came to its end before the signature was asked."""

    def __init__(self, finding: SignatureFinding) -> None:
        super().__init__(finding.outcome)
        self.finding = finding


@dataclass
class _Judgement:
    """One judgement under way."""

    signer: SignerInfo
    certificate: Certificate
    covered: Covered
    distid: bytes
    digest: str | None = None
    algorithm: str | None = None
    intact: bool | None = None

    def made(self) -> SignatureFinding:
        """Go through the numbered steps of the module."""
        self._form()
        if not self.signer.id.names(self.certificate):
            raise self._ended(Outcome.ANOTHER_CERTIFICATE, "signer-named-differently")
        algorithm, digest = self._algorithms()
        public = self._key(algorithm)
        if self.signer.attributes is None:
            right = self._signature_over_content(algorithm, public, digest)
            self.intact = right
        else:
            self._attributes(digest)
            right = self._right(algorithm, public, self.signer.signed_attributes or b"")
        if self.intact is False and self.signer.attributes is not None:
            return self._finding(Outcome.HASH, right=right)
        return self._finding(Outcome.OK if right else Outcome.CRYPTO, right=right)

    def _form(self) -> None:
        if self.signer.intolerable:
            raise self._ended(Outcome.DEVIATES, min(self.signer.intolerable).value)
        if self.signer.fault is not None:
            raise self._ended(Outcome.ATTRIBUTES, self.signer.fault.reason)

    def _algorithms(self) -> tuple[SignatureAlgorithm, Digest]:
        number, _ = read_identifier(der.Reader(self.signer.algorithm))
        for each in (self.signer.digest, number):
            if each in numbers.WEAK:
                raise self._ended(Outcome.WEAK, numbers.WEAK[each])
        try:
            digest = algorithms.digest(self.signer.digest)
            self.digest = digest.name
            algorithm = _signature_algorithm(number, self.signer.algorithm, digest)
        except UnknownAlgorithm as error:
            raise self._ended(Outcome.UNSUPPORTED, error.name) from error
        except MalformedDer as error:
            raise self._ended(Outcome.UNSUPPORTED, error.reason) from error
        self.algorithm = algorithm.name
        if algorithm.digest not in (None, digest.name):
            raise self._ended(Outcome.UNSUPPORTED, "digest-and-signature-differ")
        return algorithm, digest

    def _key(self, algorithm: SignatureAlgorithm) -> PublicKey:
        try:
            public = asymmetric.public_key(self.certificate.spki)
        except UnusableKey as error:
            short = error.form == "rsa" and error.reason == "modulus-length-out-of-range"
            raise self._ended(Outcome.WEAK if short else Outcome.KEY, error.reason) from error
        if public.kind not in algorithm.kinds:
            raise self._ended(Outcome.KEY, "another-kind-of-key")
        return public

    def _attributes(self, digest: Digest) -> None:
        told = self.signer.attributes
        if told is None:
            raise AssertionError
        if told.protected is not None and not self._protected(*told.protected):
            raise self._ended(Outcome.ATTRIBUTES, "algorithm-protection-differs")
        for each in told.certificates:
            self._named(each)
        self.intact = hmac.compare_digest(told.message_digest, self._content_digest(digest))

    def _protected(self, digest: bytes, signature: bytes) -> bool:
        """Compare by number and parameter, with NULL and nothing alike (RFC 6211 2, RFC 5754 2)."""
        pairs = ((digest, self.signer.digest_identifier), (signature, self.signer.algorithm))
        return all(_identified(one) == _identified(other) for one, other in pairs)

    def _named(self, told: CertificateHash) -> None:
        if told.algorithm == attributes.SHA1:
            # It names a certificate here and protects nothing: the signature over it does.
            found = hashlib.sha1(self.certificate.der, usedforsecurity=False).digest()
        else:
            try:
                found = algorithms.digest(told.algorithm).of(self.certificate.der)
            except UnknownAlgorithm as error:
                raise self._ended(Outcome.UNSUPPORTED, error.name) from error
        another = told.serial is not None and told.serial != self.certificate.serial
        another = another or (told.issuer is not None and told.issuer != self.certificate.issuer)
        if another or not hmac.compare_digest(found, told.hash):
            raise self._ended(Outcome.ANOTHER_CERTIFICATE, "signing-certificate-differs")

    def _content_digest(self, digest: Digest) -> bytes:
        if isinstance(self.covered, bytes):
            return digest.of(self.covered)
        if self.covered.digest != digest.name:
            raise self._ended(Outcome.UNCHECKED, "another-digest-needed")
        return self.covered.value

    def _signature_over_content(self, algorithm: SignatureAlgorithm, public: PublicKey, digest: Digest) -> bool:
        if isinstance(self.covered, bytes):
            return self._right(algorithm, public, self.covered)
        value = self._content_digest(digest)
        if public.kind in _NEED_THE_MESSAGE:
            raise self._ended(Outcome.UNCHECKED, "message-needed")
        if len(value) != digest.size:
            raise self._ended(Outcome.UNCHECKED, "another-digest-needed")
        return self._asked(lambda: algorithm.verify_prepared(public, self.signer.signature, value))

    def _right(self, algorithm: SignatureAlgorithm, public: PublicKey, message: bytes) -> bool:
        signature = self.signer.signature
        if Deviation.RAW_SIGNATURE in self.signer.deviations:
            try:
                signature = Signature.from_raw(signature).der
            except MalformedSignature:
                return False
        return self._asked(lambda: algorithm.verify(public, signature, message, distid=self.distid))

    def _asked(self, question: Callable[[], bool]) -> bool:
        try:
            return question()
        except (VerifyingUnavailable, ComputationFailed) as error:
            raise self._ended(Outcome.UNCHECKED, error.code) from error

    def _ended(self, outcome: Outcome, reason: str) -> _Ended:
        return _Ended(self._finding(outcome, reason))

    def _finding(self, outcome: Outcome, reason: str = "", *, right: bool | None = None) -> SignatureFinding:
        told = self.signer.attributes
        return SignatureFinding(
            outcome,
            reason,
            self.digest,
            self.algorithm,
            self.intact,
            right,
            told.signing_time if told else None,
            self.certificate,
            self.signer.deviations,
        )


def _signature_algorithm(number: str, identifier: bytes, digest: Digest) -> SignatureAlgorithm:
    """Find what was signed with. Raises `UnknownAlgorithm`, `MalformedDer`."""
    if number == numbers.SM2_KEY:
        return sm2.SM2_SM3
    if number == numbers.RSA_ENCRYPTION:  # RFC 3370 3.2: the key's number, and the digest's beside it
        return algorithms.signature(f"rsa-pkcs1-{digest.name}")
    return asymmetric.signature_of(identifier)


def _identified(identifier: bytes) -> tuple[str, bytes | None] | None:
    try:
        reader = der.Reader(identifier)
        number, parameter = read_identifier(reader)
        reader.end()
    except MalformedDer:
        return None
    return number, None if parameter == der.null() else parameter
