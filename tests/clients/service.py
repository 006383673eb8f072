"""A service that is bent by the test: it gives tokens, and answers each path as it is told."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import ec
from yinxin_client import Client, ClientKey, ClientSecret, Connection, Credential, P256Key, Settings, World

from tests.simulators.http import Behaviour, Exchange, HttpSimulator, answers

KEY = P256Key(ec.generate_private_key(ec.SECP256R1()), "k1")
SECRET = ClientSecret("window", "演示")


@dataclass
class Clock:
    """A clock that stands still but for what is slept."""

    now: float = 1_795_228_200.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    @property
    def world(self) -> World:
        return World(lambda: self.now, lambda: self.now, self.sleep, share=lambda: 1.0)


@dataclass
class Bent:
    """The service, its clock, and a client of it."""

    server: HttpSimulator
    clock: Clock
    client: Client

    def on(self, path: str, behaviour: Behaviour) -> None:
        self.server.on(path, behaviour)

    def calls(self, path: str) -> int:
        return sum(each.target.startswith(path) for each in self.server.received)

    def forms(self) -> list[dict[str, str]]:
        """Give the token requests."""
        bodies = [each.body.decode() for each in self.server.received if each.target == "/oauth/token"]
        return [{name: values[0] for name, values in parse_qs(body).items()} for body in bodies]

    def bearers(self, path: str) -> list[str | None]:
        return [each.headers.get("authorization") for each in self.server.received if each.target.startswith(path)]


def json_answers(told: object, status: int = 200, **headers: str) -> Behaviour:
    given = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return answers(status, json.dumps(told, ensure_ascii=False).encode(), given)


def refuses(status: int, code: str = "some-code", headers: dict[str, str] | None = None, **members: Any) -> Behaviour:
    told = {"code": code, "status": status, "title": "t", "detail": "d", "cause": "c", "fix": "f", **members}
    told = {"request_id": "r-1", "retryable": False, **told}
    given = {"Content-Type": "application/problem+json", **(headers or {})}
    return answers(status, json.dumps(told, ensure_ascii=False).encode(), given)


def gives_tokens(seconds: int = 600) -> Behaviour:
    """Give a token with a number of its own at each asking."""
    given = 0

    def give(exchange: Exchange) -> None:
        nonlocal given
        given += 1
        json_answers({"access_token": f"t{given}", "token_type": "Bearer", "expires_in": seconds})(exchange)

    return give


def claims_of(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read an assertion's header and claims, unproven."""
    header, claims, _ = assertion.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, claims))


@contextmanager
def bent(credential: Credential | None = SECRET, **told: Any) -> Iterator[Bent]:
    with HttpSimulator() as server:
        clock = Clock()
        through = Connection(world=clock.world)
        with Client(server.url(""), credential, settings=Settings(**told), connection=through) as client:
            server.on("/oauth/token", gives_tokens())
            yield Bent(server, clock, client)


def by_key() -> ClientKey:
    return ClientKey("window", KEY)
