"""Public keys of systems: several may be valid at once, so that a key can be replaced without an hour in which none is.

A key is valid from one moment until another, both told when it is added, and no longer once it is withdrawn, which also
ends the tokens that the system holds. A key that was ever on record is never taken again, for any system: a signature
of last year must still name one signer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import PublicKey
from keys.parties import jwk
from keys.parties.acting import changed
from keys.parties.errors import KeyKnown, NoSuchKey, PartyStateConflict, TooManyKeys, UnfitJwk, UnfitKeyPeriod
from keys.parties.models import System, SystemKey
from keys.parties.systems import THING, end_tokens

# One in use, one that comes, one that goes, for two data centres; more is an inventory nobody looks after.
KEYS_LIMIT = 6
# As long as the certificates of national CAs last at most; unless told otherwise a key lasts a year.
LONGEST = timedelta(days=3 * 366)
USUAL = timedelta(days=366)
# Written once: building it costs more than running it, and it is run for every signed request.
_Key = Row[bytes, datetime, datetime, datetime | None]
_KEY = select(SystemKey.spki, SystemKey.valid_from, SystemKey.valid_until, SystemKey.withdrawn_at).where(
    SystemKey.system == bindparam("system"), SystemKey.kid == bindparam("kid")
)


@dataclass(frozen=True)
class NewKey:
    """A public key with its key id (its thumbprint when None) and period (from now, for a year, when None)."""

    public: PublicKey
    kid: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def add_key(session: Session, row: System, new: NewKey, by: Caller, at: datetime) -> SystemKey:
    """Put a key of the system on record.

    Raises `UnfitJwk`, `KeyKnown`, `TooManyKeys`, `UnfitKeyPeriod`.
    """
    kid = new.kid or jwk.thumbprint(new.public)
    if not jwk.KID_SHAPE.fullmatch(kid) or new.public.kind not in jwk.CURVE_NAMES:
        raise UnfitJwk("kid or kind")
    valid_from = new.valid_from or at
    valid_until = new.valid_until or valid_from + USUAL
    _require_period(valid_from, valid_until, at)
    _require_new(session, row, kid, new.public.spki)
    if _valid_count(session, row, at) >= KEYS_LIMIT:
        raise TooManyKeys(row.id, KEYS_LIMIT)
    key = SystemKey(
        system=row.id,
        kid=kid,
        kind=new.public.kind,
        spki=new.public.spki,
        valid_from=valid_from,
        valid_until=valid_until,
        withdrawn_at=None,
        added_at=at,
    )
    session.add(key)
    session.flush()
    _changed(session, row, "system.key-added", kid, by, at)
    return key


def withdraw_key(session: Session, row: System, kid: str, reason: str, by: Caller, at: datetime) -> SystemKey:
    """End a key and every token that the system holds.

    Raises `NoSuchKey`, `PartyStateConflict`.
    """
    key = session.get(SystemKey, (row.id, kid))
    if key is None:
        raise NoSuchKey(row.id, kid)
    if key.withdrawn_at is not None:
        raise PartyStateConflict(kid, "withdrawn")
    key.withdrawn_at = at
    end_tokens(row)
    _changed(session, row, "system.key-withdrawn", kid, by, at, reason)
    return key


def keys_of(session: Session, system: str) -> list[SystemKey]:
    """List every key that the system ever had, the newest first."""
    query = select(SystemKey).where(SystemKey.system == system)
    return list(session.scalars(query.order_by(SystemKey.added_at.desc(), SystemKey.kid)))


def valid_key(session: Session, system: str, kid: str, at: datetime) -> PublicKey | None:
    """Give the system's key of that id if it is valid at that moment."""
    key = session.connection().execute(_KEY, {"system": system, "kid": kid}).one_or_none()
    if key is None or not is_valid(key, at):
        return None
    return asymmetric.public_key(key.spki)


def is_valid(key: SystemKey | _Key, at: datetime) -> bool:
    """Tell whether a key is valid at that moment."""
    return key.valid_from <= at < key.valid_until and (key.withdrawn_at is None or at < key.withdrawn_at)


def _require_period(valid_from: datetime, valid_until: datetime, at: datetime) -> None:
    if not at < valid_until <= valid_from + LONGEST or valid_until <= valid_from:
        raise UnfitKeyPeriod((valid_until - valid_from).days)


def _require_new(session: Session, row: System, kid: str, spki: bytes) -> None:
    query = select(SystemKey.kid).where(
        ((SystemKey.system == row.id) & (SystemKey.kid == kid)) | (SystemKey.spki == spki)
    )
    if session.scalars(query).first() is not None:
        raise KeyKnown(kid)


def _valid_count(session: Session, row: System, at: datetime) -> int:
    query = select(func.count()).where(
        SystemKey.system == row.id, SystemKey.withdrawn_at.is_(None), SystemKey.valid_until > at
    )
    return session.scalar(query) or 0


def _changed(session: Session, row: System, act: str, kid: str, by: Caller, at: datetime, reason: str = "") -> None:
    row.version += 1
    row.changed_at = at
    session.flush()  # keys are read past the session's own objects
    changed(session, by, at, act, Thing(THING, row.id), row.version, kid=kid, reason=reason)
