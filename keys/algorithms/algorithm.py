"""The forms of an algorithm: what every entry of the table offers, whatever it is made of.

An entry computes; it does not judge whether the algorithm is good enough for a purpose or a date, which is policy, and
it never knows where a private key lives. What a private key is applied to is called *prepared*: the e-value of SM2, the
digest of RSA and ECDSA, the message itself of Ed25519. A signer elsewhere (a token, a signature server) is handed that.
"""

import enum
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes

from keys.errors import KeyDoesNotFit, UnusableValue

# GM/T 0009-2012 clause 10: the identifier of a signer who was given no other.
DEFAULT_DISTID: Final = b"1234567812345678"


class KeyKind(enum.StrEnum):
    """The kinds of key that are accepted, by curve where the curve decides."""

    SM2 = "sm2"
    RSA = "rsa"
    P256 = "p-256"
    P384 = "p-384"
    ED25519 = "ed25519"


class PublicKey(Protocol):
    """A public key that passed its checks; two are equal when their SubjectPublicKeyInfo is."""

    @property
    def kind(self) -> KeyKind:
        """Tell the kind."""

    @property
    def spki(self) -> bytes:
        """Give the SubjectPublicKeyInfo in its one canonical form."""


class PrivateKey(Protocol):
    """A private key in this process: a handle that signs, shows its public half, and is written only when asked to."""

    @property
    def kind(self) -> KeyKind:
        """Tell the kind."""

    @property
    def public(self) -> PublicKey:
        """Give the public half."""

    def pkcs8(self, password: bytes | None = None) -> bytes:
        """Write the key as PKCS#8, encrypted when a password is given."""


class Running:
    """A digest under way."""

    def __init__(self, context: hashes.Hash) -> None:
        self._context = context

    def update(self, data: bytes) -> None:
        """Take more of the message; the interpreter's lock is free meanwhile."""
        self._context.update(data)

    def finish(self) -> bytes:
        """Give the digest; nothing can be added after."""
        return self._context.finalize()


@dataclass(frozen=True)
class Digest:
    """A hash function."""

    name: str
    oids: tuple[str, ...]
    size: int
    hash: hashes.HashAlgorithm = field(compare=False, repr=False)

    def start(self) -> Running:
        """Begin a digest that is fed in parts."""
        return Running(hashes.Hash(self.hash))

    def of(self, *parts: bytes) -> bytes:
        """Digest the parts, one after the other."""
        context = hashes.Hash(self.hash)
        for part in parts:
            context.update(part)
        return context.finalize()


@dataclass(frozen=True)
class Mac:
    """A message authentication code with a key of its own."""

    name: str
    oids: tuple[str, ...]
    size: int
    tag: Callable[[bytes, bytes], bytes]

    def verify(self, key: bytes, tag: bytes, message: bytes, *, size: int | None = None) -> bool:
        """Tell in constant time whether this is the tag of the message, whole, or cut to `size` bytes.

        The verifier says how long a cut tag is, not the sender, and never less than half (RFC 2104 5).
        Raises `UnusableValue`.
        """
        size = self.size if size is None else size
        if not self.size // 2 <= size <= self.size:
            raise UnusableValue(self.name, "tag size", "not between half and whole")
        return hmac.compare_digest(self.tag(key, message)[:size], tag)


@dataclass(frozen=True)
class Aead:
    """Authenticated encryption: `seal(key, nonce, plain, bound)` and `open(key, nonce, sealed, bound)`.

    Sealed text is the ciphertext and the tag behind it. The caller never uses a nonce twice under one key.
    """

    name: str
    oids: tuple[str, ...]
    key_size: int
    nonce_size: int
    tag_size: int
    seal: Callable[[bytes, bytes, bytes, bytes], bytes]
    open: Callable[[bytes, bytes, bytes, bytes], bytes]


@dataclass(frozen=True)
class Cipher:
    """Encryption that does not notice tampering: only inside a structure that is signed or has a MAC of its own."""

    name: str
    oids: tuple[str, ...]
    key_size: int
    iv_size: int
    encrypt: Callable[[bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes], bytes]


@dataclass(frozen=True)
class KeyEncryption:
    """Encryption to a public key, for keys and short messages."""

    name: str
    oids: tuple[str, ...]
    kinds: frozenset[KeyKind]
    encrypt: Callable[[PublicKey, bytes], bytes]
    decrypt: Callable[[PrivateKey, bytes], bytes]


@dataclass(frozen=True)
class SignatureAlgorithm:
    """A way to sign; `identifier` is its AlgorithmIdentifier in DER, as certificates and messages carry it.

    The distinguishing identifier (`distid`) takes part in SM2 only; the others leave it aside, so that a chain of
    mixed algorithms can be checked with one call. An entry's `sign_for` verifies what it has just made.
    """

    name: str
    oids: tuple[str, ...]
    kinds: frozenset[KeyKind]
    digest: str | None
    identifier: bytes
    prepare_for: Callable[[PublicKey, bytes, bytes], bytes]
    sign_for: Callable[[PrivateKey, bytes], bytes]
    verify_for: Callable[[PublicKey, bytes, bytes], bool]

    def prepare(self, public: PublicKey, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bytes:
        """Compute what the private key is applied to. Raises `KeyDoesNotFit`, `UnusableDistid`."""
        self._require(public.kind)
        return self.prepare_for(public, message, distid)

    def sign(self, private: PrivateKey, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bytes:
        """Sign a message and verify the signature before it is handed out.

        Raises `KeyDoesNotFit`, `UnusableDistid`, `SigningUnavailable`, `FaultySignature`.
        """
        return self.sign_prepared(private, self.prepare(private.public, message, distid=distid))

    def sign_prepared(self, private: PrivateKey, prepared: bytes) -> bytes:
        """Sign what was prepared and verify the signature before it is handed out.

        Raises `KeyDoesNotFit`, `UnusableValue`, `SigningUnavailable`, `FaultySignature`.
        """
        self._require(private.kind)
        return self.sign_for(private, prepared)

    def verify(self, public: PublicKey, signature: bytes, message: bytes, *, distid: bytes = DEFAULT_DISTID) -> bool:
        """Tell whether this is a signature on the message; a malformed one is not.

        Raises `KeyDoesNotFit`, `UnusableDistid`, `VerifyingUnavailable`.
        """
        return self.verify_prepared(public, signature, self.prepare(public, message, distid=distid))

    def verify_prepared(self, public: PublicKey, signature: bytes, prepared: bytes) -> bool:
        """Tell whether this is a signature on what was prepared; a malformed one is not.

        Raises `KeyDoesNotFit`, `UnusableValue`, `VerifyingUnavailable`.
        """
        self._require(public.kind)
        return self.verify_for(public, signature, prepared)

    def _require(self, kind: KeyKind) -> None:
        if kind not in self.kinds:
            raise KeyDoesNotFit(self.name, kind)


Algorithm = Digest | Mac | Aead | Cipher | KeyEncryption | SignatureAlgorithm
