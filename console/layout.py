"""What every page has: its language, its look, its navigation and its headers.

`page` renders a template; `problem_page` is the same for refusals and is handed to `base.problems.install`. A later
page is added in two places: a view in `routes`, and a row in `NAVIGATION` or `REFERENCE` if it deserves one.
"""

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Response, current_app, g, make_response, render_template, request, url_for
from flask.sansio.app import App
from jinja2 import StrictUndefined
from markupsafe import Markup, escape

from base import clock, problems, web
from base.maintenance import Maintenance
from console import preferences, words
from console.assets import assets
from console.wiring import ConsoleParts

# Pages show the time of the country's offices, whatever the server's own zone is.
ZONE = ZoneInfo("Asia/Shanghai")
CELL = re.compile(r"<t[dh]\b")
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: the key of its words and the view that it leads to."""

    key: str
    endpoint: str


NAVIGATION = (
    Place("navigation.home", "console.home"),
    Place("navigation.verify", "verify.form"),
    Place("navigation.docs", "console.api_docs"),
    Place("navigation.sandbox", "console.sandbox"),
    Place("navigation.trust", "trust_pages.trust_list"),
    Place("navigation.status", "console.status"),
    Place("navigation.work", "tasks.mine"),
    Place("navigation.account", "login.account"),
)
# What one looks something up in stands at the foot: the head keeps to one line on a screen of 1280.
REFERENCE = (Place("navigation.errors", "console.problem_list"), Place("navigation.ledger", "console.ledger"))


class Leading(Protocol):
    """Something that leads to a page."""

    @property
    def endpoint(self) -> str:
        """Name the view."""


L = TypeVar("L", bound=Leading)


def present(places: Sequence[L]) -> list[L]:
    """Leave out what leads to a page that this installation does not have."""
    return [each for each in places if each.endpoint in current_app.view_functions]


def page(template: str, here: str = "", **facts: Any) -> Response:
    """Render a page in the reader's language and look; `here` is the endpoint that the navigation marks."""
    language = problems.language()
    response = make_response(
        render_template(
            template,
            here=here or request.endpoint,
            t=functools.partial(words.say, language),
            language=language,
            html_language=HTML_LANGUAGE[language],
            preferences=preferences.chosen(request.args, request.cookies),
            navigation=present(NAVIGATION),
            reference=present(REFERENCE),
            site=web.parts(ConsoleParts),
            maintenance=_maintenance(),
            request_id=g.get("request_id", ""),
            switch=switch,
            asset=asset,
            **facts,
        )
    )
    response.headers["Content-Language"] = HTML_LANGUAGE[language]
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.update({"Accept-Language", "Cookie"})
    for name, choice in preferences.to_remember(request.args).items():
        response.set_cookie(
            name, choice, max_age=preferences.KEPT_SECONDS, secure=request.is_secure, samesite="Lax", path="/"
        )
    return response


def _maintenance() -> dict[str, Any] | None:
    """Tell of the maintenance window that stands."""
    known: Maintenance | None = current_app.extensions["yinxin"].get(Maintenance)
    at = clock.now()
    window = None if known is None else known.window(at)
    return None if window is None else {"window": window, "lasts": window.lasts(at)}


def problem_page(told: problems.Problem) -> Response:
    """Show a refusal: what happened, why, what to do, the request's id and the way home."""
    return page("problem.html", here="none", problem=told)


def switch(name: str, choice: str) -> str:
    """Give the address of this page with one preference changed; a page that was not read leads home."""
    if request.method not in {"GET", "HEAD"}:
        return "/?" + urlencode({name: choice})
    kept = [pair for pair in request.args.items(multi=True) if pair[0] != name]
    return f"{request.path}?{urlencode([*kept, (name, choice)])}"


def asset(name: str) -> str:
    """Give the address of a static file; it changes with the file, so browsers may keep it for good.

    Raises `KeyError` for a file that is not there.
    """
    return url_for("console.static_file", name=name, v=assets()[name].mark)


def moment(at: datetime) -> str:
    """Write a time as pages do: `2026-11-21 10:22:31 (UTC+8)`."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S (UTC+8)")


def plain_json(value: object) -> str:
    """Write a value as the JSON that a reader sees."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def labelled(cells: Markup, columns: Sequence[Mapping[str, Any]]) -> Markup:
    """Tell each cell of a row the words of its column: where a table is narrow, its head is not seen."""
    words_left = iter(columns)

    def told(found: re.Match[str]) -> str:
        column = next(words_left, None)
        return found[0] if column is None else f'{found[0]} data-label="{escape(column["words"])}"'

    return Markup(CELL.sub(told, str(cells)))  # noqa: S704 - the words are escaped, the rest is markup already


def prepare(app: App) -> None:
    """Make templates strict: a name that nobody gave is an error, never an empty place on a page."""
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(moment=moment, plain_json=plain_json, labelled=labelled)
