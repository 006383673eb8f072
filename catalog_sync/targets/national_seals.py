"""The national seal system (国家电子印章系统) as a target: seals with their units, their changes, and their end.

A seal is registered under its code with the digest of its picture and of the whole sealed structure, never with a key;
stopping and ending one go by ways of their own that wait for no review there. What a path, a member or a code is called
stands in `seal_system/dialect.toml`. What the system says of others' seals is `catalog_sync.outside_seals`.
"""

from dataclasses import dataclass
from typing import ClassVar, Final

from base.settings import Settings, UnusableSetting, setting
from catalog_sync.targets.making import Ground, Maker
from catalog_sync.targets.signed import dialect, settings
from catalog_sync.targets.signed.dialect import Dialect
from catalog_sync.targets.signed.line import SignedLine
from catalog_sync.targets.signed.target import SignedTarget

NAME: Final = "national-seals"
SECTION: Final = "national_seals"
# How long a word about a seal is relied on; a seal that was stopped in the morning must not count the day after.
KEPT_HOURS: Final = 24
# Whoever verifies waits for the whole of it.
MOST_ASK_SECONDS: Final = 5.0


@dataclass(frozen=True)
class NationalSealsSettings:
    """What the national seal system can be told."""

    SECTION: ClassVar[str] = SECTION
    url: str = setting("", "Address of the seal system; empty: nothing is told there and no seal is asked for.")
    client: str = setting("", "Who we are there: the id that our key goes by; empty: the key's thumbprint (RFC 7638).")
    key: str = setting("", "Id of the SM2 key in custody that signs our calls.")
    dialect: str = setting("", "A table of its paths, members and codes; empty: the one that is shipped.")
    tells: bool = setting(True, "Whether our seals are told there.")
    asks: bool = setting(True, "Whether it is asked how others' seals stand.")
    kept_hours: int = setting(KEPT_HOURS, "How long its word about a seal is relied on.")
    ask_seconds: float = setting(0.0, "How long verifying may wait for its word; 0: answers come from what is kept.")
    marks: bool = setting(True, "Whether records carry our key, version and digest as members of their own.")
    keys: bool = setting(False, "Whether it knows a record again by the header Idempotency-Key.")
    seconds: float = setting(30.0, "How long one call may take; at most 120.")
    intranet: bool = setting(False, "Whether it may stand in the networks that [fetch] opens.")


def shipped() -> Dialect:
    """Give the dialect that is shipped."""
    return dialect.shipped("catalog_sync.targets.seal_system", "dialect.toml")


def built(read: Settings, ground: Ground) -> tuple[SignedTarget, ...]:
    """Build the target, if the settings name one. Raises `UnusableSetting`."""
    told = read[NationalSealsSettings]
    if not told.url or not told.tells:
        return ()
    spoken, line = laid(read, ground)
    return (SignedTarget(spoken, line, marks=told.marks, keys=told.keys),)


def laid(read: Settings, ground: Ground, seconds: float | None = None) -> tuple[Dialect, SignedLine]:
    """Give the dialect and the line to the system that the settings name. Raises `UnusableSetting`."""
    told = read[NationalSealsSettings]
    settings.checked(SECTION, told)
    if told.kept_hours < 1:
        raise UnusableSetting(f"{SECTION}.kept_hours", "1 or more")
    if not 0 <= told.ask_seconds <= MOST_ASK_SECONDS:
        raise UnusableSetting(f"{SECTION}.ask_seconds", f"0 to {MOST_ASK_SECONDS:g}")
    spoken = settings.dialect_of(SECTION, told, shipped)
    return spoken, settings.line_of(NAME, told, spoken, read, ground, seconds)


NATIONAL_SEALS: Final = Maker(NAME, (NationalSealsSettings,), built)
