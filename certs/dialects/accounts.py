"""Accounts of the dialects of certificates: who calls as which system, and how they prove it.

A secret is made here, told once, and kept as a keyed hash; whoever is not known and whoever brings a wrong secret are
refused alike, with the same work. The system that an account speaks for must be active and hold the scope at every
call: an account is a way of writing, and gives no right.
"""

import hmac
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from certs.acting import ROOM
from certs.contents import Keys
from certs.dialects import DIALECTS, words
from certs.dialects.dialect import Proof
from certs.dialects.errors import (
    DialectAccountKnown,
    DialectCallerRefused,
    NoSuchDialectAccount,
    UnusableDialectAccount,
)
from certs.dialects.models import ACTIVE, CLOSED, NAME_LENGTH, CertificateDialectAccount
from exchange.agreements.purposes import Ground
from exchange.dialects.dialect import Given, purpose_of
from exchange.partners.errors import DialectPurposeRefused
from keys.algorithms.sm2 import PublicKey
from keys.errors import UnusableKey
from keys.parties import systems

THING: Final = "certificate-dialect-account"
SECRETS: Final = "certs-dialect-secret"
READ, SHOWN = "cert:read", "cert:present"
# 128 bits, as 32 hexadecimal digits: nobody finds one by trying.
SECRET_BYTES: Final = 16


@dataclass(frozen=True)
class NewAccount:
    """What must be told of an account."""

    dialect: str
    name: str
    system: str
    defaults: Given
    encryption_key: bytes | None = None
    elements_required: bool = False
    names_required: bool = False


def add(
    session: Session, keys: Keys, new: NewAccount, by: Caller, at: datetime
) -> tuple[CertificateDialectAccount, str]:
    """Open an account; give it with its secret, which is told this once.

    Raises `UnusableDialectAccount`, `DialectAccountKnown`, `NoSuchSystem`.
    """
    _require_usable(new)
    systems.system_of(session, new.system)
    if session.get(CertificateDialectAccount, (new.dialect, new.name)) is not None:
        raise DialectAccountKnown(new.dialect, new.name)
    row = CertificateDialectAccount(
        dialect=new.dialect,
        name=new.name,
        system=new.system,
        encryption_key=new.encryption_key,
        elements_required=new.elements_required,
        names_required=new.names_required,
        defaults={name: value for name, value in asdict(new.defaults).items() if value},
        state=ACTIVE,
        version=0,
    )
    secret = _give_secret(session, keys, row)
    session.add(row)
    _changed(session, row, "certificate-dialect-account.added", by, at, system=new.system)
    return row, secret


def renew(session: Session, keys: Keys, dialect: str, name: str, by: Caller, at: datetime) -> str:
    """Replace an account's secret, and end its sessions; give the new one, told this once.

    Raises `NoSuchDialectAccount`.
    """
    row = account_of(session, dialect, name, locked=True)
    secret = _give_secret(session, keys, row)
    _changed(session, row, "certificate-dialect-account.renewed", by, at)
    return secret


def close(session: Session, dialect: str, name: str, by: Caller, at: datetime) -> None:
    """Take nothing of this account any more. Raises `NoSuchDialectAccount`."""
    row = account_of(session, dialect, name, locked=True)
    row.state = CLOSED
    _changed(session, row, "certificate-dialect-account.closed", by, at)


def account_of(session: Session, dialect: str, name: str, *, locked: bool = False) -> CertificateDialectAccount:
    """Give an account that is open. Raises `NoSuchDialectAccount`."""
    row = session.get(CertificateDialectAccount, (dialect, name), with_for_update=locked or None)
    if row is None or row.state != ACTIVE:
        raise NoSuchDialectAccount(dialect, name)
    return row


def accounts(session: Session) -> list[CertificateDialectAccount]:
    """List every account, closed ones too."""
    query = select(CertificateDialectAccount)
    return list(session.scalars(query.order_by(CertificateDialectAccount.dialect, CertificateDialectAccount.name)))


def proven(session: Session, keys: Keys, dialect: str, proof: Proof, at: datetime) -> CertificateDialectAccount:
    """Give the account that a request proves to be. Raises `DialectCallerRefused`."""
    if proof.session:
        name, version = words.session_of(session, keys, dialect, proof.session, at)
        row = session.get(CertificateDialectAccount, (dialect, name))
        if row is None or row.state != ACTIVE or row.version != version:
            raise DialectCallerRefused
        return row
    hashed = _hash(session, keys, dialect, proof.secret)
    if proof.account:
        row = session.get(CertificateDialectAccount, (dialect, proof.account))
    else:
        known = CertificateDialectAccount.dialect == dialect, CertificateDialectAccount.secret_hash == hashed
        row = session.scalars(select(CertificateDialectAccount).where(*known)).one_or_none()
    held = row.secret_hash if row is not None else secrets.token_hex()
    if not hmac.compare_digest(held, hashed) or row is None or row.state != ACTIVE:
        raise DialectCallerRefused
    return row


def caller_of(session: Session, row: CertificateDialectAccount, scope: str = READ) -> Caller:
    """Give the system that an account speaks for. Raises `NotAllowed` when it may not do this now."""
    return systems.caller_of(session, row.system, scope)


def defaults_of(row: CertificateDialectAccount) -> Given:
    """Give what the account's calls are for unless they say."""
    return Given(**row.defaults)


# --- below --------------------------------------------------------------------------------------------------------


def _give_secret(session: Session, keys: Keys, row: CertificateDialectAccount) -> str:
    secret = secrets.token_hex(SECRET_BYTES)
    row.secret_hash = _hash(session, keys, row.dialect, secret)
    return secret


def _hash(session: Session, keys: Keys, dialect: str, secret: str) -> str:
    return keys.matching_hash(session, SECRETS, f"{dialect}:{secret}")


def _require_usable(new: NewAccount) -> None:
    if new.dialect not in DIALECTS:
        raise UnusableDialectAccount("#/dialect", " | ".join(sorted(DIALECTS)))
    if not 0 < len(new.name) <= NAME_LENGTH or not new.name.isprintable():
        raise UnusableDialectAccount("#/name", f"1 to {NAME_LENGTH} characters")
    if new.defaults.ground not in {"", Ground.HOLDER, Ground.AGREEMENT}:
        raise UnusableDialectAccount("#/defaults/ground", "never statutory by default")
    if new.encryption_key is not None:
        try:
            PublicKey(new.encryption_key)
        except UnusableKey as error:
            raise UnusableDialectAccount("#/encryption_key", "a point of SM2, 04 and 64 bytes") from error
    try:
        purpose_of(Given(item_code=new.defaults.item_code or "?", basis="1"), new.defaults)
    except DialectPurposeRefused as refusal:
        raise UnusableDialectAccount(f"#/defaults{refusal.pointer[1:]}", refusal.reason) from refusal


def _changed(
    session: Session, row: CertificateDialectAccount, act: str, by: Caller, at: datetime, **facts: Json
) -> None:
    row.version += 1
    row.changed_by, row.changed_at = actor(by), at
    session.flush()
    ROOM.changed(session, by, at, act, Thing(THING, f"{row.dialect}:{row.name}"), row.version, **facts)
