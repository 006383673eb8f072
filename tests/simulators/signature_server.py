"""A signature server of our own, with SM2 and other keys by name, that lies when told to."""

import base64
import json
from collections.abc import Callable

from keys.algorithms import key_encryption, signature
from keys.algorithms.algorithm import PrivateKey
from keys.signers import key_transport
from keys.signers.server_form import ServerForm
from tests.simulators.http import Behaviour, Exchange, HttpSimulator

Bend = Callable[[bytes], bytes]


def straight(data: bytes) -> bytes:
    """Bend nothing."""
    return data


class SignatureServerSimulator:
    """Answers in the form it is given; `bend` changes a signature before it is sent."""

    def __init__(self, keys: dict[str, PrivateKey], form: ServerForm | None = None) -> None:
        self.keys = keys
        self.form = form or ServerForm()
        self.bend: Bend = straight
        self.asked: list[dict[str, str]] = []

    def on(self, server: HttpSimulator) -> HttpSimulator:
        """Put the services onto a web server."""
        server.on(self.form.public_path, self._told(self._public)).on(self.form.sign_path, self._told(self._sign))
        if self.form.decrypt_path:
            server.on(self.form.decrypt_path, self._told(self._decrypt))
        return server

    def _told(self, service: Callable[[dict[str, str]], tuple[str, bytes]]) -> Behaviour:
        def behave(exchange: Exchange) -> None:
            members = json.loads(exchange.received.body)
            self.asked.append(members)
            if members.get(self.form.key_member) not in self.keys:
                exchange.answer(200, json.dumps({self.form.status_member: "0A000003"}).encode())
                return
            name, value = service(members)
            told = {self.form.status_member: self.form.status_good, name: base64.b64encode(value).decode()}
            exchange.answer(200, json.dumps(told).encode())

        return behave

    def _key(self, members: dict[str, str]) -> PrivateKey:
        return self.keys[members[self.form.key_member]]

    def _public(self, members: dict[str, str]) -> tuple[str, bytes]:
        return self.form.public_member, self._key(members).public.spki

    def _sign(self, members: dict[str, str]) -> tuple[str, bytes]:
        algorithm = signature(members[self.form.algorithm_member])
        value = algorithm.sign_prepared(self._key(members), base64.b64decode(members[self.form.data_member]))
        return self.form.signature_member, self.bend(value)

    def _decrypt(self, members: dict[str, str]) -> tuple[str, bytes]:
        name = members[self.form.algorithm_member]
        way = key_transport.RSA_OAEP_SHA256 if name == key_transport.NAME else key_encryption(name)
        return self.form.plain_member, way.decrypt(
            self._key(members), base64.b64decode(members[self.form.sealed_member])
        )
