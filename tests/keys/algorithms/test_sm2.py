import copy
import hashlib
import multiprocessing
import pickle
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys import algorithms
from keys.algorithms import international, sm2, textbook
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_curve import CURVE, e_value, point, za
from keys.algorithms.sm2_signature import Signature
from keys.errors import (
    FaultySignature,
    KeyDoesNotFit,
    MalformedSignature,
    UnusableDistid,
    UnusableValue,
)
from tests.keys.algorithms.samples import E_VALUE, MESSAGE, POINT, SCALAR, SIGNATURE, private, public


def test_the_example_of_the_standard_verifies():
    assert sm2.verify(public(), SIGNATURE.der, MESSAGE)
    assert e_value(POINT, MESSAGE) == E_VALUE


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=40))
@settings(max_examples=50)
def test_what_was_signed_verifies_with_its_key_its_message_and_its_identifier(message, distid):
    key = private()
    signature = sm2.sign(key, message, distid=distid)
    assert sm2.verify(key.public, signature, message, distid=distid)
    assert not sm2.verify(key.public, signature, message + b"\0", distid=distid)
    assert not sm2.verify(key.public, signature, message, distid=distid + b"\0")
    assert not sm2.verify(sm2.PrivateKey.generated().public, signature, message, distid=distid)


@given(st.integers(min_value=0, max_value=71 * 8 - 1))
def test_a_signature_with_any_bit_flipped_does_not_verify(place):
    changed = bytearray(SIGNATURE.der)
    changed[place // 8] ^= 1 << place % 8
    assert not sm2.verify(public(), bytes(changed), MESSAGE)


def test_two_signatures_on_one_message_differ():
    assert sm2.sign(private(), MESSAGE) != sm2.sign(private(), MESSAGE)


def test_the_textbook_accepts_what_we_sign():
    key = sm2.PrivateKey.generated()
    signature = key.sign_e(E_VALUE)
    coordinates = (int.from_bytes(key.public.point[1:33]), int.from_bytes(key.public.point[33:]))
    assert textbook.verifies(CURVE, coordinates, (signature.r, signature.s), E_VALUE)


def test_raw_and_der_are_two_ways_to_write_one_signature():
    assert Signature.from_raw(SIGNATURE.raw) == Signature.from_der(SIGNATURE.der) == SIGNATURE


def test_za_is_computed_with_the_length_of_the_identifier_in_bits():
    parameters = b"".join(value.to_bytes(32) for value in (CURVE.a, CURVE.b, CURVE.gx, CURVE.gy))
    expected = hashlib.new("sm3", b"\x00\x80" + b"1234567812345678" + parameters + POINT[1:]).digest()
    assert za(POINT) == public().za() == expected


@pytest.mark.parametrize("size", [1, 16, 8190])
def test_an_identifier_of_1_to_8190_bytes_is_taken(size):
    distid = b"i" * size
    assert sm2.verify(public(), sm2.sign(private(), b"m", distid=distid), b"m", distid=distid)


@pytest.mark.parametrize("size", [0, 8191, 8192, 65_536])
def test_an_identifier_of_another_length_is_refused(size):
    """8,192 bytes are 65,536 bits, which in two bytes is 0: the identifier would bind nothing."""
    with pytest.raises(UnusableDistid) as caught:
        sm2.verify(public(), SIGNATURE.der, MESSAGE, distid=b"i" * size)
    assert caught.value.size == size
    with pytest.raises(UnusableDistid):
        sm2.sign(private(), MESSAGE, distid=b"i" * size)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_an_e_value_has_32_bytes(size):
    with pytest.raises(UnusableValue):
        sm2.verify_e(public(), SIGNATURE, bytes(size))
    with pytest.raises(UnusableValue):
        private().sign_e(bytes(size))


def test_an_e_value_of_zeros_is_signed_like_any_other():
    assert sm2.verify_e(public(), private().sign_e(bytes(32)), bytes(32))


def test_a_sum_at_infinity_is_a_wrong_signature_and_not_a_failure():
    """Whoever holds a key can choose r and s so that sG + tP is infinity; the answer is still no."""
    t = 0x1234567
    s = -t * int.from_bytes(SCALAR) % CURVE.n
    assert sm2.verify_e(public(), Signature((t - s) % CURVE.n, s), E_VALUE) is False


class _Faulty:
    """A private half that answers with what it was told to: a device with a loose contact."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.point = POINT

    def sign_e(self, e):
        return self.answer

    def decrypt(self, ciphertext):
        return None

    def scalar(self):
        return SCALAR


@pytest.mark.parametrize(
    "answer",
    [
        SIGNATURE.der[:-1] + bytes((SIGNATURE.der[-1] ^ 1,)),
        b"",
        SIGNATURE.raw,
        Signature(1, 1).der,
        bytes.fromhex("3006020100020100"),
    ],
    ids=["altered", "nothing", "raw", "small numbers", "zeros"],
)
def test_a_faulty_signature_is_thrown_away_and_never_handed_out(answer):
    with pytest.raises(FaultySignature):
        sm2.PrivateKey(_Faulty(answer)).sign_e(E_VALUE)


def test_a_private_key_does_not_travel_and_does_not_show_itself():
    key = private()
    for leaving in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="does not travel"):
            leaving(key)
    assert SCALAR.hex() not in repr(key).lower()
    assert repr(key).startswith("<SM2 private key of 09f9df31")


def test_an_algorithm_refuses_a_key_of_another_kind():
    entry, other = algorithms.signature("sm2-sm3"), international.generated(KeyKind.P256)
    with pytest.raises(KeyDoesNotFit) as caught:
        entry.sign(other, b"m")
    assert caught.value.facts == {"algorithm": "sm2-sm3", "key": "p-256"}
    with pytest.raises(KeyDoesNotFit):
        entry.verify(other.public, SIGNATURE.der, b"m")
    with pytest.raises(KeyDoesNotFit):
        entry.sign_for(other, E_VALUE)
    with pytest.raises(KeyDoesNotFit):
        entry.verify_for(other.public, SIGNATURE.der, E_VALUE)
    with pytest.raises(KeyDoesNotFit):
        algorithms.signature("ecdsa-sha-256").sign(private(), b"m")


def test_the_entry_of_the_table_signs_and_verifies_as_the_module_does():
    entry = algorithms.signature("sm2-sm3")
    signature = entry.sign(private(), MESSAGE, distid=b"ALICE")
    assert sm2.verify(public(), signature, MESSAGE, distid=b"ALICE")
    assert entry.verify(public(), signature, MESSAGE, distid=b"ALICE")
    assert not entry.verify(public(), b"\x30\x00", MESSAGE)
    assert entry.prepare(public(), MESSAGE) == E_VALUE


def test_eight_threads_sign_and_verify_with_shared_and_own_keys_without_an_error():
    shared, faults = private(), []

    def work(number: int) -> None:
        own = sm2.PrivateKey.generated()
        for index in range(200):
            message = f"{number}/{index}".encode()
            key = shared if index % 2 else own
            signature = sm2.sign(key, message)
            if not sm2.verify(key.public, signature, message) or sm2.verify(key.public, signature, message + b"?"):
                faults.append(message)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults


def _nonces(key: sm2.PrivateKey, count: int, answers) -> None:
    e = int.from_bytes(E_VALUE)
    answers.put([(key.sign_e(E_VALUE).r - e) % CURVE.n for _ in range(count)])


def test_two_forked_processes_never_use_one_nonce():
    """The parent has drawn before the fork: a generator that copied its state would repeat itself."""
    key = private()
    key.sign_e(E_VALUE)
    fork = multiprocessing.get_context("fork")
    answers = fork.Queue()
    workers = [fork.Process(target=_nonces, args=(key, 300, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    found = [nonce for _ in workers for nonce in answers.get(timeout=60)]
    for worker in workers:
        worker.join()
    assert len(found) == len(set(found)) == 600
    assert [worker.exitcode for worker in workers] == [0, 0]


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (CURVE.n, 1), (1, CURVE.n), (-1, 1), (1, CURVE.n - 1)])
def test_numbers_out_of_range_are_no_signature(r, s):
    with pytest.raises(MalformedSignature):
        Signature(r, s)


def test_a_thousand_public_keys_do_not_stay_in_memory():
    """The cache of loaded keys is bounded; keys that fell out are loaded again and answer the same."""
    keys = [sm2.PrivateKey.generated() for _ in range(300)]
    signatures = [key.sign_e(E_VALUE) for key in keys]
    for _ in range(2):
        assert all(sm2.verify_e(key.public, each, E_VALUE) for key, each in zip(keys, signatures, strict=True))


def test_a_coordinate_of_p_is_not_another_way_to_write_zero():
    """The curve has points with x = 0, and p ≡ 0 must not stand for their x."""
    y = pow(CURVE.b, (CURVE.p + 1) // 4, CURVE.p)
    assert CURVE.holds(0, y)
    assert not CURVE.holds(CURVE.p, y)
    assert not CURVE.holds(0, y + CURVE.p)
    assert not CURVE.holds(-CURVE.p, y)
    assert not CURVE.holds(0, y - CURVE.p)


def test_a_point_is_written_uncompressed():
    assert point(*(int.from_bytes(POINT[at : at + 32]) for at in (1, 33))) == POINT
