"""Logging in and sessions below `/api/v1`.

What answers with something secret opens its own transaction instead of `writes`: an answer that is kept for the same
Idempotency-Key must not hold a password, a secret or a session.
"""

from typing import Any

from flask import Response, after_this_request
from sqlalchemy.orm import Session

from base import clock
from base.api import Blueprint
from base.db import Database
from base.web import caller, gives, guarded, open_to_all, parts, reads, signed_in, takes, writes
from keys.parties import accounts, entrance, people, sessions
from keys.parties.accounts import NewSecret
from keys.parties.levels import require_fresh
from keys.parties.login_errors import NoIdentityProvider
from keys.parties.login_schemas import (
    CodeSchema,
    IdentitySchema,
    NewSessionSchema,
    OpenedSessionSchema,
    PasswordChangeSchema,
    ResetDoneSchema,
    ResetSchema,
    SecondFactorSchema,
    SessionListSchema,
    shown,
)
from keys.parties.login_web import (
    browser,
    former_cookie,
    give_cookie,
    present_cookie,
    require_own_origin,
    take_cookie,
)
from keys.parties.login_wiring import Login
from keys.parties.schemas import ReasonSchema
from keys.parties.sessions import Opened

sessions_api = Blueprint("sessions", __name__, description="登录和会话 · logging in and sessions")

# Who hands out one-time passwords; with the rule that nobody resets both halves of an account, recovery takes two.
RESETTERS = {"secadmin", "sysadmin"}


@sessions_api.route("/sessions", methods=["POST"])
@open_to_all
@takes(NewSessionSchema)
@gives(OpenedSessionSchema, 201)
def log_in(told: dict[str, Any]) -> Opened:
    """Log in; the session is given as a cookie, its token in the answer."""
    require_own_origin()
    at = clock.now()
    opened = entrance.enter(
        parts(Database),
        parts(Login),
        told["login"],
        told["password"],
        told["totp"],
        browser(),
        former_cookie(),
        at,
    )
    return _handed(opened)


@sessions_api.route("/sessions", methods=["GET"])
@signed_in
@reads
@gives(SessionListSchema)
def own(session: Session) -> dict[str, Any]:
    """List one's own sessions."""
    return _listed(session, caller().id)


@sessions_api.route("/sessions", methods=["DELETE"])
@signed_in
@writes
@gives(None, 204)
def end_own(session: Session) -> None:
    """End all of one's own sessions, this one too."""
    sessions.end_all(session, caller().id, caller(), clock.now())
    after_this_request(take_cookie)


@sessions_api.route("/sessions/current", methods=["GET"])
@signed_in
@reads
@gives(OpenedSessionSchema)
def current(session: Session) -> dict[str, Any]:
    """Give the session of this request, with its token."""
    cookie = present_cookie()
    row = sessions.found(session, cookie, parts(Login).rules.lifetimes, clock.now())
    told = vars(sessions.shown(row)) if row is not None else {}
    return {**told, "person": caller().id, "csrf_token": sessions.csrf_token(cookie)}


@sessions_api.route("/sessions/current", methods=["DELETE"])
@signed_in
@writes
@gives(None, 204)
def log_out(session: Session) -> None:
    """Log out."""
    sessions.end(session, _present(), caller(), clock.now())
    after_this_request(take_cookie)


@sessions_api.route("/sessions/<session_id>", methods=["DELETE"])
@signed_in
@writes
@gives(None, 204)
def end_one(session: Session, session_id: str) -> None:
    """End one of one's own sessions; the security administrator ends anyone's."""
    sessions.end(session, session_id, caller(), clock.now(), of_others="secadmin" in caller().roles)


@sessions_api.route("/sessions/current/second-factor", methods=["POST"])
@signed_in
@takes(CodeSchema)
@gives(OpenedSessionSchema)
def prove_second_factor(told: dict[str, Any]) -> Opened:
    """Prove the second factor now: for acts that ask for a fresh proof or a higher level; the session's id changes."""
    return _handed(
        entrance.prove_second_factor(
            parts(Database), parts(Login), caller(), present_cookie(), told["totp"], browser(), clock.now()
        )
    )


@sessions_api.route("/sessions/current/password", methods=["POST"])
@signed_in
@takes(PasswordChangeSchema)
@gives(OpenedSessionSchema)
def change_password(told: dict[str, Any]) -> Opened:
    """Change one's own password; other sessions end, this one's id changes."""
    return _handed(
        entrance.change_password(
            parts(Database),
            parts(Login),
            caller(),
            present_cookie(),
            told["present"],
            told["new"],
            browser(),
            clock.now(),
        )
    )


@sessions_api.route("/sessions/current/totp", methods=["POST"])
@signed_in
@gives(SecondFactorSchema, 201)
def offer_second_factor() -> NewSecret:
    """Get a new second factor's secret, shown this once; one who has a second factor must have proved it just now."""
    at, login = clock.now(), parts(Login)
    with parts(Database).transaction() as session:
        row = people.person_of(session, caller().id, locked=True)
        if accounts.has_second_factor(session, row.id):
            require_fresh(caller(), at)
        return accounts.offer_second_factor(session, login, row, at)


@sessions_api.route("/sessions/current/totp/confirmations", methods=["POST"])
@signed_in
@takes(CodeSchema)
@gives(OpenedSessionSchema, 201)
def confirm_second_factor(told: dict[str, Any]) -> Opened:
    """Take the offered second factor into use by its first code; the session's id changes."""
    return _handed(
        entrance.confirm_second_factor(
            parts(Database), parts(Login), caller(), present_cookie(), told["totp"], clock.now()
        )
    )


# --- accounts of others -------------------------------------------------------------------------------------------


@sessions_api.route("/people/<person>/sessions", methods=["GET"])
@guarded(roles={"secadmin", "auditor"})
@reads
@gives(SessionListSchema)
def of_person(session: Session, person: str) -> dict[str, Any]:
    """List a person's sessions."""
    return _listed(session, people.person_of(session, person).id)


@sessions_api.route("/people/<person>/sessions", methods=["DELETE"])
@guarded(roles={"secadmin"})
@writes
@gives(None, 204)
def end_of_person(session: Session, person: str) -> None:
    """End all sessions of a person."""
    sessions.end_all(session, people.person_of(session, person).id, caller(), clock.now())


@sessions_api.route("/people/<person>/unlockings", methods=["POST"])
@guarded(roles={"secadmin"})
@writes
@takes(ReasonSchema)
@gives(None, 204)
def unlock(session: Session, told: dict[str, Any], person: str) -> None:
    """Let an account that failed logins have locked try again at once."""
    accounts.unlock(session, people.person_of(session, person), caller(), clock.now(), reason=told["reason"])


@sessions_api.route("/people/<person>/resets", methods=["POST"])
@guarded(roles=RESETTERS)
@takes(ResetSchema)
@gives(ResetDoneSchema, 201)
def reset(told: dict[str, Any], person: str) -> dict[str, Any]:
    """Reset a lost password or second factor, never both by the same person; a one-time password is shown this once."""
    login, by, at = parts(Login), caller(), clock.now()
    if told["what"] == "second-factor":
        with parts(Database).transaction() as session:
            row = people.person_of(session, person, locked=True)
            accounts.reset_second_factor(session, row, by, at, reason=told["reason"])
        return {"one_time_password": None}
    password, kept = accounts.one_time_password(login)
    with parts(Database).transaction() as session:
        row = people.person_of(session, person, locked=True)
        accounts.reset_password(session, row, kept, by, at, reason=told["reason"])
    return {"one_time_password": password}


@sessions_api.route("/people/<person>/identities", methods=["POST"])
@guarded(roles={"secadmin"})
@writes
@takes(IdentitySchema)
@gives(None, 204)
def link(session: Session, told: dict[str, Any], person: str) -> None:
    """Let whoever the identity provider calls by that name log in as this person."""
    provider = parts(Login).provider
    if provider is None:
        raise NoIdentityProvider
    row = people.person_of(session, person, locked=True)
    accounts.link(session, row, provider.terms.issuer, told["name"], caller(), clock.now())


def _listed(session: Session, person: str) -> dict[str, Any]:
    found = sessions.of_person(session, person, parts(Login).rules.lifetimes, clock.now())
    return shown(found, _present())


def _present() -> str:
    proof = caller().proof
    return proof.session if proof is not None else ""


def _handed(opened: Opened) -> Opened:
    """Give the cookie with the answer; it is on record by now."""

    @after_this_request
    def give(response: Response) -> Response:
        return give_cookie(response, opened, clock.now())

    return opened
