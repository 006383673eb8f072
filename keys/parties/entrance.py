"""The edge of logging in, shared by the API and the page: the transactions, and the slow work between them.

A refusal is raised after its record has been committed: what failed is on record like what did not.
"""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import ANONYMOUS, Caller
from base.db import Database
from keys.parties import accounts, attempts, login, password_rules, people, sessions
from keys.parties.acting import record
from keys.parties.id_tokens import Identity
from keys.parties.identity_provider import Arrival, Flow
from keys.parties.login_errors import (
    CodeRefused,
    IdentityUnknown,
    LoginRefused,
    NoIdentityProvider,
    NoLocalPassword,
    NoSecondFactor,
    PresentPasswordWrong,
    UnfitPassword,
)
from keys.parties.login_wiring import Login
from keys.parties.models import Credential
from keys.parties.sessions import CODE, PROVIDER, Browser, Opened, Proven


def enter(
    database: Database,
    parts: Login,
    name: str,
    password: str,
    code: str | None,
    browser: Browser,
    former: str | None,
    at: datetime,
) -> Opened:
    """Log a person in; the session that the browser had before ends.

    Raises `LoginRefused`, `TooManyAttempts`, `LoginBusy`.
    """
    with database.transaction() as session:
        attempt = login.begin(session, parts, name, browser, at)
    # What is too long is weighed as the empty password, which is nobody's: its length must not be work.
    plain = password_rules.normalised(password) if password_rules.usable(password) else ""
    weighed = login.weigh(parts, attempt, plain)
    with database.transaction() as session:
        opened = login.finish(session, parts, attempt, weighed, code, at)
        if opened is not None and former is not None:
            sessions.end_cookie(session, former)
    if opened is None:
        raise LoginRefused
    return opened


def arrive(
    database: Database, parts: Login, flow: Flow, arrival: Arrival, browser: Browser, former: str | None, at: datetime
) -> Opened:
    """Log in whoever comes back from the identity provider.

    Raises `NoIdentityProvider`, `IdentityRefused`, `IdentityUnknown`, `ProviderUnusable`, `TooManyAttempts`.
    """
    if parts.provider is None:
        raise NoIdentityProvider
    parts.provider.require_own(flow, arrival, at)
    with database.transaction() as session:
        attempts.count_address(session, browser.address, parts.rules.limits, at)
    identity = parts.provider.identity(flow, arrival, at)
    with database.transaction() as session:
        row = accounts.linked_person(session, parts.provider.terms.issuer, identity.name)
        if row is None or people.caller_of(session, row) is None:
            opened = None
            record(session, ANONYMOUS, at, "login.refused", Thing(people.THING, row.id if row else "unknown"))
        else:
            attempts.forgive(session, None, browser.address, parts.rules.limits)
            proven = _of_provider(parts, identity, at)
            opened = sessions.open_(session, row, proven, browser, parts.rules.lifetimes, at)
            if former is not None:
                sessions.end_cookie(session, former)
    if opened is None:
        raise IdentityUnknown
    return opened


def change_password(
    database: Database,
    parts: Login,
    caller: Caller,
    cookie: str,
    present: str,
    new: str,
    browser: Browser,
    at: datetime,
) -> Opened:
    """Change the caller's own password; their other sessions end, this one goes on under a new id.

    Raises `NoLocalPassword`, `UnfitPassword`, `PresentPasswordWrong`, `TooManyAttempts`, `LoginBusy`, `SessionEnded`.
    """
    with database.reading() as session:
        row = people.person_of(session, caller.id)
        held = accounts.credential_of(session, row.id)
        if held is None or held.password is None:
            raise NoLocalPassword
    fit = password_rules.require_fit(new, row.login)
    with database.transaction() as session:
        attempt = login.begin(session, parts, row.login, browser, at)
    plain = password_rules.normalised(present) if password_rules.usable(present) else ""
    if not login.weigh(parts, attempt, plain).fits:
        raise PresentPasswordWrong
    if fit == plain:
        with database.transaction() as session:
            attempts.forgive(session, row.login, browser.address, parts.rules.limits)
        raise UnfitPassword("unchanged")
    kept = parts.hasher.hashed(fit)
    with database.transaction() as session:
        held = accounts.credential_of(session, row.id, locked=True)
        if held is None or held.version != attempt.version:
            raise PresentPasswordWrong
        accounts.change_password(session, held, kept, caller, at)
        attempts.forgive(session, row.login, browser.address, parts.rules.limits)
        sessions.end_all(session, row.id, caller, at, but=caller.proof.session if caller.proof else None)
        return sessions.rotate(session, cookie, at, pending=login.pending(parts, held, at))


def prove_second_factor(
    database: Database, parts: Login, caller: Caller, cookie: str, code: str, browser: Browser, at: datetime
) -> Opened:
    """Prove the second factor anew, which makes this session fresh and may raise its level.

    Raises `NoSecondFactor`, `CodeRefused`, `TooManyAttempts`, `SessionEnded`.
    """
    with database.transaction() as session:
        row = people.person_of(session, caller.id)
        if not accounts.has_second_factor(session, row.id):
            raise NoSecondFactor
        attempts.count(session, row.login, browser.address, parts.rules.limits, at)
    with database.transaction() as session:
        held = accounts.credential_of(session, caller.id, locked=True)
        good = accounts.spend_code(session, parts, held, code, at)
        if good:
            opened = _raised(session, parts, caller, cookie, held, at)
            attempts.forgive(session, row.login, browser.address, parts.rules.limits)
    if not good:
        raise CodeRefused
    return opened


def confirm_second_factor(
    database: Database, parts: Login, caller: Caller, cookie: str, code: str, at: datetime
) -> Opened:
    """Take the offered second factor into use with its first code, which is at once its first proof.

    Raises `NoSecondFactor`, `CodeRefused`, `SessionEnded`.
    """
    with database.transaction() as session:
        row = people.person_of(session, caller.id)
        accounts.confirm_second_factor(session, parts, row, code, caller, at)
        return _raised(session, parts, caller, cookie, accounts.credential_of(session, row.id), at)


def _raised(
    session: Session, parts: Login, caller: Caller, cookie: str, held: Credential | None, at: datetime
) -> Opened:
    before = caller.proof
    methods = before.methods if before is not None else ()
    raised: dict[str, Any] = {
        "methods": " ".join(dict.fromkeys([*methods, CODE])),
        "level": max(before.level if before is not None else 0, parts.rules.second_factor_level),
        "second_factor_at": at,
        "pending": "" if PROVIDER in methods else login.pending(parts, held, at),
    }
    opened = sessions.rotate(session, cookie, at, **raised)
    thing = Thing(sessions.THING, opened.id)
    record(session, caller, at, "session.raised", thing, level=opened.level, methods=raised["methods"])
    return opened


def _of_provider(parts: Login, identity: Identity, at: datetime) -> Proven:
    """Say what the provider vouched for; its second factor raises the level as one of ours does."""
    if identity.second_factor:
        return Proven((PROVIDER, "mfa"), max(identity.level, parts.rules.second_factor_level), at)
    return Proven((PROVIDER,), identity.level, None, "second-factor" if parts.rules.second_factor_needed else "")
