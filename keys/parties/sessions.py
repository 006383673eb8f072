"""Sessions of people: opened after a proof, known to a browser by a cookie, ended by time, by the person or by others.

The browser holds 256 random bits, the database their digest. The id changes whenever more is proven (at login, at a
second factor, at a new password), so that one which somebody else knew before is worth nothing. A session ends after
half an hour of silence and after eight hours in any case, with the account's suspension, a change of its roles and a
new password.

The token against forged requests (CSRF) is a MAC under the session id itself: nothing to keep, nothing to mix up, good
for this session alone, and it does not tell the id.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller, Proof
from keys.algorithms.sm3 import HMAC_SM3, SM3
from keys.parties import people
from keys.parties.acting import changed, new_id, record
from keys.parties.login_errors import CsrfTokenWrong, NoSuchSession, SessionEnded
from keys.parties.models import ADDRESS_LENGTH, AGENT_LENGTH, LoginSession, Person

THING: Final = "session"
# 256 bits (OWASP asks for 64 at least).
ID_BYTES: Final = 32
COOKIE_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
CSRF_CONTEXT: Final = b"yinxin csrf token"
# Desk, notebook, telephone, and each once more; of more than that the one unused for longest ends.
MOST_PER_PERSON: Final = 10
# How exactly it is known when a session was last used; writing it at every request would cost a transaction each.
SEEN_EVERY: Final = timedelta(seconds=60)

Pending = Literal["", "password", "second-factor"]
PASSWORD: Final = "pwd"  # noqa: S105 - the method's registered name
CODE: Final = "otp"
PROVIDER: Final = "fed"


@dataclass(frozen=True)
class Lifetimes:
    """How long a session bears silence, and how long it lives at most."""

    idle: timedelta
    whole: timedelta


@dataclass(frozen=True)
class Browser:
    """Where a request came from, as it is shown to the person; neither is believed."""

    address: str
    agent: str = ""


@dataclass(frozen=True)
class Proven:
    """What a login proved: methods by their RFC 8176 names, the level reached, and what is still to be done."""

    methods: tuple[str, ...]
    level: int
    second_factor_at: datetime | None = None
    pending: Pending = ""


@dataclass(frozen=True)
class Opened:
    """A session under a new id, which is handed to the browser once and kept nowhere."""

    cookie: str = field(repr=False)
    id: str
    person: str
    level: int
    methods: tuple[str, ...]
    pending: str
    opened_at: datetime
    ends_at: datetime

    @property
    def csrf_token(self) -> str:
        """Give the token that changing requests of this session carry."""
        return csrf_token(self.cookie)


@dataclass(frozen=True)
class Shown:
    """A session as its owner and the security administrator see it."""

    id: str
    level: int
    methods: tuple[str, ...]
    pending: str
    address: str
    agent: str
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


def csrf_token(cookie: str) -> str:
    """Derive a session's token from its id."""
    return HMAC_SM3.tag(cookie.encode(), CSRF_CONTEXT).hex()


def open_(
    session: Session, person: Person, proven: Proven, browser: Browser, lifetimes: Lifetimes, at: datetime
) -> Opened:
    """Open a session for a person who proved to be themselves."""
    _make_room(session, person.id)
    cookie = secrets.token_urlsafe(ID_BYTES)
    row = LoginSession(
        digest=_digest(cookie),
        id=new_id(),
        person=person.id,
        level=proven.level,
        methods=" ".join(proven.methods),
        second_factor_at=proven.second_factor_at,
        pending=proven.pending,
        address=browser.address[:ADDRESS_LENGTH],
        agent="".join(sign for sign in browser.agent if sign.isprintable())[:AGENT_LENGTH],
        opened_at=at,
        seen_at=at,
        ends_at=at + lifetimes.whole,
    )
    session.add(row)
    session.flush()
    by = Caller("person", person.id, organisation=person.organisation)
    record(session, by, at, "session.opened", Thing(THING, row.id), methods=row.methods, level=row.level)
    return _opened(row, cookie)


def rotate(session: Session, cookie: str, at: datetime, **proven: Any) -> Opened:
    """Go on under a new id after more was proven; of two who do so at once, one is left without a session.

    Raises `SessionEnded`.
    """
    fresh = secrets.token_urlsafe(ID_BYTES)
    values = {"digest": _digest(fresh), "seen_at": at, **proven}
    moved = update(LoginSession).where(LoginSession.digest == _digest(cookie)).values(values)
    if _rows(session, moved) != 1:
        raise SessionEnded
    row = session.get_one(LoginSession, values["digest"])
    return _opened(row, fresh)


def found(session: Session, cookie: str, lifetimes: Lifetimes, at: datetime) -> LoginSession | None:
    """Find the living session behind a cookie."""
    if not COOKIE_SHAPE.fullmatch(cookie):
        return None
    row = session.get(LoginSession, _digest(cookie))
    return row if row is not None and _lives(row, lifetimes, at) else None


def proven(session: Session, row: LoginSession) -> Caller | None:
    """Tell who a session speaks for, with the roles of this moment; nobody while the account is suspended.

    While a step of the login is still due, the person has no roles.
    """
    caller = people.caller_of(session, session.get_one(Person, row.person))
    if caller is None:
        return None
    proof = Proof(row.id, row.level, tuple(row.methods.split()), row.second_factor_at, cast("Pending", row.pending))
    roles = frozenset[str]() if row.pending else caller.roles
    return Caller("person", caller.id, caller.name, caller.organisation, roles, proof=proof)


def require_csrf(cookie: str, told: str | None) -> None:
    """Hold the token against the session, in a time that tells nothing of it.

    Raises `CsrfTokenWrong`.
    """
    if not hmac.compare_digest(csrf_token(cookie).encode(), (told or "").encode("utf-8", "replace")):
        raise CsrfTokenWrong


def seen(session: Session, row: LoginSession, at: datetime) -> None:
    """Remember that the session was used; a request that took longer than another does not set it back."""
    used = update(LoginSession).where(LoginSession.digest == row.digest, LoginSession.seen_at < at).values(seen_at=at)
    session.execute(used.execution_options(synchronize_session=False))


def of_person(session: Session, person: str, lifetimes: Lifetimes, at: datetime) -> list[Shown]:
    """List a person's living sessions, the one used last first."""
    query = select(LoginSession).where(LoginSession.person == person).order_by(LoginSession.seen_at.desc())
    return [shown(row) for row in session.scalars(query) if _lives(row, lifetimes, at)]


def shown(row: LoginSession) -> Shown:
    """Give a session as it is shown."""
    return Shown(
        row.id,
        row.level,
        tuple(row.methods.split()),
        row.pending,
        row.address,
        row.agent,
        row.opened_at,
        row.seen_at,
        row.ends_at,
    )


def end(session: Session, asked: str, by: Caller, at: datetime, *, of_others: bool = False) -> None:
    """End one session, of the caller's own unless it may be another's.

    Raises `NoSuchSession`.
    """
    query = delete(LoginSession).where(LoginSession.id == asked)
    if not of_others:
        query = query.where(LoginSession.person == by.id)
    if _rows(session, query) != 1:
        raise NoSuchSession
    record(session, by, at, "session.ended", Thing(THING, asked))


def end_cookie(session: Session, cookie: str) -> None:
    """End the session of a browser that logs in anew."""
    _rows(session, delete(LoginSession).where(LoginSession.digest == _digest(cookie)))


def end_all(session: Session, person: str, by: Caller, at: datetime, *, but: str | None = None) -> int:
    """End every session of a person, or every other one; tell how many there were."""
    query = delete(LoginSession).where(LoginSession.person == person)
    if but is not None:
        query = query.where(LoginSession.id != but)
    ended = _rows(session, query)
    if ended:
        changed(session, by, at, "person.sessions-ended", Thing(people.THING, person), count=ended)
    return ended


def forget(session: Session, at: datetime) -> None:
    """Remove sessions whose time is over."""
    _rows(session, delete(LoginSession).where(LoginSession.ends_at <= at))


def _lives(row: LoginSession, lifetimes: Lifetimes, at: datetime) -> bool:
    return at < row.ends_at and at - row.seen_at < lifetimes.idle


def _make_room(session: Session, person: str) -> None:
    newest = (
        select(LoginSession.digest)
        .where(LoginSession.person == person)
        .order_by(LoginSession.seen_at.desc())
        .limit(MOST_PER_PERSON - 1)
    )
    kept = session.scalars(newest).all()
    if len(kept) == MOST_PER_PERSON - 1:
        _rows(session, delete(LoginSession).where(LoginSession.person == person, LoginSession.digest.not_in(kept)))


def _opened(row: LoginSession, cookie: str) -> Opened:
    return Opened(
        cookie, row.id, row.person, row.level, tuple(row.methods.split()), row.pending, row.opened_at, row.ends_at
    )


def _rows(session: Session, statement: Any) -> int:
    # Every row is read anew afterwards, so what this session knew of them is forgotten.
    result = cast("CursorResult[Any]", session.execute(statement.execution_options(synchronize_session=False)))
    session.expire_all()
    return result.rowcount


def _digest(cookie: str) -> str:
    return SM3.of(cookie.encode("utf-8", "replace")).hex()
