import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import example, given, settings
from hypothesis import strategies as st

from keys.algorithms import ALGORITHMS, aead, international, sm3, sm4
from keys.algorithms.algorithm import Aead, Digest, Mac
from keys.errors import CiphertextAltered, UnusableValue

KEY = bytes(range(16))
AEADS = list(dict.fromkeys(entry for entry in ALGORITHMS.values() if isinstance(entry, Aead)))
DIGESTS = {"sm3": "sm3", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512"}


@given(st.binary(max_size=500), st.sampled_from(sorted(DIGESTS)))
def test_a_digest_is_the_one_that_hashlib_computes(data, name):
    entry = ALGORITHMS[name]
    assert isinstance(entry, Digest)
    expected = hashlib.new(DIGESTS[name], data).digest()
    assert entry.of(data) == entry.of(data[:7], data[7:]) == expected
    running = entry.start()
    running.update(data)
    assert running.finish() == expected
    assert entry.size == len(expected)


@given(st.binary(min_size=1, max_size=200), st.binary(max_size=200), st.sampled_from(["hmac-sm3", "hmac-sha-256"]))
def test_a_tag_is_the_one_that_the_standard_library_computes(key, message, name):
    entry = ALGORITHMS[name]
    assert isinstance(entry, Mac)
    tag = hmac.new(key, message, DIGESTS[name.removeprefix("hmac-")]).digest()
    assert entry.tag(key, message) == tag
    assert entry.verify(key, tag, message)
    assert not entry.verify(key, tag, message + b"\0")
    assert not entry.verify(key, tag[:-1], message)
    assert entry.verify(key, tag[:16], message, size=16)
    assert not entry.verify(key, tag, message, size=16)


@pytest.mark.parametrize("size", [0, 15, 33, -1])
def test_a_tag_is_never_cut_below_half(size):
    with pytest.raises(UnusableValue):
        sm3.HMAC_SM3.verify(b"k", bytes(32), b"m", size=size)


def test_an_empty_key_makes_no_tag():
    with pytest.raises(UnusableValue):
        sm3.HMAC_SM3.tag(b"", b"m")


@pytest.mark.parametrize("entry", AEADS, ids=lambda entry: entry.name)
@given(plain=st.binary(max_size=200), bound=st.binary(max_size=60), data=st.data())
@settings(max_examples=40)
def test_what_was_sealed_opens_and_with_anything_altered_does_not(entry, plain, bound, data):
    key, nonce = bytes(entry.key_size), bytes(entry.nonce_size)
    sealed = entry.seal(key, nonce, plain, bound)
    assert len(sealed) == len(plain) + entry.tag_size
    assert entry.open(key, nonce, sealed, bound) == plain
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[place // 8] ^= 1 << place % 8
    for arguments in (
        (key, nonce, bytes(changed), bound),
        (key, nonce, sealed, bound + b"\0"),
        (key, nonce[:-1] + b"\1", sealed, bound),
        (key[:-1] + b"\1", nonce, sealed, bound),
        (key, nonce, sealed[:-1], bound),
    ):
        with pytest.raises(CiphertextAltered):
            entry.open(*arguments)


@pytest.mark.parametrize("entry", AEADS, ids=lambda entry: entry.name)
@pytest.mark.parametrize("size", [0, 1, 15])
def test_less_than_a_tag_is_altered(entry, size):
    with pytest.raises(CiphertextAltered):
        entry.open(bytes(entry.key_size), bytes(entry.nonce_size), bytes(size), b"")


@pytest.mark.parametrize("entry", AEADS, ids=lambda entry: entry.name)
@pytest.mark.parametrize("size", [0, 1, 15, 17, 24, 31, 33])
def test_a_key_of_another_length_is_refused(entry, size):
    for act in (entry.seal, entry.open):
        with pytest.raises(UnusableValue):
            act(bytes(size), bytes(entry.nonce_size), bytes(32), b"")


@pytest.mark.parametrize("entry", AEADS, ids=lambda entry: entry.name)
def test_an_empty_nonce_is_refused(entry):
    for act in (entry.seal, entry.open):
        with pytest.raises(UnusableValue):
            act(bytes(entry.key_size), b"", bytes(32), b"")


@given(st.binary(min_size=8, max_size=128), st.binary(max_size=100), st.binary(max_size=100))
@example(bytes(12), b"", b"")
def test_our_own_gcm_for_odd_nonces_is_the_librarys_where_both_can(nonce, plain, bound):
    """For nonces of 12 bytes the counter block is made otherwise, so those are left to the library."""
    encryptor = Cipher(algorithms.SM4(KEY), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(bound)
    sealed = encryptor.update(plain) + encryptor.finalize() + encryptor.tag
    assert sm4.gcm_seal(KEY, nonce, plain, bound) == sealed
    if len(nonce) != 12:
        assert sm4._gcm_any_seal(KEY, nonce, plain, bound) == sealed
        assert sm4._gcm_any_open(KEY, nonce, sealed[:-16], sealed[-16:], bound) == plain


@pytest.mark.parametrize("low", [0xFFFFFFFE, 0xFFFFFFFF, 0])
def test_the_counter_of_gcm_wraps_in_its_last_32_bits(low):
    head = b"\xff" * 12
    blocks = [head + ((low + step) & 0xFFFFFFFF).to_bytes(4) for step in range(1, 5)]
    expected = b"".join(sm4.block(KEY, each) for each in blocks)
    assert sm4._gctr(KEY, head + low.to_bytes(4), bytes(64)) == expected


@pytest.mark.parametrize("size", [1, 7, 129, 257])
def test_nonces_that_the_library_does_not_take_open_what_they_sealed(size):
    sealed = sm4.gcm_seal(KEY, bytes(size), b"plain", b"bound")
    assert sm4.gcm_open(KEY, bytes(size), sealed, b"bound") == b"plain"
    with pytest.raises(CiphertextAltered):
        sm4.gcm_open(KEY, bytes(size), sealed, b"other")


@given(st.binary(min_size=7, max_size=13), st.sampled_from(range(4, 17, 2)), st.binary(max_size=100))
def test_ccm_opens_what_it_sealed_with_any_tag(nonce, tag_size, plain):
    sealed = sm4.ccm_seal(KEY, nonce, plain, b"bound", tag_size=tag_size)
    assert len(sealed) == len(plain) + tag_size
    assert sm4.ccm_open(KEY, nonce, sealed, b"bound", tag_size=tag_size) == plain


def test_ccm_binds_long_texts():
    """From 65,280 bytes the length is written in six (RFC 3610 2.2)."""
    for size in (0xFEFF, 0xFF00, 0x10000):
        sealed = sm4.ccm_seal(KEY, bytes(12), b"m", bytes(size))
        assert sm4.ccm_open(KEY, bytes(12), sealed, bytes(size)) == b"m"
        with pytest.raises(CiphertextAltered):
            sm4.ccm_open(KEY, bytes(12), sealed, bytes(size + 1))


@pytest.mark.parametrize(
    ("nonce", "tag_size", "size"),
    [(6, 16, 1), (14, 16, 1), (12, 2, 1), (12, 5, 1), (12, 18, 1), (13, 16, 1 << 16)],
)
def test_ccm_refuses_what_rfc_3610_does_not_have(nonce, tag_size, size):
    with pytest.raises(UnusableValue):
        sm4.ccm_seal(KEY, bytes(nonce), bytes(size), tag_size=tag_size)


@given(st.binary(max_size=200), st.binary(min_size=16, max_size=16))
def test_cbc_and_ctr_come_back(plain, iv):
    assert sm4.cbc_decrypt(KEY, iv, sm4.cbc_encrypt(KEY, iv, plain)) == plain
    assert sm4.ctr(KEY, iv, sm4.ctr(KEY, iv, plain)) == plain


@pytest.mark.parametrize("ciphertext", [b"", bytes(15), bytes(17), bytes(16), bytes(32)])
def test_what_does_not_unpad_is_altered(ciphertext):
    with pytest.raises(CiphertextAltered):
        sm4.cbc_decrypt(KEY, bytes(16), ciphertext)


@pytest.mark.parametrize("function", [sm4.cbc_encrypt, sm4.cbc_decrypt, sm4.ctr])
@pytest.mark.parametrize(("key", "iv"), [(15, 16), (32, 16), (0, 16), (16, 0), (16, 12), (16, 17)])
def test_keys_and_ivs_have_16_bytes(function, key, iv):
    with pytest.raises(UnusableValue):
        function(bytes(key), bytes(iv), bytes(16))


def test_nonces_are_drawn_anew():
    drawn = {international.new_nonce() for _ in range(1000)}
    assert len(drawn) == 1000
    assert {len(each) for each in drawn} == {aead("sm4-gcm").nonce_size}
