"""Acts, each on a page of its own: what it is about, what must be said with it, and one button.

The same page asks for confirmation where an act ends something; there is no box that opens over another page. What was
refused is shown again with everything that was filled in, and the refusal in words.
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from base.errors import DomainError
from base.web import PreconditionFailed
from console import working
from console.layout import ZONE
from console.steward.shown import Cell, Entry, worded

# What marshmallow says, by the words that we have for it.
SAID: Final[Sequence[tuple[re.Pattern[str], str]]] = (
    (
        re.compile(r"Missing data|Field may not be null|Shorter than minimum length 1\.|Length must be between 1 "),
        "missing",
    ),
    (re.compile(r"Longer than|Length must be"), "too-long"),
    (re.compile(r"Not a valid (integer|number)|Must be (greater|less)"), "not-a-number"),
    (re.compile(r"Not a valid (aware )?datetime|Not a valid date"), "not-a-date"),
    (re.compile(r"Must be one of|Not a valid choice"), "not-in-dictionary"),
    (re.compile(r"String does not match|Not a valid string"), "wrong-type"),
)
# Longer numbers are codes, which are no numbers.
LONGEST_NUMBER: Final = 12
# The hidden field that names the version which a form was made from.
SEEN: Final = "seen"
FAULT_KEYS: Final = "steward.fault."
S = TypeVar("S", bound=enum.StrEnum)


def page(  # noqa: PLR0913 - all that one page shows
    of: str,
    step: str,
    name: str,
    back: str,
    entries: Sequence[Entry],
    refusal: DomainError | None = None,
    facts: Sequence[tuple[str, Cell]] = (),
    *,
    danger: bool = False,
    fixed: Sequence[Entry] = (),
) -> Response:
    """Show an act: its fields hold what was sent, if something was; `fixed` ones hold what they are given."""
    told = kindly(refusal)
    return working.page(
        "steward/act.html",
        told,
        of=of,
        step=step,
        name=name,
        back=back,
        entries=[*fixed, *filled_in(entries, told)],
        facts=facts,
        danger=danger,
    )


def filled_in(entries: Sequence[Entry], refusal: DomainError | None = None) -> list[Entry]:
    """Put into fields what was sent, and to each what is wrong with it."""
    wrong = {} if refusal is None else working.faults(refusal)

    def given(each: Entry) -> Any:
        if request.method != "POST":
            return each.value
        if each.kind in {"checks", "words"}:
            return request.form.getlist(each.name)
        return request.form.get(each.name, "")

    return [
        Entry(each.name, each.kind, given(each), each.choices, each.label, each.hint, wrong.get(each.name, ""))
        for each in entries
    ]


def kindly(refusal: DomainError | None) -> DomainError | None:
    """Say what is wrong with a field in the reader's language, and name the field as the form does."""
    if refusal is None:
        return None
    members: Mapping[str, Any] = getattr(refusal, "members", None) or {}
    told = [
        {**each, "pointer": f"#/{_field(each['pointer'])}", "detail": said(each["detail"])}
        for each in members.get("errors", ())
        if each.get("pointer", "#") != "#"
    ]
    if told:
        vars(refusal)["members"] = {**members, "errors": told}
    return refusal


def said(detail: str) -> str:
    """Say a fault in words; what we have no words for stays as it is told."""
    return worded(FAULT_KEYS, next((code for pattern, code in SAID if pattern.search(detail)), detail))


def lines(name: str) -> list[str]:
    """Read a field that holds one thing a line."""
    return [each.strip() for each in request.form.get(name, "").splitlines() if each.strip()]


def number(name: str) -> int | str | None:
    """Read a number; what is none is handed on, so that the schema says so."""
    told = request.form.get(name, "").strip()
    return (
        None if not told else int(told) if told.isascii() and told.isdigit() and len(told) <= LONGEST_NUMBER else told
    )


def day(name: str, *, last: bool = False) -> str:
    """Read a day as the moment at which it begins here, or with `last` at which it ends."""
    told = request.form.get(name, "").strip()
    try:
        begins = datetime.combine(date.fromisoformat(told), datetime.min.time(), ZONE)
        return (begins + timedelta(days=1) if last else begins).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return told


def done(act: Callable[[Session], Response], again: Callable[[DomainError], Response]) -> Response:
    """Do it once; what is refused is shown again."""
    return working.posted(act, again)


def step_of(steps: type[S], step: str) -> S:
    """Read a step from an address. Raises `NotFound` for one that there is not."""
    try:
        return steps(step)
    except ValueError as error:
        raise NotFound from error


def among(table: Mapping[Any, Any], step: str) -> Any:
    """Give what belongs to a step. Raises `NotFound` for one that has no page."""
    if step not in table:
        raise NotFound
    return table[step]


def require_unchanged(version: int) -> None:
    """Let a change pass only when it was made from what stands now. Raises `PreconditionFailed`."""
    if request.form.get(SEEN, "") != str(version):
        raise PreconditionFailed


def reason(value: str = "") -> Entry:
    """Give the field that most acts have."""
    return Entry("reason", "textarea", value)


def _field(pointer: str) -> str:
    """Name the field of the form that a pointer means: the one above places in lists, and without what is around it."""
    parts = [each for each in pointer.removeprefix("#/").split("/") if each not in {"clauses", "quota"}]
    return parts[0] if parts else ""
