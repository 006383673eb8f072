"""Keys that seal data at rest: SM4-GCM under data keys, which lie wrapped in the database and open with a key outside.

A sealed value is: format (1 byte, 01) ‖ id of its data key (8) ‖ version (4) ‖ nonce (12) ‖ ciphertext ‖ tag (16). What
stands before the nonce, and what the caller binds (table, column, row, so that a value moved elsewhere does not open),
are authenticated. Values of older versions open as long as their data key is there; sealing takes the newest.

`matching_hash` makes equal texts find each other without being readable: HMAC-SM3 under a key of its own for each
purpose, derived from one master that is wrapped like the others and never replaced, since every kept hash hangs on it.
"""

import secrets
import struct
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from base import clock
from base.audit import Thing
from base.callers import Caller
from base.db import inserting
from keys.algorithms.international import new_nonce
from keys.algorithms.sm3 import HMAC_SM3
from keys.algorithms.sm4 import SM4_GCM
from keys.custody.errors import DataKeyUnusable, UnreadableSealed
from keys.custody.kek import Kek
from keys.custody.models import DataKey
from keys.custody.rules import ACTIVE, RETIRED
from keys.errors import CiphertextAltered, UnusableValue
from keys.parties.acting import changed

SEALING: Final = "sealing"
MATCHING: Final = "matching"
# Marks a session that made a key itself.
MADE: Final = "made"
FORMAT: Final = 1
HEADER: Final = struct.Struct(">B8sI")
ID_BYTES: Final = 8
# HMAC-SM3 takes keys of its block size or less; 256 bits are its strength.
MASTER_BYTES: Final = 32
# 2^32 random nonces of 96 bits are the limit of SP 800-38D 8.3; no site seals that much in a quarter of a year.
RENEWED_AFTER: Final = timedelta(days=90)
# Four versions a year: more than a site has in its life.
KEPT: Final = 256
LONGEST_PURPOSE: Final = 64
# What PostgreSQL keeps in an integer.
MOST_VERSIONS: Final = 2**31 - 1


class _Opened:
    """Data keys that were unwrapped in this process, by their row; never printed, never written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: OrderedDict[tuple[str, int, bytes], bytes] = OrderedDict()

    def of(self, row: DataKey, unwrapped: Callable[[DataKey], bytes]) -> bytes:
        name = (row.id, row.version, row.wrapped)
        with self._lock:
            if name in self._keys:
                return self._keys[name]
        key = unwrapped(row)
        with self._lock:
            self._keys[name] = key
            while len(self._keys) > KEPT:
                self._keys.popitem(last=False)
        return key


@dataclass(frozen=True)
class DataKeys:
    """The data keys of this site; `former` wrapping keys are still believed until everything is wrapped anew."""

    kek: Kek = field(repr=False)
    former: tuple[Kek, ...] = field(default=(), repr=False)
    now: Callable[[], datetime] = field(default=clock.now, repr=False)
    _opened: _Opened = field(default_factory=_Opened, repr=False, compare=False)
    # Purpose → its matching key, once a process has read it: the master is never replaced.
    _matching: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def seal(self, session: Session, plain: bytes, bound: bytes) -> bytes:
        """Encrypt a value, bound to the place where it will be kept. Raises `KekUnusable`, `DataKeyUnusable`."""
        row = self._current(session, SEALING)
        header = HEADER.pack(FORMAT, bytes.fromhex(row.id), row.version)
        nonce = new_nonce()
        return header + nonce + SM4_GCM.seal(self._key(row), nonce, plain, header + bound)

    def open(self, session: Session, sealed: bytes, bound: bytes) -> bytes:
        """Decrypt a value that was sealed for that place.

        Raises `UnreadableSealed`, `CiphertextAltered`, `KekUnusable`, `DataKeyUnusable`.
        """
        name, version = told_of(sealed)
        # Held by the session, which else forgets a row that nobody holds, and asks anew for each of many values.
        row = session.info.setdefault(DataKey, {}).get((name, version)) or session.get(DataKey, (name, version))
        session.info[DataKey][name, version] = row
        if row is None or row.purpose != SEALING:
            raise UnreadableSealed("its data key is not here")
        nonce, body = sealed[HEADER.size :][: SM4_GCM.nonce_size], sealed[HEADER.size + SM4_GCM.nonce_size :]
        return SM4_GCM.open(self._key(row), nonce, body, sealed[: HEADER.size] + bound)

    def matching_hash(self, session: Session, purpose: str, value: str) -> str:
        """Give the text by which equal values of one purpose find each other, 64 hexadecimal digits.

        A session that only reads and sees no key yet sees nothing that was kept under one; it gets a hash that matches
        nothing. Raises `KekUnusable`, `DataKeyUnusable`, `UnusableValue`.
        """
        if not purpose or len(purpose) > LONGEST_PURPOSE or not purpose.isascii():
            raise UnusableValue("matching", "purpose", "not 1 to 64 ASCII characters")
        of_purpose = self._matching.get(purpose)
        if of_purpose is None:
            reads = _only_reads(session)
            if reads and _active(session, MATCHING) is None:
                return secrets.token_hex(MASTER_BYTES)
            master = self._key(self._current(session, MATCHING))
            of_purpose = HMAC_SM3.tag(master, b"yinxin matching\0" + purpose.encode("ascii"))
            if (DataKey, MADE) not in session.info:  # what this transaction made itself may be undone
                self._matching[purpose] = of_purpose
        return HMAC_SM3.tag(of_purpose, value.encode("utf-8", "surrogatepass")).hex()

    def prepare(self, session: Session) -> None:
        """Make the data keys that are missing. Raises `KekUnusable`."""
        for purpose in (SEALING, MATCHING):
            self._current(session, purpose)

    def renew(self, session: Session, by: Caller, at: datetime) -> bool:
        """Seal under a new version from now on, when the present one is old enough. Raises `KekUnusable`."""
        row = _active(session, SEALING)
        if row is None or row.created_at > at - RENEWED_AFTER:
            return False
        row.state = RETIRED
        session.flush()
        made = self._made(session, SEALING, row.id, row.version + 1, at)
        changed(session, by, at, "data-key.renewed", Thing("data-key", made.id), made.version)
        return True

    def rewrap(self, session: Session, by: Caller, at: datetime) -> int:
        """Wrap every data key anew that lies under a former wrapping key; sealed data is not touched.

        Raises `KekUnusable`, and `DataKeyUnusable` when one cannot be opened: then none is changed.
        """
        if not _any(session):
            return 0
        current, count = self.kek.id, 0
        for row in session.scalars(select(DataKey).where(DataKey.kek != current).with_for_update()).all():
            row.wrapped = self.kek.wrap(self._unwrapped(row), _bound(row.id, row.version, row.purpose))
            row.kek, row.rewrapped_at = current, at
            count += 1
        if count:
            changed(session, by, at, "data-keys.rewrapped", Thing("kek", current), 1, count=count)
        return count

    def examine(self, session: Session) -> tuple[int, int]:
        """Unwrap every data key afresh; tell how many there are, and how many lie under a former wrapping key.

        Raises `KekUnusable`, `DataKeyUnusable`.
        """
        rows = session.scalars(select(DataKey).order_by(DataKey.id, DataKey.version)).all()
        if not rows:
            return 0, 0
        for row in rows:
            self._unwrapped(row)
        current = self.kek.id
        return len(rows), sum(row.kek != current for row in rows)

    def _key(self, row: DataKey) -> bytes:
        return self._opened.of(row, self._unwrapped)

    def _unwrapped(self, row: DataKey) -> bytes:
        for kek in (self.kek, *self.former):
            if kek.id == row.kek:
                try:
                    return kek.unwrap(row.wrapped, _bound(row.id, row.version, row.purpose))
                except CiphertextAltered as error:
                    raise DataKeyUnusable(row.id, row.version) from error
        raise DataKeyUnusable(row.id, row.version)

    def _current(self, session: Session, purpose: str) -> DataKey:
        """Give the key of now: asked for once in a transaction, unless that has made one and may be undone in part."""
        begun, row = session.info.get((DataKey, purpose), (None, None))
        if row is not None and begun is session.get_transaction():
            return cast("DataKey", row)
        row = _active(session, purpose) or self._made(session, purpose, secrets.token_hex(ID_BYTES), 1, self.now())
        if (DataKey, MADE) not in session.info:
            session.info[DataKey, purpose] = (session.get_transaction(), row)
        return row

    def _made(self, session: Session, purpose: str, name: str, version: int, at: datetime) -> DataKey:
        """Make a data key, unless another process has just made this version. Raises `KekUnusable`."""
        if not _any(session):
            self.kek.make_if_missing()
        key = secrets.token_bytes(SM4_GCM.key_size if purpose == SEALING else MASTER_BYTES)
        row = {
            "id": name,
            "version": version,
            "purpose": purpose,
            "wrapped": self.kek.wrap(key, _bound(name, version, purpose)),
            "kek": self.kek.id,
            "state": ACTIVE,
            "created_at": at,
            "rewrapped_at": None,
        }
        session.info.pop((DataKey, purpose), None)
        session.info[DataKey, MADE] = True
        session.execute(inserting(session, DataKey).values(row).on_conflict_do_nothing())
        found = _active(session, purpose)
        if found is None:
            raise DataKeyUnusable(name, version)
        return found


def told_of(sealed: bytes) -> tuple[str, int]:
    """Read which data key sealed a value, and its version. Raises `UnreadableSealed`."""
    if len(sealed) < HEADER.size + SM4_GCM.nonce_size + SM4_GCM.tag_size:
        raise UnreadableSealed("too short")
    form, name, version = HEADER.unpack_from(sealed)
    if form != FORMAT:
        raise UnreadableSealed("unknown format")
    if not 1 <= version <= MOST_VERSIONS:
        raise UnreadableSealed("its data key is not here")
    return name.hex(), version


def _active(session: Session, purpose: str) -> DataKey | None:
    query = select(DataKey).where(DataKey.purpose == purpose, DataKey.state == ACTIVE)
    return session.scalars(query.order_by(DataKey.version.desc()).limit(1)).first()


def _any(session: Session) -> bool:
    return session.scalars(select(DataKey.id).limit(1)).first() is not None


def _bound(name: str, version: int, purpose: str) -> bytes:
    return b"\0".join((b"yinxin data key", name.encode(), str(version).encode(), purpose.encode()))


def _only_reads(session: Session) -> bool:
    options = session.connection().get_execution_options()
    return bool(options.get("reading") or options.get("postgresql_readonly"))
