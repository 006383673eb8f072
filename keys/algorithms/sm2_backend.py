"""The form of an SM2 backend: what computes on the curve, below the strict layer and above a library or a device.

A backend works on e-values and canonical encodings only: points are 65 bytes and on the curve, signatures are DER and
in range, ciphertexts are DER with a point of the curve. `sm2` sees to that. A backend that must never sign offers a
`Verifier` and nothing more, so that the type checker keeps private keys away from it.
"""

from typing import Protocol


class Verifier(Protocol):
    """Verifies on e-values."""

    @property
    def name(self) -> str:
        """Name the backend."""

    @property
    def library(self) -> str:
        """Say which library answers, with its version."""

    @property
    def caution(self) -> str | None:
        """Say what an operator should know about this very version, if anything."""

    def verify_e(self, point: bytes, signature: bytes, e: bytes) -> bool:
        """Tell whether this DER signature fits the point and the 32-byte e-value. Raises `ComputationFailed`."""


class PrivateHandle(Protocol):
    """A private key inside the library; its bytes come out only through `scalar`."""

    @property
    def point(self) -> bytes:
        """Give the public half."""

    def sign_e(self, e: bytes) -> bytes:
        """Sign a 32-byte e-value and give DER. Raises `ComputationFailed`."""

    def decrypt(self, ciphertext: bytes) -> bytes | None:
        """Open a DER ciphertext, or give None when it was altered or made for another key."""

    def scalar(self) -> bytes:
        """Give the private key as 32 bytes, for writing a key file."""


class SM2Backend(Verifier, Protocol):
    """Signs, encrypts, and makes keys."""

    def generate(self) -> PrivateHandle:
        """Make a key pair from the library's own private random generator. Raises `ComputationFailed`."""

    def load(self, scalar: bytes) -> PrivateHandle:
        """Take in a private key that is in range. Raises `ComputationFailed`."""

    def encrypt(self, point: bytes, message: bytes) -> bytes:
        """Encrypt to a point and give DER. Raises `ComputationFailed`."""
