"""The form of a key device: a place that makes, takes in and applies private keys, and never gives one out.

`Place` is what a device is told when it is built: everything comes from the settings, nothing from the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from base.fetch import Fetch
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey
from keys.signers.server_form import ServerForm
from keys.signers.signer import Signer
from keys.signers.uris import KeyUri

Secret = Callable[[], bytes]


@dataclass(frozen=True)
class Place:
    """Where keys of each kind live and what opens them; secrets are asked for when they are needed."""

    folder: Path
    password: Secret = field(repr=False)
    pkcs11_modules: tuple[str, ...] = ()
    pin: Callable[[str], bytes] | None = field(default=None, repr=False)
    sdf_library: str = ""
    server_url: str = ""
    server_in_intranet: bool = False
    server_form: ServerForm = field(default_factory=ServerForm)
    fetch: Fetch | None = field(default=None, repr=False)


class Device(Protocol):
    """A place of private keys; every act raises the refusals of `keys.signers.errors` and no others of its own."""

    def address(self, name: str, within: str) -> KeyUri:
        """Give the address under which a new key of that name will live; `within` names a token, where there are many.

        Raises `BeyondDevice`, `UnusableKeyUri`.
        """

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:
        """Make a key at that address and give its public half. Raises `KeyAlreadyThere`, `BeyondDevice`."""

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:
        """Take a key in that was made elsewhere. Raises `KeyAlreadyThere`, `BeyondDevice`."""

    def signer(self, uri: KeyUri) -> Signer:
        """Give the key at that address. Raises `KeyNotThere`, `DeviceDown`, `PinRefused`, `SecretFileUnusable`."""
