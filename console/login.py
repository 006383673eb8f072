"""The pages on which people log in, log out, and look after their sessions, password and second factor.

All of it works without scripts. What a form does, the verbs of `keys.parties` do; a page only asks, tells and leads on,
and only to places of this site. Pages for people wear `for_people`, which sends whoever is not logged in to the login
and back again.
"""

import functools
import hmac
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from base import callers, clock
from base.callers import FirstStepNeeded, NotAuthenticated, Proof
from base.db import Database
from base.errors import DomainError
from base.web import caller, guarded, limited, open_to_all, parts, signed_in
from console import kept, layout
from console.kept import Kept
from keys.algorithms.sm3 import HMAC_SM3
from keys.parties import accounts, entrance, identity_provider, people, sessions
from keys.parties.identity_provider import Arrival
from keys.parties.levels import require_fresh
from keys.parties.login_errors import (
    CodeRefused,
    ForeignOrigin,
    FreshProofNeeded,
    IdentityRefused,
    IdentityUnknown,
    LoginBusy,
    LoginRefused,
    NoIdentityProvider,
    NoLocalPassword,
    NoSecondFactor,
    PresentPasswordWrong,
    ProviderUnusable,
    SessionEnded,
    TooManyAttempts,
    UnfitPassword,
)
from keys.parties.login_web import (
    browser,
    former_cookie,
    give_cookie,
    own_path,
    present_cookie,
    require_own_origin,
    take_cookie,
)
from keys.parties.login_wiring import Login
from keys.parties.sessions import Opened

View = Callable[..., Any]

login_pages = Blueprint("login", __name__, template_folder="templates")

# Pairs a login form with the browser that it was given to; the session does not exist yet.
FORM_COOKIE: Final = "__Host-yinxin-form"
FLOW_COOKIE: Final = "__Host-yinxin-flow"
FORM_CONTEXT: Final = b"yinxin login form"
FORM_LIMIT: Final = 16 * 1024
FORM_SECONDS: Final = 3600
FLOW_SECONDS: Final = 600
# Where somebody is led who asked for nothing else.
AFTER_LOGIN: Final = "/account"
AT_WORK: Final = "/console"

# Refusals that a form tells in its own words and lets the person try again.
TOLD: Final[Mapping[type[DomainError], str]] = {
    LoginRefused: "refused",
    TooManyAttempts: "waiting",
    LoginBusy: "busy",
    ForeignOrigin: "form",
    IdentityRefused: "provider",
    IdentityUnknown: "unknown",
    ProviderUnusable: "provider_down",
    PresentPasswordWrong: "present",
    UnfitPassword: "unfit",
    NoLocalPassword: "elsewhere",
    CodeRefused: "code",
    NoSecondFactor: "no_code",
    FreshProofNeeded: "fresh",
}
STATUS: Final[Mapping[type[DomainError], HTTPStatus]] = {
    LoginRefused: HTTPStatus.UNAUTHORIZED,
    TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    LoginBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    IdentityRefused: HTTPStatus.UNAUTHORIZED,
    ProviderUnusable: HTTPStatus.SERVICE_UNAVAILABLE,
    UnfitPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
}


# --- for the other pages ------------------------------------------------------------------------------------------


def for_people(roles: frozenset[str] | set[str] | None = None) -> Callable[[View], View]:
    """Let people with one of the roles see a page, or every person; lead the others to what they have to do first."""

    def wear(view: View) -> View:
        inner = signed_in(view) if roles is None else guarded(roles=roles)(view)

        @functools.wraps(view)
        def led_view(*args: Any, **kwargs: Any) -> Any:
            try:
                return inner(*args, **kwargs)
            except (NotAuthenticated, SessionEnded):
                return _to_login()
            except FirstStepNeeded as needed:
                page = "login.password" if needed.step == "password" else "login.second_factor"
                return redirect(url_for(page), HTTPStatus.SEE_OTHER)

        led_view.__guard__ = inner.__guard__  # type: ignore[attr-defined]
        return led_view

    return wear


def form_token() -> str:
    """Give what a form of the present session carries in its hidden field `csrf_token`."""
    return sessions.csrf_token(present_cookie())


def _to_login() -> ResponseReturnValue:
    """Lead to the login and back; a link from another site is followed once more from here, then with the cookie."""
    reading = request.method in {"GET", "HEAD"}
    if reading and request.headers.get("Sec-Fetch-Site") == "cross-site" and former_cookie() is None:
        return _onward(own_path(request.full_path.rstrip("?"), AFTER_LOGIN))
    if not reading and (told := kept.of_form()) is not None:
        return _in_the_middle(told)
    asked = {"next": request.full_path.rstrip("?")} if reading else {}
    response = redirect(f"{url_for('login.login')}?{urlencode(asked)}" if asked else url_for("login.login"), 303)
    return take_cookie(make_response(response)) if former_cookie() is not None else response


def _in_the_middle(told: Kept) -> Response:
    """Ask for the login in place of what a form asked for, and carry what was typed along."""
    response = _login_page(AT_WORK, told=told)
    response.status_code = HTTPStatus.UNAUTHORIZED
    return take_cookie(response) if former_cookie() is not None else response


# --- logging in and out -------------------------------------------------------------------------------------------


@login_pages.get("/login")
@open_to_all
def login() -> Response:
    """Show the login form."""
    return _login_page(own_path(request.args.get("next"), AFTER_LOGIN))


@login_pages.post("/login")
@open_to_all
@limited(FORM_LIMIT + kept.MOST_BYTES)
def log_in() -> ResponseReturnValue:
    """Log in and lead on."""
    form, at = request.form, clock.now()
    onward = own_path(form.get("next"), AFTER_LOGIN)
    try:
        _require_own_form(form.get("form_token"))
        require_own_origin(has_own_token=True)
        opened = entrance.enter(
            parts(Database),
            parts(Login),
            form.get("login", "").strip(),
            form.get("password", ""),
            form.get("totp", "").replace(" ", "") or None,
            browser(),
            former_cookie(),
            at,
        )
    except (LoginRefused, TooManyAttempts, LoginBusy, ForeignOrigin) as refusal:
        return _login_page(onward, refusal, form.get("login", "")[:64], kept.carried())
    told = kept.carried()
    if told is None or opened.pending:
        return _entered(opened, onward)
    page = layout.page("login_kept.html", here="none", kept=told, token=opened.csrf_token, onward=onward)
    return give_cookie(page, opened, clock.now())


@login_pages.post("/logout")
@for_people()
def log_out() -> Response:
    """End this session."""
    with parts(Database).transaction() as session:
        sessions.end(session, _proof().session, caller(), clock.now())
    return take_cookie(make_response(redirect(url_for("login.login"), 303)))


@login_pages.get("/login/oidc")
@open_to_all
def to_provider() -> ResponseReturnValue:
    """Send the browser to the identity provider."""
    provider = parts(Login).provider
    if provider is None:
        raise NoIdentityProvider
    onward = own_path(request.args.get("next"), AFTER_LOGIN)
    try:
        flow, address = provider.begin(onward, clock.now(), fresh=request.args.get("fresh") == "1")
    except ProviderUnusable as refusal:
        return _login_page(onward, refusal)
    response = make_response(redirect(address, HTTPStatus.SEE_OTHER))
    response.set_cookie(
        FLOW_COOKIE, flow.cookie, max_age=FLOW_SECONDS, path="/", secure=True, httponly=True, samesite="Lax"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@login_pages.get("/login/oidc/callback")
@open_to_all
def from_provider() -> Response:
    """Log in whoever comes back from the identity provider; the way there is over, however it ended."""
    at, given = clock.now(), request.args
    onward = AFTER_LOGIN
    try:
        _require_once()
        flow = identity_provider.flow_of(request.cookies.get(FLOW_COOKIE))
        onward = own_path(flow.onward, AFTER_LOGIN)
        arrival = Arrival(given.get("code"), given.get("state"), given.get("iss"), given.get("error"))
        opened = entrance.arrive(parts(Database), parts(Login), flow, arrival, browser(), former_cookie(), at)
    except (IdentityRefused, IdentityUnknown, ProviderUnusable, TooManyAttempts) as refusal:
        return _forget_flow(_login_page(onward, refusal))
    # From another site's redirect the browser would not send the cookie along; from our own page it does.
    return give_cookie(_forget_flow(_onward(_first_step(opened) or onward)), opened, clock.now())


# --- one's own account --------------------------------------------------------------------------------------------


@login_pages.get("/account")
@for_people()
def account() -> Response:
    """Show one's own account and sessions."""
    lifetimes = parts(Login).rules.lifetimes
    with parts(Database).reading() as session:
        found = sessions.of_person(session, caller().id, lifetimes, clock.now())
        has_code = accounts.has_second_factor(session, caller().id)
    return _private("login_account.html", sessions=found, has_code=has_code)


@login_pages.post("/account/sessions/<session_id>/end")
@for_people()
def end_session(session_id: str) -> ResponseReturnValue:
    """End one of one's own sessions."""
    with parts(Database).transaction() as session:
        sessions.end(session, session_id, caller(), clock.now())
    return redirect(url_for("login.account"), 303)


@login_pages.post("/account/sessions/end-others")
@for_people()
def end_others() -> ResponseReturnValue:
    """End every other of one's own sessions."""
    with parts(Database).transaction() as session:
        sessions.end_all(session, caller().id, caller(), clock.now(), but=_proof().session)
    return redirect(url_for("login.account"), 303)


@login_pages.get("/account/password")
@for_people()
def password() -> Response:
    """Show the form for another password."""
    return _private("login_password.html", error="", reason="", minutes=0)


@login_pages.post("/account/password")
@for_people()
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    form = request.form
    if form.get("new", "") != form.get("again", ""):
        return _private("login_password.html", HTTPStatus.UNPROCESSABLE_ENTITY, error="again", reason="", minutes=0)
    try:
        opened = entrance.change_password(
            parts(Database),
            parts(Login),
            caller(),
            present_cookie(),
            form.get("present", ""),
            form.get("new", ""),
            browser(),
            clock.now(),
        )
    except (UnfitPassword, PresentPasswordWrong, NoLocalPassword, TooManyAttempts, LoginBusy) as refusal:
        reason = refusal.reason.replace("-", "_") if isinstance(refusal, UnfitPassword) else ""
        return _private("login_password.html", _status(refusal), reason=reason, **_told(refusal))
    return _entered(opened, AFTER_LOGIN)


@login_pages.get("/account/second-factor")
@for_people()
def second_factor() -> Response:
    """Show the forms with which a second factor is proved or set up."""
    return _second_factor_page()


@login_pages.post("/account/second-factor/offer")
@for_people()
def offer_second_factor() -> Response:
    """Show a new secret, this once."""
    at = clock.now()
    try:
        with parts(Database).transaction() as session:
            row = people.person_of(session, caller().id, locked=True)
            if accounts.has_second_factor(session, row.id):
                require_fresh(caller(), at)
            secret = accounts.offer_second_factor(session, parts(Login), row, at)
    except FreshProofNeeded as refusal:
        return _second_factor_page(refusal=refusal)
    return _second_factor_page(secret)


@login_pages.post("/account/second-factor/confirm")
@for_people()
def confirm_second_factor() -> ResponseReturnValue:
    """Take the offered second factor into use."""
    try:
        opened = entrance.confirm_second_factor(
            parts(Database), parts(Login), caller(), present_cookie(), _code(), clock.now()
        )
    except (CodeRefused, NoSecondFactor) as refusal:
        return _second_factor_page(refusal=refusal)
    return _entered(opened, AFTER_LOGIN)


@login_pages.post("/account/second-factor/prove")
@for_people()
def prove_second_factor() -> ResponseReturnValue:
    """Prove the second factor now."""
    onward = own_path(request.form.get("next"), AFTER_LOGIN)
    try:
        opened = entrance.prove_second_factor(
            parts(Database), parts(Login), caller(), present_cookie(), _code(), browser(), clock.now()
        )
    except (CodeRefused, NoSecondFactor, TooManyAttempts) as refusal:
        return _second_factor_page(refusal=refusal)
    return _entered(opened, onward)


# --- what the views share -----------------------------------------------------------------------------------------


def _login_page(onward: str, refusal: DomainError | None = None, name: str = "", told: Kept | None = None) -> Response:
    """Render the login form, with a token of its own in cookie and field."""
    secret = request.cookies.get(FORM_COOKIE, "")
    if not sessions.COOKIE_SHAPE.fullmatch(secret):
        secret = secrets.token_urlsafe(32)
    response = layout.page(
        "login.html",
        here="login.login",
        onward=onward,
        form_token=_form_mac(secret),
        name=name,
        kept=told,
        provider=parts(Login).provider,
        **_told(refusal),
    )
    response.set_cookie(
        FORM_COOKIE, secret, max_age=FORM_SECONDS, path="/", secure=True, httponly=True, samesite="Strict"
    )
    response.headers["Cache-Control"] = "no-store"
    if refusal is not None:
        response.status_code = _status(refusal)
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _require_own_form(told: str | None) -> None:
    """Let only a form pass that this browser was given (login CSRF).

    Raises `ForeignOrigin`.
    """
    given = request.cookies.getlist(FORM_COOKIE)
    fits = len(given) == 1 and sessions.COOKIE_SHAPE.fullmatch(given[0]) is not None
    if not fits or not hmac.compare_digest(_form_mac(given[0]).encode(), (told or "").encode("utf-8", "replace")):
        raise ForeignOrigin


def _require_once() -> None:
    """Let nothing pass that stands twice in an answer of the provider's: it has no one meaning.

    Raises `IdentityRefused`.
    """
    if any(len(values) > 1 for _, values in request.args.lists()) or len(request.cookies.getlist(FLOW_COOKIE)) > 1:
        raise IdentityRefused("twice")


def _form_mac(secret: str) -> str:
    return HMAC_SM3.tag(secret.encode(), FORM_CONTEXT).hex()


def _second_factor_page(secret: accounts.NewSecret | None = None, refusal: DomainError | None = None) -> Response:
    with parts(Database).reading() as session:
        has_code = accounts.has_second_factor(session, caller().id)
    onward = own_path(request.values.get("next"), AFTER_LOGIN)
    status = _status(refusal) if refusal is not None else HTTPStatus.OK
    return _private(
        "login_second_factor.html", status, secret=secret, has_code=has_code, onward=onward, **_told(refusal)
    )


def _private(template: str, status: HTTPStatus = HTTPStatus.OK, **facts: Any) -> Response:
    """Render a page of one person's, which no cache keeps."""
    response = layout.page(template, here="login.account", token=form_token(), person=caller(), proof=_proof(), **facts)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def _entered(opened: Opened, onward: str) -> Response:
    """Hand the session over and lead on, first to what is still to be done."""
    response = make_response(redirect(_first_step(opened) or onward, HTTPStatus.SEE_OTHER))
    return give_cookie(response, opened, clock.now())


def _first_step(opened: Opened) -> str | None:
    pages = {"password": "login.password", "second-factor": "login.second_factor"}
    return url_for(pages[opened.pending]) if opened.pending else None


def _onward(path: str) -> Response:
    response = layout.page("login_onward.html", here="none", onward=path)
    response.headers["Cache-Control"] = "no-store"
    return response


def _forget_flow(response: Response) -> Response:
    response.delete_cookie(FLOW_COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def _told(refusal: DomainError | None) -> dict[str, Any]:
    """Say a refusal as the key of its words; what else is known of it stays unsaid."""
    wait = refusal.retry_after if isinstance(refusal, TooManyAttempts) else 0
    return {"error": TOLD[type(refusal)] if refusal is not None else "", "minutes": -(-wait // 60)}


def _status(refusal: DomainError) -> HTTPStatus:
    return STATUS.get(type(refusal), HTTPStatus.FORBIDDEN)


def _code() -> str:
    return request.form.get("totp", "").replace(" ", "")[:16]


def _proof() -> Proof:
    proof = caller().proof
    if proof is None:
        raise callers.NotAuthenticated
    return proof
