"""What a person proves themselves with: first passwords, changes, second factors, recovery, links to a provider.

A first password is good once and for three days: the first thing its owner does is to replace it. Recovery takes two
people besides the owner: whoever resets the password of an account cannot reset its second factor too while that
password is not replaced, nor the other way round, so that nobody alone can enter another's account.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.parties import attempts, password_rules, people, sessions, totp
from keys.parties.acting import actor, changed, record
from keys.parties.login_errors import AnotherPersonNeeded, CodeRefused, IdentityTaken, NoSecondFactor, OwnReset
from keys.parties.login_wiring import Login
from keys.parties.models import NAME_LENGTH, Credential, Person, PersonIdentity

# One password of a person that was never a code; what TOTP counts begins above it.
NO_STEP = 0


@dataclass(frozen=True)
class NewSecret:
    """A second factor's secret, shown once: as it is typed, and as the address that an app reads."""

    text: str = field(repr=False)
    address: str = field(repr=False)


def credential_of(session: Session, person: str, *, locked: bool = False) -> Credential | None:
    """Give what a person proves themselves with, if that is kept here."""
    query = select(Credential).where(Credential.person == person)
    return session.scalars(query.with_for_update() if locked else query).one_or_none()


def has_second_factor(session: Session, person: str) -> bool:
    """Tell whether a second factor is set up."""
    found = session.get(Credential, person)
    return found is not None and found.totp is not None


# --- passwords ----------------------------------------------------------------------------------------------------


def give_password(session: Session, row: Person, kept: str, by: Caller, at: datetime, *, once: bool) -> None:
    """Keep the hash of a password that the person did not choose; every session of theirs ends."""
    held = _held(session, row, at)
    held.password, held.password_set_at, held.password_once = kept, at, once
    held.password_by = actor(by)
    held.version += 1
    session.flush()
    sessions.end_all(session, row.id, by, at)
    attempts.unlock(session, row.login)


def reset_password(session: Session, row: Person, kept: str, by: Caller, at: datetime, *, reason: str) -> None:
    """Replace a lost password by the hash of a one-time one.

    Raises `OwnReset`, `AnotherPersonNeeded`.
    """
    held = _held(session, row, at)
    _require_another(row, held.second_factor_by, by)
    give_password(session, row, kept, by, at, once=True)
    changed(session, by, at, "person.password-reset", Thing(people.THING, row.id), row.version, reason=reason)


def change_password(session: Session, held: Credential, kept: str, by: Caller, at: datetime) -> None:
    """Keep the hash of a password that the person chose; whoever reset the last one has no part in it any more."""
    held.password, held.password_set_at, held.password_once, held.password_by = kept, at, False, None
    held.version += 1
    record(session, by, at, "person.password-changed", Thing(people.THING, held.person))


# --- second factor ------------------------------------------------------------------------------------------------


def give_second_factor(session: Session, login: Login, row: Person, at: datetime) -> NewSecret:
    """Set a second factor up for an account that is being made."""
    held = _held(session, row, at)
    secret = totp.new_secret()
    held.totp, held.totp_offered = login.box.seal(session, secret, _bound(row.id)), None
    held.totp_step = NO_STEP
    held.version += 1
    session.flush()
    return _shown(secret, row, login)


def offer_second_factor(session: Session, login: Login, row: Person, at: datetime) -> NewSecret:
    """Offer the person a secret, shown once; it counts from when a code of it was told."""
    held = _held(session, row, at)
    secret = totp.new_secret()
    held.totp_offered = login.box.seal(session, secret, _bound(row.id))
    session.flush()
    return _shown(secret, row, login)


def confirm_second_factor(session: Session, login: Login, row: Person, code: str, by: Caller, at: datetime) -> None:
    """Take the offered secret once the person's app makes its codes.

    Raises `NoSecondFactor`, `CodeRefused`.
    """
    held = credential_of(session, row.id, locked=True)
    if held is None or held.totp_offered is None:
        raise NoSecondFactor
    secret = login.box.open(session, held.totp_offered, _bound(row.id))
    step = totp.matching_step(secret, code, at)
    if step is None:
        raise CodeRefused
    held.totp, held.totp_offered, held.totp_step = held.totp_offered, None, step
    held.second_factor_by = None
    held.version += 1
    session.flush()
    changed(session, by, at, "person.second-factor-set", Thing(people.THING, row.id), row.version)


def spend_code(session: Session, login: Login, held: Credential | None, code: str | None, at: datetime) -> bool:
    """Tell whether a code is the second factor's, and let it and every earlier one count no more.

    Of two processes that bring the same code, the row lets one through.
    """
    sealed = held.totp if held is not None else None
    secret = login.box.open(session, sealed, _bound(held.person)) if held is not None and sealed is not None else None
    step = totp.matching_step(secret, code, at)
    if held is None or step is None:
        return False
    spent = (
        update(Credential)
        .where(Credential.person == held.person, Credential.totp_step < step)
        .values(totp_step=step)
        .returning(Credential.person)
    )
    return session.execute(spent.execution_options(synchronize_session=False)).first() is not None


def reset_second_factor(session: Session, row: Person, by: Caller, at: datetime, *, reason: str) -> None:
    """Forget a second factor whose device is lost; the person sets a new one up at the next login.

    Raises `NoSecondFactor`, `OwnReset`, `AnotherPersonNeeded`.
    """
    held = credential_of(session, row.id, locked=True)
    if held is None or held.totp is None:
        raise NoSecondFactor
    _require_another(row, held.password_by, by)
    held.totp, held.totp_offered = None, None
    held.second_factor_by = actor(by)
    held.version += 1
    session.flush()
    sessions.end_all(session, row.id, by, at)
    changed(session, by, at, "person.second-factor-reset", Thing(people.THING, row.id), row.version, reason=reason)


# --- locks and links ----------------------------------------------------------------------------------------------


def unlock(session: Session, row: Person, by: Caller, at: datetime, *, reason: str) -> None:
    """Let a locked account try again at once."""
    attempts.unlock(session, row.login)
    changed(session, by, at, "person.unlocked", Thing(people.THING, row.id), row.version, reason=reason)


def link(session: Session, row: Person, issuer: str, name: str, by: Caller, at: datetime) -> None:
    """Let whoever the provider calls by that name log in as this person.

    Raises `IdentityTaken`.
    """
    digest = identity_digest(issuer, name)
    known = session.get(PersonIdentity, digest)
    if known is not None and known.person != row.id:
        raise IdentityTaken
    if known is None:
        told = PersonIdentity(
            digest=digest, person=row.id, issuer=issuer[:NAME_LENGTH], linked_by=actor(by), linked_at=at
        )
        session.add(told)
        session.flush()
        changed(session, by, at, "person.identity-linked", Thing(people.THING, row.id), row.version, issuer=issuer)


def linked_person(session: Session, issuer: str, name: str) -> Person | None:
    """Find the person whom the provider calls by that name."""
    known = session.get(PersonIdentity, identity_digest(issuer, name))
    return session.get(Person, known.person) if known is not None else None


def identity_digest(issuer: str, name: str) -> str:
    """Write a provider's name for a person as what is kept of it."""
    return hashlib.sha256(f"{issuer}\0{name}".encode("utf-8", "replace")).hexdigest()


def one_time_password(login: Login) -> tuple[str, str]:
    """Make a one-time password and its hash; done before the database is held, since it is slow. Raises `LoginBusy`."""
    password = password_rules.one_time_password()
    return password, login.hasher.hashed(password)


def _held(session: Session, row: Person, at: datetime) -> Credential:
    held = credential_of(session, row.id, locked=True)
    if held is None:
        held = Credential(
            person=row.id,
            password=None,
            password_set_at=at,
            password_once=True,
            totp_step=NO_STEP,
            version=0,
        )
        session.add(held)
        session.flush()
    return held


def _require_another(row: Person, who_reset_the_other_half: str | None, by: Caller) -> None:
    if by.kind == "person" and by.id == row.id:
        raise OwnReset
    if who_reset_the_other_half == actor(by):
        raise AnotherPersonNeeded


def _shown(secret: bytes, row: Person, login: Login) -> NewSecret:
    return NewSecret(totp.written(secret), totp.address(secret, row.login, login.service))


def _bound(person: str) -> bytes:
    return b"totp:" + person.encode()
