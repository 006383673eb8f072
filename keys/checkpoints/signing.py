"""Signs the ledger's tree head: the house says in public what its ledger is, and can never take that back.

1. Nothing is signed while an alarm that proves something stands.
2. Witnesses are asked, outside of transactions, for the newest head that each remembers.
3. In one transaction: the tree is read and held against the last signed head, against one that was intended and never
   signed, and against what witnesses remember; then the new head is put on record, with its audit entry. That entry
   is the first one that the next head covers, so an idle ledger grows by one entry a round: it shows that it lives.
4. The signature is made, outside of transactions, and verified before anyone sees it.
5. In one transaction: the signed head is kept, and queued for every witness.
A process that dies between 3 and 5 leaves an intended head; the next round finishes it first. A history that is not a
continuation is an alarm, in a transaction of its own, and nothing is signed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from base import audit, events
from base.audit import Entry, Thing
from base.callers import Caller
from base.canonical import Json
from base.db import Database
from base.errors import DomainError
from keys.algorithms.sm2 import SM2_SM3
from keys.checkpoints import alarms, deliveries, heads
from keys.checkpoints.alarms import ACTOR, FINDINGS, Found
from keys.checkpoints.asking import Contradicted, Told, ask_all, require_ledger_continues
from keys.checkpoints.errors import CheckpointAtWork
from keys.checkpoints.head import Head, NoteKey, SignedHead, sealed
from keys.checkpoints.models import Checkpoint
from keys.checkpoints.wiring import Checkpoints
from keys.parties.acting import ROOM
from keys.signers.signer import Signer, signed

# Who acts when no person does: named in the audit record with the job.
_HOUSE: Final = Caller("system", "checkpoints", "checkpoints")
FIRST_LOG: Final = "first"


@dataclass(frozen=True)
class Prepared:
    """What a round works with: the log's name, its keys, the signer, and what witnesses were shown."""

    origin: str
    keys: tuple[NoteKey, ...]
    signer: Signer
    shown: dict[str, int]
    failing: frozenset[str]


@dataclass(frozen=True)
class Intended:
    """A head on record, and the key that is to sign it."""

    number: int
    head: Head
    key: NoteKey


def sign_due(database: Database, parts: Checkpoints, at: datetime) -> SignedHead | None:
    """Sign a head if one is due. Raises what `sign` raises."""
    if not parts.key:
        return None
    with database.reading() as session:
        if not _is_due(session, parts, at):
            return None
    return sign(database, parts, at)


def sign(database: Database, parts: Checkpoints, at: datetime) -> SignedHead | None:
    """Sign a head now; none when nothing was entered since the last one.

    Raises `CheckpointKeyMissing`, `CheckpointsStopped`, `CheckpointAtWork`, every `HistoryContradicted`,
    `DamagedLedger`, and what the signer raises.
    """
    prepared = _prepared(database, parts)  # 1
    told = _asked(database, parts, prepared, at)  # 2
    intended = _put_on_record(database, parts, prepared, told, at)  # 3
    if intended is None:
        return None
    value = signed(prepared.signer, SM2_SM3, intended.head.text.encode())  # 4
    signed_head = sealed(intended.head, intended.key, value)
    with database.transaction() as session:  # 5
        _keep(session, parts, intended, signed_head, at)
    return signed_head


def _is_due(session: Session, parts: Checkpoints, at: datetime) -> bool:
    log = heads.present_log(session)
    if log is None or heads.intended(session, log.origin) is not None:
        return True
    try:
        last = heads.latest(session, log.origin)
        grown = audit.tree_size(session) - (last.signed.head.size if last else 0)
    except DomainError:
        return True  # `sign` finds the same, and sounds the alarm
    return last is None or grown >= parts.entries or last.signed.head.at + parts.interval <= at


def _prepared(database: Database, parts: Checkpoints) -> Prepared:
    """Read what the round needs; a key may live in a device that takes its time, so nobody's turn is held meanwhile."""
    with database.reading() as session:
        log = heads.present_log(session)
        origin = log.origin if log else parts.origin
        alarms.require_none_stops(session, origin)
        signer = parts.signer_for(session, parts.required_key)
        keys = (*heads.keys_of(session, origin), NoteKey.of(origin, signer.public))
        statuses = deliveries.statuses(session, origin)
        shown = {each.witness: each.shown_size for each in statuses}
        failing = frozenset(each.witness for each in statuses if each.attempts)
    return Prepared(origin, keys, signer, shown, failing)


def _asked(database: Database, parts: Checkpoints, prepared: Prepared, at: datetime) -> list[Told]:
    """Ask every witness but those that are known to be away, for whom nobody is kept waiting."""
    asked = [each for each in parts.witnesses if each.tells_all or each.name not in prepared.failing]
    told, wrong = ask_all(asked, prepared.origin, prepared.keys, prepared.shown)
    if wrong:
        with database.transaction() as session:
            for each in wrong:
                alarms.sound(session, parts, prepared.origin, each, at)
    return told


def _put_on_record(
    database: Database, parts: Checkpoints, prepared: Prepared, told: list[Told], at: datetime
) -> Intended | None:
    try:
        with database.transaction() as session:
            return _intend(session, parts, prepared, told, at)
    except IntegrityError as error:
        raise CheckpointAtWork from error
    except Contradicted as contradiction:
        with database.transaction() as session:
            alarms.sound(session, parts, prepared.origin, contradiction.found, at)
        raise contradiction.found.finding from contradiction


def _intend(
    session: Session, parts: Checkpoints, prepared: Prepared, told: list[Told], at: datetime
) -> Intended | None:
    log = heads.present_log(session) or heads.begin(session, prepared.origin, FIRST_LOG, _HOUSE, at)
    key = heads.take_in_key(session, log.origin, parts.key, prepared.signer.public, _HOUSE, at)
    last, waiting = _last(session, log.origin), heads.intended(session, log.origin)
    remembered = [(each.witness, each.signed.head, each.signed.note) for each in told if each.signed is not None]
    if last is not None:
        remembered.insert(0, ("", last.head, last.note))
    if waiting is not None:
        remembered.append(("", heads.head_of(waiting), b""))
    tree = require_ledger_continues(session, remembered)
    if waiting is not None:
        waiting.key_id, waiting.key_hash = parts.key, key.hash.hex()
        return Intended(waiting.number, heads.head_of(waiting), key)
    if last is not None and tree.size == last.head.size:
        return None
    return _added(session, parts, Head(log.origin, tree.size, tree.root, at), key)


def _last(session: Session, origin: str) -> SignedHead | None:
    """Give the last signed head; that it does not verify is a contradiction, since this house kept it itself."""
    try:
        last = heads.latest(session, origin)
    except FINDINGS as finding:
        raise Contradicted(Found(finding, stops=True)) from finding
    return last.signed if last else None


def _added(session: Session, parts: Checkpoints, head: Head, key: NoteKey) -> Intended:
    number = heads.next_number(session)
    row = Checkpoint(
        number=number,
        origin=head.origin,
        size=head.size,
        root=head.root.hex(),
        at=head.at,
        key_id=parts.key,
        key_hash=key.hash.hex(),
    )
    session.add(row)
    session.flush()
    facts: dict[str, Json] = {"origin": head.origin, "size": head.size, "root": head.root.hex(), "key": key.hash.hex()}
    thing = Thing("checkpoint", str(number))
    audit.record(session, Entry(head.at, ACTOR, "", "keys.checkpoint.intended", thing, outcome="done", facts=facts))
    return Intended(number, head, key)


def _keep(session: Session, parts: Checkpoints, intended: Intended, signed_head: SignedHead, at: datetime) -> None:
    """Keep the signed head, unless another process that finished the same intention was faster."""
    kept = session.execute(
        update(Checkpoint)
        .where(Checkpoint.number == intended.number, Checkpoint.note.is_(None))
        .values(note=signed_head.note.decode(), signed_at=at)
        .returning(Checkpoint.number)
        .execution_options(synchronize_session=False)
    )
    if kept.one_or_none() is None:
        return
    deliveries.queue(session, intended.number, (each.name for each in parts.witnesses), at)
    thing = Thing("checkpoint", str(intended.number))
    events.tell(session, events.Event("keys.checkpoint.signed", ROOM, thing, 1, at))
