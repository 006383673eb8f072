"""The form of a kind of record: which events make one, and how it is read as it stands now.

Reading is an act (it takes the session first); what it gives is a value. The reader decides nothing about when or where
a record goes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from base.canonical import Json
from base.events import Event
from catalog_sync.record import Subject


@dataclass(frozen=True)
class Content:
    """What a thing is now, in our own words, and what the other side must have got before it."""

    members: Mapping[str, Json] = field(repr=False)
    needs: tuple[Subject, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of record.

    `events` maps the name of an event to how the thing's id is found in it; an event that says nothing about this kind
    gives none. `read` gives the thing as it stands in this transaction, and nothing where it is gone or no longer goes
    up (that becomes a deletion). `parts` are what `app.py` built, found by class.
    """

    name: str
    events: Mapping[str, Callable[[Event], str | None]]
    read: Callable[[Session, Mapping[type[Any], Any], str], Content | None]
