"""A signature server that answers well, lies, is slow, cuts its answers short, or is not there."""

import base64
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from base.fetch import FetchSettings, GuardedFetch
from base.settings import UnusableSetting
from keys.algorithms import asymmetric, international, key_encryption, signature
from keys.algorithms.algorithm import KeyKind
from keys.algorithms.sm2_signature import Signature
from keys.errors import FaultySignature, KeyDoesNotFit
from keys.signers import key_transport, server_form, uris
from keys.signers.device import Place
from keys.signers.errors import BeyondDevice, DeviceAnswerUnusable, DeviceDown, DeviceNotSetUp
from keys.signers.server_form import ServerForm
from keys.signers.signature_server import SignatureServer
from keys.signers.signer import signed
from tests.simulators import http
from tests.simulators.http import HttpSimulator
from tests.simulators.signature_server import SignatureServerSimulator

SM2 = signature("sm2-sm3")
KEYS = {
    "seal": asymmetric.generated(KeyKind.SM2),
    "ec": asymmetric.generated(KeyKind.P256),
    "rsa": international.generated(KeyKind.RSA, 2048),
}
SEAL = uris.of_server_key("seal")


@pytest.fixture
def web() -> Iterator[HttpSimulator]:
    with HttpSimulator() as server:
        yield server


@pytest.fixture
def fetch() -> Iterator[GuardedFetch]:
    made = GuardedFetch(FetchSettings(intranet_networks=("127.0.0.0/8",), read_seconds=0.3, tries=1))
    yield made
    made.close()


@pytest.fixture
def place(place: Place, fetch: GuardedFetch) -> Place:
    return dataclasses.replace(place, fetch=fetch)


def _device(place: Place, web: HttpSimulator, form: ServerForm | None = None) -> SignatureServer:
    told = dataclasses.replace(
        place,
        server_url=f"http://127.0.0.1:{web.port}",
        server_in_intranet=True,
        server_form=form or ServerForm(),
        pin=lambda name: f"secret of {name}".encode(),
    )
    return SignatureServer(told)


@pytest.mark.parametrize("form", [server_form.DER, server_form.RAW])
@pytest.mark.parametrize(
    ("name", "algorithm"), [("seal", "sm2-sm3"), ("ec", "ecdsa-sha-256"), ("rsa", "rsa-pss-sha-256")]
)
def test_keys_on_the_server_sign(place: Place, web: HttpSimulator, form: str, name: str, algorithm: str):
    told = ServerForm(signature_form=form)
    simulator = SignatureServerSimulator(KEYS, told)
    if form == server_form.RAW and name != "rsa":
        kind = KEYS[name].kind
        simulator.bend = (
            (lambda der: Signature.from_der(der).raw)
            if kind is KeyKind.SM2
            else (lambda der: international.raw_ecdsa(der, kind))
        )
    simulator.on(web)
    signer = _device(place, web, told).signer(uris.of_server_key(name))
    assert signer.public == KEYS[name].public
    made = signed(signer, signature(algorithm), b"message")
    assert signature(algorithm).verify(KEYS[name].public, made, b"message")


def test_what_leaves_is_a_digest_and_a_name(place: Place, web: HttpSimulator):
    simulator = SignatureServerSimulator(KEYS)
    simulator.on(web)
    signed(_device(place, web).signer(SEAL), SM2, b"the message itself")
    assert all(b"the message itself" not in each.body for each in web.received)
    assert [sorted(each) for each in simulator.asked] == [["keyName"], ["digest", "keyName", "signAlgorithm"]]


def test_the_public_half_is_asked_for_once(place: Place, web: HttpSimulator):
    simulator = SignatureServerSimulator(KEYS)
    simulator.on(web)
    device = _device(place, web)
    for _ in range(3):
        signed(device.signer(SEAL), SM2, b"m")
    assert sum("digest" not in each for each in simulator.asked) == 1


def _another(_: bytes) -> bytes:
    return SM2.sign(asymmetric.generated(KeyKind.SM2), b"message")


LIES = {
    "another key's signature": _another,
    "a signature on something else": lambda _: SM2.sign(KEYS["seal"], b"something else"),
    "a flipped bit": lambda made: made[:-1] + bytes([made[-1] ^ 1]),
    "cut": lambda made: made[:-1],
    "longer": lambda made: made + b"\0",
    "zeros": lambda made: bytes(len(made)),
    "nothing": lambda _: b"",
    "r and s of zero": lambda _: bytes.fromhex("3006020100020100"),
    "huge": lambda _: b"\x30" * 10_000,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_server_that_lies_is_caught_before_anyone_sees_the_signature(place: Place, web: HttpSimulator, lie: str):
    simulator = SignatureServerSimulator(KEYS)
    simulator.on(web)
    signer = _device(place, web).signer(SEAL)
    simulator.bend = LIES[lie]
    with pytest.raises(FaultySignature):
        signer.sign(SM2, SM2.prepare(signer.public, b"message"))


@pytest.mark.parametrize("lie", [b"", bytes(63), bytes(64), b"\xff" * 64, bytes(65)], ids=len)
def test_a_raw_signature_out_of_form_is_caught(place: Place, web: HttpSimulator, lie: bytes):
    form = ServerForm(signature_form=server_form.RAW)
    simulator = SignatureServerSimulator(KEYS, form)
    simulator.on(web)
    simulator.bend = lambda _: lie
    for name, algorithm in (("seal", SM2), ("ec", signature("ecdsa-sha-256"))):
        with pytest.raises(FaultySignature):
            _device(place, web, form).signer(uris.of_server_key(name)).sign(algorithm, bytes(32))


def _json(**members: object) -> http.Behaviour:
    return http.answers(200, json.dumps(members).encode())


GOOD_HALF = base64.b64encode(KEYS["seal"].public.spki).decode()
BROKEN = {
    "nothing": http.answers(200, b""),
    "no json": http.answers(200, b"<html>"),
    "a list": http.answers(200, b"[]"),
    "a number": http.answers(200, b"1"),
    "not utf-8": http.answers(200, b'{"respCode":"\xff"}'),
    "status twice": http.answers(200, b'{"respCode":"0","respCode":"1","publicKey":"AA=="}'),
    "no status": _json(publicKey=GOOD_HALF),
    "refused": _json(respCode="0A00000B", publicKey=GOOD_HALF),
    "no member": _json(respCode="0"),
    "a number for bytes": _json(respCode="0", publicKey=1),
    "no base64": _json(respCode="0", publicKey="***"),
    "not a key": _json(respCode="0", publicKey="AAAA"),
    "off the curve": _json(respCode="0", publicKey=base64.b64encode(KEYS["seal"].public.spki[:-1] + b"\0").decode()),
    "404": http.answers(404, b"{}"),
    "500": http.answers(500, b"{}"),
    "a redirect": http.redirects("http://127.0.0.1:1/"),
    "too large": http.answers(200, b" " * 100_000),
    "truncated": http.says(b"HTTP/1.1 200 X\r\nContent-Length: 500\r\n\r\n{"),
    "hung up": http.says(b""),
    "no http": http.says(b"SSH-2.0-OpenSSH\r\n"),
    "reset": lambda exchange: exchange.reset(),
    "silent": http.is_silent,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_server_that_answers_badly_is_a_refusal(place: Place, web: HttpSimulator, name: str):
    web.on("/public-key", BROKEN[name])
    with pytest.raises((DeviceDown, DeviceAnswerUnusable)) as caught:
        _device(place, web).signer(SEAL)
    assert "127.0.0.1:" not in str(caught.value)


@pytest.mark.parametrize("name", ["truncated", "silent", "500", "no json", "reset"])
def test_a_server_that_breaks_while_signing_is_a_refusal(place: Place, web: HttpSimulator, name: str):
    SignatureServerSimulator(KEYS).on(web)
    signer = _device(place, web).signer(SEAL)
    web.on("/sign", BROKEN[name])
    with pytest.raises((DeviceDown, DeviceAnswerUnusable)):
        signer.sign(SM2, bytes(32))


def test_an_unknown_key_is_a_refusal(place: Place, web: HttpSimulator):
    SignatureServerSimulator(KEYS).on(web)
    with pytest.raises(DeviceDown, match="refused"):
        _device(place, web).signer(uris.of_server_key("nobody"))


def test_a_server_that_opens_is_asked_only_when_the_form_says_so(place: Place, web: HttpSimulator):
    form = ServerForm(decrypt_path="/decrypt")
    SignatureServerSimulator(KEYS, form).on(web)
    way = key_encryption("sm2-encryption")
    sealed = way.encrypt(KEYS["seal"].public, b"a key")
    assert _device(place, web, form).signer(SEAL).decrypt(way, sealed) == b"a key"
    with pytest.raises(BeyondDevice):
        _device(place, web).signer(SEAL).decrypt(way, sealed)
    with pytest.raises(KeyDoesNotFit):
        _device(place, web, form).signer(SEAL).decrypt(key_transport.RSA_OAEP_SHA256, sealed)


def test_the_servers_secret_goes_into_its_header_and_nowhere_else(place: Place, web: HttpSimulator):
    form = ServerForm(secret_header="X-Token")
    SignatureServerSimulator(KEYS, form).on(web)
    device = _device(place, web, form)
    signer = device.signer(SEAL)
    assert web.received[0].headers["x-token"] == "secret of svs"
    assert "secret of svs" not in repr(signer) + repr(signer.line) + repr(device)


def test_keys_are_not_made_or_sent_there(place: Place, web: HttpSimulator):
    device = _device(place, web)
    for act in (
        lambda: device.address("a", ""),
        lambda: device.generate(SEAL, KeyKind.SM2),
        lambda: device.take_in(SEAL, KEYS["seal"]),
    ):
        with pytest.raises(BeyondDevice):
            act()
    assert not web.received


def test_what_is_not_set_up_is_named(place: Place, web: HttpSimulator):
    with pytest.raises(DeviceNotSetUp, match="server_url"):
        SignatureServer(place)
    form = ServerForm(secret_header="X-Token")
    told = dataclasses.replace(place, server_url="http://a", server_form=form)
    with pytest.raises(DeviceNotSetUp, match="pin_folder"):
        SignatureServer(told)


def test_a_form_is_read_from_a_file_and_refuses_what_it_does_not_know(tmp_path: Path):
    told = server_form.read('sign_path = "/svs/sign"\nseconds = 3', "x")
    assert told == ServerForm(sign_path="/svs/sign", seconds=3)
    unknown = ('sing_path = "/a"', 'signature_form = "ber"', "=", "[a]\n")
    for bad in (*unknown, "sign_path = 1", 'seconds = "3"', "seconds = true"):
        with pytest.raises(UnusableSetting):
            server_form.read(bad, "custody.server_form")
