"""Keys in files: encrypted, of mode 0600, never written over, and gone when their file is."""

import os
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from keys.algorithms import asymmetric, international, key_encryption, pbes2, signature
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2 import SM2_ENCRYPTION
from keys.errors import CiphertextAltered, KeyDoesNotFit, UnusableValue
from keys.signers import SIGNERS, Devices, secret_files, software, table, uris
from keys.signers.device import Place
from keys.signers.errors import (
    DeviceNotSetUp,
    KeyAlreadyThere,
    KeyNotThere,
    SecretFileUnusable,
    UnusableKeyUri,
)
from keys.signers.key_transport import RSA_OAEP_SHA256, oaep_opened, transport_for
from keys.signers.signer import signed
from keys.signers.software import FileKeys, SoftwareSigner

KINDS = {
    KeyKind.SM2: "sm2-sm3",
    KeyKind.P256: "ecdsa-sha-256",
    KeyKind.RSA: "rsa-pss-sha-256",
    KeyKind.ED25519: "ed25519",
}


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_key_made_in_a_file_signs_and_survives_a_restart(place: Place, kind: KeyKind):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    public = device.generate(uri, kind)
    algorithm = signature(KINDS[kind])
    made = signed(device.signer(uri), algorithm, b"message")
    again = FileKeys(place).signer(uri)
    assert again.public == public
    assert algorithm.verify(public, made, b"message")


def test_the_file_is_encrypted_and_for_the_service_alone(place: Place):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    device.generate(uri, KeyKind.SM2)
    file = Path(uri.values["path"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert file.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert list(file.parent.iterdir()) == [file]


def test_a_file_is_never_written_over(place: Place):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    first = device.generate(uri, KeyKind.SM2)
    with pytest.raises(KeyAlreadyThere):
        device.generate(uri, KeyKind.SM2)
    assert FileKeys(place).signer(uri).public == first
    assert len(list(Path(uri.values["path"]).parent.iterdir())) == 1


def test_a_key_whose_file_is_gone_or_replaced_is_not_used_from_memory(place: Place):
    device = FileKeys(place)
    uri, other = device.address("a.1", ""), device.address("b.1", "")
    device.generate(uri, KeyKind.SM2)
    second = device.generate(other, KeyKind.SM2)
    device.signer(uri)
    Path(other.values["path"]).rename(uri.values["path"])
    assert device.signer(uri).public == second
    Path(uri.values["path"]).unlink()
    with pytest.raises(KeyNotThere):
        device.signer(uri)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o777])
def test_a_file_that_others_may_touch_is_refused(place: Place, mode: int):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    device.generate(uri, KeyKind.SM2)
    Path(uri.values["path"]).chmod(mode)
    with pytest.raises(SecretFileUnusable, match=f"{mode:04o}"):
        device.signer(uri)


def test_a_wrong_password_is_a_refusal_that_names_no_password(place: Place, tmp_path: Path):
    uri = FileKeys(place).address("a.1", "")
    FileKeys(place).generate(uri, KeyKind.SM2)
    other = Place(place.folder, lambda: b"another password")
    with pytest.raises(SecretFileUnusable) as caught:
        FileKeys(other).signer(uri)
    assert "another" not in str(caught.value)
    assert caught.value.facts == {"file": Path(uri.values["path"]).name, "reason": "wrong-key-password"}


def _plain(place: Place) -> bytes:
    return asymmetric.private_key_pem(asymmetric.generated(KeyKind.SM2), None)


def _cut(place: Place) -> bytes:
    return software.written(asymmetric.generated(KeyKind.SM2), place.password())[:-60]


def _flipped(place: Place) -> bytes:
    data = bytearray(software.written(asymmetric.generated(KeyKind.SM2), place.password()))
    data[len(data) // 2] ^= 1
    return bytes(data)


def _two(place: Place) -> bytes:
    return software.written(asymmetric.generated(KeyKind.SM2), place.password()) * 2


BROKEN = {
    "plain": _plain,
    "empty": lambda _: b"",
    "no pem": lambda _: b"hello",
    "zeros": lambda _: bytes(1000),
    "cut": _cut,
    "flipped": _flipped,
    "two keys": _two,
    "public": lambda _: asymmetric.public_key_pem(asymmetric.generated(KeyKind.SM2).public),
    "huge": lambda _: b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + b"A" * 70_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_key_file_is_a_refusal(place: Place, name: str):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    place.folder.mkdir()
    secret_files.write(Path(uri.values["path"]), BROKEN[name](place))
    with pytest.raises(SecretFileUnusable):
        device.signer(uri)


def test_a_folder_in_the_place_of_a_file_is_a_refusal(place: Place):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    Path(uri.values["path"]).mkdir(parents=True, mode=0o700)
    with pytest.raises(SecretFileUnusable):
        device.signer(uri)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_refused(place: Place):
    device = FileKeys(place)
    uri = device.address("a.1", "")
    device.generate(uri, KeyKind.SM2)
    os.chown(uri.values["path"], 12345, 12345)
    with pytest.raises(SecretFileUnusable, match="another user"):
        device.signer(uri)


def test_a_password_file_is_drawn_once_and_is_one_line(tmp_path: Path):
    file = tmp_path / "password"
    told = secret_files.line_made_once(file)
    assert secret_files.is_drawn(told)
    assert secret_files.line_made_once(file) == told
    assert not secret_files.is_drawn(b"a password that somebody has chosen, and a long one at that")
    for bad in (b"", b"\n", b"a\nb\n", b"a\0b"):
        secret_files.replace(file, bad)
        with pytest.raises(SecretFileUnusable, match="one line"):
            secret_files.line(file)
    with pytest.raises(SecretFileUnusable):
        secret_files.line(tmp_path / "nothing")
    with pytest.raises(SecretFileUnusable):
        secret_files.write(tmp_path / "none" / "a", b"x")
    with pytest.raises(SecretFileUnusable):
        secret_files.replace(tmp_path / "none" / "a", b"x")


def test_a_chosen_password_is_slowed_down_and_a_drawn_one_less(monkeypatch):
    told: list[int] = []

    def encrypted(*_: object, iterations: int) -> bytes:
        told.append(iterations)
        return b"0"

    monkeypatch.setattr(pbes2, "encrypted", encrypted)
    key = asymmetric.generated(KeyKind.SM2)
    software.written(key, b"chosen")
    software.written(key, secret_files.new_password())
    assert told == [600_000, 10_000]


def test_a_signer_shows_no_key_and_does_not_travel():
    signer = SoftwareSigner(asymmetric.generated(KeyKind.SM2))
    assert repr(signer) == "SoftwareSigner()"
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("kind", [KeyKind.SM2, KeyKind.RSA], ids=str)
def test_what_was_encrypted_to_the_public_half_opens(kind: KeyKind):
    signer = SoftwareSigner(asymmetric.generated(kind))
    way = transport_for(kind)
    sealed = way.encrypt(signer.public, b"a key")
    assert signer.decrypt(way, sealed) == b"a key"
    with pytest.raises((CiphertextAltered, KeyDoesNotFit)):
        signer.decrypt(way, sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_oaep_is_undone_by_hand_as_the_library_does():
    private = international.generated(KeyKind.RSA, 2048)
    assert isinstance(private.key, rsa.RSAPrivateKey)
    numbers = private.key.private_numbers()
    for message in (b"", b"\0", b"\x01\x01", b"k" * 190):
        sealed = RSA_OAEP_SHA256.encrypt(private.public, message)
        block = pow(int.from_bytes(sealed), numbers.d, numbers.public_numbers.n).to_bytes(256)
        assert oaep_opened(block) == message
        for at in (0, 1, 33, 64, 255):
            bent = bytearray(block)
            bent[at] ^= 1
            with pytest.raises(CiphertextAltered):
                oaep_opened(bytes(bent))
    with pytest.raises(CiphertextAltered):
        oaep_opened(b"\0" * 20)
    with pytest.raises(UnusableValue):
        RSA_OAEP_SHA256.encrypt(private.public, b"k" * 191)
    with pytest.raises(KeyDoesNotFit):
        RSA_OAEP_SHA256.encrypt(asymmetric.generated(KeyKind.SM2).public, b"k")
    with pytest.raises(KeyDoesNotFit):
        RSA_OAEP_SHA256.decrypt(asymmetric.generated(KeyKind.P256), b"k")
    with pytest.raises(KeyDoesNotFit):
        transport_for(KeyKind.ED25519)
    assert key_encryption("sm2-encryption") is SM2_ENCRYPTION


def test_the_table_has_a_device_for_each_scheme_and_refuses_a_second(place: Place):
    assert list(SIGNERS) == ["file", "pkcs11", "sdf", "svs"]
    with pytest.raises(ValueError, match="share a scheme"):
        table((uris.FILE, FileKeys), (uris.FILE, FileKeys))
    devices = Devices(place)
    assert devices.of(uris.parse("file:/a.pem")) is devices.of_scheme("file")
    with pytest.raises(UnusableKeyUri):
        devices.of_scheme("http")
    for scheme in ("pkcs11", "sdf", "svs"):
        with pytest.raises(DeviceNotSetUp):
            devices.of_scheme(scheme)
