"""Proves who a request's session cookie speaks for; stands beside the bearer tokens in `authentication.first_of`."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from base import clock
from base.callers import ANONYMOUS, Caller, Credentials
from base.db import Database, DatabaseBusy, DiskFull
from keys.parties import sessions
from keys.parties.login_errors import SessionEnded
from keys.parties.login_wiring import Login


class SessionAuthenticator:
    """Proves sessions: 1. it lives; 2. a changing request carries its token; 3. account and organisation are active."""

    def __init__(self, login: Login, database: Database, now: Callable[[], datetime] = clock.now) -> None:
        self._lifetimes = login.rules.lifetimes
        self._database = database
        self._now = now

    def __call__(self, credentials: Credentials, /) -> Caller:
        """Tell which person asks. Raises `SessionEnded`, `CsrfTokenWrong`."""
        cookie = credentials.session_cookie
        if cookie is None:
            return ANONYMOUS
        at = self._now()
        with self._database.reading() as session:
            row = sessions.found(session, cookie, self._lifetimes, at)
            if row is None:
                raise SessionEnded
            if credentials.unsafe:
                sessions.require_csrf(cookie, credentials.csrf_token)
            caller = sessions.proven(session, row)
        if caller is None:
            raise SessionEnded
        if at - row.seen_at >= sessions.SEEN_EVERY:
            # Reading must go on while nothing can be written; the session then ends a little early at worst.
            with suppress(DatabaseBusy, DiskFull), self._database.transaction() as session:
                sessions.seen(session, row, at)
        return caller
