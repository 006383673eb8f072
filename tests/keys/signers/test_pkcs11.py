"""Keys on tokens of SoftHSM: made inside, used by many threads, gone with the token, and never locked by us."""

import dataclasses
import multiprocessing
import pickle
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from keys.algorithms import asymmetric, international, signature
from keys.algorithms.algorithm import KeyKind
from keys.errors import CiphertextAltered, FaultySignature, KeyDoesNotFit
from keys.signers import key_transport, pkcs11, uris
from keys.signers.device import Place
from keys.signers.errors import (
    BeyondDevice,
    DeviceDown,
    DeviceLibraryMissing,
    DeviceNotSetUp,
    KeyAlreadyThere,
    KeyNotThere,
    PinRefused,
    SecretFileUnusable,
    UnusableKeyUri,
)
from keys.signers.key_transport import RSA_OAEP_SHA256
from keys.signers.pkcs11 import Tokens
from keys.signers.signer import signed
from tests.simulators.softhsm import MODULE, PIN, SoftHsm

ECDSA = signature("ecdsa-sha-256")
RSA = ("rsa-pkcs1-sha-256", "rsa-pkcs1-sha-384", "rsa-pkcs1-sha-512", "rsa-pss-sha-256", "rsa-pss-sha-512")


@pytest.fixture
def token(hsm: SoftHsm) -> str:
    return hsm.token()


@pytest.fixture
def set_up(place: Place) -> Place:
    return dataclasses.replace(place, pkcs11_modules=(MODULE,), pin=lambda _: PIN.encode())


@pytest.fixture
def tokens(hsm: SoftHsm, set_up: Place) -> Tokens:
    return Tokens(set_up)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.P384], ids=str)
def test_an_elliptic_key_made_inside_signs_with_every_digest(tokens: Tokens, token: str, kind: KeyKind):
    uri = tokens.address("a.1", token)
    public = tokens.generate(uri, kind)
    signer = tokens.signer(uri)
    assert signer.public == public
    assert public.kind is kind
    for name in ("ecdsa-sha-256", "ecdsa-sha-384", "ecdsa-sha-512"):
        made = signed(signer, signature(name), b"message")
        assert signature(name).verify(public, made, b"message")
        assert not signature(name).verify(public, made, b"another")
    with pytest.raises(KeyDoesNotFit):
        signer.sign(signature("rsa-pkcs1-sha-256"), bytes(32))
    with pytest.raises(KeyDoesNotFit):
        signer.decrypt(RSA_OAEP_SHA256, b"x")


def test_an_rsa_key_made_inside_signs_and_opens(tokens: Tokens, token: str):
    uri = tokens.address("a.1", token)
    public = tokens.generate(uri, KeyKind.RSA)
    signer = tokens.signer(uri)
    for name in RSA:
        assert signature(name).verify(public, signed(signer, signature(name), b"message"), b"message")
    sealed = RSA_OAEP_SHA256.encrypt(public, b"a data key")
    assert signer.decrypt(RSA_OAEP_SHA256, sealed) == b"a data key"
    with pytest.raises(CiphertextAltered):
        signer.decrypt(RSA_OAEP_SHA256, bytes([sealed[0] ^ 1]) + sealed[1:])


@pytest.mark.parametrize("bits", [2048, 3072])
def test_an_rsa_key_taken_in_signs_and_opens_and_cannot_be_read_back(tokens: Tokens, token: str, bits: int):
    private = international.generated(KeyKind.RSA, bits)
    uri = tokens.address("a.1", token)
    assert tokens.take_in(uri, private) == private.public
    signer = tokens.signer(uri)
    for name in RSA:
        assert signature(name).verify(private.public, signed(signer, signature(name), b"m"), b"m")
    assert signer.decrypt(RSA_OAEP_SHA256, RSA_OAEP_SHA256.encrypt(private.public, b"k")) == b"k"
    library = pytest.importorskip("pkcs11")
    with _session(token) as session:
        (key,) = session.get_objects({library.Attribute.CLASS: library.ObjectClass.PRIVATE_KEY})
        assert key[library.Attribute.EXTRACTABLE] is False
        with pytest.raises(library.AttributeSensitive):
            _ = key[library.Attribute.PRIVATE_EXPONENT]


def test_an_elliptic_key_taken_in_is_the_same_key(tokens: Tokens, token: str):
    private = international.generated(KeyKind.P256)
    uri = tokens.address("a.1", token)
    tokens.take_in(uri, private)
    assert tokens.signer(uri).public == private.public
    assert ECDSA.verify(private.public, signed(tokens.signer(uri), ECDSA, b"m"), b"m")


def test_a_key_made_inside_cannot_be_read_out(tokens: Tokens, token: str):
    library = pytest.importorskip("pkcs11")
    tokens.generate(tokens.address("a.1", token), KeyKind.P256)
    with _session(token) as session:
        (key,) = session.get_objects({library.Attribute.CLASS: library.ObjectClass.PRIVATE_KEY})
        assert (key[library.Attribute.SENSITIVE], key[library.Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(library.AttributeSensitive):
            _ = key[library.Attribute.VALUE]


def test_a_key_is_never_made_over_another(tokens: Tokens, token: str):
    uri = tokens.address("a.1", token)
    tokens.generate(uri, KeyKind.P256)
    with pytest.raises(KeyAlreadyThere):
        tokens.generate(uri, KeyKind.P256)
    with pytest.raises(KeyAlreadyThere):
        tokens.take_in(uri, international.generated(KeyKind.P256))


def test_two_keys_of_one_label_are_no_key(tokens: Tokens, token: str):
    for identifier in ("01", "02"):
        tokens.generate(uris.of_token({"token": token, "object": "same", "id": identifier}), KeyKind.P256)
    with pytest.raises(KeyNotThere) as caught:
        tokens.signer(uris.of_token({"token": token, "object": "same"}))
    assert caught.value.found == 2
    assert tokens.signer(uris.of_token({"token": token, "id": "02"})).public.kind is KeyKind.P256


@pytest.mark.parametrize(
    ("kind", "act"), [(KeyKind.SM2, "generate"), (KeyKind.ED25519, "generate"), (KeyKind.SM2, "take in")]
)
def test_what_the_token_cannot_hold_is_refused_by_name(tokens: Tokens, token: str, kind: KeyKind, act: str):
    uri = tokens.address("a.1", token)
    with pytest.raises(BeyondDevice):
        _ = tokens.generate(uri, kind) if act == "generate" else tokens.take_in(uri, asymmetric.generated(kind))


def test_many_threads_sign_with_one_token_at_once(tokens: Tokens, token: str):
    uri = tokens.address("a.1", token)
    public = tokens.generate(uri, KeyKind.P256)
    other = tokens.address("b.1", token)
    second = tokens.generate(other, KeyKind.RSA)
    made: list[bool] = []

    def work(number: int) -> None:
        for turn in range(15):
            message = f"{number}/{turn}".encode()
            made.append(ECDSA.verify(public, signed(tokens.signer(uri), ECDSA, message), message))
            pss = signature("rsa-pss-sha-256")
            made.append(pss.verify(second, signed(tokens.signer(other), pss, message), message))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert made == [True] * 360


def test_a_forked_process_signs_too(tokens: Tokens, token: str):
    uri = tokens.address("a.1", token)
    public = tokens.generate(uri, KeyKind.P256)
    signed(tokens.signer(uri), ECDSA, b"before the fork")
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def work() -> None:
        theirs.send_bytes(signed(tokens.signer(uri), ECDSA, b"in the child"))

    child = context.Process(target=work)
    child.start()
    assert ours.poll(20)
    assert ECDSA.verify(public, ours.recv_bytes(), b"in the child")
    child.join(10)
    assert child.exitcode == 0
    assert ECDSA.verify(public, signed(tokens.signer(uri), ECDSA, b"after"), b"after")


def test_a_token_that_is_removed_is_a_refusal_and_one_that_returns_works(
    hsm: SoftHsm, tokens: Tokens, set_up: Place, token: str, monkeypatch
):
    """Another token of the same module, in use before, goes on as if nothing were."""
    beside = tokens.address("c.1", hsm.token())
    tokens.generate(beside, KeyKind.P256)
    uri = tokens.address("a.1", token)
    tokens.generate(uri, KeyKind.P256)
    signer = tokens.signer(uri)
    signed(signer, ECDSA, b"m")
    put_back = hsm.remove(token)
    with pytest.raises((DeviceDown, KeyNotThere)) as caught:
        signed(signer, ECDSA, b"m")
    assert PIN not in str(caught.value)
    with pytest.raises((DeviceDown, KeyNotThere)):
        Tokens(set_up).signer(uri)
    assert signed(tokens.signer(beside), ECDSA, b"m")
    put_back()
    monkeypatch.setattr(pkcs11, "BEGUN_ANEW_SECONDS", 0)
    assert signed(signer, ECDSA, b"m")
    assert signed(tokens.signer(beside), ECDSA, b"m")


def test_a_wrong_pin_is_tried_once_and_a_corrected_one_works(tokens: Tokens, set_up: Place, token: str, monkeypatch):
    tried = _counted_logins(monkeypatch)
    pin = [b"000000"]
    mistaken = Tokens(dataclasses.replace(set_up, pin=lambda _: pin[0]))
    uri = mistaken.address("a.1", token)
    for _ in range(50):
        with pytest.raises(PinRefused) as caught:
            mistaken.generate(uri, KeyKind.P256)
        assert "000000" not in str(caught.value)
    assert tried == [1]
    pin[0] = PIN.encode()
    assert mistaken.generate(uri, KeyKind.P256).kind is KeyKind.P256
    assert tried == [2]


def test_no_pin_is_spent_on_a_token_that_has_one_try_left(tokens: Tokens, token: str, monkeypatch):
    library = pytest.importorskip("pkcs11")
    found = tokens._token(tokens.address("a.1", token))

    class Flagged:
        label = token

        def __init__(self, flag: str) -> None:
            self.flags = library.TokenFlag[flag]

        def open(self, **_):
            raise AssertionError

    for flag, reason in (("USER_PIN_FINAL_TRY", "one try left"), ("USER_PIN_LOCKED", "locked")):
        monkeypatch.setattr(pkcs11._Token, "_found", lambda *_, flag=flag: Flagged(flag))
        with pytest.raises(PinRefused, match=reason):
            found.used(lambda lent: lent)


def test_a_missing_pin_file_is_a_refusal(set_up: Place, token: str):
    def missing(name: str) -> bytes:
        raise SecretFileUnusable(name, "No such file or directory")

    refused = Tokens(dataclasses.replace(set_up, pin=missing))
    with pytest.raises(SecretFileUnusable):
        refused.generate(refused.address("a.1", token), KeyKind.P256)


def test_a_module_that_is_not_allowed_is_never_loaded(tokens: Tokens, token: str):
    uri = uris.of_token({"token": token, "object": "a", "module-path": "/opt/evil.so"})
    with pytest.raises(DeviceNotSetUp):
        tokens.signer(uri)
    named = uris.of_token({"token": token, "object": "a", "module-path": MODULE})
    with pytest.raises(KeyNotThere):
        tokens.signer(named)


def test_a_module_that_cannot_be_loaded_is_a_refusal(set_up: Place, tmp_path: Path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    for module in (str(broken), "/nothing/here.so"):
        device = Tokens(dataclasses.replace(set_up, pkcs11_modules=(module,)))
        with pytest.raises(DeviceDown, match="cannot be loaded"):
            device.signer(uris.of_token({"token": "a", "object": "a"}))


@pytest.mark.parametrize("values", [{"token": "no such token"}, {"serial": "ffff"}, {"slot-id": "999999"}], ids=str)
def test_a_token_that_is_not_there_is_a_refusal(tokens: Tokens, values: dict[str, str]):
    with pytest.raises(DeviceDown, match="not present"):
        tokens.signer(uris.of_token({**values, "object": "a"}))


def test_a_key_that_is_not_there_is_a_refusal(tokens: Tokens, token: str):
    with pytest.raises(KeyNotThere):
        tokens.signer(uris.of_token({"token": token, "object": "nothing"}))


def test_what_is_not_set_up_or_not_installed_is_named(place: Place, set_up: Place, monkeypatch):
    with pytest.raises(DeviceNotSetUp, match="pkcs11_modules"):
        Tokens(place)
    with pytest.raises(DeviceNotSetUp, match="pin_folder"):
        Tokens(dataclasses.replace(set_up, pin=None))
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(DeviceLibraryMissing) as caught:
        Tokens(set_up)
    assert caught.value.facts == {"device": "pkcs11", "extra": "pkcs11"}


def test_a_token_must_be_named_for_a_new_key(tokens: Tokens):
    with pytest.raises(UnusableKeyUri):
        tokens.address("a.1", "")


def test_a_token_that_signs_wrongly_is_caught(tokens: Tokens, token: str, monkeypatch):
    uri = tokens.address("a.1", token)
    tokens.generate(uri, KeyKind.P256)
    signer = tokens.signer(uri)
    for lie in (bytes(64), b"\x01" * 64, b"short", b""):
        monkeypatch.setattr(pkcs11._Token, "signed", lambda *_, told=lie: told)
        with pytest.raises(FaultySignature):
            signer.sign(ECDSA, bytes(32))


def test_a_signer_shows_nothing_of_the_token(tokens: Tokens, token: str):
    uri = tokens.address("a.1", token)
    tokens.generate(uri, KeyKind.P256)
    assert PIN not in repr(tokens.signer(uri))
    with pytest.raises(TypeError):
        pickle.dumps(tokens.signer(uri))


def test_a_token_with_the_bare_rsa_step_alone_opens_by_our_unpadding(tokens: Tokens, token: str, monkeypatch):
    uri = tokens.address("a.1", token)
    public = tokens.generate(uri, KeyKind.RSA)
    undone: list[int] = []
    original: Callable[[bytes], bytes] = key_transport.oaep_opened

    def counted(block: bytes) -> bytes:
        undone.append(len(block))
        return original(block)

    monkeypatch.setattr(key_transport, "oaep_opened", counted)
    sealed = RSA_OAEP_SHA256.encrypt(public, b"k")
    assert tokens.signer(uri).decrypt(RSA_OAEP_SHA256, sealed) == b"k"
    assert set(undone) <= {384}


def _session(token: str):
    library = pytest.importorskip("pkcs11")
    for slot in library.lib(MODULE).get_slots(token_present=True):
        with suppress(library.PKCS11Error):  # another story has pulled that one out
            if slot.get_token().label == token:
                return slot.get_token().open()
    raise AssertionError


def _counted_logins(monkeypatch) -> list[int]:
    """Count the PINs that reach the library."""
    count = [0]
    original = pkcs11._Token._require_tries

    def counted(self, pin: bytes) -> None:
        original(self, pin)
        count[0] += 1

    monkeypatch.setattr(pkcs11._Token, "_require_tries", counted)
    return count
