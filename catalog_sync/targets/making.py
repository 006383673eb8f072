"""The form of a row of the table of targets: what it can be told, and how its targets are built from that.

A row may make several targets (one for each neighbour, say), each with a name of its own, and none where the settings
leave it out. Building reaches nobody and reads no database.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from base.db import Database, DatabaseSettings, connect
from base.fetch import Fetch
from base.settings import Settings
from catalog_sync.targets.target import Target
from keys.data_keys import DataKeys
from keys.signers.signer import Signer


@dataclass(frozen=True)
class Ground:
    """What targets may use of this house: the way out, keys in custody by their id, and the keys of data at rest."""

    fetch: Fetch = field(repr=False)
    signer_for: Callable[[Session, str], Signer] = field(repr=False)
    data_keys: DataKeys = field(repr=False)


@dataclass(frozen=True)
class Maker:
    """A row: its name, its sections of the settings, and what makes its targets. Raises `UnusableSetting`."""

    name: str
    sections: tuple[type[Any], ...]
    built: Callable[[Settings, Ground], tuple[Target, ...]] = field(repr=False)


class KeyInCustody:
    """A key that signs, asked from custody each time: whether it may be used is read from the house's database."""

    def __init__(self, settings: DatabaseSettings, ground: Ground, key: str) -> None:
        self._settings = settings
        self._ground = ground
        self._key = key
        self._database: Database | None = None

    def __call__(self) -> Signer:
        """Give the signer. Raises what custody refuses."""
        if self._database is None:
            self._database = connect(self._settings)
        with self._database.reading() as session:
            return self._ground.signer_for(session, self._key)
