"""Envelopes: content under a fresh key, and that key under the SM2 public keys of those who may open it.

Three forms, told apart by their content type:

- *authenticated*: AuthEnvelopedData (RFC 5083) with SM4-GCM. What the house makes for itself (backups, parcels between
  its parts). An altered byte of the content, its key or its parameters never opens to anything.
- *bare*: EnvelopedData as GB/T 35275-2017 9 has it, with SM4-CBC. CBC notices no tampering: whoever can alter an
  envelope on its way can turn bits of what comes out, and learns from refusals (padding). So the house opens it alone
  only for a caller who says so by name, and makes it only around a signed message.
- *signed*: a bare envelope around a SignedData (GB/T 35275-2017 6: content types nest). The signature inside is judged
  before any of the content is handed out, and every failure is the same one, so that nothing is learnt from it.

Recipients are named by issuer and serial of a certificate, or by the SM3 of their public key where they have none.
Many may open the same envelope; each needs a key of their own. Who sealed an envelope is told by a signature alone:
anybody can write to a public key.
"""

import enum
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from base.errors import DomainError, Kind
from keys.algorithms import asymmetric, der, sm4
from keys.algorithms.algorithm import DEFAULT_DISTID, KeyKind, PublicKey
from keys.algorithms.sm2 import SM2_ENCRYPTION, encrypt
from keys.algorithms.sm2 import PublicKey as Sm2PublicKey
from keys.algorithms.sm3 import SM3
from keys.algorithms.spki import read_identifier
from keys.certificates import Certificate
from keys.cms import numbers, verification, writing
from keys.cms.errors import MalformedSignedData, NoSigner
from keys.cms.numbers import AUTH_ENVELOPED_DATA, CMS, GBT35275, STRICT, Family
from keys.cms.signed_data import SignedData
from keys.cms.verification import SignatureFinding
from keys.errors import CiphertextAltered, KeyDoesNotFit, MalformedCiphertext, MalformedDer
from keys.names import SET
from keys.signers.signer import Signer

# An envelope is held in memory whole; what is larger is cut into parts by its own format.
SIZE_LIMIT: Final = 64 << 20
RECIPIENTS_LIMIT: Final = 64
# A number of the size of a certificate's serial, with room for what old authorities wrote.
SERIAL_LIMIT: Final = 64

_EXPLICIT: Final = 0xA0
_KEY_ID: Final = 0x80
_CONTENT: Final = 0x80
# GB/T 35275-2017 9.1 and RFC 5083 2.1: versions of the whole, and of a recipient by certificate or by key.
_BARE_VERSION: Final = 1
_AUTHENTICATED_VERSION: Final = 0
_BY_CERTIFICATE: Final = frozenset({0, 1})
_BY_KEY: Final = 2
_GCM: Final = sm4.SM4_GCM.oids[0]
_CBC: Final = sm4.SM4_CBC.oids[0]
_SM2_NUMBERS: Final = frozenset({*SM2_ENCRYPTION.oids, "1.2.156.10197.1.301", "1.2.156.10197.1.301.1"})


@dataclass(eq=False)
class MalformedEnvelope(DomainError):
    """These bytes are not an envelope."""

    reason: str
    offset: int
    code: ClassVar[str] = "malformed-envelope"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class EnvelopeNotForUs(DomainError):
    """The envelope was not made for this key."""

    recipients: int
    code: ClassVar[str] = "envelope-not-for-us"
    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class EnvelopeAltered(DomainError):
    """The envelope was altered, or what it names as its recipient is not who it was made for."""

    code: ClassVar[str] = "envelope-altered"
    kind: ClassVar[Kind] = Kind.MALFORMED


@dataclass(eq=False)
class EnvelopeUnsupported(DomainError):
    """The envelope uses an algorithm that is not accepted."""

    algorithm: str
    code: ClassVar[str] = "envelope-unsupported"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class EnvelopeNotAuthenticated(DomainError):
    """The envelope's encryption does not notice tampering, so it is not opened without a signature inside."""

    code: ClassVar[str] = "envelope-not-authenticated"
    kind: ClassVar[Kind] = Kind.UNSUPPORTED


@dataclass(eq=False)
class UnusableRecipient(DomainError):
    """An envelope cannot be made for these recipients."""

    reason: str
    code: ClassVar[str] = "unusable-envelope-recipient"
    kind: ClassVar[Kind] = Kind.MALFORMED


class Form(enum.StrEnum):
    """How the content is encrypted."""

    AUTHENTICATED = "authenticated"
    BARE = "bare"


@dataclass(frozen=True)
class Recipient:
    """Who may open: a public key, and the certificate by which it is named, if it has one."""

    public: Sm2PublicKey
    certificate: Certificate | None = None

    @classmethod
    def of_certificate(cls, certificate: Certificate) -> "Recipient":
        """Take the key of a certificate; whether it may be used is the caller's to ask. Raises `UnusableRecipient`."""
        return cls(_sm2(asymmetric.public_key(certificate.spki)), certificate)

    @classmethod
    def of_key(cls, public: PublicKey) -> "Recipient":
        """Take a public key that has no certificate. Raises `UnusableRecipient`."""
        return cls(_sm2(public))

    @property
    def name(self) -> bytes:
        """Give the version and the recipient identifier in DER."""
        if self.certificate is None:
            return der.integer(_BY_KEY) + der.element(_KEY_ID, key_id(self.public))
        named = der.sequence(self.certificate.issuer.der, der.integer(self.certificate.serial))
        return der.integer(1) + named


@dataclass(frozen=True)
class EncryptedKey:
    """The content's key as one recipient gets it."""

    value: bytes
    issuer: bytes = b""
    serial: int = 0
    key_id: bytes | None = None

    def is_for(self, public: PublicKey, certificate: Certificate | None) -> bool:
        """Tell whether it is named for a key, or for a certificate of that key."""
        if self.key_id is not None:
            return hmac.compare_digest(self.key_id, key_id(public))
        if certificate is None:
            return False
        return certificate.serial == self.serial and certificate.issuer.der == self.issuer


@dataclass(frozen=True)
class Envelope:
    """An envelope as it was read: who may open it, and what is closed inside."""

    form: Form
    content_type: str
    keys: tuple[EncryptedKey, ...]
    parameters: bytes
    sealed: bytes = field(repr=False)

    @classmethod
    def of(cls, data: bytes) -> "Envelope":
        """Read an envelope of either form. Raises `MalformedEnvelope`, `EnvelopeUnsupported`."""
        if len(data) > SIZE_LIMIT:
            raise MalformedEnvelope("too-large", 0)
        try:
            return _read(data)
        except MalformedDer as error:
            raise MalformedEnvelope(error.reason, error.offset) from error


def key_id(public: PublicKey) -> bytes:
    """Name a public key: SM3 over its SubjectPublicKeyInfo."""
    return SM3.of(public.spki)


def closed(content: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Close content into an authenticated envelope. Raises `UnusableRecipient`, `SigningUnavailable`."""
    key, nonce = secrets.token_bytes(sm4.KEY), secrets.token_bytes(sm4.NONCE)
    sealed = sm4.gcm_seal(key, nonce, content)
    parameters = der.sequence(der.octets(nonce), der.integer(sm4.TAG))
    body = der.sequence(
        der.integer(_AUTHENTICATED_VERSION),
        _recipients(key, recipients),
        _content(CMS.data, _GCM, parameters, sealed[: -sm4.TAG]),
        der.octets(sealed[-sm4.TAG :]),
    )
    return _info(AUTH_ENVELOPED_DATA, body)


def opened(envelope: bytes, signer: Signer, certificate: Certificate | None = None) -> bytes:
    """Open an authenticated envelope with the key that lives in the signer; `certificate` is that key's, if it has one.

    Raises `MalformedEnvelope`, `EnvelopeUnsupported`, `EnvelopeNotAuthenticated`, `EnvelopeNotForUs`,
    `EnvelopeAltered`, and what the signer raises when it cannot be asked.
    """
    read = Envelope.of(envelope)
    if read.form is not Form.AUTHENTICATED:
        raise EnvelopeNotAuthenticated
    key = _key(read, signer, certificate)
    try:
        return sm4.gcm_open(key, read.parameters, read.sealed)
    except CiphertextAltered as error:
        raise EnvelopeAltered from error


def closed_signed(
    content: bytes, signer: Signer, made: writing.Template, recipients: Sequence[Recipient], family: Family = GBT35275
) -> bytes:
    """Sign content and close it into the envelope of GB/T 35275 with SM4-CBC.

    Raises `UnusableRecipient` and what signing raises.
    """
    signed = writing.signed_data(signer, made, content, attached=True)
    return _closed_bare(signed, recipients, family, made.family.signed_data)


def opened_signed(
    envelope: bytes,
    signer: Signer,
    sender: Certificate,
    certificate: Certificate | None = None,
    *,
    distid: bytes = DEFAULT_DISTID,
) -> tuple[bytes, SignatureFinding]:
    """Open a bare envelope around a message that the sender signed; give the content and what was found good.

    Whether the sender's certificate is to be trusted is the caller's to ask first. Raises `MalformedEnvelope`,
    `EnvelopeUnsupported`, `EnvelopeNotForUs`, and `EnvelopeAltered` for whatever is wrong behind that.
    """
    inside = opened_unauthenticated(envelope, signer, certificate)
    try:
        signed = SignedData.of(inside, STRICT)
    except (MalformedSignedData, NoSigner) as error:
        raise EnvelopeAltered from error
    if signed.content is None or len(signed.signers) != 1:
        raise EnvelopeAltered
    found = verification.verify(signed.signers[0], sender, signed.content, distid=distid)
    if not found.ok:
        raise EnvelopeAltered
    return signed.content, found


def opened_unauthenticated(envelope: bytes, signer: Signer, certificate: Certificate | None = None) -> bytes:
    """Open a bare envelope: what comes out may have been altered on its way, and must be signed inside to be used.

    Raises `MalformedEnvelope`, `EnvelopeUnsupported`, `EnvelopeNotForUs`, `EnvelopeAltered`.
    """
    read = Envelope.of(envelope)
    if read.form is not Form.BARE:
        return opened(envelope, signer, certificate)
    try:
        return sm4.cbc_decrypt(_key(read, signer, certificate), read.parameters, read.sealed)
    except CiphertextAltered as error:
        raise EnvelopeAltered from error


def _closed_bare(content: bytes, recipients: Sequence[Recipient], family: Family, content_type: str) -> bytes:
    key, iv = secrets.token_bytes(sm4.KEY), secrets.token_bytes(sm4.BLOCK)
    body = der.sequence(
        der.integer(_BARE_VERSION),
        _recipients(key, recipients),
        _content(content_type, _CBC, der.octets(iv), sm4.cbc_encrypt(key, iv, content)),
    )
    return _info(family.enveloped_data, body)


def _info(kind: str, body: bytes) -> bytes:
    return der.sequence(der.oid(kind), der.element(_EXPLICIT, body))


def _content(content_type: str, algorithm: str, parameters: bytes, ciphertext: bytes) -> bytes:
    identifier = der.sequence(der.oid(algorithm), parameters)
    return der.sequence(der.oid(content_type), identifier, der.element(_CONTENT, ciphertext))


def _recipients(key: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Encrypt the key to each; the set stands in the order of its members' bytes."""
    if not 1 <= len(recipients) <= RECIPIENTS_LIMIT:
        raise UnusableRecipient(f"not 1 to {RECIPIENTS_LIMIT}")
    if len({each.name for each in recipients}) != len(recipients):
        raise UnusableRecipient("named twice")
    identifier = der.sequence(der.oid(SM2_ENCRYPTION.oids[0]))
    infos = (der.sequence(each.name, identifier, der.octets(encrypt(each.public, key))) for each in recipients)
    return der.element(SET, *sorted(infos))


def _sm2(public: PublicKey) -> Sm2PublicKey:
    if not isinstance(public, Sm2PublicKey):
        raise UnusableRecipient(f"{public.kind}, not {KeyKind.SM2}")
    return public


def _key(read: Envelope, signer: Signer, certificate: Certificate | None) -> bytes:
    """Have the signer open the content's key; of several that are for it, the one that opens counts."""
    public = signer.public
    if certificate is not None and asymmetric.public_key(certificate.spki).spki != public.spki:
        certificate = None
    ours = [each for each in read.keys if each.is_for(public, certificate)]
    if not ours:
        raise EnvelopeNotForUs(len(read.keys))
    for each in ours:
        try:
            key = signer.decrypt(SM2_ENCRYPTION, each.value)
        except (CiphertextAltered, MalformedCiphertext):
            continue
        except KeyDoesNotFit as error:
            raise EnvelopeNotForUs(len(read.keys)) from error
        if len(key) == sm4.KEY:
            return key
    raise EnvelopeAltered


def _read(data: bytes) -> Envelope:
    outer = der.Reader(data)
    info = outer.inside()
    outer.end()
    kind = info.oid()
    bare = kind in {each.enveloped_data for each in numbers.FAMILIES}
    if not bare and kind != AUTH_ENVELOPED_DATA:
        raise info.refused("not-an-envelope")
    explicit = info.inside(_EXPLICIT)
    info.end()
    reader = explicit.inside()
    explicit.end()
    if reader.natural() != (_BARE_VERSION if bare else _AUTHENTICATED_VERSION):
        raise reader.refused("unknown-version")
    keys = _encrypted_keys(reader)
    content_type, algorithm, parameters, ciphertext = _encrypted_content(reader)
    if algorithm != (_CBC if bare else _GCM):
        raise EnvelopeUnsupported(algorithm)
    tag = b"" if bare else reader.octets()
    reader.end()
    if not bare and len(tag) != sm4.TAG:
        raise reader.refused("tag-not-16-bytes")
    form = Form.BARE if bare else Form.AUTHENTICATED
    return Envelope(form, content_type, keys, _iv(parameters) if bare else _nonce(parameters), ciphertext + tag)


def _encrypted_keys(reader: der.Reader) -> tuple[EncryptedKey, ...]:
    inner = reader.inside(SET)
    found: list[EncryptedKey] = []
    while not inner.ended:
        if len(found) == RECIPIENTS_LIMIT:
            raise inner.refused("too-many-recipients")
        found.append(_encrypted_key(inner.inside()))
    return tuple(found)


def _encrypted_key(reader: der.Reader) -> EncryptedKey:
    """Take a RecipientInfo: by issuer and serial (GB/T 35275-2017 9.2), or by key identifier (RFC 5652 6.2.1)."""
    version = reader.natural()
    issuer, serial, named = b"", 0, None
    if reader.next_tag == _KEY_ID:
        named = reader.content(_KEY_ID)
    else:
        inner = reader.inside()
        issuer = inner.whole()
        content = inner.content(der.INTEGER)
        inner.end()
        if not 1 <= len(content) <= SERIAL_LIMIT:
            raise inner.refused("serial-too-long")
        serial = int.from_bytes(content, signed=True)
    if version not in (_BY_CERTIFICATE if named is None else {_BY_KEY}):
        raise reader.refused("unknown-version")
    algorithm, parameter = read_identifier(reader)
    if algorithm not in _SM2_NUMBERS or parameter not in (None, der.null()):
        raise EnvelopeUnsupported(algorithm)
    value = reader.octets()
    reader.end()
    return EncryptedKey(value, issuer, serial, named)


def _encrypted_content(reader: der.Reader) -> tuple[str, str, bytes, bytes]:
    inner = reader.inside()
    content_type = inner.oid()
    algorithm, parameters = read_identifier(inner)
    ciphertext = inner.content(_CONTENT)
    inner.end()
    return content_type, algorithm, parameters or b"", ciphertext


def _iv(parameters: bytes) -> bytes:
    reader = der.Reader(parameters)
    iv = reader.octets()
    reader.end()
    if len(iv) != sm4.BLOCK:
        raise reader.refused("iv-not-16-bytes")
    return iv


def _nonce(parameters: bytes) -> bytes:
    """Read GCMParameters (RFC 5084 3.2): a nonce of 12 bytes and the whole tag, as the house writes them."""
    reader = der.Reader(parameters)
    inner = reader.inside()
    reader.end()
    nonce, tag = inner.octets(), inner.natural()
    inner.end()
    if len(nonce) != sm4.NONCE or tag != sm4.TAG:
        raise inner.refused("nonce-or-tag-of-another-size")
    return nonce
