"""Keys on a signature server (签名验签服务器, GM/T 0029), over `base.fetch`; tried against a simulator of ours only.

The server is not believed: a signature is verified here with the public half before anyone sees it, and the public half
itself is held against the record by `keys.custody`. Keys are made on the server by its own means and then adopted.
"""

import base64
import binascii
import threading
from dataclasses import dataclass, field
from typing import Any, Final

from base import strict_json
from base.canonical import canonical
from base.fetch import Destination, Fetch, FetchFailed, Incoming, Outgoing
from base.strict_json import MalformedJson
from keys.algorithms import asymmetric, international
from keys.algorithms.algorithm import KeyEncryption, KeyKind, PrivateKey, PublicKey, SignatureAlgorithm
from keys.algorithms.sm2_signature import Signature
from keys.errors import FaultySignature, MalformedSignature, UnusableKey, UnusableValue
from keys.signers.device import Place
from keys.signers.errors import BeyondDevice, DeviceAnswerUnusable, DeviceDown, DeviceNotSetUp
from keys.signers.server_form import LARGEST, RAW, ServerForm
from keys.signers.signer import checked, require_kind
from keys.signers.uris import KeyUri

DEVICE: Final = "svs"
GOOD: Final = 200


@dataclass(frozen=True)
class Line:
    """The way to the server: its address, its form, and what opens it."""

    url: str
    form: ServerForm
    fetch: Fetch = field(repr=False)
    intranet: bool
    secret: bytes = field(repr=False)

    def ask(self, path: str, **told: str) -> dict[str, Any]:
        """Ask for one service and give the answer's members. Raises `DeviceDown`, `DeviceAnswerUnusable`."""
        url = self.url.rstrip("/") + path
        headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        if self.form.secret_header:
            headers.append((self.form.secret_header, self.secret.decode("latin-1")))
        request = Outgoing(
            "POST",
            url,
            (Destination.of(url, intranet=self.intranet),),
            tuple(headers),
            canonical(dict(told)),
            idempotent=True,  # a second signature on the same value does no harm
            max_bytes=LARGEST,
            total_seconds=float(self.form.seconds),
        )
        try:
            return self._read(self.fetch(request))
        except FetchFailed as error:
            raise DeviceDown(DEVICE, error.code) from error

    def _read(self, answer: Incoming) -> dict[str, Any]:
        if answer.status != GOOD:
            raise DeviceDown(DEVICE, f"status {answer.status}")
        try:
            members = strict_json.parse(answer.body)
        except MalformedJson as error:
            raise DeviceAnswerUnusable(DEVICE, "not JSON") from error
        if not isinstance(members, dict):
            raise DeviceAnswerUnusable(DEVICE, "not an object")
        if str(members.get(self.form.status_member)) != self.form.status_good:
            raise DeviceDown(DEVICE, "the server refused")
        return members

    def value(self, members: dict[str, Any], name: str) -> bytes:
        """Give a binary member. Raises `DeviceAnswerUnusable`."""
        told = members.get(name)
        try:
            if isinstance(told, str):
                return base64.b64decode(told, validate=True)
        except (binascii.Error, ValueError) as error:
            raise DeviceAnswerUnusable(DEVICE, name) from error
        raise DeviceAnswerUnusable(DEVICE, name)


class SignatureServer:
    """The device behind `svs:` addresses."""

    def __init__(self, place: Place) -> None:
        if not place.server_url or place.fetch is None:
            raise DeviceNotSetUp(DEVICE, "custody.server_url")
        needs_secret = bool(place.server_form.secret_header)
        if needs_secret and place.pin is None:
            raise DeviceNotSetUp(DEVICE, "custody.pin_folder")
        secret = place.pin(DEVICE) if needs_secret and place.pin else b""
        self._lock = threading.Lock()
        self._publics: dict[str, PublicKey] = {}
        self._line = Line(place.server_url, place.server_form, place.fetch, place.server_in_intranet, secret)

    def address(self, name: str, within: str) -> KeyUri:  # noqa: ARG002 - nothing is made there
        """Keys are made by the server's own means. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "generate")

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:  # noqa: ARG002
        """Keys are made by the server's own means. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "generate")

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:  # noqa: ARG002
        """No private key is sent over a network. Raises `BeyondDevice`."""
        raise BeyondDevice(DEVICE, "take in")

    def signer(self, uri: KeyUri) -> "ServerSigner":
        """Give the key, asking for its public half once. Raises `DeviceDown`, `DeviceAnswerUnusable`."""
        with self._lock:
            known = self._publics.get(uri.text)
        public = known or self._public(uri)
        with self._lock:
            self._publics[uri.text] = public
        return ServerSigner(self._line, uri, public)

    def _public(self, uri: KeyUri) -> PublicKey:
        line = self._line
        members = line.ask(line.form.public_path, **{line.form.key_member: uri.values["name"]})
        try:
            return asymmetric.public_key(line.value(members, line.form.public_member))
        except UnusableKey as error:
            raise DeviceAnswerUnusable(DEVICE, "public key") from error


@dataclass(frozen=True)
class ServerSigner:
    """A key that stays on its server."""

    line: Line = field(repr=False)
    uri: KeyUri
    public: PublicKey = field(repr=False)

    def sign(self, algorithm: SignatureAlgorithm, prepared: bytes) -> bytes:
        """Have the server sign. Raises `KeyDoesNotFit`, `DeviceDown`, `DeviceAnswerUnusable`, `FaultySignature`."""
        require_kind(self.public, algorithm)
        form = self.line.form
        told = {
            form.key_member: self.uri.values["name"],
            form.algorithm_member: algorithm.name,
            form.data_member: base64.b64encode(prepared).decode("ascii"),
        }
        signature = self.line.value(self.line.ask(form.sign_path, **told), form.signature_member)
        if form.signature_form == RAW:
            signature = _from_halves(signature, self.public.kind, algorithm.name)
        return checked(self.public, algorithm, signature, prepared)

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Have the server open. Raises `KeyDoesNotFit`, `BeyondDevice`, `DeviceDown`, `DeviceAnswerUnusable`."""
        require_kind(self.public, algorithm)
        form = self.line.form
        if not form.decrypt_path:
            raise BeyondDevice(DEVICE, "decrypt")
        told = {
            form.key_member: self.uri.values["name"],
            form.algorithm_member: algorithm.name,
            form.sealed_member: base64.b64encode(sealed).decode("ascii"),
        }
        return self.line.value(self.line.ask(form.decrypt_path, **told), form.plain_member)


def _from_halves(raw: bytes, kind: KeyKind, algorithm: str) -> bytes:
    """Give r ‖ s as DER. Raises `FaultySignature`."""
    try:
        if kind is not KeyKind.SM2:
            return international.der_ecdsa(raw, kind) if kind in {KeyKind.P256, KeyKind.P384} else raw
        return Signature.from_raw(raw).der
    except (MalformedSignature, UnusableValue) as error:
        raise FaultySignature(algorithm) from error
