"""Custody as others see it: a key id becomes a signer, if the key may be used now and is the one on record.

Whether a key may be used is read from the database each time, so that a withdrawn key is out of use at once and
everywhere. What two people must let in is asked here once more, though the database holds it as a constraint.
"""

from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyEncryption, PublicKey
from keys.custody import rules
from keys.custody.errors import CustodyKeyDiffers, CustodyKeyNotActive, CustodyKeyRetired, NoSuchCustodyKey
from keys.custody.models import CustodyKey
from keys.custody.rules import ACTIVE, RETIRED, WITHDRAWN, Standing
from keys.signers import Devices, uris
from keys.signers.signer import Signer


class Opener(Protocol):
    """The half of a signer that a retired key keeps: it opens what was encrypted to it."""

    @property
    def public(self) -> PublicKey:
        """Give the public half."""

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Open what was encrypted to the public half."""


@dataclass(frozen=True)
class Custody:
    """The keys of this site, with the devices they live in."""

    devices: Devices = field(repr=False)

    def signer_for(self, session: Session, key_id: str) -> Signer:
        """Give the key of that id, ready to sign.

        Raises `NoSuchCustodyKey`, `CustodyKeyNotActive`, `CustodyKeyRetired`, `CustodyKeyDiffers`, and what the
        device refuses: `DeviceDown`, `KeyNotThere`, `PinRefused`, `SecretFileUnusable`.
        """
        row = newest(session, key_id)
        if row.state == RETIRED:
            raise CustodyKeyRetired(key_id)
        if not rules.may_sign(standing(row)):
            raise CustodyKeyNotActive(key_id, row.state)
        return self.reached(row)

    def opener_for(self, session: Session, key_id: str, version: int) -> Opener:
        """Give a version of a key, retired ones too, to open what was encrypted to it. Raises as `signer_for` does."""
        row = version_of(session, key_id, version)
        if not rules.may_open(standing(row)):
            raise CustodyKeyNotActive(key_id, row.state)
        return _OpenerOnly(self.reached(row))

    def public_keys(self, session: Session, key_id: str) -> dict[int, PublicKey]:
        """Give the public halves to verify with, by version: every one that was active and was not withdrawn."""
        query = select(CustodyKey).where(CustodyKey.id == key_id, CustodyKey.state.in_((ACTIVE, RETIRED)))
        return {row.version: asymmetric.public_key(row.spki) for row in session.scalars(query)}

    def reached(self, row: CustodyKey) -> Signer:
        """Open a key where its row says, whatever its state, and see that it is the one. Raises `CustodyKeyDiffers`."""
        signer = self.devices.signer(uris.parse(row.uri))
        if signer.public.spki != row.spki:
            raise CustodyKeyDiffers(row.id)
        return signer


@dataclass(frozen=True)
class _OpenerOnly:
    signer: Signer = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """Give the public half."""
        return self.signer.public

    def decrypt(self, algorithm: KeyEncryption, sealed: bytes) -> bytes:
        """Open what was encrypted to the public half."""
        return self.signer.decrypt(algorithm, sealed)


def newest(session: Session, key_id: str, *, locked: bool = False) -> CustodyKey:
    """Give the version that counts: the active one, else the newest that was not withdrawn, else the newest.

    Raises `NoSuchCustodyKey`.
    """
    found = versions(session, key_id, locked=locked)
    if not found:
        raise NoSuchCustodyKey(key_id)
    active = [row for row in found if row.state == ACTIVE]
    living = [row for row in found if row.state != WITHDRAWN]
    return (active or living or found)[0]


def version_of(session: Session, key_id: str, version: int) -> CustodyKey:
    """Give one version of a key. Raises `NoSuchCustodyKey`."""
    row = session.get(CustodyKey, (key_id, version))
    if row is None:
        raise NoSuchCustodyKey(key_id)
    return row


def versions(session: Session, key_id: str, *, locked: bool = False) -> list[CustodyKey]:
    """Give every version of a key, the newest first; `locked` keeps others from changing them meanwhile."""
    query = select(CustodyKey).where(CustodyKey.id == key_id).order_by(CustodyKey.version.desc())
    return list(session.scalars(query.with_for_update() if locked else query))


def standing(row: CustodyKey) -> Standing:
    """Take from a record what decides."""
    return Standing(row.key_use, row.state, row.proposed_by, row.confirmed_by)
