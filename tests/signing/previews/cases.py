"""The form of a hostile page."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """A document, and the codes of which one must be told; none where nothing is amiss with what is shown."""

    name: str
    make: Callable[[], bytes]
    codes: tuple[str, ...] = ()
