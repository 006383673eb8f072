"""Walking all pages that somebody reaches, sending every form spoilt field by field; the same walk as a stranger.

Nothing here is written down by hand: links and forms are those of the pages, so a page that is added is walked too.
"""

import secrets
from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask
from lxml import html
from werkzeug.exceptions import HTTPException

from base.callers import Caller
from keys.parties import sessions
from tests.console.people import ACCEPTS, written

PLACES: Final = ("/console", "/my")
MOST_PAGES: Final = 80
# What stands in an address and is no longer than this is the name of a step, and not of somebody's thing.
LONGEST_WORD: Final = 12
SPOILT: Final[tuple[Any, ...]] = ("🙂", "", "长" * 5000, ["a", "b"])
# The words against foreign forms and against a second click are not what a person fills in.
CARRIED: Final = frozenset({"csrf_token", "once"})


@dataclass(frozen=True)
class Form:
    """A form as a page has it: where it leads, how, and what it says untouched."""

    action: str
    method: str
    fields: Mapping[str, Any] = field(hash=False)
    files: frozenset[str] = frozenset()


@dataclass
class Walk:
    """What somebody reaches: pages by their address, and the forms on them."""

    pages: list[str] = field(default_factory=list)
    forms: list[Form] = field(default_factory=list)


def walk(app: Flask, who: Caller, *starts: str, within: tuple[str, ...] = PLACES) -> Walk:
    """Follow every link of the pages at work from where somebody starts, within what a house has the parts for."""
    found, seen, waiting = Walk(), set(starts), deque(starts)
    known: set[tuple[str, frozenset[str]]] = set()
    while waiting and len(found.pages) < MOST_PAGES:
        place = waiting.popleft()
        answer = called(app, who, "get", place)
        assert answer.status_code < 500, f"{place}: {answer.status_code}"
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        found.pages.append(place)
        page = html.fromstring(answer.text)
        for form in _forms(page, place):
            if (key := (form.action, frozenset(form.fields))) not in known:
                known.add(key)
                found.forms.append(form)
        for link in _links(page):
            if link not in seen and link.startswith(within):
                seen.add(link)
                waiting.append(link)
    return found


def spoilt(form: Form) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a form with each of its fields spoilt in turn, each as a form that was never sent."""
    for name in form.fields:
        if name in CARRIED:
            continue
        for each in SPOILT:
            told = {**form.fields, name: _file(each) if name in form.files else each}
            yield name, {**told, **({"once": secrets.token_urlsafe(12)} if "once" in form.fields else {})}


def faults(app: Flask, who: Caller, found: Walk) -> list[str]:
    """Send every form of a walk spoilt; tell what broke."""
    broken = []
    for form in found.forms:
        for name, told in spoilt(form):
            answer = sent(app, who, form, told)
            if answer.status_code >= 500:
                broken.append(f"{form.method} {form.action} {name}={str(told[name])[:20]!r}: {answer.status_code}")
    return sorted(set(broken))


def let_in(app: Flask, stranger: Caller, found: Walk, common: Collection[str] = ()) -> list[str]:
    """Walk what somebody else reached; tell where a stranger was let in, or saw a name of what is not theirs.

    An address that names a thing has to be 403 or 404; one that names none may be open, and must not tell of theirs.
    """
    named = {name for place in found.pages for name in _named(app, place, common)}
    theirs = {each for each in named if len(each) > LONGEST_WORD}
    wrong = []
    for place in found.pages:
        answer = called(app, stranger, "get", place)
        if _named(app, place, common):
            if answer.status_code not in {403, 404}:
                wrong.append(f"get {place}: {answer.status_code}")
        elif told := sorted(each for each in theirs if each in answer.text):
            wrong.append(f"get {place} tells {told}")
    for form in found.forms:
        if form.method != "post" or not _named(app, form.action, common):
            continue
        once = {"once": secrets.token_urlsafe(12)} if "once" in form.fields else {}
        answer = sent(app, stranger, form, {**form.fields, **once})
        if answer.status_code not in {403, 404}:
            wrong.append(f"post {form.action}: {answer.status_code}")
    return wrong


def sent(app: Flask, who: Caller, form: Form, told: Mapping[str, Any]) -> Any:
    """Send a form as somebody, with the word of their own session."""
    given = {**told, **({"csrf_token": sessions.csrf_token(who.id)} if "csrf_token" in told else {})}
    if form.method == "get":
        return called(app, who, "get", form.action, query_string=given)
    # What is left of a file that was not chosen is no field.
    return called(app, who, "post", form.action, data={name: each for name, each in given.items() if each is not None})


def called(app: Flask, who: Caller, method: str, place: str, **told: Any) -> Any:
    """Call an address as a browser does."""
    client = app.test_client(use_cookies=False)
    headers = {**ACCEPTS, "Cookie": f"__Host-yinxin={who.id}"}
    return getattr(client, method)(place, headers=headers, **told)


def _forms(page: Any, place: str) -> Iterator[Form]:
    for form in page.xpath("//main//form"):
        action = form.get("action") or place
        if not action.startswith(PLACES):
            continue
        files = frozenset(form.xpath(".//input[@type='file']/@name"))
        boxes = dict.fromkeys(form.xpath(".//input[@type='checkbox' or @type='radio']/@name"), "")
        buttons = {each.get("name"): each.get("value", "") for each in form.xpath(".//button[@name]")}
        fields = {**boxes, **buttons, **written(form), **dict.fromkeys(files)}
        yield Form(action, (form.get("method") or "get").lower(), fields, files)


def _links(page: Any) -> Iterator[str]:
    for link in page.xpath("//main//a/@href"):
        parts = urlsplit(str(link))
        if parts.path.startswith(PLACES) and not parts.netloc and "cursor=" not in parts.query:
            yield parts.path + (f"?{parts.query}" if parts.query else "")


def _file(each: Any) -> Any:
    if isinstance(each, list):
        return [(BytesIO(one.encode()), f"{one}.bin") for one in each]
    return (BytesIO(each.encode()), "演示.bin") if each else None


def _named(app: Flask, place: str, common: Collection[str]) -> list[str]:
    """Give the names of things in an address, as its rule has them; of what is everybody's none."""
    adapter = app.url_map.bind("localhost")
    path = urlsplit(place).path
    for method in ("GET", "POST"):
        try:
            endpoint, named = adapter.match(path, method=method)
        except HTTPException:
            continue
        return [] if endpoint in common else [str(each) for each in named.values()]
    return []
