"""Accounts and services of wire dialects: who calls as which system, signs with what, and which directory is meant.

An account of the national gateway's first generation holds an application key, with which its owner fetches the secret
of the day; one of the newer generation is handed its secret at once. Both are made here, told once, and kept sealed.
The secret of a day is HMAC-SM3 under a root of the account's own, so that fetching writes nothing and every node of a
caller is told the same; yesterday's counts as long after midnight as a signature made before it may still arrive.
X-Road callers prove themselves by this house's own tokens; their accounts hold no key.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from base.acting import actor
from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from base.workdays import SHANGHAI
from exchange import directories
from exchange.acting import ROOM
from exchange.agreements.purposes import Ground
from exchange.dialects import DIALECTS, national_gateway, x_road
from exchange.dialects.dialect import Given, Served, purpose_of
from exchange.partners.errors import (
    DialectEntryKnown,
    DialectPurposeRefused,
    NoSuchDialectEntry,
    UnusableDialectEntry,
)
from exchange.partners.models import ACTIVE, CLOSED, FIRST, NAME_LENGTH, NEWER, DialectAccount, DialectService
from keys.algorithms.sm3 import HMAC_SM3
from keys.data_keys import DataKeys
from keys.parties import systems
from keys.parties.request_signers.national_gateway import WINDOW

ACCOUNT: Final = "dialect-account"
SERVICE: Final = "dialect-service"
SCOPE: Final = "data:read"
# As long as the keys that are handed out by hand elsewhere: 32 hexadecimal digits.
KEY_BYTES: Final = 16
ROOT_BYTES: Final = 32
DAY_SECRET_DIGITS: Final = 32
MOST_PARAMETERS: Final = 100
_SHAPES: Final = {
    national_gateway.NAME: (national_gateway.SHAPES["rid"], national_gateway.SHAPES["sid"]),
    x_road.NAME: (x_road.CLIENT_ID, x_road.SERVICE_ID),
}


@dataclass(frozen=True)
class NewAccount:
    """What must be told of an account."""

    dialect: str
    name: str
    system: str
    defaults: Given
    generation: str = FIRST


@dataclass(frozen=True)
class Secrets:
    """What a signature may have been made with at a moment, the newest first."""

    values: tuple[str, ...] = field(repr=False)


# --- keeping ------------------------------------------------------------------------------------------------------


def add(session: Session, data_keys: DataKeys, new: NewAccount, by: Caller, at: datetime) -> tuple[DialectAccount, str]:
    """Open an account; give it with its key, which is told this once and is empty where the dialect needs none.

    Raises `UnusableDialectEntry`, `DialectEntryKnown`, `NoSuchSystem`.
    """
    _require_usable(new)
    systems.system_of(session, new.system)
    if session.get(DialectAccount, (new.dialect, new.name)) is not None:
        raise DialectEntryKnown(new.dialect, new.name)
    told = {name: value for name, value in asdict(new.defaults).items() if value}
    row = DialectAccount(
        dialect=new.dialect, name=new.name, system=new.system, generation=new.generation, defaults=told, state=ACTIVE
    )
    row.version = 0
    key = _give_key(session, data_keys, row)
    session.add(row)
    _changed(session, row, "dialect-account.added", by, at, system=new.system)
    return row, key


def renew(session: Session, data_keys: DataKeys, dialect: str, name: str, by: Caller, at: datetime) -> str:
    """Replace an account's key and every secret that came of it; give the new key, told this once.

    Raises `NoSuchDialectEntry`, `UnusableDialectEntry`.
    """
    row = account_of(session, dialect, name, locked=True)
    if row.dialect != national_gateway.NAME:
        raise UnusableDialectEntry("#/dialect", "no-key-here")
    key = _give_key(session, data_keys, row)
    _changed(session, row, "dialect-account.renewed", by, at)
    return key


def close(session: Session, dialect: str, name: str, by: Caller, at: datetime) -> None:
    """Take nothing of this account any more. Raises `NoSuchDialectEntry`."""
    row = account_of(session, dialect, name, locked=True)
    row.state = CLOSED
    _changed(session, row, "dialect-account.closed", by, at)


def account_of(session: Session, dialect: str, name: str, *, locked: bool = False) -> DialectAccount:
    """Give an account that is open. Raises `NoSuchDialectEntry`."""
    row = session.get(DialectAccount, (dialect, name), with_for_update=locked or None)
    if row is None or row.state != ACTIVE:
        raise NoSuchDialectEntry(dialect, name)
    return row


def accounts(session: Session) -> list[DialectAccount]:
    """List every account, closed ones too."""
    return list(session.scalars(select(DialectAccount).order_by(DialectAccount.dialect, DialectAccount.name)))


def add_service(
    session: Session, dialect: str, served: Served, directory: str, by: Caller, at: datetime
) -> DialectService:
    """Say which directory a service is, and which of its items each parameter asks by.

    Raises `UnusableDialectEntry`, `DialectEntryKnown`, `NoSuchDirectory`.
    """
    _require_name(dialect, served.service, 1)
    told = dict(served.parameters)
    if len(told) > MOST_PARAMETERS or not all(name and item for name, item in told.items()):
        raise UnusableDialectEntry("#/parameters", f"at most {MOST_PARAMETERS}, none empty")
    directories.directory_of(session, directory)
    if session.get(DialectService, (dialect, served.service)) is not None:
        raise DialectEntryKnown(dialect, served.service)
    row = DialectService(dialect=dialect, name=served.service, directory=directory, parameters=told)
    row.changed_by, row.changed_at = actor(by), at
    session.add(row)
    session.flush()
    thing = Thing(SERVICE, f"{dialect}:{served.service}")
    ROOM.changed(session, by, at, "dialect-service.added", thing, directory=directory)
    return row


def remove_service(session: Session, dialect: str, name: str, by: Caller, at: datetime) -> None:
    """Serve a directory under this name no more. Raises `NoSuchDialectEntry`."""
    row = service_of(session, dialect, name)
    if row is None:
        raise NoSuchDialectEntry(dialect, name)
    session.delete(row)
    session.flush()
    ROOM.changed(session, by, at, "dialect-service.removed", Thing(SERVICE, f"{dialect}:{name}"))


def service_of(session: Session, dialect: str, name: str) -> DialectService | None:
    """Find a service; that there is none is told to nobody (`exchange.partners.calls`)."""
    return session.get(DialectService, (dialect, name))


def services(session: Session) -> list[DialectService]:
    """List every service."""
    return list(session.scalars(select(DialectService).order_by(DialectService.dialect, DialectService.name)))


# --- using --------------------------------------------------------------------------------------------------------


def defaults_of(row: DialectAccount) -> Given:
    """Give what the account's calls are for unless they say."""
    return Given(**row.defaults)


def caller_of(session: Session, row: DialectAccount) -> Caller:
    """Give the system that an account speaks for. Raises `NotAllowed` when it may not read data now."""
    return systems.caller_of(session, row.system, SCOPE)


def key_of(session: Session, data_keys: DataKeys, row: DialectAccount) -> str:
    """Give the application key, with which secrets are fetched. Raises `KekUnusable` and its like."""
    return data_keys.open(session, row.key or b"", _bound(row, "key")).decode("ascii")


def secrets_of(session: Session, data_keys: DataKeys, row: DialectAccount, at: datetime) -> Secrets:
    """Give what a call's signature may have been made with. Raises `KekUnusable` and its like."""
    if row.generation == NEWER:
        return Secrets((key_of(session, data_keys, row),))
    root = data_keys.open(session, row.root or b"", _bound(row, "root"))
    days = dict.fromkeys(moment.astimezone(SHANGHAI).date() for moment in (at, at - WINDOW))
    tags = (HMAC_SM3.tag(root, f"{row.name}\0{day.isoformat()}".encode()).hex() for day in days)
    return Secrets(tuple(tag[:DAY_SECRET_DIGITS] for tag in tags))


def secret_ends(at: datetime) -> datetime:
    """Tell until when the secret of this moment is told to count: the day's last second in China."""
    day = at.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1, seconds=-1)


# --- below --------------------------------------------------------------------------------------------------------


def _give_key(session: Session, data_keys: DataKeys, row: DialectAccount) -> str:
    if row.dialect != national_gateway.NAME:
        row.key = row.root = None
        return ""
    key = secrets.token_hex(KEY_BYTES)
    row.key = data_keys.seal(session, key.encode("ascii"), _bound(row, "key"))
    row.root = data_keys.seal(session, secrets.token_bytes(ROOT_BYTES), _bound(row, "root"))
    return key


def _bound(row: DialectAccount, column: str) -> bytes:
    return f"exchange_dialect_accounts.{column}\0{row.dialect}\0{row.name}".encode()


def _require_usable(new: NewAccount) -> None:
    _require_name(new.dialect, new.name, 0)
    if new.generation not in {FIRST, NEWER}:
        raise UnusableDialectEntry("#/generation", f"{FIRST} | {NEWER}")
    if new.defaults.ground not in {"", Ground.HOLDER, Ground.AGREEMENT}:
        raise UnusableDialectEntry("#/defaults/ground", "never statutory by default")
    try:
        purpose_of(Given(item_code=new.defaults.item_code or "?", basis="1"), new.defaults)
    except DialectPurposeRefused as refusal:
        raise UnusableDialectEntry(f"#/defaults{refusal.pointer[1:]}", refusal.reason) from refusal


def _require_name(dialect: str, name: str, which: int) -> None:
    if dialect not in DIALECTS:
        raise UnusableDialectEntry("#/dialect", " | ".join(sorted(DIALECTS)))
    if len(name) > NAME_LENGTH or not _SHAPES[dialect][which].fullmatch(name):
        raise UnusableDialectEntry("#/name", "not of the dialect's form")


def _changed(session: Session, row: DialectAccount, act: str, by: Caller, at: datetime, **facts: Json) -> None:
    row.version += 1
    row.changed_by, row.changed_at = actor(by), at
    session.flush()
    thing = Thing(ACCOUNT, f"{row.dialect}:{row.name}")
    ROOM.changed(session, by, at, act, thing, row.version, generation=row.generation, **facts)


def parameters_of(row: DialectService) -> Mapping[str, str]:
    """Give which item each parameter asks by."""
    return {str(name): str(item) for name, item in row.parameters.items()}
