"""The form of a signer: a private key, wherever it lives, that is used and never shown.

A signer is handed what its key is applied to (`prepared`: the e-value of SM2, the digest of RSA and ECDSA, the message
of Ed25519), so that a device elsewhere does the one step that needs the key. `signed` is how the house asks: it
prepares, has it signed, and verifies with the public half before anybody sees the signature, whatever the device says.
A key in a device may also raise the refusals of `keys.signers.errors`, above all `DeviceDown`.
"""

from typing import Protocol

from keys.algorithms.algorithm import DEFAULT_DISTID, KeyEncryption, PublicKey, SignatureAlgorithm
from keys.errors import FaultySignature, KeyDoesNotFit


class Signer(Protocol):
    """A private key that signs and opens what was encrypted to it."""

    @property
    def public(self) -> PublicKey:
        """Give the public half."""

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Sign what was prepared. Raises `KeyDoesNotFit`, `SigningUnavailable`, `UnusableValue`, `FaultySignature`."""

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Open what was encrypted to the public half. Raises `KeyDoesNotFit` and the algorithm's refusals."""


def signed(signer: Signer, algorithm: SignatureAlgorithm, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bytes:
    """Have a message signed and see that the signature is right before it is handed out.

    Raises `KeyDoesNotFit`, `UnusableDistid`, `SigningUnavailable`, `FaultySignature`.
    """
    prepared = algorithm.prepare(signer.public, message, distid=distid)
    return checked(signer.public, algorithm, signer.sign(algorithm, prepared), prepared)


def checked(public: PublicKey, algorithm: SignatureAlgorithm, signature: bytes, prepared: bytes) -> bytes:
    """Give the signature of a device back if it is right. Raises `FaultySignature`, `KeyDoesNotFit`."""
    if not algorithm.verify_prepared(public, signature, prepared):
        raise FaultySignature(algorithm.name)
    return signature


def require_kind(public: PublicKey, algorithm: SignatureAlgorithm | KeyEncryption) -> None:
    """See that an algorithm works with a key, before a device is asked. Raises `KeyDoesNotFit`."""
    if public.kind not in algorithm.kinds:
        raise KeyDoesNotFit(algorithm.name, public.kind)
