"""The ledger's part of a pack: the entry with which a certificate came into force, proven under a signed head.

Where the last signed head is older than the entry, one is signed now: whoever asks for evidence need not wait a minute.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from base import audit
from base.audit import Recorded, Search
from base.canonical import canonical
from base.db import Database
from certs import library
from certs.evidence.errors import NotInLedger
from certs.life import State
from keys.checkpoints import heads, signing
from keys.checkpoints.errors import CheckpointByUnknownKey, NoCheckpointYet
from keys.checkpoints.heads import Kept
from keys.checkpoints.wiring import Checkpoints
from signing.formats.evidence.members import CHECKPOINT, PROOF
from signing.formats.evidence.statement import StatedHead

# A certificate has an entry for each step of its life; the first ones are what is looked for.
IN_FORCE: Final = State.VALID.value


@dataclass(frozen=True)
class Proven:
    """An entry, proven under a signed head."""

    stated: StatedHead
    checkpoint: bytes = field(repr=False)
    proof: bytes = field(repr=False)

    @property
    def members(self) -> dict[str, bytes]:
        """Name the members of a pack."""
        return {PROOF: self.proof, CHECKPOINT: self.checkpoint}


def proven(database: Database, parts: Checkpoints, identifier: str, at: datetime) -> Proven:
    """Prove the certificate's entry.

    Raises `NotInLedger`, what signing a head raises (`CheckpointKeyMissing`, `CheckpointsStopped`, …), `DamagedLedger`.
    """
    with database.reading() as session:
        index = _entry(session, identifier).index
        present = present_head(session)
    if present is None or present.signed.head.size <= index:
        signing.sign(database, parts, at)
    with database.reading() as session:
        return under(session, heads.present(session), _entry(session, identifier))


def present_head(session: Session) -> Kept | None:
    """Give the last signed head, if there is one."""
    try:
        return heads.present(session)
    except NoCheckpointYet:
        return None


def _entry(session: Session, identifier: str) -> Recorded:
    """Find the entry with which the certificate came into force, or the first about it. Raises `NotInLedger`."""
    wanted = Search(thing_kind=library.THING, thing_id=identifier)
    found: list[Recorded] = []
    before = None
    while page := audit.search(session, wanted, before=before, limit=audit.MOST_AT_ONCE):
        found, before = [*found, *page], page[-1].index
    if not found:
        raise NotInLedger(identifier)
    found.reverse()
    return next((each for each in found if each.entry.facts.get("state") == IN_FORCE), found[0])


def under(session: Session, kept: Kept, recorded: Recorded) -> Proven:
    """Prove an entry under a signed head. Raises `CheckpointByUnknownKey`, `DamagedLedger`."""
    head, line = kept.signed.head, kept.signed.line
    key = next((each for each in heads.keys_of(session, head.origin) if each.hash == line.key), None)
    if key is None:
        raise CheckpointByUnknownKey(line.key.hex())
    path = audit.inclusion(session, recorded.index, head.size)
    root = head.root.hex()
    proof = canonical(
        {
            "kind": "inclusion",
            "index": recorded.index,
            "size": head.size,
            "root": root,
            "entry": recorded.content.decode(),
            "path": [each.hex() for each in path],
        }
    )
    return Proven(StatedHead(head.origin, key.text, recorded.index, head.size, root), kept.signed.note, proof)
