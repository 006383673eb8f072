"""What rooms above add to a profile: parts beside the directories, each asked by its own gate for the same purpose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from base.callers import Caller
from base.canonical import Json
from base.db import Database
from exchange.agreements.purposes import Purpose
from exchange.zones.subjects import Subject


@dataclass(frozen=True)
class Asking:
    """Who asks about whom, for what, when; the purpose also as it was sent, since it is digested so."""

    by: Caller
    subject: Subject
    purpose: Purpose
    told_purpose: Mapping[str, Json]
    at: datetime
    request_id: str = ""


@dataclass(frozen=True)
class Told:
    """What a part tells: its member of the answer, and the uses that it left."""

    content: Mapping[str, Json] = field(repr=False)
    usages: tuple[str, ...] = ()


class Part(Protocol):
    """A part of a profile that a room above hands in."""

    @property
    def name(self) -> str:
        """Give the member of the answer under which it stands."""
        ...

    def tell(self, database: Database, asking: Asking) -> Told:
        """Tell what there is about the subject, by the part's own verb; a refusal is told, and not raised."""
        ...


@dataclass(frozen=True)
class Profiles:
    """What profiles are put together of beside the directories."""

    parts: tuple[Part, ...] = ()
