"""What the API and the pages share of HTTP: the session's cookie, where a request comes from, where it may lead."""

import re
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from flask import Response, request

from base.api import SESSION_COOKIE
from keys.parties.login_errors import ForeignOrigin
from keys.parties.sessions import Browser, Opened

# The pages that a person may be led to: printable ASCII, as our own addresses are written.
OWN_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,499}")


def give_cookie(response: Response, opened: Opened, at: datetime) -> Response:
    """Hand the session to the browser: for this host alone, over TLS or on this machine, unseen by scripts."""
    response.set_cookie(
        SESSION_COOKIE,
        opened.cookie,
        max_age=int((opened.ends_at - at).total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="Strict",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def take_cookie(response: Response) -> Response:
    """Let the browser forget the session."""
    response.delete_cookie(SESSION_COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def browser() -> Browser:
    """Tell where the request came from."""
    return Browser(request.remote_addr or "", request.headers.get("User-Agent", ""))


def present_cookie() -> str:
    """Give the session cookie of a request whose caller is proven already."""
    return request.cookies.get(SESSION_COOKIE, "")


def former_cookie() -> str | None:
    """Give the cookie of the session that a login takes the place of."""
    return request.cookies.get(SESSION_COOKIE)


def require_own_origin(*, has_own_token: bool = False) -> None:
    """Refuse a login that a page of another site sends, which would put its reader into an account of the attacker's.

    Browsers tell it by `Sec-Fetch-Site`, older ones by `Origin`; programs tell neither and are let through. Our pages
    tell no referrer, so browsers write `Origin: null` for their forms (Fetch 3.1): that says nothing, and what decides
    then is `Sec-Fetch-Site` or the form's own token.
    Raises `ForeignOrigin`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site not in {"same-origin", "none"}:
        raise ForeignOrigin
    if origin is None or (origin == "null" and (site is not None or has_own_token)):
        return
    if urlsplit(origin).netloc.lower() != request.host.lower():
        raise ForeignOrigin


def own_path(asked: str | None, otherwise: str) -> str:
    """Give a path of this site to which a person is led after the login, and never another place."""
    return asked if asked is not None and OWN_PATH.fullmatch(asked) else otherwise
