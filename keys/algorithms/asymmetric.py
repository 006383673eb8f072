"""Keys of any kind from bytes: public keys, private key files, new keys, and AlgorithmIdentifiers.

The one place that looks which kind of key some bytes hold; afterwards the type says it.
"""

from typing import Final

from keys.algorithms import ALGORITHMS, der, international, pbes2, pem, pkcs8, sm2, spki
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.errors import MalformedDer, UnknownAlgorithm, UnusableKey, WrongKeyPassword

PKCS8: Final = "PRIVATE KEY"
ENCRYPTED_PKCS8: Final = "ENCRYPTED PRIVATE KEY"
SEC1: Final = "EC PRIVATE KEY"
PKCS1: Final = "RSA PRIVATE KEY"
SPKI: Final = "PUBLIC KEY"


def public_key(data: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo of any accepted kind. Raises `UnusableKey`."""
    if len(data) > international.SPKI_LIMIT:
        raise UnusableKey("spki", "too-long")
    algorithm, parameter, _ = spki.read(data)
    if spki.is_sm2(algorithm, parameter):
        return sm2.PublicKey.from_spki(data)
    return international.public_key(data)


def public_key_of_pem(text: bytes) -> PublicKey:
    """Read a PEM with one public key. Raises `MalformedPem`, `UnusableKey`."""
    label, data = pem.only(text)
    if label != SPKI:
        raise UnusableKey("pem", "not-a-public-key")
    return public_key(data)


def private_key(data: bytes, password: bytes | None = None) -> PrivateKey:
    """Read PKCS#8, plain or encrypted, of any accepted kind.

    Raises `UnusableKey`, `WrongKeyPassword`, `SigningUnavailable`.
    """
    plain = pkcs8.opened(data, password)
    if pkcs8.is_sm2(plain):
        return sm2.PrivateKey.from_pkcs8(plain)
    return international.private_key(plain)


def private_key_of_pem(text: bytes, password: bytes | None = None) -> PrivateKey:
    """Read a PEM with one private key: PKCS#8, SEC1 or PKCS#1; a block of curve parameters may stand before it.

    Raises `MalformedPem`, `UnusableKey`, `WrongKeyPassword`, `SigningUnavailable`.
    """
    found = [block for block in pem.blocks(text) if block[0] != "EC PARAMETERS"]
    if len(found) != 1:
        raise UnusableKey("pem", "not-one-private-key")
    label, data = found[0]
    if label in (PKCS8, ENCRYPTED_PKCS8):
        if pbes2.is_encrypted(data) != (label == ENCRYPTED_PKCS8):
            raise UnusableKey("pem", "label-does-not-fit")
        return private_key(data, password)
    if password is not None and label in (SEC1, PKCS1):
        raise WrongKeyPassword
    if label == SEC1 and _names_sm2(data):
        return sm2.PrivateKey.from_sec1(data)
    if label in (SEC1, PKCS1):
        return international.private_key(data)
    raise UnusableKey("pem", "not-a-private-key")


def private_key_pem(key: PrivateKey, password: bytes | None) -> bytes:
    """Write a private key as PEM. Raises `UnusableKey` for a password that is empty or too long."""
    return pem.written(PKCS8 if password is None else ENCRYPTED_PKCS8, key.pkcs8(password))


def public_key_pem(key: PublicKey) -> bytes:
    """Write a public key as PEM."""
    return pem.written(SPKI, key.spki)


def generated(kind: KeyKind) -> PrivateKey:
    """Make a new key of that kind. Raises `SigningUnavailable`."""
    return sm2.PrivateKey.generated() if kind is KeyKind.SM2 else international.generated(kind)


def signature_of(identifier: bytes) -> SignatureAlgorithm:
    """Find the signature algorithm of an AlgorithmIdentifier in DER, its parameters included.

    NULL or nothing stands behind a number that has no parameters: RFC 4055 5 wants both read for RSA, and national
    CAs write NULL for SM2. PSS is told by its whole identifier. Raises `MalformedDer`, `UnknownAlgorithm`.
    """
    reader = der.Reader(identifier)
    number, parameter = spki.read_identifier(reader)
    reader.end()
    for entry in ALGORITHMS.values():
        if isinstance(entry, SignatureAlgorithm) and entry.identifier == identifier:
            return entry
    found = ALGORITHMS.get(number)
    if not isinstance(found, SignatureAlgorithm) or parameter not in (None, der.null()):
        raise UnknownAlgorithm("signature", number)
    return found


def _names_sm2(data: bytes) -> bool:
    try:
        inner = der.Reader(data).inside()
        inner.natural()
        inner.octets()
        return inner.next_tag == 0xA0 and inner.inside(0xA0).whole() == der.oid(spki.SM2_CURVE)  # noqa: PLR2004
    except MalformedDer:
        return False
