"""The panel for windows: a page that stands in somebody else's intake system, opened once by the ticket in its address.

What a ticket opens, what is looked up and what a clerk is told is decided by `certs.filing.panels`; here is the page.

The ticket is exchanged for a cookie of this one panel: `Partitioned` and `SameSite=None`, so that it reaches us inside
another site's frame without being a third-party cookie; `Secure`, `HttpOnly`, and good below the panel's own path only,
so that several panels stand open in one browser. The address is then one without any secret, which can be loaded again.
A cookie that other sites' requests carry proves no intent: every form also carries a word derived from it, which only
the panel's own pages know. Frames are allowed to the origins that were registered for the system, and to no other.

All of it works without scripts; with them the preview opens beside the list, and arrows walk the list.
"""

import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from base import clock, problems
from base.acting import request_id
from base.db import Database
from base.errors import DomainError
from base.web import CONTENT_SECURITY_POLICY, limited, open_to_all, parts
from certs.filing.panels import badges, origins, panels
from certs.filing.panels.errors import PanelFormForeign, PanelTicketOver, PanelTicketUsed
from certs.filing.panels.models import FilingPanel
from certs.filing.panels.showing import Counter, Panel, Shown
from certs.queries.wiring import Queries
from console import layout, preferences
from exchange.mounting.wiring import MountParts

panel_pages = Blueprint("panel_pages", __name__, template_folder="templates")
BLUEPRINTS = (panel_pages,)

COOKIE: Final = "__Secure-yinxin-panel"
PLACE: Final = "/panel/view/<string:panel>"
# Answers to some sixty questions, and two words.
FORM_LIMIT: Final = 32 * 1024
ANSWER: Final = "answer-"
NOBODY: Final = "'none'"
# How each badge is coloured; its word and its shape say the same.
MARKS: Final[Mapping[str, str]] = {
    "called": "ok",
    "reused": "ok",
    "cancelled": "ok",
    "ready": "unknown",
    "check": "unknown",
    "assistance": "unknown",
    "consent": "warn",
    "promised": "warn",
    "later": "warn",
    "submit": "plain",
    "down": "bad",
}


@panel_pages.get("/panel/<string:ticket>")
@open_to_all
def enter(ticket: str) -> ResponseReturnValue:
    """Spend a ticket and lead on to its panel; whoever only looks ahead spends nothing."""
    database, at = parts(Database), clock.now()
    parts(Queries).open(database)
    keys = parts(Queries).certs.keys
    with database.reading() as session:
        row = panels.ticketed(session, keys, ticket)
        framed = origins.of(session, row.system)
    if request.method == "HEAD" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return _framed(Response(status=HTTPStatus.NO_CONTENT), framed)
    try:
        with database.transaction() as session:
            row, word = panels.open_(session, keys, ticket, at)
    except (PanelTicketUsed, PanelTicketOver) as refusal:
        return _framed(_refused(refusal), framed)
    chosen = urlencode(preferences.to_remember(request.args))
    address = _path(row.id) + (f"?{chosen}" if chosen else "")
    response = make_response(redirect(address, HTTPStatus.SEE_OTHER))
    _keep(response, row, COOKIE, word)
    return _framed(response, framed)


@panel_pages.get(PLACE)
@open_to_all
def view(panel: str) -> Response:
    """Show the panel."""
    return _answered(panel, lambda counter: _page(counter.panel(panel)))


@panel_pages.post(f"{PLACE}/lookups")
@open_to_all
@limited(FORM_LIMIT)
def look_up(panel: str) -> Response:
    """Look everything up, and lead back to the panel."""

    def looked_up(counter: Counter) -> Response:
        counter.look_up(panel)
        return _led_back(panel)

    return _answered(panel, looked_up)


@panel_pages.post(f"{PLACE}/answers")
@open_to_all
@limited(FORM_LIMIT)
def answer(panel: str) -> Response:
    """Take answers about the situation, and lead back to the panel."""
    told = {name.removeprefix(ANSWER): each for name, each in request.form.items() if name.startswith(ANSWER)}

    def answered(counter: Counter) -> Response:
        counter.answer(panel, told)
        return _led_back(panel)

    return _answered(panel, answered)


@panel_pages.post(f"{PLACE}/materials/<string:line>")
@open_to_all
@limited(FORM_LIMIT)
def material(panel: str, line: str) -> Response:
    """Show one material beside the list; what was found is asked for anew."""
    return _answered(panel, lambda counter: _page(*counter.material(panel, line)))


@panel_pages.post(f"{PLACE}/closure")
@open_to_all
@limited(FORM_LIMIT)
def close(panel: str) -> Response:
    """Close the panel."""

    def closed(counter: Counter) -> Response:
        shown = counter.panel(panel)
        counter.close(panel)
        response = layout.page("panel_closed.html", here="none", panel=shown, message=_message(shown, "closed"))
        response.delete_cookie(COOKIE, path=_path(panel), secure=True, httponly=True, samesite="None", partitioned=True)
        return response

    return _answered(panel, closed)


# --- one request of a panel ---------------------------------------------------------------------------------------


def _answered(panel: str, act: Callable[[Counter], Response]) -> Response:
    """Do something for the browser that holds the panel; a refusal is told in the frame in which it came about."""
    database, word = parts(Database), request.cookies.get(COOKIE, "")
    parts(Queries).open(database)
    with database.reading() as session:
        row = session.get(FilingPanel, panel)
        framed = origins.of(session, row.system) if row is not None else []
    counter = Counter(database, parts(Queries), parts(MountParts), word, clock.now(), request_id())
    try:
        if request.method == "POST":
            _require_own_form(word)
        response = act(counter)
    except DomainError as refusal:
        response = _refused(refusal)
    if row is not None:
        for name, choice in preferences.to_remember(request.args).items():
            _keep(response, row, name, choice)
    return _framed(response, framed)


def _require_own_form(word: str) -> None:
    if not hmac.compare_digest(request.form.get("form_word", "").encode(), panels.form_word(word).encode()):
        raise PanelFormForeign


def _led_back(panel: str) -> Response:
    return make_response(redirect(f"{_path(panel)}?done=1", HTTPStatus.SEE_OTHER))


def _refused(refusal: DomainError) -> Response:
    told = problems.problem(refusal, problems.language(), g.get("request_id", ""))
    response = layout.page("panel_problem.html", here="none", problem=told)
    response.status_code = told.status
    return response


def _framed(response: Response, framed: list[str]) -> Response:
    """Say who may frame the answer, and that nobody keeps it."""
    allowed = " ".join(framed) or NOBODY
    policy = CONTENT_SECURITY_POLICY.replace(f"frame-ancestors {NOBODY}", f"frame-ancestors {allowed}")
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _keep(response: Response, row: FilingPanel, name: str, value: str) -> None:
    left = int((row.ends_at - clock.now()).total_seconds())
    response.set_cookie(
        name,
        value,
        max_age=max(left, 0),
        path=_path(row.id),
        secure=True,
        httponly=True,
        samesite="None",
        partitioned=True,
    )


def _path(panel: str) -> str:
    return url_for("panel_pages.view", panel=panel)


# --- what is shown ------------------------------------------------------------------------------------------------


def _page(panel: Panel, shown: Shown | None = None) -> Response:
    word = request.cookies.get(COOKIE, "")
    result = panel.row.result
    return layout.page(
        "panel.html",
        here="none",
        panel=panel,
        shown=shown,
        marks=MARKS,
        counts=badges.counts(panel.rows),
        degraded=badges.degraded(panel.rows),
        refused=_words_of(result.get("refused")),
        form_word=panels.form_word(word),
        to_bring=_to_bring(panel),
        just_done=bool(request.args.get("done")),
        message=_message(panel, "looked-up" if panel.row.looked_up_at else "opened"),
        here_again=lambda **chosen: url_for("panel_pages.view", panel=panel.row.id, **chosen),
        post=lambda endpoint, **told: url_for(f"panel_pages.{endpoint}", panel=panel.row.id, **told),
    )


def _to_bring(panel: Panel) -> int:
    """Count what is to be brought: by the notice once there is one, by the plan before."""
    told: int = panel.row.result.get("to_submit", panel.planned.to_submit)
    return told


def _words_of(code: str | None) -> Mapping[str, Any] | None:
    """Give the words of a refusal that was noted; its facts were not, so only what needs none is told."""
    return problems.words()[code][problems.language()] if code else None


def _message(panel: Panel, happened: str) -> dict[str, Any]:
    """Make what the page around is told: how it ended, in numbers, and where the rest can be read."""
    row, result = panel.row, panel.row.result
    return {
        "to": list(panel.origins),
        "told": {
            "type": "yinxin.panel",
            "event": happened,
            "panel": row.id,
            "lookup": row.lookup,
            "complete": bool(result.get("complete")),
            "to_submit": _to_bring(panel),
            "badges": dict(badges.counts(panel.rows)),
            "url": f"/api/v1/filing/panels/{row.id}",
        },
    }
