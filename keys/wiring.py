"""What the keys room itself can be told; what stands in a package of its own has a wiring of its own."""

from dataclasses import dataclass
from typing import ClassVar

from base.settings import Settings, setting
from keys.algorithms import backends


@dataclass(frozen=True)
class KeysSettings:
    """What the keys room can be told."""

    SECTION: ClassVar[str] = "keys"
    sm2_library: str = setting("", "The libcrypto that computes SM2, a whole path; empty: the interpreter's own.")


def choose_backend(read: Settings) -> None:
    """Choose the SM2 backend of this process, where the settings name one; else it is chosen on first use."""
    if read[KeysSettings].sm2_library:
        backends.choose(read[KeysSettings].sm2_library)
