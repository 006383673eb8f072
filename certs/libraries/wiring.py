"""What other libraries can be told: their addresses, in the order in which they are asked, and their deadlines."""

from dataclasses import dataclass
from typing import ClassVar, Final

from base.fetch import Destination, Fetch, UrlRefused
from base.settings import Settings, UnusableSetting, setting
from certs.contents import Keys
from certs.libraries import LIBRARIES
from certs.libraries.peer import Peer, SignerFor

FORM: Final = "department|national|province:REGION URL [SECONDS] [TYPE,TYPE…]"
# A clerk waits three seconds for all that is shown; one library among several gets most of it.
SECONDS: Final = 3.0
MOST_SECONDS: Final = 30.0


@dataclass(frozen=True)
class LibrarySettings:
    """What other libraries can be told."""

    SECTION: ClassVar[str] = "libraries"
    peers: tuple[str, ...] = setting((), f"Libraries that are asked after our own, in order: {FORM}.")
    key: str = setting("", "Id of the SM2 key in custody that signs our questions; empty: they go unsigned.")
    intranet: bool = setting(False, "Whether they may stand in the networks that [fetch] opens.")


def peers(read: Settings, keys: Keys, fetch: Fetch, signer_for: SignerFor) -> tuple[Peer, ...]:
    """Build the libraries that the settings name. Raises `UnusableSetting`."""
    told = read[LibrarySettings]
    return tuple(_peer(text, told, keys, fetch, signer_for) for text in told.peers)


def _peer(text: str, told: LibrarySettings, keys: Keys, fetch: Fetch, signer_for: SignerFor) -> Peer:
    name, address, *more = [*text.split(), ""]
    kind, _, region = name.partition(":")
    if kind not in LIBRARIES or LIBRARIES[kind] != bool(region):
        raise UnusableSetting("libraries.peers", FORM)
    try:
        Destination.of(address)
        seconds = float(more[0]) if more and more[0] else SECONDS
    except (UrlRefused, ValueError) as error:
        raise UnusableSetting("libraries.peers", FORM) from error
    if not 0 < seconds <= MOST_SECONDS:
        raise UnusableSetting("libraries.peers", FORM)
    types = frozenset(each for each in (more[1].split(",") if len(more) > 1 else ()) if each)
    return Peer(name, name, address, keys, fetch, seconds, types, told.intranet, told.key, signer_for)
