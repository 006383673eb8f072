"""Where private keys live: the table of key devices by the scheme of their addresses.

A device is a file and a row here; one that needs an optional library complains when it is asked for, by name and with
the extra to install. A scheme used twice is refused when this is imported.
"""

import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from keys.signers import uris
from keys.signers.device import Device, Place
from keys.signers.errors import UnusableKeyUri
from keys.signers.pkcs11 import Tokens
from keys.signers.sdf import SdfDevice
from keys.signers.signature_server import SignatureServer
from keys.signers.signer import Signer
from keys.signers.software import FileKeys
from keys.signers.uris import KeyUri

Opener = Callable[[Place], Device]


def table(*entries: tuple[str, Opener]) -> Mapping[str, Opener]:
    """Lay the devices out by scheme. Raises `ValueError` for a scheme that is used twice."""
    laid = dict(entries)
    if len(laid) != len(entries):
        raise ValueError("two key devices share a scheme")
    return MappingProxyType(laid)


SIGNERS: Final[Mapping[str, Opener]] = table(
    (uris.FILE, FileKeys),
    (uris.PKCS11, Tokens),
    (uris.SDF, SdfDevice),
    (uris.SVS, SignatureServer),
)


class Devices:
    """The key devices of a site, each built when it is first asked for; safe between threads."""

    def __init__(self, place: Place, openers: Mapping[str, Opener] = SIGNERS) -> None:
        self._place = place
        self._openers = openers
        self._lock = threading.Lock()
        self._built: dict[str, Device] = {}

    def of_scheme(self, scheme: str) -> Device:
        """Give the device of a scheme. Raises `UnusableKeyUri`, `DeviceNotSetUp`, `DeviceLibraryMissing`."""
        if scheme not in self._openers:
            raise UnusableKeyUri("unknown-scheme")
        with self._lock:
            if scheme not in self._built:
                self._built[scheme] = self._openers[scheme](self._place)
            return self._built[scheme]

    def of(self, uri: KeyUri) -> Device:
        """Give the device in which a key lives. Raises as `of_scheme` does."""
        return self.of_scheme(uri.scheme)

    def signer(self, uri: KeyUri) -> Signer:
        """Give the key at an address. Raises what `Device.signer` raises."""
        return self.of(uri).signer(uri)
