"""Reads what a sandbox tells its visitors: `sandbox.json`, with a client, a purpose that is granted, and documents."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yinxin_client.access import ClientKey, ClientSecret, Credential
from yinxin_client.calls import Connection, Settings
from yinxin_client.client import Client
from yinxin_client.errors import UnreadableAnswer, UnusableKey
from yinxin_client.purposes import CertificateQuery, Holder, Purpose
from yinxin_client.signers import key_of


@dataclass(frozen=True)
class Sandbox:
    """An invented province: its address, its clients, and what the first of them may ask."""

    url: str
    clients: tuple[Mapping[str, Any], ...] = field(repr=False)
    whole: Mapping[str, Any] = field(repr=False)

    @property
    def purpose(self) -> Purpose:
        """Give a purpose that is granted to the first client. Raises `UnreadableAnswer` where there is none."""
        told = self.whole.get("purpose")
        if not isinstance(told, dict):
            raise UnreadableAnswer("the sandbox tells no purpose")
        return Purpose.of(told)

    @property
    def directory(self) -> str:
        """Give the directory that the purpose is granted for. Raises `UnreadableAnswer` where there is none."""
        told = self.whole.get("sharing")
        directory = told.get("directory") if isinstance(told, dict) else None
        if not isinstance(directory, str):
            raise UnreadableAnswer("the sandbox tells no directory")
        return directory

    @property
    def documents(self) -> tuple[Path, ...]:
        """Give the sealed samples."""
        return tuple(Path(each) for each in self.whole.get("documents", ()))

    @property
    def magic(self) -> Mapping[str, CertificateQuery]:
        """Give the queries about the magic holders, by the ending of the code that says how each is answered."""
        return {
            each["ending"]: CertificateQuery(
                holder=Holder(each["holder_code"], each["holder_type"], each["holder_name"]),
                certificate_type=each["certificate_type"],
            )
            for each in self.whole.get("magic", ())
        }

    def credential(self, client_id: str | None = None) -> Credential:
        """Give a client's credential, the first one's unless told: its key, or its secret where nothing signs SM2 here.

        Raises `UnreadableAnswer` for a client that is not there.
        """
        for each in self.clients:
            if client_id in (None, each.get("id")):
                try:
                    return ClientKey(each["id"], key_of(each["private_key"], each["kid"]))
                except UnusableKey:
                    return ClientSecret(each["id"], each["secret"])
        raise UnreadableAnswer(f"the sandbox has no client {client_id}")


def read_sandbox(file: str | Path) -> Sandbox:
    """Read `sandbox.json`. Raises `UnreadableAnswer`, and `OSError` for a file that cannot be opened."""
    try:
        told = json.loads(Path(file).read_text(encoding="utf-8"))
        return Sandbox(told["url"], tuple(told["clients"]), told)
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableAnswer("not the sandbox.json of a sandbox") from error


def from_sandbox(
    file: str | Path,
    client_id: str | None = None,
    *,
    settings: Settings | None = None,
    connection: Connection | None = None,
) -> Client:
    """Make a client of a running sandbox, as its first business system unless told otherwise.

    Raises `UnreadableAnswer`, and `OSError` for a file that cannot be opened.
    """
    sandbox = read_sandbox(file)
    return Client(sandbox.url, sandbox.credential(client_id), settings=settings, connection=connection)
