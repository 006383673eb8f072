"""What copies can be told: with which seal they are sealed, and as which system."""

from dataclasses import dataclass
from typing import ClassVar

from base.settings import Settings, setting


@dataclass(frozen=True)
class CopySettings:
    """What copies can be told."""

    SECTION: ClassVar[str] = "copies"
    seal: str = setting("", "Id of the service seal that copies take; empty: the oldest active seal of that kind.")
    system: str = setting("", "Id of the platform's own system, which the seal's owner authorised for the act copy.")


@dataclass(frozen=True)
class Copying:
    """What copies are made with."""

    settings: CopySettings


def built(read: Settings) -> Copying:
    """Build the part."""
    return Copying(read[CopySettings])
