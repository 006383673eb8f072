"""What lists and pages of things are made of: cells, columns, filters, fields of forms; templates give them words.

A list is read by the query schema of the API and walked by its cursor, so an address that the API understands means the
same here. Nothing is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import marshmallow as ma
from flask import Response, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from base import calendar, problems, workdays
from base.errors import DomainError
from base.workdays import Calendar
from console import words, working
from exchange.dictionaries import dictionaries
from keys.parties import organisations

STATE_KEYS: Final = "steward.state."
WORD_KEYS: Final = "steward.word."
STEP_KEYS: Final = "steward.step."
# What every list understands beside its own filters.
CURSOR: Final = "cursor"
# Where only the end of a term is known: a chip begins to warn as it does for the commonest term, of five days.
SHORT: Final = 5
# Terms end with the midnight after their last day, which is a moment of the next.
INSTANT: Final = timedelta(microseconds=1)
# How a state looks: what is good, what waits for somebody, what is refused; the rest is over or has not begun.
LOOKS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            "published",
            "granted",
            "active",
            "serving",
            "satisfied",
            "settled",
            "good",
            "staged",
            "closed-well",
            "applied",
        ),
        "ok",
    ),
    **dict.fromkeys(
        ("checking", "reviewing", "withdrawing", "deciding", "offered", "ruling", "matched", "assigning", "answering"),
        "warn",
    ),
    **dict.fromkeys(("promised", "verifying", "telling", "open", "acknowledged", "proposed", "warning"), "warn"),
    **dict.fromkeys(("reading", "applying", "told", "new", "changed", "degraded", "slow"), "warn"),
    **dict.fromkeys(("refused", "suspended", "revoked", "critical", "down", "error", "disputed", "failing"), "bad"),
}


@dataclass(frozen=True)
class Cell:
    """What stands in one place: text, a link, a state, a time, a code, a deadline; `more` is what the kind needs."""

    kind: str
    value: Any
    more: Any = ""


@dataclass(frozen=True)
class Column:
    """A column: the key of its words, and where it leads to be sorted."""

    key: str
    number: bool = False
    sort: str = ""
    sorted: str = ""


@dataclass(frozen=True)
class Entry:
    """One field of a form: its name, how it is filled in, and what stands in it; `label` where the words are data."""

    name: str
    kind: str = "text"
    value: Any = ""
    choices: Sequence[tuple[str, str]] = ()
    label: str = ""
    hint: str = ""
    error: str = ""


@dataclass(frozen=True)
class Act:
    """An act that its reader may do now: the step, where its page is, and whether it ends something."""

    step: str
    href: str
    danger: bool = False


@dataclass(frozen=True)
class Section:
    """A table on a page of a thing: the key of its words, its columns, and its rows of cells."""

    key: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def text(value: Any) -> Cell:
    """Show it as it stands."""
    return Cell("text", "–" if value is None or value == "" else value)


def link(words: str, href: str) -> Cell:
    """Show words that lead somewhere; a thing without a name is still one that can be opened."""
    return Cell("link", words.strip() or "–", href)


def state(value: str) -> Cell:
    """Show where a thing stands."""
    return Cell("state", worded(STATE_KEYS, value), LOOKS.get(value, "unknown"))


def time(at: datetime | None) -> Cell:
    """Show a moment."""
    return text("") if at is None else Cell("time", at)


def code(value: str | None) -> Cell:
    """Show a code."""
    return Cell("code", value) if value else text("")


def words_of(key: str, value: str | None) -> Cell:
    """Show a word of our own vocabulary: `key` names the table of words."""
    return text(worded(f"{WORD_KEYS}{key}.", value) if value else "")


def words_of_all(key: str, values: Iterable[str]) -> Cell:
    """Show several of them in one line."""
    return text(Markup(", ").join(worded(f"{WORD_KEYS}{key}.", each) for each in values))


def due(days: Calendar, until: datetime | None, at: datetime) -> Cell:
    """Show how many working days are left until a moment, or for how many it has passed."""
    if until is None:
        return text("")
    today, last = workdays.local_day(at), workdays.local_day(until - INSTANT)
    left = -max(1, days.count(last, today)) if at >= until else days.count(today, last)
    return Cell("deadline", left, SHORT)


def coded(dictionary: str, value: str) -> Cell:
    """Show a code of a code table in words."""
    return text(dictionaries()[dictionary].words(value, problems.language()))


def choices(dictionary: str) -> list[tuple[str, str]]:
    """Give what can be chosen from a code table."""
    language = problems.language()
    return [(each.code, getattr(each, language)) for each in dictionaries()[dictionary].entries]


def names(session: Session, codes: Iterable[str | None]) -> Mapping[str, str]:
    """Name organisations, in one query however many they are; one that is unknown keeps its code."""
    wanted = sorted({each for each in codes if each})
    found = organisations.known(session, wanted) if wanted else {}
    return {each: found[each].name if each in found else each for each in wanted}


def asked(schema: type[ma.Schema]) -> dict[str, Any]:
    """Read what a list is asked for; what is empty was not asked, and other arguments are the frame's.

    Raises `InvalidInput`.
    """
    known = schema()
    told = {name: value.strip() for name, value in request.args.items() if name in known.fields and value.strip()}
    found: dict[str, Any] = working.loaded(known, told)
    return found


def address(**other: str | None) -> str:
    """Give the address of this list with other arguments; a page of a list that changes begins anew."""
    kept = {name: value for name, value in request.args.items() if name not in {CURSOR, working.DONE}}
    told = {name: value for name, value in {**kept, **other}.items() if value}
    return f"{request.path}?{urlencode(told)}" if told else request.path


def following(cursor: str | None) -> str:
    """Give the address of the next page, if there is one."""
    return address(**{CURSOR: cursor}) if cursor else ""


def first() -> str:
    """Give the address of the first page, unless this is it."""
    return address() if request.args.get(CURSOR) else ""


def listing(of: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], **facts: Any) -> Response:
    """Show a list."""
    told = {"filters": (), "next_cursor": None, "csv": None, "links": (), "tabs": (), "facets": (), **facts}
    cursor, template = told.pop("next_cursor"), told.pop("template", "steward/list.html")
    return working.page(
        template,
        of=of,
        columns=columns,
        rows=rows,
        following=following(cursor),
        first=first(),
        reset=request.path,
        **told,
    )


def filters(*entries: Entry) -> list[Entry]:
    """Fill the filters of a list with what was asked."""
    return [
        Entry(each.name, each.kind, request.args.get(each.name, "")[:200], each.choices, each.label) for each in entries
    ]


def facet(name: str, counted: Mapping[str, int], chosen: str | None) -> list[tuple[Cell, int, str, bool]]:
    """Lead from each value of a sort to what has it, and from the one that is chosen back to all."""
    return [
        (state(value), count, address(**{name: None if value == chosen else value}), value == chosen)
        for value, count in counted.items()
    ]


def thing(
    of: str,
    name: str,
    stands: str,
    facts: Sequence[tuple[str, Cell]],
    refusal: DomainError | None = None,
    template: str = "steward/thing.html",
    **more: Any,
) -> Response:
    """Show one thing: where it stands, what is known of it, what its reader may do, what happened."""
    told = {"sections": (), "acts": (), "story": (), "links": (), "notes": (), "back": "", **more}
    shown_name = name.strip() or "–"
    return working.page(template, refusal, of=of, name=shown_name, stands=state(stands), facts=facts, **told)


def story(steps: Iterable[Any]) -> list[dict[str, Any]]:
    """Tell steps, the newest first."""
    return [
        {
            "at": _of(each, "at"),
            "words": worded(STEP_KEYS, _of(each, "step")),
            "by": _of(each, "by"),
            "reason": _of(each, "reason") or _of(each, "words"),
        }
        for each in steps
    ][::-1]


def worded(keys: str, value: str) -> str:
    """Say one of our own codes in words; one that is newer than our words as it is called."""
    return words.say(problems.language(), keys + value) if keys + value in words.table() else value


def _of(each: Any, name: str) -> Any:
    return each.get(name, "") if isinstance(each, Mapping) else getattr(each, name, "")


def calendar_of(session: Session) -> Calendar:
    """Give the working days."""
    return calendar.calendar(session)
