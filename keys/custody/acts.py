"""Letting keys in and out of custody: create, adopt, take in, confirm, rotate, certify, retire, withdraw.

What is about to be made is on record before a device is asked to make it, in the transaction that also keeps the audit
entry: if either cannot be written, no key comes to be. A key for seals or certificates stays a proposal until a second
person confirms it; before it becomes active, it must sign something that verifies.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base.audit import Thing
from base.callers import Caller
from base.canonical import Json
from keys.algorithms import asymmetric, pem, signature
from keys.algorithms.algorithm import KeyKind, PublicKey
from keys.algorithms.sm3 import SM3
from keys.certificates import bundle
from keys.custody import rules
from keys.custody.custody import Custody, newest, standing, version_of, versions
from keys.custody.errors import (
    CustodyKeyKnown,
    CustodyStateConflict,
    NoSuchCustodyKey,
    PersonNeeded,
    SecondPersonNeeded,
    UnfitKeyUse,
)
from keys.custody.models import CustodyKey
from keys.custody.rules import ACTIVE, PROPOSED, RETIRED, WITHDRAWN
from keys.errors import UnusableKey
from keys.parties.acting import actor, changed
from keys.signers import uris
from keys.signers.signer import Signer, signed
from keys.signers.uris import KeyUri

THING: Final = "custody-key"
ID_SHAPE: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")
# Of two tries after a crash, the second must not meet the first one's file.
NAME_BYTES: Final = 4
CHALLENGE_BYTES: Final = 32
# What a key signs to prove that it is there and the one; no protocol of ours begins so.
CHALLENGE: Final = b"yinxin custody proof\0"
_PROOFS: Final = {
    KeyKind.SM2: "sm2-sm3",
    KeyKind.P256: "ecdsa-sha-256",
    KeyKind.P384: "ecdsa-sha-384",
    KeyKind.RSA: "rsa-pkcs1-sha-256",
    KeyKind.ED25519: "ed25519",
}


@dataclass(frozen=True)
class NewKey:
    """What must be told of a key: its id, use and kind, and where it is to live (`within` names a token)."""

    id: str
    use: str
    kind: KeyKind = KeyKind.SM2
    where: str = uris.FILE
    within: str = ""


@dataclass(frozen=True)
class Coming:
    """Where the next version of a key comes from: made where the present one lives, made elsewhere, or adopted."""

    uri: KeyUri | None = None
    where: str = ""
    within: str = ""
    kind: KeyKind | None = None


_ALIKE: Final = Coming()


def create(session: Session, custody: Custody, new: NewKey, by: Caller, at: datetime) -> CustodyKey:
    """Make a key inside a device; active at once, or a proposal where two must let it in.

    Raises `UnfitKeyUse`, `CustodyKeyKnown`, `PersonNeeded`, and what the device refuses.
    """
    device = custody.devices.of_scheme(new.where)
    uri = device.address(_name(new.id, 1), new.within)
    row = _on_record(session, new, uri, 1, by, at, "created")
    return _completed(session, custody, row, device.generate(uri, new.kind), at)


def adopt(session: Session, custody: Custody, new: NewKey, uri: KeyUri, by: Caller, at: datetime) -> CustodyKey:
    """Take a key on record that lies in a device already. Raises as `create` does, and `KeyNotThere`."""
    public = custody.devices.signer(uri).public
    row = _on_record(session, _of_kind(new, public), uri, 1, by, at, "adopted")
    return _completed(session, custody, row, public, at)


def take_in(
    session: Session, custody: Custody, new: NewKey, text: bytes, password: bytes, by: Caller, at: datetime
) -> CustodyKey:
    """Carry a key from an encrypted PKCS#8 PEM into a device, which is then the only one to have it.

    Raises as `create` does, and `UnusableKey`, `MalformedPem`, `WrongKeyPassword`.
    """
    if pem.only(text)[0] != asymmetric.ENCRYPTED_PKCS8:
        raise UnusableKey("pem", "not-encrypted")
    private = asymmetric.private_key_of_pem(text, password)
    _require_unmet(session, new.id, private.public)
    device = custody.devices.of_scheme(new.where)
    uri = device.address(_name(new.id, 1), new.within)
    row = _on_record(session, _of_kind(new, private.public), uri, 1, by, at, "taken-in")
    return _completed(session, custody, row, device.take_in(uri, private), at)


def confirm(session: Session, custody: Custody, key_id: str, by: Caller, at: datetime) -> CustodyKey:
    """Let a proposed key in as the second person; a version before it is retired.

    Raises `NoSuchCustodyKey`, `CustodyStateConflict`, `SecondPersonNeeded`, `PersonNeeded`, and the device's refusals.
    """
    _require_person(by)
    found = versions(session, key_id, locked=True)
    if not found:
        raise NoSuchCustodyKey(key_id)
    row = found[0]
    _require(row, "confirm")
    if row.proposed_by == actor(by):
        raise SecondPersonNeeded(key_id)
    row.confirmed_by = actor(by)
    _activate(session, custody, row, at)
    _changed(session, row, "confirmed", by, at)
    return row


def rotate(
    session: Session, custody: Custody, key_id: str, by: Caller, at: datetime, coming: Coming = _ALIKE
) -> CustodyKey:
    """Make the next version of a key, or adopt one from a device; the present one signs until the next is active.

    Raises `NoSuchCustodyKey`, `CustodyStateConflict`, `PersonNeeded`, `CustodyKeyKnown`, and what the device refuses.
    """
    present = newest(session, key_id, locked=True)
    _require(present, "rotate")
    last = versions(session, key_id)[0]
    if last.state == PROPOSED:
        raise CustodyStateConflict(key_id, PROPOSED, "rotate")
    number, lives = last.version + 1, uris.parse(present.uri)
    kind = coming.kind or KeyKind(present.kind)
    if coming.uri is not None:
        public = custody.devices.signer(coming.uri).public
        new = NewKey(key_id, present.key_use, public.kind, coming.uri.scheme)
        row = _on_record(session, new, coming.uri, number, by, at, "rotated")
        return _completed(session, custody, row, public, at)
    where, within = coming.where or lives.scheme, coming.within or lives.value("token") or ""
    device = custody.devices.of_scheme(where)
    place = device.address(_name(key_id, number), within)
    row = _on_record(session, NewKey(key_id, present.key_use, kind, where, within), place, number, by, at, "rotated")
    return _completed(session, custody, row, device.generate(place, kind), at)


def certify(session: Session, key_id: str, data: bytes, by: Caller, at: datetime) -> CustodyKey:
    """Keep the certificate of a key, whose end is warned of. Raises `NoSuchCustodyKey`, `UnfitKeyUse`."""
    row = newest(session, key_id, locked=True)
    _require(row, "certify")
    found = [each for each in bundle(data) if asymmetric.public_key(each.spki).spki == row.spki]
    if len(found) != 1:
        raise UnfitKeyUse("certificate", "of another key" if not found else "twice in the file")
    row.certificate, row.not_after, row.warned_days = found[0].der, found[0].not_after, None
    _changed(session, row, "certified", by, at)
    return row


def retire(session: Session, key_id: str, why: str, by: Caller, at: datetime) -> CustodyKey:
    """Let a key sign no more; what it signed before stays good. Raises `NoSuchCustodyKey`, `CustodyStateConflict`."""
    row = newest(session, key_id, locked=True)
    _require(row, "retire")
    row.state, row.retired_by, row.retired_at, row.ended_why = RETIRED, actor(by), at, why
    session.flush()
    _changed(session, row, "retired", by, at, why=why)
    return row


def withdraw(session: Session, key_id: str, version: int, why: str, by: Caller, at: datetime) -> CustodyKey:
    """Believe nothing of one version of a key any more, or turn a proposal down.

    Raises `NoSuchCustodyKey`, `CustodyStateConflict`.
    """
    versions(session, key_id, locked=True)
    row = version_of(session, key_id, version)
    _require(row, "withdraw")
    row.state, row.withdrawn_by, row.withdrawn_at, row.ended_why = WITHDRAWN, actor(by), at, why
    session.flush()
    _changed(session, row, "withdrawn", by, at, why=why)
    return row


def prove(signer: Signer) -> None:
    """Have a key sign something, and verify it. Raises `FaultySignature`, and what the device refuses."""
    signed(signer, signature(_PROOFS[signer.public.kind]), CHALLENGE + secrets.token_bytes(CHALLENGE_BYTES))


def _on_record(
    session: Session, new: NewKey, uri: KeyUri, version: int, by: Caller, at: datetime, act: str
) -> CustodyKey:
    """Write down what is about to come to be. Raises `UnfitKeyUse`, `CustodyKeyKnown`, `PersonNeeded`."""
    _require_fit(new)
    if rules.needs_two(new.use):
        _require_person(by)
    if version == 1 and versions(session, new.id):
        raise CustodyKeyKnown(new.id)
    row = CustodyKey(
        id=new.id,
        version=version,
        uri=uri.text,
        kind=new.kind,
        spki=b"",
        spki_sm3="",
        key_use=new.use,
        state=PROPOSED,
        organisation=by.organisation,
        proposed_by=actor(by),
        proposed_at=at,
    )
    _changed(session, row, act, by, at, use=new.use, kind=new.kind, device=uri.scheme)
    session.add(row)
    _written(session, new.id)
    return row


def _completed(session: Session, custody: Custody, row: CustodyKey, public: PublicKey, at: datetime) -> CustodyKey:
    """Write the public half down, and let the key in where one person is enough. Raises `CustodyKeyKnown`."""
    _require_unmet(session, row.id, public)
    row.spki, row.spki_sm3 = public.spki, SM3.of(public.spki).hex()
    _written(session, row.id)
    if not rules.needs_two(row.key_use):
        _activate(session, custody, row, at)
    return row


def _activate(session: Session, custody: Custody, row: CustodyKey, at: datetime) -> None:
    prove(custody.reached(row))
    for other in versions(session, row.id):
        if other.state == ACTIVE:
            other.state, other.retired_by, other.retired_at = RETIRED, row.confirmed_by or row.proposed_by, at
    session.flush()
    row.state, row.activated_at = ACTIVE, at
    if not rules.may_sign(standing(row)):
        raise SecondPersonNeeded(row.id)
    session.flush()


def _require_unmet(session: Session, key_id: str, public: PublicKey) -> None:
    """Raises `CustodyKeyKnown` for a public half that custody has met."""
    met = or_(CustodyKey.state != WITHDRAWN, CustodyKey.activated_at.is_not(None))
    query = select(CustodyKey.id).where(CustodyKey.spki_sm3 == SM3.of(public.spki).hex(), met)
    if session.scalars(query).first() is not None:
        raise CustodyKeyKnown(key_id)


def _written(session: Session, key_id: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise CustodyKeyKnown(key_id) from error


def _require(row: CustodyKey, act: str) -> None:
    if not rules.may(act, row.state):
        raise CustodyStateConflict(row.id, row.state, act)


def _require_person(by: Caller) -> None:
    if by.kind != "person" or not by.id:
        raise PersonNeeded


def _require_fit(new: NewKey) -> None:
    if not ID_SHAPE.fullmatch(new.id):
        raise UnfitKeyUse("id", "lower-case letters, digits, . and -; 64 at most")
    if new.use not in rules.USES:
        raise UnfitKeyUse("use", " | ".join(rules.USES))
    if new.use in {"kek", "backup"} and new.kind not in {KeyKind.SM2, KeyKind.RSA}:
        raise UnfitKeyUse("kind", "a key that opens is sm2 or rsa")


def _of_kind(new: NewKey, public: PublicKey) -> NewKey:
    return NewKey(new.id, new.use, public.kind, new.where, new.within)


def _name(key_id: str, version: int) -> str:
    return f"{key_id}.{version}.{secrets.token_hex(NAME_BYTES)}"


def _changed(session: Session, row: CustodyKey, act: str, by: Caller, at: datetime, **facts: Json) -> None:
    changed(session, by, at, f"custody-key.{act}", Thing(THING, row.id), row.version, state=row.state, **facts)
