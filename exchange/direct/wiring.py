"""What direct delivery works with: the sources of directories, the keys of what is kept, and who says what may go."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.orm import Session

from base.canonical import Json, canonical, read
from exchange.feeds.pushes.gate import Gate
from exchange.mounting.wiring import MountParts
from keys.data_keys import DataKeys

KEYS: Final = "exchange.direct.keys"
DIGESTS: Final = "exchange.direct.digests"


@dataclass(frozen=True)
class Directs:
    """The part."""

    mounts: MountParts = field(repr=False)
    data_keys: DataKeys = field(repr=False)
    gate: Gate = field(repr=False)

    def key(self, session: Session, directory: str, value: object) -> str:
        """Give under what a row is kept: a keyed hash of its key, since keys are people's numbers."""
        return self.data_keys.matching_hash(session, KEYS, f"{directory}\x1f{value}")

    def digest(self, session: Session, values: dict[str, Json]) -> str:
        """Give by what it is seen that a row changed."""
        return self.data_keys.matching_hash(session, DIGESTS, canonical(values).decode())

    def sealed(self, session: Session, directory: str, key: str, region: str, values: dict[str, Json]) -> bytes:
        """Encrypt what a row says."""
        return self.data_keys.seal(session, canonical(values), _bound(directory, key, region))

    def opened(self, session: Session, directory: str, key: str, region: str, content: bytes) -> dict[str, Json]:
        """Decrypt it."""
        told = read(self.data_keys.open(session, content, _bound(directory, key, region)))
        return dict(told) if isinstance(told, dict) else {}


def _bound(directory: str, key: str, region: str) -> bytes:
    return f"exchange.direct\x1f{directory}\x1f{key}\x1f{region}".encode()
