"""The authenticators that the web edge asks who calls: bearer tokens here, sessions of people beside them.

`first_of` composes them: the first that recognises its kind of credentials decides, and a refusal of one is never
mended by the next. A request that brings both a token and a session cookie is judged by its token.
"""

from collections.abc import Callable
from datetime import datetime

from base import clock
from base.callers import ANONYMOUS, Authenticator, Caller, Credentials
from base.db import Database
from keys.parties import tokens
from keys.parties.errors import TokenRefused
from keys.parties.wiring import Parties

SCHEME = "bearer"


class BearerAuthenticator:
    """Proves bearer tokens (RFC 6750 2.1); revoked tokens and suspended systems are refused at the next call."""

    def __init__(self, parties: Parties, database: Database, now: Callable[[], datetime] = clock.now) -> None:
        self._parties = parties
        self._database = database
        self._now = now

    def __call__(self, credentials: Credentials, /) -> Caller:
        """Tell which system asks. Raises `TokenRefused`."""
        if credentials.authorization is None:
            return ANONYMOUS
        scheme, _, token = credentials.authorization.partition(" ")
        if scheme.lower() != SCHEME or not token:
            raise TokenRefused("scheme")
        with self._database.reading() as session:
            return tokens.prove(session, self._parties, token.strip(), self._now())


def first_of(*authenticators: Authenticator) -> Authenticator:
    """Ask one after the other until someone is recognised."""

    def authenticate(credentials: Credentials, /) -> Caller:
        for each in authenticators:
            caller = each(credentials)
            if caller.kind != "anonymous":
                return caller
        return ANONYMOUS

    return authenticate
