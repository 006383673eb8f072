"""What promise records can be told, and the parts built from it."""

import functools
from dataclasses import dataclass
from typing import ClassVar

from base import db
from base.settings import Settings, setting
from certs.contents import Keys
from certs.filing.cases.wiring import Cases
from certs.promises.source import Records
from certs.promises.telling import Promising


@dataclass(frozen=True)
class PromiseSettings:
    """What promise records can be told."""

    SECTION: ClassVar[str] = "promises"
    owner: str = setting(
        "", "Code of the organisation (信用) whose directory may share the promise records; empty: nobody's."
    )


def records(read: Settings, keys: Keys) -> Records:
    """Give the kind of source; its connections are opened when somebody first asks."""

    @functools.cache
    def database() -> db.Database:
        return db.connect(read[db.DatabaseSettings])

    return Records(database, keys, read[PromiseSettings].owner)


def built(read: Settings, cases: Cases) -> Promising:
    """Build the part from the settings."""
    return Promising(read[PromiseSettings].owner, cases.webhooks)
