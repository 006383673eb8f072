"""A device behind the SDF interface: a real library with our own inside."""

import dataclasses
import threading
from pathlib import Path

import pytest

from keys.algorithms import key_encryption, signature, sm2
from keys.algorithms.algorithm import KeyKind
from keys.errors import FaultySignature, KeyDoesNotFit
from keys.signers import uris
from keys.signers.device import Place
from keys.signers.errors import (
    BeyondDevice,
    DeviceAnswerUnusable,
    DeviceDown,
    DeviceNotSetUp,
    KeyNotThere,
    PinRefused,
)
from keys.signers.sdf import SdfDevice
from keys.signers.signer import signed
from tests.simulators import sdf
from tests.simulators.sdf import SdfSimulator

SM2 = signature("sm2-sm3")
PASSWORD = b"right-password"
KEY = sm2.PrivateKey.generated()
URI = uris.of_index(3)


@pytest.fixture
def device() -> SdfSimulator:
    if reason := sdf.missing():
        pytest.skip(reason)
    return SdfSimulator({3: KEY}, PASSWORD)


def _opened(place: Place, password: bytes | None = PASSWORD) -> SdfDevice:
    pin = None if password is None else (lambda _: password)
    return SdfDevice(dataclasses.replace(place, sdf_library=str(sdf.library()), pin=pin))


def test_a_key_inside_the_device_signs(device: SdfSimulator, place: Place):
    signer = _opened(place).signer(URI)
    assert signer.public == KEY.public
    assert SM2.verify(KEY.public, signed(signer, SM2, b"message"), b"message")


def test_sessions_are_used_again_and_the_password_told_once(device: SdfSimulator, place: Place):
    opened = _opened(place)
    for _ in range(5):
        signed(opened.signer(URI), SM2, b"m")
    assert (len(device.sessions), device.password_tries) == (1, 1)


def test_many_threads_sign(device: SdfSimulator, place: Place):
    opened = _opened(place)
    made: list[bool] = []

    def work(number: int) -> None:
        for turn in range(10):
            message = f"{number}/{turn}".encode()
            made.append(SM2.verify(KEY.public, signed(opened.signer(URI), SM2, message), message))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == [True] * 100
    assert len(device.sessions) <= 8


def test_a_device_that_signs_wrongly_is_caught(device: SdfSimulator, place: Place):
    signer = _opened(place).signer(URI)
    device.wrong = True
    with pytest.raises(FaultySignature):
        signed(signer, SM2, b"m")


def test_a_device_that_fails_is_a_refusal_and_works_when_it_is_back(device: SdfSimulator, place: Place):
    opened = _opened(place)
    signer = opened.signer(URI)
    device.broken = True
    with pytest.raises(DeviceDown):
        signed(signer, SM2, b"m")
    with pytest.raises(DeviceDown):
        _opened(place).signer(URI)
    device.broken = False
    assert signed(signer, SM2, b"m")


def test_a_wrong_password_is_tried_once(device: SdfSimulator, place: Place):
    signer = _opened(place, b"wrong").signer(URI)
    for _ in range(20):
        with pytest.raises(PinRefused) as caught:
            signed(signer, SM2, b"m")
        assert "wrong" not in str(caught.value.facts)
    assert device.password_tries == 1


def test_without_a_password_the_device_refuses(device: SdfSimulator, place: Place):
    with pytest.raises(PinRefused):
        signed(_opened(place, None).signer(URI), SM2, b"m")


def test_a_key_that_is_not_there_is_a_refusal(device: SdfSimulator, place: Place):
    with pytest.raises(KeyNotThere):
        _opened(place).signer(uris.of_index(4))


@pytest.mark.parametrize("bits", [0, 192, 384, 512])
def test_a_key_of_another_size_is_a_refusal(device: SdfSimulator, place: Place, bits: int):
    device.bits = bits
    with pytest.raises(DeviceAnswerUnusable):
        _opened(place).signer(URI)


def test_what_the_device_does_not_do_is_refused(device: SdfSimulator, place: Place):
    opened = _opened(place)
    for act in (
        lambda: opened.address("a", ""),
        lambda: opened.generate(URI, KeyKind.SM2),
        lambda: opened.take_in(URI, KEY),
        lambda: opened.signer(URI).decrypt(key_encryption("sm2-encryption"), b""),
    ):
        with pytest.raises(BeyondDevice):
            act()
    with pytest.raises(KeyDoesNotFit):
        opened.signer(URI).sign(signature("ecdsa-sha-256"), bytes(32))


def test_a_library_that_is_none_is_a_refusal(place: Place, tmp_path: Path):
    broken = tmp_path / "libsdf.so"
    broken.write_bytes(b"no library")
    for library, refusal in (
        ("", DeviceNotSetUp),
        ("libsdf.so", DeviceNotSetUp),
        (str(broken), DeviceDown),
        ("/nothing/libsdf.so", DeviceDown),
    ):
        with pytest.raises(refusal):
            SdfDevice(dataclasses.replace(place, sdf_library=library))


def test_a_library_without_the_calls_is_a_refusal(place: Place):
    import _ctypes

    with pytest.raises(DeviceDown):
        SdfDevice(dataclasses.replace(place, sdf_library=str(Path(_ctypes.__file__))))


def test_a_signer_shows_no_password(device: SdfSimulator, place: Place):
    assert "right-password" not in repr(_opened(place).signer(URI))
