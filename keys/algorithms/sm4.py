"""SM4 (GB/T 32907-2016) in CBC, CTR, GCM and CCM (GB/T 17964-2021, GB/T 36624-2018, RFC 8998), by `cryptography`.

Whoever seals uses a 96-bit nonce and never the same one twice under a key. Opening GCM takes nonces of any length, as
NIST SP 800-38D has it, because partners use them: the library stops at 8 to 128 bytes, and for the others the hash of
the nonce is taken from the library's own GCM (see `_hashed`). CCM, which the library has for AES alone, is put together
from its CBC and CTR.
"""

import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher as LibraryCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes

from keys.algorithms.algorithm import Aead, Cipher
from keys.errors import CiphertextAltered, UnusableValue

KEY: Final = 16
BLOCK: Final = 16
TAG: Final = 16
NONCE: Final = 12
# What `cryptography` takes as nonce of GCM.
_LIBRARY_NONCES: Final = range(8, 129)
# SP 800-38D 5.2.1.1 allows 2^39 − 256 bits; a message of this size is long before split by its format.
MESSAGE_LIMIT: Final = 1 << 31
# RFC 3610 2: nonces of 7 to 13 bytes, tags of 4 to 16 bytes in steps of two.
_CCM_NONCES: Final = range(7, 14)
_CCM_TAGS: Final = range(4, 17, 2)
_CCM_SHORT_BOUND: Final = 0xFF00


def cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """Encrypt with padding of PKCS#7; the IV must be unforeseeable. Raises `UnusableValue`."""
    _require("sm4-cbc", key, iv, BLOCK)
    padder = padding.PKCS7(BLOCK * 8).padder()
    encryptor = LibraryCipher(algorithms.SM4(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def cbc_decrypt(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Decrypt and take the padding off; tampering may pass unnoticed. Raises `UnusableValue`, `CiphertextAltered`."""
    _require("sm4-cbc", key, iv, BLOCK)
    decryptor = LibraryCipher(algorithms.SM4(key), modes.CBC(iv)).decryptor()
    unpadder = padding.PKCS7(BLOCK * 8).unpadder()
    try:
        return unpadder.update(decryptor.update(ciphertext) + decryptor.finalize()) + unpadder.finalize()
    except ValueError as error:
        raise CiphertextAltered("sm4-cbc") from error


def ctr(key: bytes, counter: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt; the counter counts through all 128 bits. Raises `UnusableValue`."""
    _require("sm4-ctr", key, counter, BLOCK)
    encryptor = LibraryCipher(algorithms.SM4(key), modes.CTR(counter)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def gcm_seal(key: bytes, nonce: bytes, plain: bytes, bound: bytes = b"") -> bytes:
    """Encrypt and bind; the tag of 16 bytes stands behind the ciphertext. Raises `UnusableValue`."""
    _require_sizes("sm4-gcm", key, nonce, plain)
    if len(nonce) not in _LIBRARY_NONCES:
        return _gcm_any_seal(key, nonce, plain, bound)
    encryptor = LibraryCipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    return encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def gcm_open(key: bytes, nonce: bytes, sealed: bytes, bound: bytes = b"") -> bytes:
    """Check the tag and decrypt. Raises `UnusableValue`, `CiphertextAltered`."""
    _require_sizes("sm4-gcm", key, nonce, sealed)
    if len(sealed) < TAG:
        raise CiphertextAltered("sm4-gcm")
    ciphertext, tag = sealed[:-TAG], sealed[-TAG:]
    if len(nonce) not in _LIBRARY_NONCES:
        return _gcm_any_open(key, nonce, ciphertext, tag, bound)
    decryptor = LibraryCipher(algorithms.SM4(key), modes.GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(bound)
    try:
        return decryptor.update(ciphertext) + decryptor.finalize()
    except InvalidTag as error:
        raise CiphertextAltered("sm4-gcm") from error


def ccm_seal(key: bytes, nonce: bytes, plain: bytes, bound: bytes = b"", *, tag_size: int = TAG) -> bytes:
    """Encrypt and bind; the tag stands behind the ciphertext. Raises `UnusableValue`."""
    _require_ccm(key, nonce, bound, tag_size, len(plain))
    mac = _ccm_mac(key, nonce, plain, bound, tag_size)
    mask, ciphertext = _ccm_ctr(key, nonce, plain)
    return ciphertext + _xor(mac, mask)[:tag_size]


def ccm_open(key: bytes, nonce: bytes, sealed: bytes, bound: bytes = b"", *, tag_size: int = TAG) -> bytes:
    """Decrypt, and hand the text out only if its tag fits. Raises `UnusableValue`, `CiphertextAltered`."""
    _require_ccm(key, nonce, bound, tag_size, len(sealed) - tag_size)
    if len(sealed) < tag_size:
        raise CiphertextAltered("sm4-ccm")
    ciphertext, tag = sealed[:-tag_size], sealed[-tag_size:]
    mask, plain = _ccm_ctr(key, nonce, ciphertext)
    expected = _xor(_ccm_mac(key, nonce, plain, bound, tag_size), mask)[:tag_size]
    if not hmac.compare_digest(expected, tag):
        raise CiphertextAltered("sm4-ccm")
    return plain


def block(key: bytes, data: bytes, *, rounds: int = 1) -> bytes:
    """Encrypt one bare block, over and over: the known answers of GB/T 32907-2016 A, and nothing else."""
    encryptor = LibraryCipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - a single block
    for _ in range(rounds):
        data = encryptor.update(data)
    return data


def _gcm_any_seal(key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
    counter = _hashed(key, b"", nonce)
    ciphertext = _gctr(key, counter, plain)
    return ciphertext + _xor(_hashed(key, bound, ciphertext), block(key, counter))


def _gcm_any_open(key: bytes, nonce: bytes, ciphertext: bytes, tag: bytes, bound: bytes) -> bytes:
    counter = _hashed(key, b"", nonce)
    if not hmac.compare_digest(_xor(_hashed(key, bound, ciphertext), block(key, counter)), tag):
        raise CiphertextAltered("sm4-gcm")
    return _gctr(key, counter, ciphertext)


def _hashed(key: bytes, bound: bytes, ciphertext: bytes) -> bytes:
    """Compute GHASH over bound text and ciphertext with their lengths (SP 800-38D 7.1, steps 5 and 6).

    The library gives GHASH only inside a tag, masked with the first block of a key stream. Under a nonce of 12 zero
    bytes that block can be computed and taken off again. With no bound text this is also the counter block that a nonce
    of another length stands for (7.1, step 2), the nonce in the place of the ciphertext. The masked tag is not shown.
    """
    fixed = bytes(NONCE)
    plain = ctr(key, fixed + (2).to_bytes(4), ciphertext)
    encryptor = LibraryCipher(algorithms.SM4(key), modes.GCM(fixed)).encryptor()
    encryptor.authenticate_additional_data(bound)
    encryptor.update(plain)
    encryptor.finalize()
    return _xor(encryptor.tag, block(key, fixed + (1).to_bytes(4)))


def _gctr(key: bytes, counter: bytes, data: bytes) -> bytes:
    """Count through the last 32 bits alone, wrapping there (SP 800-38D 6.5), from the block after `counter`."""
    head, low = counter[:-4], int.from_bytes(counter[-4:])
    done = b""
    while len(done) < len(data):
        low = (low + 1) & 0xFFFFFFFF
        until_wrap = ((1 << 32) - low) * BLOCK
        part = data[len(done) : len(done) + until_wrap]
        done += ctr(key, head + low.to_bytes(4), part)
        low = 0xFFFFFFFF
    return done


def _ccm_ctr(key: bytes, nonce: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Give the mask of the tag and the text run through the key stream (RFC 3610 2.3)."""
    size = 15 - len(nonce)
    stream = ctr(key, bytes((size - 1,)) + nonce + bytes(size), bytes(BLOCK) + data)
    return stream[:BLOCK], stream[BLOCK:]


def _ccm_mac(key: bytes, nonce: bytes, plain: bytes, bound: bytes, tag_size: int) -> bytes:
    """Compute CBC-MAC over the first block, the bound text and the message (RFC 3610 2.2)."""
    size = 15 - len(nonce)
    flags = (0x40 if bound else 0) | (tag_size - 2) // 2 << 3 | size - 1
    blocks = bytes((flags,)) + nonce + len(plain).to_bytes(size)
    if bound:
        length = len(bound).to_bytes(2) if len(bound) < _CCM_SHORT_BOUND else b"\xff\xfe" + len(bound).to_bytes(4)
        blocks += _padded(length + bound)
    blocks += _padded(plain)
    encryptor = LibraryCipher(algorithms.SM4(key), modes.CBC(bytes(BLOCK))).encryptor()
    return (encryptor.update(blocks) + encryptor.finalize())[-BLOCK:]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _require(name: str, key: bytes, iv: bytes, size: int) -> None:
    if len(key) != KEY:
        raise UnusableValue(name, "key", "not 16 bytes")
    if len(iv) != size:
        raise UnusableValue(name, "iv", f"not {size} bytes")


def _require_sizes(name: str, key: bytes, nonce: bytes, message: bytes) -> None:
    if len(key) != KEY:
        raise UnusableValue(name, "key", "not 16 bytes")
    if not nonce:
        raise UnusableValue(name, "nonce", "empty")
    if len(message) > MESSAGE_LIMIT:
        raise UnusableValue(name, "message", "over 2 GiB")


def _require_ccm(key: bytes, nonce: bytes, bound: bytes, tag_size: int, size: int) -> None:
    _require_sizes("sm4-ccm", key, nonce, bound)
    if len(nonce) not in _CCM_NONCES:
        raise UnusableValue("sm4-ccm", "nonce", "not 7 to 13 bytes")
    if tag_size not in _CCM_TAGS:
        raise UnusableValue("sm4-ccm", "tag size", "not 4, 6, … 16 bytes")
    if size >= 1 << min(8 * (15 - len(nonce)), 31):
        raise UnusableValue("sm4-ccm", "message", "too long for its nonce")


SM4_GCM: Final = Aead("sm4-gcm", ("1.2.156.10197.1.104.8",), KEY, NONCE, TAG, gcm_seal, gcm_open)
SM4_CCM: Final = Aead("sm4-ccm", ("1.2.156.10197.1.104.9",), KEY, NONCE, TAG, ccm_seal, ccm_open)
SM4_CBC: Final = Cipher("sm4-cbc", ("1.2.156.10197.1.104.2",), KEY, BLOCK, cbc_encrypt, cbc_decrypt)
SM4_CTR: Final = Cipher("sm4-ctr", ("1.2.156.10197.1.104.7",), KEY, BLOCK, ctr, ctr)
