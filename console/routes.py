"""The public pages and their static files. Each view gathers, renders and decides nothing."""

import importlib.resources

from flask import Blueprint, Response, request
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import NotFound

from base import clock, health, problems
from base.web import open_to_all, parts
from certs.sample_magic import MAGIC
from console import layout, portal, trip
from console.assets import assets
from console.errors import UnknownProblemCode
from console.wiring import ConsoleParts

# A file is kept for a year when its address carries its mark, and asked about again otherwise.
KEPT_SECONDS = 365 * 24 * 3600
# Where everybody is invented, somebody invented can be told of.
DEMO = "demo"

pages = Blueprint("console", __name__, template_folder="templates")
BLUEPRINTS = (pages,)


@pages.record_once
def prepare(state: BlueprintSetupState) -> None:
    """Set the templates up once the app is known."""
    layout.prepare(state.app)


@pages.get("/")
@open_to_all
def home() -> Response:
    """Show what can be done here."""
    return layout.page(
        "home.html",
        big=layout.present(portal.BIG_TASKS),
        small=layout.present(portal.SMALL_TASKS),
        trip=trip.trip() if parts(ConsoleParts).environment == DEMO else None,
    )


@pages.get("/docs")
@open_to_all
def api_docs() -> Response:
    """Show the API with try-it, or as a list where scripts do not run."""
    return layout.page("api_docs.html", operations=portal.operations(parts(ConsoleParts).openapi()))


@pages.get("/docs/errors")
@open_to_all
def problem_list() -> Response:
    """List every problem code."""
    return layout.page("problem_list.html", entries=portal.problem_entries(parts(ConsoleParts), problems.language()))


@pages.get("/docs/errors/<code>")
@open_to_all
def problem_code(code: str) -> Response:
    """Explain one problem code.

    Raises `UnknownProblemCode`.
    """
    entries = portal.problem_entries(parts(ConsoleParts), problems.language())
    entry = next((entry for entry in entries if entry.code == code), None)
    if entry is None:
        raise UnknownProblemCode(code)
    return layout.page("problem_code.html", here="console.problem_list", entry=entry)


@pages.get("/docs/sandbox")
@open_to_all
def sandbox() -> Response:
    """Tell how to try the platform with invented data."""
    return layout.page("sandbox.html", address=request.host_url.rstrip("/"), magic=MAGIC)


@pages.get("/docs/ledger")
@open_to_all
def ledger() -> Response:
    """Tell how anyone can check the ledger."""
    return layout.page("ledger.html", address=request.host_url.rstrip("/"))


@pages.get("/docs/ledger/ledger_check.py")
@open_to_all
def ledger_check() -> Response:
    """Hand out the program that checks the ledger without our code."""
    program = importlib.resources.files("base") / "ledger_check.py"
    return Response(program.read_text(encoding="utf-8"), mimetype="text/x-python")


@pages.get("/status")
@open_to_all
def status() -> Response:
    """Show the state of the service."""
    told = parts(ConsoleParts)
    checked = told.health()
    return layout.page(
        "status.html", checked=checked, worst=health.worst(checked), service=told.service(), at=clock.now()
    )


@pages.get("/_ui")
@open_to_all
def components() -> Response:
    """Show every component in all its states; only where the settings ask for it.

    Raises `NotFound` elsewhere.
    """
    if not parts(ConsoleParts).shows_components:
        raise NotFound
    return layout.page("components.html")


@pages.get("/assets/<path:name>")
@open_to_all
def static_file(name: str) -> Response:
    """Serve a static file of the pages.

    Raises `NotFound`.
    """
    asset = assets().get(name)
    if asset is None:
        raise NotFound
    response = Response(asset.content, mimetype=asset.media_type)
    response.set_etag(asset.mark)
    kept = request.args.get("v") == asset.mark
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}, immutable" if kept else "no-cache"
    response.make_conditional(request)
    return response
