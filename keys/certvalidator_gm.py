"""The one module that touches pyhanko-certvalidator from inside, for version 0.33 and no other.

What it adds: the names and numbers of the national algorithms, and a signature validator that computes with
`keys.algorithms`. What it corrects in 0.33:

1. `validate_ocsp._validate_delegated_ocsp_provenance` builds a `ValidationContext` without a signature validator, so
   that every delegated OCSP responder with an SM2 certificate ends in UnsupportedAlgorithm. It gets ours.
2. `validate_ocsp._match_ocsp_certid` asks names and keys for an attribute called like the hash of the CertID; there
   are only sha1 and sha256, and any other ends in AttributeError. sha384, sha512 and sm3 are added; a hash that is
   still not known matches nothing.

The library walks RFC 5280 clause 6 (names, constraints, policies) over a path that `keys.chain` has found. It fetches
nothing, and its own verdict on revocation is not asked: that is `keys.revocation`.
"""

import functools
import hashlib
import logging
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import pyhanko_certvalidator
from asn1crypto import algos, core, keys, x509
from cryptography.exceptions import InvalidSignature
from pyhanko_certvalidator.authority import CertTrustAnchor, TrustQualifiers
from pyhanko_certvalidator.context import ValidationContext
from pyhanko_certvalidator.errors import AlgorithmNotSupported
from pyhanko_certvalidator.name_trees import PKIXSubtrees, process_general_subtrees
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import (
    NO_REVOCATION,
    AcceptAllAlgorithms,
    CertRevTrustPolicy,
    PKIXValidationParams,
)
from pyhanko_certvalidator.revinfo import validate_ocsp
from pyhanko_certvalidator.sig_validate import (
    DEFAULT_VALIDATION_CONTEXT,
    SignatureValidationContext,
    SignatureValidator,
)
from pyhanko_certvalidator.validate import async_validate_path
from pyhanko_certvalidator.version import __version__ as found_version

from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm3 import SM3
from keys.certificates import Certificate
from keys.errors import KeyDoesNotFit, MalformedDer, UnknownAlgorithm, UnusableKey
from keys.trust_errors import MalformedCertificate, UnknownCertvalidator

KNOWN_VERSION: Final = "0.33."
# A site meets the same few hundred authorities again and again; 2,048 certificates of 2 KB are 4 MB.
READINGS_REMEMBERED: Final = 2048

# What the library and asn1crypto raise on input that they did not foresee, seen in trials over broken certificates.
UNFORESEEN: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    ArithmeticError,
)

NUMBERS: Final[dict[type[Any], dict[str, str]]] = {
    algos.DigestAlgorithmId: {"1.2.156.10197.1.401": "sm3"},
    algos.SignedDigestAlgorithmId: {"1.2.156.10197.1.501": "sm3_sm2", "1.2.156.10197.1.301.1": "sm2"},
    keys.PublicKeyAlgorithmId: {"1.2.156.10197.1.301": "sm2_301"},
}
SM2_CURVE: Final = ("sm2p256v1", "1.2.156.10197.1.301", 32)
CERTID_HASHES: Final[dict[str, Callable[[bytes], bytes]]] = {
    "sha384": lambda data: hashlib.sha384(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "sm3": SM3.of,
}


class HouseSignatureValidator(SignatureValidator):
    """Verifies with the house's own algorithms, whatever certificate, list or answer carries the signature."""

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,
    ) -> None:
        """Verify one signature; raises `InvalidSignature`, or its kind `AlgorithmNotSupported`."""
        try:
            algorithm = asymmetric.signature_of(signature_algorithm.dump())
            key = asymmetric.public_key(public_key_info.dump())
            # SM2 hashes the signer's identity before the message: a digest of the message alone says nothing.
            if context.prehashed and key.kind in (KeyKind.SM2, KeyKind.ED25519):
                raise AlgorithmNotSupported("a prehashed message cannot be verified with this kind of key")
            verify = algorithm.verify_prepared if context.prehashed else algorithm.verify
            right = verify(key, signature, signed_data)
        except (UnknownAlgorithm, MalformedDer) as error:
            raise AlgorithmNotSupported(str(error)) from error
        except (UnusableKey, KeyDoesNotFit) as error:
            raise InvalidSignature(str(error)) from error
        if not right:
            raise InvalidSignature


class RememberedSignatures(SignatureValidator):
    """Knows the signatures of one path that were verified already, and holds every other for wrong."""

    def __init__(self, verified: frozenset[tuple[bytes, bytes, bytes]]) -> None:
        self._verified = verified

    def validate_signature(
        self,
        signature: bytes,
        signed_data: bytes,
        public_key_info: keys.PublicKeyInfo,
        signature_algorithm: algos.SignedDigestAlgorithm,  # noqa: ARG002 the form is the library's
        context: SignatureValidationContext = DEFAULT_VALIDATION_CONTEXT,  # noqa: ARG002 the form is the library's
    ) -> None:
        """Look a signature up by key, message and value; raises `InvalidSignature`."""
        if (public_key_info.dump(), signed_data, signature) not in self._verified:
            raise InvalidSignature


def require_known_version(found: str) -> None:
    """Insist on a version of the library for which the corrections were checked. Raises `UnknownCertvalidator`."""
    if not found.startswith(KNOWN_VERSION):
        raise UnknownCertvalidator(found, KNOWN_VERSION + "x")


def asn1(certificate: Certificate) -> x509.Certificate:
    """Read a certificate once more, with the library's own reader, and insist that both read the same facts.

    Bytes are not compared: written again, asn1crypto's reading differs where it mends what is no fault of DER, such as
    a host in capitals or an address in UTF-8. The reading is fresh each time, since asn1crypto parses lazily and is not
    safe between threads. Raises `MalformedCertificate`.
    """
    reason = _second_reading(certificate)
    if reason is not None:
        raise MalformedCertificate(reason, 0)
    return x509.Certificate.load(certificate.der, strict=True)


@functools.lru_cache(maxsize=READINGS_REMEMBERED)
def _second_reading(certificate: Certificate) -> str | None:
    """Tell what is wrong when asn1crypto reads other facts out of a certificate, on which the library would decide."""
    said = certificate.extensions
    try:
        read = x509.Certificate.load(certificate.der, strict=True)
        extensions = list(read["tbs_certificate"]["extensions"])
        ours: tuple[object, ...] = (
            (certificate.tbs, certificate.algorithm, certificate.signature),
            (certificate.serial, certificate.issuer.der, certificate.subject.der, certificate.spki),
            (certificate.not_before, certificate.not_after),
            (certificate.is_authority, said.basic and said.basic.path_length),
            (said.present, said.critical, said.policies, said.extended_usage or ()),
            len(said.key_usage or ()),
        )
        theirs: tuple[object, ...] = (
            (read["tbs_certificate"].dump(), read["signature_algorithm"].dump(), read["signature_value"].native),
            (read.serial_number, read.issuer.dump(), read.subject.dump(), read.public_key.dump()),
            (read.not_valid_before, read.not_valid_after),
            (bool(read.ca), read.max_path_length),
            (
                frozenset(each["extn_id"].dotted for each in extensions),
                frozenset(each["extn_id"].dotted for each in extensions if each["critical"].native),
                tuple(each["policy_identifier"].dotted for each in read.certificate_policies_value or ()),
                tuple(each.dotted for each in read.extended_key_usage_value or ()),
            ),
            len(read.key_usage_value.native) if read.key_usage_value else 0,
        )
    except UNFORESEEN:
        return "second-reading-failed"
    return None if ours == theirs else "second-reading-differs"


def walk(
    path: tuple[Certificate, ...],
    anchor: Certificate,
    policies: frozenset[str],
    verified: frozenset[tuple[bytes, bytes, bytes]],
    at: datetime,
) -> None:
    """Walk RFC 5280 6.1 from the anchor down to the certificate, which stands last; signatures were verified before.

    The anchor's own name constraints and path length bind too (RFC 5937). Raises `PathValidationError`, whose text is
    the library's, `MalformedCertificate`, and what `UNFORESEEN` lists.
    """
    *between, leaf = [asn1(each) for each in path]
    root = asn1(anchor)
    trusted = CertTrustAnchor(root, _qualifiers(root))
    context = _context([trusted], at, RememberedSignatures(verified))
    parameters = PKIXValidationParams(
        user_initial_policy_set=policies or frozenset({"any_policy"}), initial_explicit_policy=bool(policies)
    )
    _at_once(async_validate_path(context, ValidationPath(trusted, between, leaf), parameters))


def validation_context(
    anchors: Iterable[Certificate],
    intermediates: Iterable[Certificate],
    at: datetime,
    *,
    lists: Iterable[bytes] = (),
    answers: Iterable[bytes] = (),
    signed_at: datetime | None = None,
    revocation: CertRevTrustPolicy | None = None,
) -> ValidationContext:
    """Build the library's own context over our algorithms, for pyHanko: it fetches nothing, it knows what it is given.

    Raises `MalformedCertificate`.
    """
    return ValidationContext(
        trust_roots=[asn1(each) for each in anchors],
        other_certs=[asn1(each) for each in intermediates],
        moment=at,
        best_signature_time=signed_at,
        allow_fetching=False,
        crls=list(lists),
        ocsps=list(answers),
        revinfo_policy=revocation or CertRevTrustPolicy(NO_REVOCATION),
        time_tolerance=timedelta(0),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=HouseSignatureValidator(),
    )


def _context(roots: list[CertTrustAnchor], at: datetime, signatures: SignatureValidator) -> ValidationContext:
    return ValidationContext(
        trust_roots=roots,
        moment=at,
        allow_fetching=False,
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),
        time_tolerance=timedelta(0),
        algorithm_usage_policy=AcceptAllAlgorithms(),
        signature_validator=signatures,
    )


def _qualifiers(root: x509.Certificate) -> TrustQualifiers:
    constraints = root.name_constraints_value
    parameters = None
    if constraints is not None:
        parameters = PKIXValidationParams(
            initial_permitted_subtrees=_subtrees(constraints["permitted_subtrees"]),
            initial_excluded_subtrees=_subtrees(constraints["excluded_subtrees"]),
        )
    return TrustQualifiers(standard_parameters=parameters, max_path_length=root.max_path_length)


def _subtrees(subtrees: Any) -> PKIXSubtrees | None:
    return process_general_subtrees(subtrees) if isinstance(subtrees, x509.GeneralSubtrees) else None


def _at_once(work: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine that waits for nothing, which path validation without revocation is, also inside a loop."""
    try:
        work.send(None)
    except StopIteration:
        return
    work.close()
    raise AssertionError("path validation tried to wait for something")


def _register_numbers() -> None:
    for kind, numbers in NUMBERS.items():
        for number, name in numbers.items():
            kind._map[number] = name  # noqa: SLF001 asn1crypto offers no other way to add an algorithm
            kind._reverse_map = None  # noqa: SLF001
        kind()._setup()  # noqa: SLF001
    if SM2_CURVE[1] not in keys.NamedCurve._map:  # noqa: SLF001
        keys.NamedCurve.register(*SM2_CURVE)
    # A key under a number that is not known has bits of no known form, not a KeyError.
    keys.PublicKeyInfo._spec_callbacks = {"public_key": _form_of_key}  # noqa: SLF001


def _form_of_key(info: keys.PublicKeyInfo) -> Any:
    try:
        return info._public_key_spec()  # noqa: SLF001
    except KeyError:
        return core.OctetBitString, None


def _add_hashes() -> None:
    """Carry out correction 2: the first half."""
    for name, compute in CERTID_HASHES.items():
        setattr(x509.Name, name, property(functools.partial(_hash_of_name, compute)))
        setattr(keys.PublicKeyInfo, name, property(functools.partial(_hash_of_key, compute)))


def _hash_of_name(compute: Callable[[bytes], bytes], name: x509.Name) -> bytes:
    return compute(name.dump())


def _hash_of_key(compute: Callable[[bytes], bytes], key: keys.PublicKeyInfo) -> bytes:
    return compute(bytes(key["public_key"]))


def _correct_delegation() -> None:
    """Carry out correction 1."""

    def with_our_algorithms(*arguments: Any, **named: Any) -> ValidationContext:
        named.setdefault("signature_validator", HouseSignatureValidator())
        return ValidationContext(*arguments, **named)

    validate_ocsp.ValidationContext = with_our_algorithms  # type: ignore[assignment, attr-defined]


def _correct_matching() -> None:
    """Carry out correction 2: the second half."""
    original = validate_ocsp._match_ocsp_certid  # noqa: SLF001

    @functools.wraps(original)
    def matched(cert: Any, issuer: Any, ocsp_response: Any, errs: Any) -> bool:
        try:
            return original(cert, issuer, ocsp_response, errs)
        except AttributeError:
            errs.mismatch_failures += 1
            return False

    validate_ocsp._match_ocsp_certid = matched  # noqa: SLF001


def correct() -> None:
    """Carry out the corrections, once in a process. Raises `UnknownCertvalidator`."""
    require_known_version(found_version)
    if getattr(pyhanko_certvalidator, "_corrected_for_gm", False):
        return
    # Its warnings quote what stands in certificates, which may be about people.
    logging.getLogger(pyhanko_certvalidator.__name__).setLevel(logging.CRITICAL)
    _register_numbers()
    _add_hashes()
    _correct_delegation()
    _correct_matching()
    pyhanko_certvalidator._corrected_for_gm = True  # type: ignore[attr-defined]  # noqa: SLF001


correct()
