"""Filing by hand: a person files the seal with the office and types the number that it gave."""

from dataclasses import dataclass
from typing import Final

from base.fetch import Fetch
from signing.filings.errors import FilingByHand
from signing.filings.filing import Answer, Filing, Place, Way

NAME: Final = "by_hand"


@dataclass(frozen=True)
class ByHand:
    """An office that is reached by people alone."""

    name: str = NAME

    def file(self, _filing: Filing) -> Answer:
        """Raises `FilingByHand`: nobody is there to be asked."""
        raise FilingByHand


def _registrar(_place: Place, _fetch: Fetch) -> ByHand:
    return ByHand()


WAY: Final = Way(NAME, needs_address=False, registrar=_registrar)
