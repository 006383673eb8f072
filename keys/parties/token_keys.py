"""The keys with which this service signs its tokens: the port, the key file behind it, and which keys are trusted.

Each process signs with the key that its settings name; its public half goes into a table that all nodes share, so that
a token of one node is good on another and a key can be replaced by replacing its file. A key that signs no longer is
trusted for a day at most, and none after it was withdrawn. The private half never enters the database.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from base.errors import DomainError
from keys.algorithms import asymmetric, pem
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey
from keys.parties import jwk
from keys.parties.acting import changed
from keys.parties.errors import NoSuchTokenKey, TokenKeyUnusable
from keys.parties.models import TrustedTokenKey
from keys.signers import secret_files, software
from keys.signers.errors import SecretFileUnusable

# Longer than any token lives and than nodes' clocks differ; renewed when half of it is over.
TRUSTED_FOR = timedelta(days=1)


class TokenKey(Protocol):
    """A key that signs tokens, wherever it lives."""

    @property
    def name(self) -> str:
        """Say where the key lives, for messages."""

    @property
    def private(self) -> PrivateKey:
        """Give the handle that signs. Raises `TokenKeyUnusable`, `SigningUnavailable`."""


class FileTokenKey:
    """A key in a file of mode 0600, made when it is first needed; of several makers one wins and the others read.

    With a password the file is encrypted; one that was written plain by an older version is encrypted when it is first
    read, where the folder lets it.
    """

    def __init__(self, file: Path, kind: KeyKind, password: Callable[[], bytes] | None = None) -> None:
        self._file = file
        self._kind = kind
        self._password = password
        self._lock = threading.Lock()
        self._private: PrivateKey | None = None

    @property
    def name(self) -> str:
        """Say where the key lives."""
        return str(self._file)

    @property
    def private(self) -> PrivateKey:
        """Give the key. Raises `TokenKeyUnusable`, `SigningUnavailable`."""
        with self._lock:
            if self._private is None:
                self._private = self._opened()
            return self._private

    def _opened(self) -> PrivateKey:
        try:
            if not self._file.exists():
                self._make()
            key = self._read(self._file.read_bytes())
        except OSError as error:
            raise TokenKeyUnusable(self.name, error.strerror or type(error).__name__) from error
        except DomainError as error:
            raise TokenKeyUnusable(self.name, error.code) from error
        if key.kind is not self._kind:
            raise TokenKeyUnusable(self.name, f"holds {key.kind}, the settings say {self._kind}")
        return key

    def _read(self, data: bytes) -> PrivateKey:
        if pem.only(data)[0] == asymmetric.ENCRYPTED_PKCS8:
            return asymmetric.private_key_of_pem(data, self._password() if self._password else None)
        key = asymmetric.private_key_of_pem(data)
        if self._password is not None:
            with suppress(SecretFileUnusable):  # a folder that only reads keeps what it was given
                secret_files.replace(self._file, software.written(key, self._password()))
        return key

    def _make(self) -> None:
        """Write the key, which fails when another process was faster."""
        key = asymmetric.generated(self._kind)
        password = self._password() if self._password else None
        plain = asymmetric.private_key_pem(key, None)
        secret_files.made_once(self._file, lambda: plain if password is None else software.written(key, password))


def trust(session: Session, token_key: TokenKey, at: datetime) -> None:
    """Put the public half of the key on record for everyone who verifies, or see that it is there for long enough.

    Raises `TokenKeyUnusable` for a key that was withdrawn.
    """
    public = token_key.private.public
    kid = jwk.thumbprint(public)
    row = session.get(TrustedTokenKey, kid)
    if row is None:
        _put_on_record(session, kid, public, at)
    elif row.withdrawn_at is not None:
        raise TokenKeyUnusable(token_key.name, "withdrawn")
    elif row.until < at + TRUSTED_FOR / 2:
        renewed = update(TrustedTokenKey).where(TrustedTokenKey.kid == kid).values(until=at + TRUSTED_FOR)
        session.execute(renewed.execution_options(synchronize_session=False))


def trusted_key(session: Session, kid: str, at: datetime) -> PublicKey | None:
    """Give the public half of a key that tokens are believed of at that moment."""
    row = session.get(TrustedTokenKey, kid)
    if row is None or row.withdrawn_at is not None or row.until <= at:
        return None
    return asymmetric.public_key(row.spki)


def trusted_keys(session: Session, at: datetime) -> dict[str, PublicKey]:
    """Give every trusted key by its key id."""
    query = select(TrustedTokenKey).where(TrustedTokenKey.until > at, TrustedTokenKey.withdrawn_at.is_(None))
    return {row.kid: asymmetric.public_key(row.spki) for row in session.scalars(query.order_by(TrustedTokenKey.since))}


def withdraw(session: Session, kid: str, by: Caller, at: datetime) -> None:
    """Believe no token of that key any more; the file that holds it must be replaced.

    Raises `NoSuchTokenKey`.
    """
    row = session.get(TrustedTokenKey, kid)
    if row is None or row.withdrawn_at is not None:
        raise NoSuchTokenKey(kid)
    row.withdrawn_at = at
    changed(session, by, at, "token-key.withdrawn", Thing("token-key", kid))


def _put_on_record(session: Session, kid: str, public: PublicKey, at: datetime) -> None:
    """Insert the row unless another process of the same key has just done so."""
    row = {"kid": kid, "spki": public.spki, "since": at, "until": at + TRUSTED_FOR, "withdrawn_at": None}
    session.execute(inserting(session, TrustedTokenKey).values(row).on_conflict_do_nothing())
