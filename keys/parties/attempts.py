"""Counting logins that fail, for an account name and for an address, and when neither may try any more.

An attempt is counted as failed before anything of it is looked at and forgiven when it succeeds, so that guesses sent
at once cannot outrun the count. Names are counted whether an account has them or not: who is told to wait learns
nothing. A name is locked for a time and not for good, or anybody could lock out anyone.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from base.db import inserting
from keys.parties.login_errors import TooManyAttempts
from keys.parties.models import LoginCount

# One subscriber of IPv6 has at least this much (RFC 6177 2): its single addresses cost nothing.
IPV6_PREFIX = 64
# Failures are counted for a day at most and a lock holds for a day at most.
KEPT = timedelta(days=2)


@dataclass(frozen=True)
class Limits:
    """How many failures are borne within how long; 0 counts none of that kind."""

    account: int
    address: int
    window: timedelta


def count(session: Session, login: str, address: str, limits: Limits, at: datetime) -> bool:
    """Count an attempt as failed until it is forgiven; tell whether it is the last before the account name is locked.

    Raises `TooManyAttempts`.
    """
    last = _counted(session, _account(login), limits.account, limits, at)
    _counted(session, _address(address), limits.address, limits, at)
    return last


def count_address(session: Session, address: str, limits: Limits, at: datetime) -> None:
    """Count an attempt that names no account.

    Raises `TooManyAttempts`.
    """
    _counted(session, _address(address), limits.address, limits, at)


def forgive(session: Session, login: str | None, address: str, limits: Limits) -> None:
    """Take an attempt back that succeeded: the account starts afresh, the address has one failure less.

    An address does not start afresh, or whoever has one account could guess at the others between two logins.
    """
    if login is not None:
        unlock(session, login)
    row = _row(session, _address(address))
    if row is not None:
        row.failures = max(0, row.failures - 1)
        if row.failures < limits.address:
            row.locked_until = None


def unlock(session: Session, login: str) -> None:
    """Let an account name try again at once."""
    gone = delete(LoginCount).where(LoginCount.subject == _account(login))
    session.execute(gone.execution_options(synchronize_session="fetch"))


def locked_until(session: Session, login: str, at: datetime) -> datetime | None:
    """Tell until when an account name is locked."""
    row = session.get(LoginCount, _account(login))
    return row.locked_until if row is not None and row.locked_until is not None and row.locked_until > at else None


def forget(session: Session, at: datetime) -> None:
    """Forget counts whose time is over whatever the site's settings are."""
    over = delete(LoginCount).where(LoginCount.since < at - KEPT)
    session.execute(over.execution_options(synchronize_session=False))


def _counted(session: Session, subject: str, limit: int, limits: Limits, at: datetime) -> bool:
    if not limit:
        return False
    first = {"subject": subject, "failures": 0, "since": at, "locked_until": None}
    # One statement makes or locks the row, so that a login that succeeds meanwhile cannot remove it in between.
    locked = (
        inserting(session, LoginCount)
        .values(first)
        .on_conflict_do_update(index_elements=["subject"], set_={"failures": LoginCount.failures})
        .returning(LoginCount)
    )
    row = session.scalars(locked, execution_options={"populate_existing": True}).one()
    if row.locked_until is not None and row.locked_until > at:
        raise TooManyAttempts(math.ceil((row.locked_until - at).total_seconds()))
    if row.locked_until is not None or at - row.since >= limits.window:
        row.failures, row.since, row.locked_until = 0, at, None
    row.failures += 1
    if row.failures >= limit:
        row.locked_until = at + limits.window
    session.flush()
    return row.locked_until is not None


def _row(session: Session, subject: str) -> LoginCount | None:
    return session.scalars(select(LoginCount).where(LoginCount.subject == subject).with_for_update()).one_or_none()


def _account(login: str) -> str:
    return "account:" + hashlib.sha256(login.lower().encode("utf-8", "replace")).hexdigest()


def _address(address: str) -> str:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "address:" + hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()
    if found.version == 6:  # noqa: PLR2004 - the version's name
        found = found.ipv4_mapped or ipaddress.ip_network((found, IPV6_PREFIX), strict=False).network_address
    return "address:" + hashlib.sha256(str(found).encode()).hexdigest()
