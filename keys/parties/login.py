"""Logging in with a password and a six-digit code.

1. `begin` counts the attempt as failed, in a transaction of its own, whether the account exists or not; 2. the password
is weighed against the kept hash, or against nobody's for as long, with no transaction open; 3. `finish` takes the
account as it is by then: nothing has changed meanwhile, person and organisation are active, a one-time password is in
its time; 4. the code is of the second factor and was not used before; 5. the attempt is forgiven, the session opened
and put on record. Whatever is wrong, the answer is the same.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import ANONYMOUS
from keys.parties import accounts, attempts, people, sessions
from keys.parties.acting import changed, record
from keys.parties.login_wiring import Login
from keys.parties.models import Credential, Person
from keys.parties.sessions import CODE, PASSWORD, Browser, Opened, Pending, Proven


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted: whom it names, if anyone, and what the password is weighed against."""

    login: str
    browser: Browser
    last: bool
    person: str | None = None
    kept: str | None = field(default=None, repr=False)
    version: int = 0


@dataclass(frozen=True)
class Weighed:
    """What weighing a password gave; `anew` is its hash by today's parameters where the kept one is outdated."""

    fits: bool
    anew: str | None = field(default=None, repr=False)


def begin(session: Session, login: Login, name: str, browser: Browser, at: datetime) -> Attempt:
    """Count an attempt (step 1) and find what it is weighed against.

    Raises `TooManyAttempts`.
    """
    last = attempts.count(session, name, browser.address, login.rules.limits, at)
    row = people.person_by_login(session, name)
    held = accounts.credential_of(session, row.id) if row is not None else None
    if held is None:
        return Attempt(name, browser, last, row.id if row is not None else None)
    return Attempt(name, browser, last, held.person, held.password, held.version)


def weigh(login: Login, attempt: Attempt, password: str) -> Weighed:
    """Weigh a password (step 2), already in its one form. Raises `LoginBusy`."""
    fits = login.hasher.fits(attempt.kept, password)
    if not fits or attempt.kept is None or not login.hasher.outdated(attempt.kept):
        return Weighed(fits)
    return Weighed(fits, login.hasher.hashed(password))


def finish(
    session: Session, login: Login, attempt: Attempt, weighed: Weighed, code: str | None, at: datetime
) -> Opened | None:
    """Judge the whole (steps 3 to 5); None is a refusal, which is on record then like a login is."""
    row = session.get(Person, attempt.person) if attempt.person is not None else None
    held = accounts.credential_of(session, row.id, locked=True) if row is not None else None
    good = weighed.fits and _still_good(session, login, row, held, attempt, at)
    # A code beside a wrong password is not spent, but held against nobody's secret for as long.
    coded = accounts.spend_code(session, login, held if good else None, code, at)
    if row is None or held is None or not good or (held.totp is not None and not coded):
        _refused(session, attempt, at)
        return None
    if weighed.anew is not None:
        held.password = weighed.anew
    attempts.forgive(session, attempt.login, attempt.browser.address, login.rules.limits)
    return sessions.open_(session, row, _proven(login, held, at), attempt.browser, login.rules.lifetimes, at)


def pending(login: Login, held: Credential | None, at: datetime) -> Pending:
    """Tell what a person has to do before anything else."""
    if held is not None and held.password is not None:
        lives = login.rules.password_lives
        if held.password_once or (lives is not None and at >= held.password_set_at + lives):
            return "password"
    if login.rules.second_factor_needed and (held is None or held.totp is None):
        return "second-factor"
    return ""


def _still_good(
    session: Session, login: Login, row: Person | None, held: Credential | None, attempt: Attempt, at: datetime
) -> bool:
    if row is None or held is None:
        return False
    over = held.password_once and at >= held.password_set_at + login.rules.one_time_lives
    return held.version == attempt.version and not over and people.caller_of(session, row) is not None


def _proven(login: Login, held: Credential, at: datetime) -> Proven:
    if held.totp is None:
        return Proven((PASSWORD,), login.rules.local_level, None, pending(login, held, at))
    return Proven((PASSWORD, CODE), login.rules.second_factor_level, at, pending(login, held, at))


def _refused(session: Session, attempt: Attempt, at: datetime) -> None:
    """Keep the failure on record; of a name that nobody has, only that there was one."""
    thing = Thing(people.THING, attempt.person or "unknown")
    record(session, ANONYMOUS, at, "login.refused", thing, address=attempt.browser.address)
    if attempt.last and attempt.person is not None:
        changed(session, ANONYMOUS, at, "person.locked", thing)
