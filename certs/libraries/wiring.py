"""What other libraries can be told: their addresses, in the order in which they are asked, and their deadlines."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Final

from base.fetch import Destination, Fetch, UrlRefused
from base.settings import Settings, UnusableSetting, setting
from certs.contents import Keys
from certs.libraries import LIBRARIES, sources
from certs.libraries.late import KEEPING, Keeping
from certs.libraries.library import Library
from certs.libraries.peer import Peer, SignerFor
from certs.libraries.sources import DepartmentSources
from certs.libraries.tokens import Tokens
from certs.types import Types
from exchange.mounting.wiring import MountParts

FORM: Final = "department|national|province:REGION URL [SECONDS] [TYPE,TYPE…]"
CLIENT_FORM: Final = "LIBRARY CLIENT"
ITEM_FORM: Final = "TYPE ITEM=NAME,ITEM=NAME…"
# Whoever is nearer to the certificate is asked first; by the first part of an origin.
ORDER: Final = ("local", "department", "national", "province")
KEEP_FORM: Final = "LIBRARY SECONDS SECONDS"
# Longer than this nobody may act on what somebody else's library said.
MOST_KEPT: Final = 600
# A clerk waits three seconds for all that is shown; one library among several gets most of it.
SECONDS: Final = 3.0
MOST_SECONDS: Final = 30.0


@dataclass(frozen=True)
class LibrarySettings:
    """What other libraries can be told."""

    SECTION: ClassVar[str] = "libraries"
    peers: tuple[str, ...] = setting((), f"Libraries that are asked after our own, in order: {FORM}.")
    key: str = setting("", "Id of the SM2 key in custody that signs our questions; empty: they go unsigned.")
    clients: tuple[str, ...] = setting(
        (), f"As which client they know us, who get a token there with that key: {CLIENT_FORM}."
    )
    keeps: tuple[str, ...] = setting(
        (), f"How long their answers are good that found something, and that found nothing: {KEEP_FORM}."
    )
    source_seconds: float = setting(sources.SECONDS, "How long a department's own source is waited for.")
    items: tuple[str, ...] = setting(
        (), f"What items of a type's directory are, where neither the type nor the standard calls them so: {ITEM_FORM}."
    )
    intranet: bool = setting(False, "Whether they may stand in the networks that [fetch] opens.")


def peers(read: Settings, keys: Keys, fetch: Fetch, signer_for: SignerFor) -> tuple[Peer, ...]:
    """Build the libraries that the settings name. Raises `UnusableSetting`."""
    told = read[LibrarySettings]
    named = _named(told)
    if len(named) != len(set(named)):
        raise UnusableSetting("libraries.peers", "each library once")
    clients = {name: more[0] for name, more in _lines("clients", CLIENT_FORM, told.clients, named, 1).items()}
    if clients and not told.key:
        raise UnusableSetting("libraries.key", "the id of the key that proves us to libraries.clients")
    found = tuple(_peer(text, told, keys, fetch, signer_for) for text in told.peers)
    kept = keepings(told, [*named, sources.NAME])
    return tuple(
        replace(
            each,
            tokens=Tokens(each.address, clients[each.name], fetch, told.intranet) if each.name in clients else None,
            keeping=kept.get(each.name, KEEPING),
        )
        for each in found
    )


def _named(told: LibrarySettings) -> list[str]:
    return [text.split()[0] for text in told.peers if text.split()]


def departments(read: Settings, mounts: MountParts, types: Types, keys: Keys) -> DepartmentSources:
    """Build the library of departments' own sources. Raises `UnusableSetting`."""
    told = read[LibrarySettings]
    if not 0 < told.source_seconds <= MOST_SECONDS:
        raise UnusableSetting("libraries.source_seconds", f"up to {MOST_SECONDS}")
    spelled = {}
    for code, (line,) in _lines("items", ITEM_FORM, told.items, types, 1).items():
        pairs = [each.split("=") for each in line.split(",")]
        if any(len(each) != 2 or not all(each) for each in pairs):  # noqa: PLR2004 - an item and a name
            raise UnusableSetting("libraries.items", ITEM_FORM)
        spelled[code] = dict(pairs)
    kept = keepings(told, [*_named(told), sources.NAME])
    keeping = kept.get(sources.NAME, sources.KEEPING)
    return DepartmentSources(mounts, types, keys, spelled, told.source_seconds, keeping)


def ordered(*libraries: Library) -> tuple[Library, ...]:
    """Put libraries in the order in which they are asked: departments, the nation, other provinces."""
    return tuple(sorted(libraries, key=lambda each: ORDER.index(each.origin.partition(":")[0])))


def keepings(told: LibrarySettings, named: Collection[str]) -> Mapping[str, Keeping]:
    """Read how long each library's answers are good. Raises `UnusableSetting`."""
    found = {}
    for name, more in _lines("keeps", KEEP_FORM, told.keeps, named, 2).items():
        if not all(each.isascii() and each.isdigit() and int(each) <= MOST_KEPT for each in more):
            raise UnusableSetting("libraries.keeps", f"{KEEP_FORM}, each up to {MOST_KEPT}")
        found[name] = Keeping(*(timedelta(seconds=int(each)) for each in more))
    return found


def _lines(
    setting_name: str, form: str, lines: Sequence[str], named: Collection[str], words: int
) -> Mapping[str, Sequence[str]]:
    """Read lines that each say something of one library, once. Raises `UnusableSetting`."""
    found: dict[str, Sequence[str]] = {}
    for line in lines:
        name, *more = line.split() or [""]
        if name not in named or name in found or len(more) != words:
            raise UnusableSetting(f"libraries.{setting_name}", form)
        found[name] = more
    return found


def _peer(text: str, told: LibrarySettings, keys: Keys, fetch: Fetch, signer_for: SignerFor) -> Peer:
    name, address, *more = [*text.split(), "", ""]
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
