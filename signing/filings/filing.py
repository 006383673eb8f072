"""The form of a way to file seals: what is told to the office, and the three answers it can give.

Filed, not yet, refused: each is an answer. An office that cannot be reached, or that says something else, has given
none; that is an error, and it is asked again with the same key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from base.fetch import Fetch


@dataclass(frozen=True)
class Filing:
    """A made seal that is to be filed; `key` is the same each time it is asked for."""

    key: str
    seal: str
    edition: int
    name: str
    kind: str
    owner: str
    owner_name: str
    valid_from: datetime
    valid_until: datetime
    seal_sm3: str
    picture_sm3: str
    impression: str | None


@dataclass(frozen=True)
class Filed:
    """The office has filed the seal under a number."""

    number: str


@dataclass(frozen=True)
class Pending:
    """The office has taken the filing in and not decided yet."""

    receipt: str


@dataclass(frozen=True)
class Refused:
    """The office refuses to file the seal, with its own code and words."""

    code: str
    words: str


Answer = Filed | Pending | Refused


class Registrar(Protocol):
    """The office that keeps the filings, as this site reaches it."""

    @property
    def name(self) -> str:
        """Tell how the office stands in the record of a filing."""

    def file(self, filing: Filing) -> Answer:
        """Ask for a seal to be filed, or how far that is.

        Raises `FilingByHand`, `FilingAnswerUnreadable`, and what the way out raises.
        """


@dataclass(frozen=True)
class Place:
    """Where the office's system is found."""

    url: str
    intranet: bool


@dataclass(frozen=True)
class Way:
    """An entry of the table: its name in the settings, whether it needs an address, and how the office is reached."""

    name: str
    needs_address: bool
    registrar: Callable[[Place, Fetch], Registrar]
