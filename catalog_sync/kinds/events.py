"""How the id of a thing is found in an event, for the table of each kind."""

from collections.abc import Callable, Mapping
from typing import Final

from base.events import Event
from exchange import resource_codes
from exchange.resource_codes import InvalidResourceCode

IdIn = Callable[[Event], str | None]
# What a resource's category is called in its code: everything before the stroke.
STROKE: Final = "/"


def each(*names: str, by: IdIn | None = None) -> Mapping[str, IdIn]:
    """Lay out that each of these events tells the id in one way: the thing's own unless said otherwise."""
    return dict.fromkeys(names, by or thing)


def thing(event: Event) -> str:
    """Give the id of the thing itself."""
    return event.thing.id


def category(event: Event) -> str | None:
    """Give the category of the directory that the event is about; none where its code has none."""
    return category_of(event.thing.id)


def category_of(code: str) -> str | None:
    """Give the category in a directory's code."""
    try:
        return resource_codes.ResourceCode.of(code).classification
    except InvalidResourceCode:
        return None
