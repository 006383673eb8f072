"""What another platform is to know of one thing at one version of it: a value, the same for every platform. Pure.

Its content is in our own words; a target writes it in those of its platform. Two runs that read the same state make the
same record, so its key is the same too, and whoever gets it twice can tell.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from base.canonical import Json, canonical
from base.ledger import sm3

# Between the parts of a key: none of them may hold it, so no two records share a key by where their parts end.
PART: Final = b"\x1f"


class Operation(enum.StrEnum):
    """What has happened to the thing, in the letters that the front libraries use (`cd_operation`)."""

    INSERT = "I"
    UPDATE = "U"
    DELETE = "D"


@dataclass(frozen=True, order=True)
class Subject:
    """Which thing a record is about: its kind and its natural key, the same through all its versions."""

    kind: str
    id: str


@dataclass(frozen=True)
class Record:
    """One thing at one version; `needs` names what the other side must have got before it can take this.

    The version is the position of the event by which the thing became so: it grows with each change, and only then.
    A deletion keeps the content that was told last, since some platforms want it once more. The day (ISO 8601) is the
    one on which this version was written down to be told: two sides compare what they hold day by day, so it travels
    with the record; it is no part of what makes two records the same.
    """

    subject: Subject
    version: int
    operation: Operation
    content: Mapping[str, Json] = field(repr=False)
    needs: tuple[Subject, ...] = ()
    day: str = field(default="", compare=False)

    @property
    def digest(self) -> str:
        """Give the SM3 of the canonical content, in hex."""
        return _sm3(canonical(dict(self.content)))

    @property
    def key(self) -> str:
        """Give the key by which the other side knows this record again: SM3(id ‖ version ‖ content), in hex."""
        parts = (self.subject.kind, self.subject.id, str(self.version), self.operation.value, self.digest)
        return _sm3(PART.join(part.encode() for part in parts))


def _sm3(told: bytes) -> str:
    return sm3(told).hex()
