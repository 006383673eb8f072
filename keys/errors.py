"""What the algorithms refuse; no fact here ever holds key bytes, plain text or a password.

A signature that is well made and wrong is no refusal but the answer False. *Could not be computed* is a refusal of the
kind unavailable, so that it can never pass for *wrong*.
"""

from dataclasses import dataclass
from typing import ClassVar

from base.errors import DomainError, Kind


@dataclass(eq=False)
class MalformedDer(DomainError):
    """These bytes are not the DER that was expected."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-der"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedPem(DomainError):
    """This text is not the PEM that was expected."""

    reason: str
    code: ClassVar[str] = "malformed-pem"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnknownAlgorithm(DomainError):
    """No algorithm of this kind goes by that name or number here."""

    wanted: str
    name: str
    code: ClassVar[str] = "unknown-algorithm"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class UnusableKey(DomainError):
    """The key is malformed, out of range, or of a form that is not accepted."""

    form: str
    reason: str
    code: ClassVar[str] = "unusable-key"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class KeyDoesNotFit(DomainError):
    """The algorithm does not work with a key of that kind."""

    algorithm: str
    key: str
    code: ClassVar[str] = "key-does-not-fit"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class WrongKeyPassword(DomainError):
    """The password does not open this key file, or the file was altered."""

    code: ClassVar[str] = "wrong-key-password"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class MalformedSignature(DomainError):
    """The signature value is not of the form that its algorithm has."""

    algorithm: str
    reason: str
    code: ClassVar[str] = "malformed-signature"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableDistid(DomainError):
    """The distinguishing identifier of a signer must be 1 to 8190 bytes long."""

    size: int
    code: ClassVar[str] = "unusable-distid"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnusableValue(DomainError):
    """A value handed to an algorithm has a size or form that it cannot take."""

    algorithm: str
    value: str
    reason: str
    code: ClassVar[str] = "unusable-algorithm-value"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class MalformedCiphertext(DomainError):
    """The ciphertext is not of the form that its algorithm has."""

    algorithm: str
    reason: str
    code: ClassVar[str] = "malformed-ciphertext"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class CiphertextAltered(DomainError):
    """The ciphertext was altered, or it was made for another key."""

    algorithm: str
    code: ClassVar[str] = "ciphertext-altered"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class BackendMissing(DomainError):
    """A cryptographic library cannot be used on this machine."""

    backend: str
    reason: str
    code: ClassVar[str] = "crypto-backend-missing"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class SigningUnavailable(DomainError):
    """No library on this machine has passed its known answers, so nothing is signed or decrypted with SM2."""

    tried: str
    code: ClassVar[str] = "signing-unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class VerifyingUnavailable(DomainError):
    """No library on this machine has passed its known answers, so SM2 signatures could not be checked."""

    tried: str
    code: ClassVar[str] = "verifying-unavailable"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE


@dataclass(eq=False)
class ComputationFailed(DomainError):
    """The cryptographic library gave up for a reason that says nothing about the input."""

    backend: str
    act: str
    code: ClassVar[str] = "computation-failed"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class FaultySignature(DomainError):
    """A signature that was just made did not verify, so it was thrown away."""

    algorithm: str
    code: ClassVar[str] = "faulty-signature"
    kind: ClassVar[Kind] = Kind.UNAVAILABLE
    retryable: ClassVar[bool] = True


@dataclass(eq=False)
class UnreadableVectors(DomainError):
    """A file of test vectors cannot be read as one."""

    file: str
    reason: str
    code: ClassVar[str] = "unreadable-vectors"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class UnknownVectors(DomainError):
    """A file of test vectors has a shape for which there is nothing to run."""

    file: str
    shape: str
    code: ClassVar[str] = "unknown-vectors"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED
