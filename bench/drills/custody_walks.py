"""Ten thousand random walks of four people and a system around a seal key: it never signs with fewer than two.

In each walk somebody creates, confirms, rotates, retires or withdraws, tries to do alone what takes two, or reaches
past the verbs into the database. After each step the drill asks custody for the signer, and holds the answer against
its own notes of who did what: a key that signs must have been proposed by one person and confirmed by another.
"""

import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import journal
from base.callers import Caller
from base.db import Base, Database, DatabaseSettings, connect
from base.errors import DomainError
from keys.algorithms import asymmetric
from keys.algorithms.algorithm import KeyKind, PrivateKey, PublicKey
from keys.custody import acts
from keys.custody.acts import NewKey
from keys.custody.custody import Custody, newest, versions
from keys.custody.models import CustodyKey
from keys.signers import Devices, uris
from keys.signers.device import Place
from keys.signers.software import SoftwareSigner
from keys.signers.uris import KeyUri

NAME = "custody_walks"
WALKS = 10_000
SHORT_WALKS = 400
STEPS = 14
AT = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
PEOPLE = tuple(Caller("person", f"p{number}", roles=frozenset({"sysadmin"})) for number in range(4))
SYSTEM = Caller("system", "window")
USES = ("seal", "seal-maker", "ca")


class MemoryKeys:
    """A device that keeps keys in memory: the walks are about people, not about files."""

    def __init__(self, _place: Place) -> None:
        self._keys: dict[str, PrivateKey] = {}

    def address(self, name: str, within: str) -> KeyUri:
        """Name a key."""
        return uris.of_file(f"/memory{within}/{name}.pem")

    def generate(self, uri: KeyUri, kind: KeyKind) -> PublicKey:
        """Make a key."""
        return self.take_in(uri, asymmetric.generated(kind))

    def take_in(self, uri: KeyUri, private: PrivateKey) -> PublicKey:
        """Keep a key."""
        self._keys[uri.text] = private
        return private.public

    def signer(self, uri: KeyUri) -> SoftwareSigner:
        """Give a key."""
        return SoftwareSigner(self._keys[uri.text])


@dataclass
class Notes:
    """What the drill itself saw: who brought each version in, and who confirmed it."""

    brought: dict[int, str] = field(default_factory=dict)
    confirmed: dict[int, str] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)


def run(*, short: bool, results: Path) -> dict[str, object]:
    """Walk, on SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        database = connect(DatabaseSettings(url=f"sqlite:///{folder}/walks.db"), (journal.append,))
        Base.metadata.create_all(database.engine)
        try:
            return walks(database, SHORT_WALKS if short else WALKS, seed=20261121)
        finally:
            database.close()


def walks(database: Database, count: int, seed: int) -> dict[str, object]:
    """Walk so often; what is found is told, and none may be a fault."""
    custody = Custody(Devices(Place(Path("/memory"), lambda: b"x"), {uris.FILE: MemoryKeys}))
    chance, tally, faults = random.Random(seed), Counter[str](), []
    for number in range(count):
        with database.transaction() as session:
            faults += _walk(session, custody, f"walk-{number}", chance, tally)
    told = {"walks": count, "seed": seed, "outcomes": dict(sorted(tally.items())), "faults": faults[:20]}
    return {**told, "passed": not faults and tally["usable"] > 0 and tally["raw refused"] > 0}


def _walk(session: Session, custody: Custody, key: str, chance: random.Random, tally: Counter[str]) -> list[str]:
    notes, faults = Notes(), []
    for step in range(STEPS):
        by = chance.choice((*PEOPLE, PEOPLE[0], SYSTEM))
        act = "create" if step == 0 else chance.choice(tuple(_STEPS))
        try:
            with session.begin_nested():
                _STEPS[act](session, custody, key, by, notes, chance)
            tally[act] += 1
        except (DomainError, IntegrityError) as refusal:
            tally["raw refused" if act == "raw" else f"{act} refused"] += 1
            if not isinstance(refusal, DomainError) and act != "raw":
                faults.append(f"{key}/{step} {act}: {type(refusal).__name__}")
            session.expire_all()
        else:
            if act == "raw":
                faults.append(f"{key}/{step}: the database let a key in alone")
        faults += _judged(session, custody, key, notes, tally)
    return faults


def _judged(session: Session, custody: Custody, key: str, notes: Notes, tally: Counter[str]) -> list[str]:
    try:
        signer = custody.signer_for(session, key)
    except DomainError:
        tally["not usable"] += 1
        return []
    tally["usable"] += 1
    (version,) = [row.version for row in versions(session, key) if row.spki == signer.public.spki]
    one, two = notes.brought.get(version), notes.confirmed.get(version)
    if one is None or two is None or one == two or version in notes.ended:
        return [f"{key}: version {version} is usable by {one} and {two}"]
    return []


def _create(session: Session, custody: Custody, key: str, by: Caller, notes: Notes, chance: random.Random) -> None:
    row = acts.create(session, custody, NewKey(key, chance.choice(USES)), by, AT)
    notes.brought[row.version] = by.id


def _confirm(session: Session, custody: Custody, key: str, by: Caller, notes: Notes, _chance: random.Random) -> None:
    row = acts.confirm(session, custody, key, by, AT)
    notes.confirmed[row.version] = by.id
    notes.ended |= {each for each in notes.confirmed if each < row.version}


def _rotate(session: Session, custody: Custody, key: str, by: Caller, notes: Notes, _chance: random.Random) -> None:
    row = acts.rotate(session, custody, key, by, AT)
    notes.brought[row.version] = by.id


def _retire(session: Session, _custody: Custody, key: str, by: Caller, notes: Notes, _chance: random.Random) -> None:
    notes.ended.add(acts.retire(session, key, "walk", by, AT).version)


def _withdraw(session: Session, _custody: Custody, key: str, by: Caller, notes: Notes, chance: random.Random) -> None:
    version = chance.randint(1, newest(session, key).version)
    notes.ended.add(acts.withdraw(session, key, version, "walk", by, AT).version)


def _raw(session: Session, _custody: Custody, key: str, by: Caller, _notes: Notes, chance: random.Random) -> None:
    """Reach past the verbs: let a version in alone, in one of the ways that somebody would try."""
    row = newest(session, key)
    values = chance.choice(
        (
            {"state": "active", "activated_at": AT, "confirmed_by": None},
            {"state": "active", "activated_at": AT, "confirmed_by": row.proposed_by},
            {"state": "active", "activated_at": None, "confirmed_by": f"person:{by.id}x"},
        )
    )
    session.execute(update(CustodyKey).where(CustodyKey.id == key, CustodyKey.version == row.version).values(**values))


# Confirming is tried twice as often as the rest, so that walks come far.
_STEPS = {
    "create": _create,
    "confirm": _confirm,
    "confirm again": _confirm,
    "rotate": _rotate,
    "retire": _retire,
    "withdraw": _withdraw,
    "raw": _raw,
}
